"""The day so far in figures, from the roll-ups: of the whole house, each account, queue and operator."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo

from contactcenter.dashboards.metrics import (
    Answering,
    Formula,
    Handling,
    WallClock,
    abandonment,
    average_handle_ms,
    average_wait_ms,
    occupancy,
    permille,
    pooled_service_level,
    satisfaction,
    total,
    transfers,
)
from contactcenter.dashboards.rollups.queries import (
    ContactTotals,
    contact_sums,
    days,
    merged,
    operator_clocks,
    operators_serving,
    quarters,
)
from contactcenter.tenancy.models import Account

Key = tuple[int, int | None]
"""An account and the queue its contacts came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """Sums of the day so far: contacts by account and queue, clocks by operator, and who handled what."""

    accounts: dict[int, Account]
    contacts: dict[Key, ContactTotals]
    by_quarter: dict[dt.datetime, list[tuple[int, ContactTotals]]]
    clocks: dict[int, WallClock]
    work: Sequence[tuple[int, int, int | None, Handling]]

    def total(self) -> dict[str, Any]:
        """Everything shown, as one."""
        return self._document(self.contacts.items(), {row[0] for row in self.work} | set(self.clocks))

    def of_account(self, account_id: int) -> dict[str, Any]:
        """One account's figures; its occupancy is that of the operators who served it."""
        return self._document(
            [item for item in self.contacts.items() if item[0][0] == account_id],
            {operator_id for operator_id, served, _, _ in self.work if served == account_id},
        )

    def of_queue(self, queue_id: int) -> dict[str, Any]:
        """One queue's figures over all accounts, each by its own threshold and formula."""
        return self._document(
            [item for item in self.contacts.items() if item[0][1] == queue_id],
            {operator_id for operator_id, _, queue, _ in self.work if queue == queue_id},
        )

    def queue_ids(self) -> set[int]:
        """The queues that contacts came from."""
        return {queue_id for _, queue_id in self.contacts if queue_id is not None}

    def channels_of(self, account_id: int) -> dict[str, int]:
        """One account's contacts by channel."""
        return merged(told for key, told in self.contacts.items() if key[0] == account_id).by_channel

    def handled_by(self, operator_id: int) -> Handling:
        """What one operator has finished."""
        return total(Handling, (handling for who, _, _, handling in self.work if who == operator_id))

    def intraday(self) -> list[dict[str, Any]]:
        """Quarters of an hour with contacts, in order."""
        return [
            {
                "at": at,
                "contacts": sum(told.contacts for _, told in rows),
                "answered": sum(self._answering(account_id, told).answered for account_id, told in rows),
                "abandoned": sum(self._answering(account_id, told).abandoned for account_id, told in rows),
                "service_level_permille": self._level(rows),
            }
            for at, rows in sorted(self.by_quarter.items())
        ]

    def _answering(self, account_id: int, told: ContactTotals) -> Answering:
        return told.within(self.accounts[account_id].service_level_seconds)

    def _level(self, rows: Iterable[tuple[int, ContactTotals]]) -> int | None:
        parts = [
            (self._answering(account_id, told), cast(Formula, self.accounts[account_id].service_level_formula))
            for account_id, told in rows
        ]
        return permille(share=pooled_service_level(parts=parts))

    def _document(self, items: Iterable[tuple[Key, ContactTotals]], operators: set[int]) -> dict[str, Any]:
        rows = [(account_id, told) for (account_id, _), told in items]
        answering = total(Answering, (self._answering(account_id, told) for account_id, told in rows))
        handling = total(Handling, (told.handling for _, told in rows))
        clock = total(WallClock, (self.clocks[who] for who in operators if who in self.clocks))
        return {
            "contacts": sum(told.contacts for _, told in rows),
            "answered": answering.answered,
            "abandoned": answering.abandoned,
            "service_level_permille": self._level(rows),
            "abandonment_permille": permille(share=abandonment(answering=answering)),
            "average_wait_ms": average_wait_ms(answering=answering),
            "average_handle_ms": average_handle_ms(handling=handling),
            "occupancy_permille": permille(share=occupancy(clock=clock)),
            "transfers_permille": permille(share=transfers(handling=handling)),
            "csat_permille": permille(share=satisfaction(handling=handling)),
        }


def today(*, accounts: Sequence[Account], start: dt.datetime, at: dt.datetime, queue_id: int | None) -> Today:
    """Return the day so far: of each account since its own midnight, of quarters and operators since `start`."""
    by_id = {account.pk: account for account in accounts}
    seconds = {account.service_level_seconds for account in accounts}
    by_zone: dict[str, list[int]] = defaultdict(list)
    for account in accounts:
        by_zone[account.time_zone].append(account.pk)
    contacts: dict[Key, ContactTotals] = {}
    for name, ids in sorted(by_zone.items()):
        on = at.astimezone(ZoneInfo(name)).date()
        rows = days(first=on, last=on, account_ids=ids)
        if queue_id is not None:
            rows = rows.filter(queue_id=queue_id)
        sums = contact_sums(rows=rows, by=("account_id", "queue_id"), seconds=seconds)
        contacts |= cast(dict[Key, ContactTotals], sums)
    rows = quarters(start=start, end=at, account_ids=list(by_id))
    if queue_id is not None:
        rows = rows.filter(queue_id=queue_id)
    by_quarter: dict[dt.datetime, list[tuple[int, ContactTotals]]] = defaultdict(list)
    for (quarter, account_id), told in contact_sums(rows=rows, by=("at", "account_id"), seconds=seconds).items():
        by_quarter[quarter].append((account_id, told))
    work = [
        row
        for row in operators_serving(start=start, end=at)
        if row[1] in by_id and (queue_id is None or row[2] == queue_id)
    ]
    return Today(
        accounts=by_id,
        contacts=contacts,
        by_quarter=dict(by_quarter),
        clocks=operator_clocks(start=start, end=at),
        work=work,
    )

"""What dashboards read of the roll-ups: contacts, operators' clocks and operators' work. Each needs a scope."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet, Sum
from django.db.models.functions import Coalesce

from contactcenter.dashboards.metrics import FCR_DAYS, Answering, Handling, WallClock, total
from contactcenter.dashboards.models import ContactDay, ContactQuarter, OperatorQuarter, RollupMark
from contactcenter.dashboards.rollups.facts import CLOCK
from contactcenter.tenancy.models import SERVICE_LEVEL_SECONDS
from contactcenter.tickets.models import Channel

LIVE_CHANNELS: Final = (Channel.VOICE, Channel.CHAT)
"""Where a contact waits for an answer by the second: service level, ASA and abandonment speak of these."""
FCR_AFTER: Final = dt.timedelta(days=FCR_DAYS)
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class ContactTotals:
    """Contacts of one group. `answering` (live channels only) is by the threshold in seconds."""

    contacts: int = 0
    by_channel: dict[str, int] = field(default_factory=dict)
    answering: dict[int, Answering] = field(default_factory=dict)
    handling: Handling = field(default_factory=Handling)

    def within(self, seconds: int) -> Answering:
        """How the live channels were answered, by this threshold; it must have been asked for."""
        return self.answering.get(seconds, Answering())


def contact_sums(
    *, rows: QuerySet[Any], by: Sequence[str], seconds: Collection[int]
) -> dict[tuple[Any, ...], ContactTotals]:
    """Add up rows of contacts (quarters or days) by these columns; `seconds`: the thresholds to count by.

    Groups without rows are left out. ValueError for a threshold that is not counted.
    """
    places = {bound: SERVICE_LEVEL_SECONDS.index(bound) for bound in sorted(set(seconds))}
    counted = ("contacts", "answered", "abandoned", "wait_ms", *_HANDLING)
    sums: dict[str, Any] = {f"sum_{name}": Coalesce(Sum(name), 0) for name in counted}
    for bound, place in places.items():
        sums[f"answered_{bound}"] = Coalesce(Sum(f"answered_within__{place}"), 0)
        sums[f"abandoned_{bound}"] = Coalesce(Sum(f"abandoned_within__{place}"), 0)
    parts: dict[tuple[Any, ...], list[ContactTotals]] = {}
    for row in rows.order_by().values(*by, "channel").annotate(**sums):
        live = row["channel"] in LIVE_CHANNELS
        answering = {
            bound: Answering(
                answered=row["sum_answered"],
                answered_in_time=row[f"answered_{bound}"],
                abandoned=row["sum_abandoned"],
                abandoned_in_time=row[f"abandoned_{bound}"],
                wait_ms=row["sum_wait_ms"],
            )
            for bound in places
        }
        parts.setdefault(tuple(row[name] for name in by), []).append(
            ContactTotals(
                contacts=row["sum_contacts"],
                by_channel={row["channel"]: row["sum_contacts"]} if row["sum_contacts"] else {},
                answering=answering if live else {},
                handling=Handling(**{name: row[f"sum_{name}"] for name in _HANDLING}),
            )
        )
    return {key: merged(found) for key, found in parts.items()}


_HANDLING: Final = (
    "handled",
    "conversation_ms",
    "wrap_ms",
    "transferred",
    "inbound",
    "repeated",
    "rated",
    "satisfied",
)


def merged(parts: Iterable[ContactTotals]) -> ContactTotals:
    """Several groups as one."""
    every = list(parts)
    by_channel: dict[str, int] = {}
    for part in every:
        for channel, count in part.by_channel.items():
            by_channel[channel] = by_channel.get(channel, 0) + count
    bounds = {bound for part in every for bound in part.answering}
    return ContactTotals(
        contacts=sum(part.contacts for part in every),
        by_channel=by_channel,
        answering={bound: total(Answering, (part.within(bound) for part in every)) for bound in bounds},
        handling=total(Handling, (part.handling for part in every)),
    )


def quarters(*, start: dt.datetime, end: dt.datetime, account_ids: Collection[int] | None = None) -> QuerySet[Any]:
    """Return the quarters of an hour from `start` up to `end`, of these accounts or all in scope."""
    rows = ContactQuarter.objects.filter(at__gte=start, at__lt=end)
    return rows if account_ids is None else rows.filter(account_id__in=account_ids)


def days(*, first: dt.date, last: dt.date, account_ids: Collection[int]) -> QuerySet[Any]:
    """Return the local days from `first` to `last`, both included."""
    return ContactDay.objects.filter(on__gte=first, on__lte=last, account_id__in=account_ids)


def resolved_by(*, rows: QuerySet[Any], at: dt.datetime) -> Handling:
    """Return `inbound` and `repeated` of those rows (days) whose seven days were over at `at`."""
    found = rows.filter(on__lt=(at - FCR_AFTER).date()).aggregate(
        inbound=Coalesce(Sum("inbound"), 0), repeated=Coalesce(Sum("repeated"), 0)
    )
    return Handling(inbound=found["inbound"], repeated=found["repeated"])


def operator_clocks(*, start: dt.datetime, end: dt.datetime) -> dict[int, WallClock]:
    """Return the wall clock of each operator in the quarters of [start, end)."""
    sums: dict[str, Any] = {f"sum_{name}": Sum(f"{name}_ms") for name in CLOCK}
    rows = OperatorQuarter.objects.filter(at__gte=start, at__lt=end, account=None).order_by()
    return {
        operator_id: WallClock(**{f"{name}_ms": ms for name, ms in zip(CLOCK, times, strict=True)})
        for operator_id, *times in rows.values_list("operator_id").annotate(**sums)
    }


def operators_serving(*, start: dt.datetime, end: dt.datetime) -> list[tuple[int, int, int | None, Handling]]:
    """Return (operator, account, queue, what was handled) of the quarters of [start, end)."""
    rows = OperatorQuarter.objects.filter(at__gte=start, at__lt=end, account__isnull=False).order_by()
    found = rows.values_list("operator_id", "account_id", "queue_id").annotate(
        handled=Sum("handled"), conversation_ms=Sum("conversation_ms"), wrapped_ms=Sum("wrapped_ms")
    )
    return [
        (operator_id, account_id, queue_id, Handling(handled=handled, conversation_ms=talked, wrap_ms=wrapped))
        for operator_id, account_id, queue_id, handled, talked, wrapped in found
        if account_id is not None
    ]


def behind_since() -> dt.datetime | None:
    """Return since when changes wait to be taken in; None if none does."""
    return RollupMark.objects.order_by("pk").values_list("recorded_at", flat=True).first()

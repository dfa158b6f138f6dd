"""Live events: written with the change, read by cursor, published after commit.

The cursor is "<transaction>-<id>". Serving stops below the oldest running transaction (pg_snapshot_xmin), because a
row of a slower transaction may still appear between rows already visible.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from contactcenter.kernel import valkey
from contactcenter.kernel.errors import Invalid
from contactcenter.kernel.models import EventReader, LiveEvent
from contactcenter.kernel.statements import ask, insert, rows_from

KEPT_FOR = timedelta(days=1)
# what a reader that must miss nothing has not read yet is kept so long
KEPT_FOR_READERS = timedelta(days=7)
_OF_ACCOUNTS = Q(audience__startswith="account:") | Q(audience__startswith="books:")


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the order of events."""

    transaction: int
    event_id: int

    def __str__(self) -> str:
        return f"{self.transaction}-{self.event_id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read "<transaction>-<id>"; anything else is Invalid."""
        head, _, tail = text.partition("-")
        if not (head.isdigit() and tail.isdigit() and len(text) <= 40):
            raise Invalid("The cursor is not one this server gave out.", field="after")
        return cls(int(head), int(tail))


def as_json(event: LiveEvent) -> dict[str, Any]:
    """Return the event as every client sees it: cursor, kind, at, account_id, payload."""
    return {
        "cursor": str(Cursor(event.transaction, event.pk)),
        "kind": event.kind,
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "account_id": event.account_id,
        "payload": event.payload,
    }


def push_on_commit(audience: str, *, kind: str, payload: Mapping[str, Any], account_id: int | None = None) -> None:
    """Write a live event now and publish it once the surrounding transaction has committed.

    Audiences: "operator:<id>", "account:<id>", "staff", "chat:<uuid>"; "books:<account id>" is shown on no screen and
    is for readers of the log only. If Valkey is out of reach the event is still
    read by cursor.
    """
    push_event_on_commit(LiveEvent(audience=audience, kind=kind, payload=dict(payload), account_id=account_id))


def push_event_on_commit(event: LiveEvent) -> None:
    """Do as push_on_commit does for an event that is made, but not written."""
    insert(event)
    publish_on_commit(event)


def publish_on_commit(event: LiveEvent) -> None:
    """Publish an event that is written, once the surrounding transaction has committed."""
    transaction.on_commit(lambda: _publish(event))


def push_passing(
    audience: str, *, kind: str, payload: Mapping[str, Any], at: datetime, account_id: int | None = None
) -> None:
    """Publish at once what matters for seconds only: it has no cursor, is stored nowhere, and may be lost."""
    event = {
        "cursor": "",
        "kind": kind,
        "at": at.isoformat().replace("+00:00", "Z"),
        "account_id": account_id,
        "payload": dict(payload),
    }
    _tell(audience=audience, event=event)


def push_each_on_commit(*, kind: str, told: Sequence[tuple[str, int | None, Mapping[str, Any]]]) -> None:
    """Do as push_on_commit does for each (audience, account_id, payload), in one statement."""
    if not told:
        return
    names = ("audience", "account_id", "payload")
    written = ask(
        "INSERT INTO kernel_liveevent (kind, audience, account_id, payload) "
        "SELECT %s, audience, account_id, payload FROM jsonb_to_recordset(%s::jsonb) "
        "AS told (audience text, account_id bigint, payload jsonb) RETURNING id, transaction, at",
        [kind, json.dumps([dict(zip(names, one, strict=True)) for one in told])],
    )

    def publish() -> None:
        for (audience, account_id, payload), (pk, written_in, at) in zip(told, written(), strict=True):
            event = {
                "cursor": str(Cursor(written_in, pk)),
                "kind": kind,
                "at": at.isoformat().replace("+00:00", "Z"),
                "account_id": account_id,
                "payload": payload,
            }
            _tell(audience=audience, event=event)

    transaction.on_commit(publish)


def _publish(event: LiveEvent) -> None:
    _tell(audience=event.audience, event=as_json(event))


def _tell(*, audience: str, event: Mapping[str, Any]) -> None:
    valkey.tell(
        "PUBLISH", settings.LIVE_CHANNEL, json.dumps({"audience": audience, "event": event}, ensure_ascii=False)
    )


def horizon() -> int:
    """Return the oldest transaction that may still be running: events below it are complete."""
    return int(rows_from("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", [])[0][0])


def current_cursor() -> Cursor:
    """Return a cursor from which nothing that is not yet readable can be missed."""
    return Cursor(horizon() - 1, 2**62)


def events_after(
    *, after: Cursor, audiences: Sequence[str], every_account: bool = False, limit: int = 200
) -> list[LiveEvent]:
    """Return up to `limit` events for any of the audiences, in order, all complete below the horizon.

    `every_account` adds the audiences of all accounts, for roles that see every account.
    """
    wanted = Q(audience__in=audiences)
    if every_account:
        wanted |= Q(audience__startswith="account:")
    return list(_complete(after=after).filter(wanted)[:limit])


def published_after(after: Cursor, /, *, limit: int = 500) -> list[tuple[str, dict[str, Any]]]:
    """Return (audience, event as JSON) of everything complete after the cursor: what a hub fans out by itself."""
    return [(event.audience, as_json(event)) for event in _complete(after=after)[:limit]]


def read_on(*, name: str, kinds: Sequence[str], limit: int) -> list[LiveEvent]:
    """Return the next events of accounts for this reader, and move it behind them, in the caller's transaction.

    A new reader begins now. While another transaction reads on under the same name there is nothing to read.
    """
    start = current_cursor()
    _, created = EventReader.objects.get_or_create(
        name=name, defaults={"transaction": start.transaction, "event_id": start.event_id}
    )
    reader = EventReader.objects.select_for_update(skip_locked=True).filter(name=name).first()
    if created or reader is None:
        return []
    after = Cursor(reader.transaction, reader.event_id)
    events = list(_complete(after=after).filter(_OF_ACCOUNTS, kind__in=kinds)[:limit])
    if events:
        reader.transaction, reader.event_id = events[-1].transaction, events[-1].pk
        reader.save(update_fields=["transaction", "event_id"])
    return events


def _complete(*, after: Cursor) -> QuerySet[LiveEvent]:
    return (
        LiveEvent.objects.filter(transaction__gte=after.transaction, transaction__lt=horizon())
        .extra(where=["(transaction, id) > (%s, %s)"], params=[after.transaction, after.event_id])
        .order_by("transaction", "id")
    )


def reaches_back_to(after: Cursor) -> bool:
    """Return whether the log still holds everything after the cursor (False: the client must reload)."""
    oldest = LiveEvent.objects.order_by("transaction", "id").values_list("transaction", "id").first()
    if oldest is None:
        return True
    return LiveEvent.objects.filter(transaction__lte=after.transaction).exists() or Cursor(*oldest) <= after


def trim_events(*, at: datetime) -> int:
    """Delete events older than a day, but for a week those of accounts that a reader has yet to read."""
    old = LiveEvent.objects.filter(at__lt=at - KEPT_FOR)
    behind = EventReader.objects.order_by("transaction", "event_id").first()
    if behind is not None:
        unread = Q(transaction__gt=behind.transaction) | Q(transaction=behind.transaction, pk__gt=behind.event_id)
        old = old.exclude(unread & _OF_ACCOUNTS & Q(at__gte=at - KEPT_FOR_READERS))
    return old.delete()[0]

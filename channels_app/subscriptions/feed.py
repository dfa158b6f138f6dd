"""From the log of live events to deliveries: once for each event and subscription, whoever is killed when.

The log is written in the transaction of every change already; its cursor and the deliveries move in one transaction
here, so that no event is told twice and none is passed over.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from channels_app.subscriptions.actions import new_delivery
from channels_app.subscriptions.bodies import body_of, short_message
from channels_app.subscriptions.models import WebhookDelivery, WebhookEvent, WebhookSubscription
from contactcenter.contacts.queries import contacts_by_id
from contactcenter.kernel import push
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.models import LiveEvent
from contactcenter.tickets.cards import cards_of
from contactcenter.tickets.models import Direction, MessageStatus, Ticket
from contactcenter.tickets.records import calls_by_id, messages_by_id

READER: Final = "webhooks"
BATCH: Final = 500
ROUNDS: Final = 20
HEARD: Final = (
    "ticket.changed",
    "entry.added",
    "entry.changed",
    "contact.merged",
    "contact.unmerged",
    "invoice.issued",
    "usage.alert",
)
_SENT: Final = frozenset({MessageStatus.SENT.value, MessageStatus.DELIVERED.value, MessageStatus.READ.value})
# of these only a change is told: sent after failed, not sent again because somebody read it
_ONCE: Final = frozenset({WebhookEvent.MESSAGE_SENT, WebhookEvent.MESSAGE_FAILED, WebhookEvent.CALL_ENDED})


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell the subscribers of an account."""

    account_id: int
    kind: str
    subject: str
    at: datetime
    data: Mapping[str, Any]


def feed_deliveries(*, at: datetime) -> int:
    """Make deliveries of everything in the log since the last time; return how many. Needs every account's scope."""
    made = 0
    for _ in range(ROUNDS):
        count, more = _feed_batch(at=at)
        made += count
        if not more:
            break
    return made


@transaction.atomic
def _feed_batch(*, at: datetime) -> tuple[int, bool]:
    events = push.read_on(name=READER, kinds=HEARD, limit=BATCH)
    subscriptions: dict[int, list[WebhookSubscription]] = defaultdict(list)
    accounts = {event.account_id for event in events if event.account_id is not None}
    for one in WebhookSubscription.objects.filter(account_id__in=accounts, is_active=True).order_by("pk"):
        subscriptions[one.account_id].append(one)
    wanted = [event for event in events if event.account_id in subscriptions]
    deliveries = _deliveries(told=_told(wanted), subscriptions=subscriptions, at=at)
    WebhookDelivery.objects.bulk_create(deliveries)
    if deliveries:
        enqueue_on_commit("webhooks.send")
    return len(deliveries), len(events) == BATCH


def _deliveries(
    *, told: Sequence[Told], subscriptions: Mapping[int, Sequence[WebhookSubscription]], at: datetime
) -> list[WebhookDelivery]:
    pairs = [(one, to) for one in told for to in subscriptions[one.account_id] if one.kind in to.events]
    once = [(one, to) for one, to in pairs if one.kind in _ONCE]
    last = {
        (subscription_id, subject): kind
        for subscription_id, subject, kind in WebhookDelivery.objects.filter(
            subscription__in={to.pk for _, to in once}, subject__in={one.subject for one, _ in once}, kind__in=_ONCE
        )
        .order_by("id")
        .values_list("subscription_id", "subject", "kind")
    }
    return [
        new_delivery(
            subscription=to,
            kind=one.kind,
            subject=one.subject,
            body=body_of(kind=one.kind, at=one.at, data={"account_id": one.account_id, **one.data}),
            at=at,
        )
        for one, to in pairs
        if one.kind not in _ONCE or last.get((to.pk, one.subject)) != one.kind
    ]


@dataclass(slots=True)
class _Seen:
    """Ids by what happened to them, each with the newest event about it."""

    created: dict[int, LiveEvent] = field(default_factory=dict)
    changed: dict[int, LiveEvent] = field(default_factory=dict)
    added: dict[int, LiveEvent] = field(default_factory=dict)
    messages: dict[int, LiveEvent] = field(default_factory=dict)
    calls: dict[int, LiveEvent] = field(default_factory=dict)
    plain: list[LiveEvent] = field(default_factory=list)


def _told(events: Iterable[LiveEvent]) -> list[Told]:
    seen = _seen(events)
    return [*_tickets(seen), *_messages(seen), *_calls(seen), *_merges(seen), *_invoices(seen), *_alerts(seen)]


def _seen(events: Iterable[LiveEvent]) -> _Seen:
    seen = _Seen()
    for event in events:
        if event.kind == "ticket.changed":
            into = seen.created if event.payload.get("created") else seen.changed
            into[event.payload["ticket_id"]] = event
        elif event.kind in {"contact.merged", "contact.unmerged", "invoice.issued", "usage.alert"}:
            seen.plain.append(event)
        elif event.payload["entry"]["type"] == "message":
            into = seen.added if event.kind == "entry.added" else seen.messages
            into[event.payload["entry"]["id"]] = event
        elif event.payload["entry"]["type"] == "call":
            seen.calls[event.payload["entry"]["id"]] = event
    return seen


def _tickets(seen: _Seen) -> list[Told]:
    ids = [*seen.created, *seen.changed]
    cards = {card["id"]: card for card in cards_of(Ticket.objects.filter(pk__in=ids))}
    told = []
    for ticket_id, card in cards.items():
        is_new = ticket_id in seen.created
        event = seen.created[ticket_id] if is_new else seen.changed[ticket_id]
        kind = WebhookEvent.TICKET_CREATED if is_new else WebhookEvent.TICKET_CHANGED
        told.append(_tell(event, kind=kind, subject=f"ticket:{ticket_id}", data={"ticket": card}))
    return told


def _messages(seen: _Seen) -> list[Told]:
    records = messages_by_id([*seen.added, *seen.messages])
    told = []
    for message_id, record in sorted(records.items()):
        data, subject = {"message": short_message(record)}, f"message:{message_id}"
        if message_id in seen.added and record["direction"] == Direction.INBOUND:
            told.append(_tell(seen.added[message_id], kind=WebhookEvent.MESSAGE_RECEIVED, subject=subject, data=data))
        event = seen.messages.get(message_id)
        if event is None or record["direction"] != Direction.OUTBOUND:
            continue
        if record["status"] in _SENT:
            told.append(_tell(event, kind=WebhookEvent.MESSAGE_SENT, subject=subject, data=data))
        elif record["status"] == MessageStatus.FAILED:
            told.append(_tell(event, kind=WebhookEvent.MESSAGE_FAILED, subject=subject, data=data))
    return told


def _calls(seen: _Seen) -> list[Told]:
    return [
        _tell(seen.calls[call_id], kind=WebhookEvent.CALL_ENDED, subject=f"call:{call_id}", data={"call": call})
        for call_id, call in sorted(calls_by_id(list(seen.calls)).items())
        if call["ended_at"] is not None
    ]


def _merges(seen: _Seen) -> list[Told]:
    merges = [event for event in seen.plain if event.kind in {"contact.merged", "contact.unmerged"}]
    contacts = {one["id"]: one for one in contacts_by_id(event.payload["contact_id"] for event in merges)}
    return [
        _tell(
            event,
            kind=event.kind,
            subject=f"contact:{event.payload['contact_id']}",
            data={**event.payload, "contact": contacts[event.payload["contact_id"]]},
        )
        for event in merges
    ]


def _invoices(seen: _Seen) -> list[Told]:
    return [
        _tell(event, kind=event.kind, subject=f"invoice:{event.payload['id']}", data={"invoice": event.payload})
        for event in seen.plain
        if event.kind == "invoice.issued"
    ]


def _alerts(seen: _Seen) -> list[Told]:
    return [
        _tell(event, kind=event.kind, subject=f"alert:{event.payload['id']}", data={"alert": event.payload})
        for event in seen.plain
        if event.kind == "usage.alert"
    ]


def _tell(event: LiveEvent, *, kind: str, subject: str, data: Mapping[str, Any]) -> Told:
    assert event.account_id is not None  # noqa: S101  only events of subscribed accounts come here
    return Told(event.account_id, str(kind), subject, event.at, data)

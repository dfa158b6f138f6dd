"""Answered parts of calls as operator events, so that every second of talk and hold reaches the ledger."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contactcenter.kernel.intervals import floor_to_ms
from contactcenter.tenancy.models import Role, User
from contactcenter.tickets.call_actions import RecordedCall, SegmentFacts
from contactcenter.worktime.actions import record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.models import OperatorEvent
from contactcenter.worktime.queries import clock_corrections

SOURCE = "telephone log"
MACHINE_EMAIL = "telephone-log@system.invalid"


def clock_of(*, endpoint_id: int) -> str:
    """Return the name under which the ledger knows the clock of an endpoint's telephone system."""
    return f"endpoint {endpoint_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFacts:
    """An operator's telephone rang for a caller during [made_at, ended_at); ended_at None: it still rings."""

    operator_id: int
    made_at: datetime
    ended_at: datetime | None


def tell_ledger(
    *, recorded: RecordedCall, segments: tuple[SegmentFacts, ...], offers: Sequence[OfferFacts] = ()
) -> int:
    """Bring the operators' events of a call up to its segments; returns how many were recorded.

    Telling the same again records nothing. What later log entries proved wrong (an instant refined by a finer
    source) is voided by a correction in the name of the telephone log, never edited. Runs in the caller's transaction.
    """
    call = recorded.call
    prefix = f"call {call.pk} "
    clock = clock_corrections(source=clock_of(endpoint_id=call.endpoint_id)) if call.endpoint_id else []
    wanted: dict[tuple[object, ...], tuple[int, EventInput]] = {}
    for position, interaction in recorded.interactions.items():
        for kind, stamped_at in _moments(segments[position]):
            at = _corrected(stamped_at, clock)
            event = EventInput(
                kind=kind,
                at=at,
                source=SOURCE,
                source_key=f"{prefix}{position} {kind} {at.isoformat()}",
                account_id=call.account_id,
                interaction_id=interaction.pk,
                ticket_id=interaction.ticket_id,
                channel="voice",
            )
            wanted[interaction.operator_id, str(kind), at, interaction.pk] = (interaction.operator_id, event)
    for offer in offers:
        for event in _ringing(recorded, offer, prefix=prefix):
            wanted[offer.operator_id, str(event.kind), event.at, None] = (offer.operator_id, event)
    if recorded.status == "created":
        stored: list[OperatorEvent] = []
        voided: set[str] = set()
    else:
        stored, voided = _told_before(prefix)
    live: dict[tuple[object, ...], OperatorEvent] = {
        (event.operator_id, event.kind, event.at, event.interaction_id): event
        for event in stored
        if event.source_key not in voided
    }
    used = {event.source_key for event in stored}
    by_operator: dict[int, list[EventInput]] = defaultdict(list)
    for told, wrong in live.items():
        if told not in wanted:
            by_operator[wrong.operator_id].append(_void(wrong))
    for fact, (operator_id, event) in wanted.items():
        if fact not in live:
            by_operator[operator_id].append(_unused(event, used))
    return sum(
        record_events(operator_id=operator_id, events=events) for operator_id, events in sorted(by_operator.items())
    )


def ring_key(*, call_id: int, operator_id: int, kind: EventKind, at: datetime) -> str:
    """Return the ledger's key of a ring's beginning (OFFER_MADE) or end (OFFER_ENDED)."""
    return f"call {call_id} {operator_id} {kind} {floor_to_ms(at).isoformat()}"


def _corrected(stamped_at: datetime, clock: Sequence[tuple[datetime, timedelta]]) -> datetime:
    """The instant by our clock; what was stamped before a correction began to hold stays as it was told."""
    offset = timedelta(0)
    for valid_from, ahead in clock:
        if stamped_at >= valid_from:
            offset = ahead
    return stamped_at - offset


def _ringing(recorded: RecordedCall, offer: OfferFacts, *, prefix: str) -> list[EventInput]:
    made_at = floor_to_ms(offer.made_at)
    moments = [(EventKind.OFFER_MADE, made_at)]
    if offer.ended_at is not None:
        moments.append((EventKind.OFFER_ENDED, floor_to_ms(max(offer.ended_at, offer.made_at))))
    return [
        EventInput(
            kind=kind,
            at=at,
            source=SOURCE,
            source_key=ring_key(call_id=recorded.call.pk, operator_id=offer.operator_id, kind=kind, at=at),
            account_id=recorded.call.account_id,
            ticket_id=recorded.call.ticket_id,
            channel="voice",
            subject=f"{prefix}rings {offer.operator_id} {made_at.isoformat()}",
        )
        for kind, at in moments
    ]


def _told_before(prefix: str) -> tuple[list[OperatorEvent], set[str]]:
    stored = list(OperatorEvent.objects.filter(source_key__startswith=prefix))
    voids = OperatorEvent.objects.filter(source_key__startswith=f"void {prefix}")
    return stored, set(voids.values_list("data__voids", flat=True))


def _moments(segment: SegmentFacts) -> list[tuple[EventKind, datetime]]:
    if segment.answered_at is None:
        return []
    moments = [(EventKind.CALL_TALK_STARTED, floor_to_ms(segment.answered_at))]
    for hold in segment.holds:
        for name, kind in (("start", EventKind.CALL_HOLD_STARTED), ("end", EventKind.CALL_HOLD_ENDED)):
            text = hold[name]
            if text is not None:
                moments.append((kind, floor_to_ms(datetime.fromisoformat(text))))
    if segment.ended_at is not None:
        moments.append((EventKind.CALL_ENDED, floor_to_ms(max(segment.ended_at, segment.answered_at))))
    return moments


def _void(wrong: OperatorEvent) -> EventInput:
    return EventInput(
        kind=EventKind.CORRECTION,
        at=wrong.at,
        source=SOURCE,
        source_key=f"void {wrong.source_key}"[:200],
        account_id=wrong.account_id,
        interaction_id=wrong.interaction_id,
        ticket_id=wrong.ticket_id,
        channel=wrong.channel,
        reason="later entries of the telephone log say otherwise",
        author_id=_machine().pk,
        data={"voids": wrong.source_key},
    )


def _unused(event: EventInput, used: set[str]) -> EventInput:
    """A fact that was voided and turned out true after all needs a key of its own."""
    key, again = event.source_key, 1
    while key in used:
        again += 1
        key = f"{event.source_key} again {again}"
    return replace(event, source_key=key)


def _machine() -> User:
    """The author of corrections that no person makes; it cannot log in."""
    machine, created = User.objects.get_or_create(
        email=MACHINE_EMAIL, defaults={"full_name": "Telephone log", "role": Role.OPERATOR, "is_active": False}
    )
    if created:
        machine.set_unusable_password()
        machine.save(update_fields=["password"])
    return machine

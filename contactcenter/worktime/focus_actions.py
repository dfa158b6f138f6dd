"""Writes of attention: signs of consoles become focus events, as few as the ledger needs."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from contactcenter.worktime.actions import record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.focusing import STEP, Attention, flush, forget, take
from contactcenter.worktime.models import FocusSign
from contactcenter.worktime.records import to_instant, to_ms

SOURCE = "console"


@transaction.atomic
def sign_focus(*, operator_id: int, event: EventInput) -> None:
    """Take a sign (focus.started: the ticket is on screen with activity, focus.ended: no longer); record what counts.

    The events and the sign held back together say what all signs say: derived, not a millisecond differs. An operator
    has one row that is written over; events come at most once in focusing.STEP while the attention stays where it is.
    """
    row = FocusSign.objects.select_for_update(of=("self",)).filter(pk=operator_id).first()
    active = event.kind is EventKind.FOCUS_STARTED
    before = None if row is None else _attention(row)
    subject = _subject(interaction_id=event.interaction_id, ticket_id=event.ticket_id)
    taken = take(before, subject=subject, at=to_ms(event.at), active=active)
    events = []
    if row is not None and taken.held is not None:
        events.append(_held(row, taken.held))
    if taken.told is not None:
        at = to_instant(taken.told)
        events.append(replace(event, at=at, source_key=_key(operator_id, event.ticket_id, event.kind, at)))
    if events:
        record_events(operator_id=operator_id, events=events)
    if taken.after == before:
        return
    if row is None or taken.told is not None:
        row = FocusSign(
            operator_id=operator_id,
            subject=taken.after.subject,
            account_id=event.account_id,
            ticket_id=event.ticket_id,
            interaction_id=event.interaction_id,
            channel=event.channel,
        )
    row.told_at = to_instant(taken.after.told)
    row.held_at = None if taken.after.held is None else to_instant(taken.after.held)
    FocusSign.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["operator"],
        update_fields=["subject", "account", "ticket_id", "interaction_id", "channel", "told_at", "held_at"],
    )


@transaction.atomic
def forget_focus(*, operator_id: int, interaction_id: int | None, ticket_id: int | None, at: datetime) -> None:
    """Record the sign held back, if it counts, because the end of a contact ends the attention to it at this instant.

    Attention to another ticket stays as it is.
    """
    row = FocusSign.objects.select_for_update(of=("self",)).filter(pk=operator_id).first()
    if row is None:
        return
    subject = _subject(interaction_id=interaction_id, ticket_id=ticket_id)
    after, held = forget(_attention(row), subject=subject, at=to_ms(at))
    if held is not None:
        record_events(operator_id=operator_id, events=[_held(row, held)])
    if after is None:
        row.delete()


def flush_focus(*, at: datetime) -> int:
    """Record the signs that have been held back for focusing.STEP; return how many."""
    waiting = FocusSign.objects.filter(held_at__isnull=False, told_at__lte=at - timedelta(milliseconds=STEP))
    return sum(_flush(operator_id, at) for operator_id in waiting.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _flush(operator_id: int, at: datetime) -> bool:
    row = FocusSign.objects.select_for_update(of=("self",)).filter(pk=operator_id).first()
    held = None if row is None else flush(_attention(row), at=to_ms(at))
    if row is None or held is None:
        return False
    record_events(operator_id=operator_id, events=[_held(row, held)])
    row.told_at, row.held_at = to_instant(held), None
    row.save(update_fields=["told_at", "held_at"])
    return True


def _attention(row: FocusSign) -> Attention:
    return Attention(row.subject, to_ms(row.told_at), None if row.held_at is None else to_ms(row.held_at))


def _subject(*, interaction_id: int | None, ticket_id: int | None) -> str:
    return f"interaction {interaction_id}" if interaction_id else f"ticket {ticket_id}"


def _held(row: FocusSign, held: int) -> EventInput:
    at = to_instant(held)
    return EventInput(
        kind=EventKind.FOCUS_STARTED,
        at=at,
        source=SOURCE,
        source_key=_key(row.operator_id, row.ticket_id, EventKind.FOCUS_STARTED, at),
        account_id=row.account_id,
        interaction_id=row.interaction_id,
        ticket_id=row.ticket_id,
        channel=row.channel,
    )


def _key(operator_id: int, ticket_id: int | None, kind: EventKind, at: datetime) -> str:
    return f"focus {operator_id} {ticket_id} {kind} {at.isoformat(timespec='microseconds')}"

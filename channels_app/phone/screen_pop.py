"""Telling the operator whose telephone rings who calls, and that it stopped, at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from channels_app.phone.ledger_events import OfferFacts, ring_key
from contactcenter.kernel.intervals import as_text
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.operators.models import Operator
from contactcenter.tenancy.queries import scope_of
from contactcenter.tickets.call_actions import RecordedCall, SegmentFacts
from contactcenter.tickets.models import Call
from contactcenter.worktime.events import EventKind
from contactcenter.worktime.models import OperatorEvent

LIVE_FOR = timedelta(minutes=2)
"""What is older when it is imported is history: nobody's screen is touched."""


def rings_told(*, recorded: RecordedCall, offers: Sequence[OfferFacts], at: datetime) -> set[str]:
    """Return the keys of the live rings that the ledger knows already; call this before the ledger is told."""
    keys = [key for offer in _live(offers, at) for key in _keys(recorded.call, offer)]
    return (
        set(OperatorEvent.objects.filter(source_key__in=keys).values_list("source_key", flat=True)) if keys else set()
    )


def announce_rings(
    *, recorded: RecordedCall, offers: Sequence[OfferFacts], told: set[str], answered_by: Iterable[int], at: datetime
) -> None:
    """Push call.ringing to an operator whose telephone has begun to ring, call.ring_ended when it has stopped.

    Nobody is told of a call of an account that is not theirs. In the caller's transaction.
    """
    call = recorded.call
    answered = set(answered_by)
    for offer in _live(offers, at):
        made, ended = _keys(call, offer)
        if offer.ended_at is None and made not in told and call.ticket_id is not None:
            if not _serves(operator_id=offer.operator_id, account_id=call.account_id):
                continue
            push_on_commit(
                f"operator:{offer.operator_id}",
                kind="call.ringing",
                account_id=call.account_id,
                payload={**_about(call), "number": call.from_number, "name": _name(call), "queue": call.queue_name,
                         "since": as_text(offer.made_at)},
            )  # fmt: skip
        elif offer.ended_at is not None and made in told and ended not in told:
            push_on_commit(
                f"operator:{offer.operator_id}",
                kind="call.ring_ended",
                account_id=call.account_id,
                payload={**_about(call), "answered": offer.operator_id in answered},
            )


def hand_to_wrap_up(
    *, recorded: RecordedCall, segments: Sequence[SegmentFacts], was_open: set[int], at: datetime
) -> None:
    """Let wrap-up begin for every operator whose part of the call has just ended (`was_open`: interactions before)."""
    for position, interaction in recorded.interactions.items():
        ended_at = segments[position].ended_at
        if interaction.pk in was_open and ended_at is not None and at - ended_at <= LIVE_FOR:
            enqueue_on_commit("routing.call_ended", interaction_id=interaction.pk)


def _live(offers: Sequence[OfferFacts], at: datetime) -> list[OfferFacts]:
    return [offer for offer in offers if at - (offer.ended_at or offer.made_at) <= LIVE_FOR]


def _keys(call: Call, offer: OfferFacts) -> tuple[str, str]:
    ended = offer.ended_at or offer.made_at
    return (
        ring_key(call_id=call.pk, operator_id=offer.operator_id, kind=EventKind.OFFER_MADE, at=offer.made_at),
        ring_key(
            call_id=call.pk, operator_id=offer.operator_id, kind=EventKind.OFFER_ENDED, at=max(ended, offer.made_at)
        ),
    )


def _serves(*, operator_id: int, account_id: int) -> bool:
    reach = scope_of(Operator.objects.select_related("user").get(pk=operator_id).user).account_ids
    return reach is None or account_id in reach


def _about(call: Call) -> dict[str, object]:
    return {"call_id": call.pk, "ticket_id": call.ticket_id, "account_id": call.account_id}


def _name(call: Call) -> str:
    return call.contact.name if call.contact is not None and call.contact.name else call.from_name

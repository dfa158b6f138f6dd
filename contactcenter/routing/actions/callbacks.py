"""Requests to be called back: asked for, offered in their place like any ticket, called, and done with."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from contactcenter.contacts.models import ContactPoint, PointKind
from contactcenter.contacts.points import normal_phone
from contactcenter.kernel import audit
from contactcenter.kernel.business_time import next_opening
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.routing import ledger_events, queries
from contactcenter.routing.actions.calling_back import move_callback, note_attempt, open_callback
from contactcenter.routing.actions.moving import lock_operators
from contactcenter.routing.actions.queueing import enqueue
from contactcenter.routing.actions.reservations import release_offer
from contactcenter.routing.actions.serving import end_without_outcome, start_wrap
from contactcenter.routing.actions.waiting import place_ticket
from contactcenter.routing.models import (
    OPEN_CALLBACKS,
    Assignment,
    CallbackRequest,
    CallbackResult,
    CallbackSource,
    CallbackState,
    Offer,
    OfferState,
    Queue,
    Waiting,
)
from contactcenter.routing.states import LIVE, OWNING
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.calendars import hours_of
from contactcenter.tickets.models import Call, Channel, Interaction, Ticket
from contactcenter.tickets.models.ticket import OPEN_STATUSES
from contactcenter.worktime.events import EventKind

LATEST: Final = timedelta(days=60)
_NUMBER: Final = re.compile(r"\+?[0-9]{3,20}")
_ENDS: Final = {CallbackResult.REACHED: CallbackState.DONE, CallbackResult.REFUSED: CallbackState.CANCELED}


@transaction.atomic
def request_callback(
    *,
    ticket_id: int,
    source: str,
    at: datetime,
    number: str = "",
    not_before: datetime | None = None,
    enqueued_at: datetime | None = None,
    requested_at: datetime | None = None,
    actor_id: int | None = None,
) -> tuple[CallbackRequest, bool]:
    """Let the ticket's contact wait to be called, and return the request and whether it is new.

    It keeps the place of the ticket in its queue (`enqueued_at` names a place held elsewhere, in the telephone's own
    queue), waits in that queue's business hours, and is not offered before `not_before`. Whoever waits for a call
    already (of this ticket, or in the same queue) goes on waiting: that request is returned, with the new number.

    `number` '' takes the contact's first. Raises NotFound; Invalid, naming number or not_before; Conflict for a closed
    ticket.
    """
    if not_before is not None and not at <= not_before <= at + LATEST:
        raise Invalid("Choose an instant within the coming 60 days.", field="not_before")
    waiting = Waiting.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id).first()
    ticket = Ticket.objects.select_related("contact").filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound("There is no such ticket.", field="ticket_id")
    if ticket.status not in OPEN_STATUSES:
        raise Conflict("This ticket is closed.", data={"status": ticket.status})
    wanted = _number_for(ticket, number=number, actor_id=actor_id)
    queue = waiting.queue if waiting else _queue_of(ticket)
    known = _open_of(ticket=ticket, queue=queue)
    if known is not None:
        if number and known.number != wanted:
            CallbackRequest.objects.filter(pk=known.pk).update(number=wanted, changed_at=at)
            known.refresh_from_db()
            ticket_actions.push_ticket_changed(ticket)
        return known, False
    place = enqueued_at or (waiting.enqueued_at if waiting else not_before or at)
    opening = next_opening(hours_of(queue.calendar), at=not_before or at) or at
    fields = {
        "account_id": ticket.account_id,
        "contact_id": ticket.contact_id,
        "asked_by_id": ticket.contact_id,
        "queue": queue,
        "number": wanted,
        "source": source,
        "enqueued_at": place,
        "requested_at": requested_at or at,
        "next_attempt_at": not_before,
        "expires_at": opening + timedelta(seconds=queue.callback_expires_s) if queue.callback_expires_s else None,
        "changed_at": at,
    }
    try:
        with transaction.atomic():
            callback = CallbackRequest.objects.create(ticket=ticket, **fields)
    except IntegrityError:
        # somebody else asked for the same contact at the same moment
        known = _open_of(ticket=ticket, queue=queue)
        if known is None:
            raise
        return known, False
    audit.record(
        action="callback.request",
        target=callback,
        actor_id=actor_id,
        account_id=ticket.account_id,
        data={"number": wanted, "source": source, "ticket": ticket.pk},
    )
    ticket_actions.push_ticket_changed(ticket)
    if waiting is not None or queries.live_assignment(ticket_id=ticket_id) is None:
        place_ticket(ticket_id=ticket_id, at=at)
    return callback, True


def callback_of_call(*, call_id: int, at: datetime) -> CallbackRequest | None:
    """Let a caller who asked for it in the telephone's queue wait to be called, in the place they had there.

    None where the call is unknown, withheld its number, or its ticket is closed.
    """
    call = Call.objects.filter(pk=call_id, ticket__isnull=False).first()
    if call is None or call.ticket_id is None or not call.from_number:
        return None
    if CallbackRequest.objects.filter(ticket_id=call.ticket_id, requested_at__gte=call.started_at).exists():
        return None
    try:
        callback, _ = request_callback(
            ticket_id=call.ticket_id,
            source=CallbackSource.PHONE,
            # a national form is known to the contact as a full number
            number=call.from_number if call.from_number.startswith("+") else "",
            enqueued_at=call.enqueued_at or call.started_at,
            requested_at=call.ended_at or at,
            at=at,
        )
    except (Conflict, Invalid):
        return None
    return callback


@transaction.atomic
def cancel_callback(*, callback_id: int, reason: str, at: datetime, actor_id: int | None) -> CallbackRequest:
    """Give a request up that waits; what the contact has written goes on waiting in the same place.

    Twice changes no more. Conflict once it is being called, is done or was given up otherwise.
    """
    callback = _locked(callback_id)
    if callback.state == CallbackState.CANCELED:
        return callback
    if callback.state == CallbackState.CALLING or not move_callback(
        callback=callback, wanted=CallbackState.CANCELED, at=at, actor_id=actor_id, reason=reason.strip()[:200]
    ):
        raise Conflict("This callback waits no more.", data={"state": callback.state})
    _leave_queue(callback, at=at)
    return callback


@transaction.atomic
def dial_by_hand(*, callback_id: int, operator_id: int, at: datetime) -> CallbackRequest:
    """The operator dials on a telephone that tells us nothing: their time counts as a call from now until the result.

    Twice changes no more.
    """
    callback = _locked(callback_id)
    assignment = _own_attempt(callback, operator_id=operator_id)
    key = assignment.interaction.source_key or ""
    # a call that the telephone system tells of is counted by that
    if key.startswith("callback "):
        Interaction.objects.filter(pk=assignment.interaction_id).update(source_key=None)
        assignment.interaction.source_key = None
        ledger_events.serving(assignment=assignment, at=at, kinds=[EventKind.CALL_TALK_STARTED])
    return callback


@transaction.atomic
def record_callback_result(
    *, callback_id: int, operator_id: int, result: str, at: datetime, note: str = ""
) -> CallbackRequest:
    """Say what came of the call: done with and on to wrap-up, or, if nobody answered, once more later.

    After the queue's last attempt nobody is called any more (FAILED), and the operator wraps up. Raises NotFound, and
    Conflict where the callback is not being called by this operator; then nothing has changed.
    """
    callback = _locked(callback_id)
    assignment = _own_attempt(callback, operator_id=operator_id)
    lock_operators({operator_id})
    outcome = CallbackResult(result)
    note_attempt(callback=callback, assignment=assignment, result=outcome, at=at, note=note.strip())
    made = callback.attempts_made + 1
    most = callback.queue.callback_attempts if callback.queue else 1
    ended = _ENDS.get(outcome, CallbackState.FAILED if made >= most else None)
    actor_id = assignment.operator.user_id
    if ended is not None:
        move_callback(
            callback=callback, wanted=ended, at=at, actor_id=actor_id, attempts_made=made, assignment_id=None,
            reason=note.strip()[:200],
        )  # fmt: skip
        start_wrap(assignment=assignment, at=at)
        return callback
    retry = callback.queue.callback_retry_s if callback.queue else 0
    move_callback(
        callback=callback, wanted=CallbackState.WAITING, at=at, actor_id=actor_id, attempts_made=made,
        assignment_id=None, operator_id=None, next_attempt_at=at + timedelta(seconds=retry), reason=note.strip()[:200],
    )  # fmt: skip
    end_without_outcome(assignment=assignment, at=at)
    ticket_actions.mark_read(ticket_id=callback.ticket_id)
    ticket_actions.assign(ticket_id=callback.ticket_id, operator_id=None)
    return callback


def place_due_callbacks(*, at: datetime, limit: int = 200) -> int:
    """Put into the queue what is to be tried now and does not wait for it yet; return how many."""
    due = CallbackRequest.objects.filter(
        Q(ticket__waiting__isnull=True) | Q(ticket__waiting__is_callback=False),
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=at),
        ~Exists(Assignment.objects.filter(ticket_id=OuterRef("ticket_id"), state__in=LIVE)),
        state=CallbackState.WAITING,
        ticket__snooze__isnull=True,
    )
    placed = 0
    for ticket_id in list(due.order_by("enqueued_at", "id").values_list("ticket_id", flat=True)[:limit]):
        placed += place_ticket(ticket_id=ticket_id, at=at) is not None
    return placed


def expire_callbacks(*, at: datetime, limit: int = 200) -> int:
    """Give up the requests whose time has run out before anybody could call; return how many."""
    overdue = CallbackRequest.objects.filter(state=CallbackState.WAITING, expires_at__lte=at)
    expired = 0
    for callback_id in list(overdue.order_by("expires_at", "id").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            callback = _locked(callback_id)
            if Offer.objects.filter(ticket_id=callback.ticket_id, state=OfferState.PENDING).exists():
                # somebody is deciding on it this moment
                continue
            if move_callback(callback=callback, wanted=CallbackState.EXPIRED, at=callback.expires_at or at):
                _leave_queue(callback, at=at)
                expired += 1
    return expired


def _locked(callback_id: int) -> CallbackRequest:
    """Lock the place of the request's ticket, then the request, in the order of all of routing's writes."""
    ticket_id = CallbackRequest.objects.filter(pk=callback_id).values_list("ticket_id", flat=True).first()
    if ticket_id is None:
        raise NotFound("There is no such callback.")
    Waiting.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id).first()
    return CallbackRequest.objects.select_for_update(of=("self",)).select_related("queue").get(pk=callback_id)


def _own_attempt(callback: CallbackRequest, *, operator_id: int) -> Assignment:
    assignment = (
        Assignment.objects.select_related("operator", "ticket", "interaction")
        .filter(callbacks=callback, operator_id=operator_id, state__in=OWNING)
        .first()
    )
    if callback.state != CallbackState.CALLING or assignment is None:
        raise Conflict("You are not calling this contact.", data={"state": callback.state})
    return assignment


def _leave_queue(callback: CallbackRequest, *, at: datetime) -> None:
    """Nobody calls any more: offers of it are taken back; what was written waits on in the same place."""
    ticket = Ticket.objects.get(pk=callback.ticket_id)
    waiting = Waiting.objects.filter(ticket_id=ticket.pk, is_callback=True).first()
    if waiting is not None:
        for offer in Offer.objects.filter(ticket_id=ticket.pk, state=OfferState.PENDING):
            lock_operators({offer.operator_id})
            release_offer(offer=offer, how=OfferState.RESCINDED, at=at)
        if ticket.unread and ticket.channel != Channel.VOICE:
            enqueue(ticket=ticket, channel=ticket.channel, enqueued_at=waiting.enqueued_at, at=at, waiting=waiting)
        else:
            waiting.delete()
    ticket_actions.push_ticket_changed(ticket)
    enqueue_on_commit("routing.match")


def _open_of(*, ticket: Ticket, queue: Queue) -> CallbackRequest | None:
    """Return what this contact waits for already: with this ticket, else in this queue."""
    known = open_callback(ticket_id=ticket.pk)
    return known or (
        CallbackRequest.objects.filter(contact_id=ticket.contact_id, queue=queue, state__in=OPEN_CALLBACKS).first()
    )


def _queue_of(ticket: Ticket) -> Queue:
    queue = queries.pick_queue(account_id=ticket.account_id, language=ticket.language, channel=Channel.VOICE)
    if queue is None:
        queue, _ = Queue.objects.get_or_create(account=None, language="", channel="", defaults={"name": "Everything"})
    return queue


def _number_for(ticket: Ticket, *, number: str, actor_id: int | None) -> str:
    """Return the number to call; one that is new of the contact is kept with them."""
    points = ContactPoint.objects.filter(contact_id=ticket.contact_id, kind__in=[PointKind.PHONE, PointKind.SMS])
    if not number.strip():
        first = min(points, key=lambda point: (point.kind != PointKind.PHONE, point.pk), default=None)
        if first is None:
            raise Invalid("Say which number to call.", field="number")
        return first.value
    wanted = normal_phone(number=number, region=None)
    if not _NUMBER.fullmatch(wanted):
        raise Invalid("This is no telephone number.", field="number")
    # a number that another contact has stays theirs: it is called all the same
    ContactPoint.objects.get_or_create(
        account_id=ticket.account_id, kind=PointKind.PHONE, value=wanted, defaults={"contact_id": ticket.contact_id}
    )
    return wanted

"""From the accepted ticket to the end of wrap-up."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.playbooks.models import Disposition
from contactcenter.playbooks.queries import disposition_by_code
from contactcenter.routing import ledger_events, queries
from contactcenter.routing.actions.abandoning import abandon
from contactcenter.routing.actions.calling_back import (
    begin_calling,
    callback_under_way,
    give_back,
    handed_on,
    open_callback,
    refuse_without_result,
    source_key_of,
)
from contactcenter.routing.actions.moving import move_assignment, own_assignment
from contactcenter.routing.actions.queueing import WAITS, enqueue
from contactcenter.routing.actions.reservations import cancel_transfer_of
from contactcenter.routing.actions.stance import begin_next
from contactcenter.routing.frames import wrap_frame
from contactcenter.routing.models import Assignment, AssignmentState, Bridge, OperatorState, Waiting, WrapUpMode
from contactcenter.routing.states import OWNING
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets import interaction_actions
from contactcenter.tickets.interpreters import begin_interpreting
from contactcenter.tickets.models import Channel, Direction, Ticket
from contactcenter.tickets.sla_actions import resume_clocks, stop_clocks
from contactcenter.worktime.events import EventKind

DEFAULT_WRAP_SECONDS = 60


@transaction.atomic
def finish_conversation(*, ticket_id: int, operator_id: int, at: datetime) -> Assignment:
    """End the conversation: the place is free, the wrap-up clock runs. Twice returns the same assignment.

    Raises ResultMissing for a callback whose result was not recorded (record_callback_result).
    """
    assignment = own_assignment(ticket_id=ticket_id, operator_id=operator_id)
    if assignment.state == AssignmentState.WRAPPING:
        return assignment
    refuse_without_result(assignment=assignment)
    return start_wrap(assignment=assignment, at=at)


@transaction.atomic
def conversation_ended(*, ticket_id: int, at: datetime) -> Assignment | None:
    """The contact has left for good: whoever serves the ticket goes on to wrap-up; a waiting ticket keeps waiting.

    That the contact left before anybody answered is recorded, and an offer nobody has answered yet is taken back.
    """
    # first, as accepting does: whoever wins, the other sees it
    waiting = Waiting.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id).first()
    assignment = queries.live_assignment(ticket_id=ticket_id)
    if assignment is None and waiting is not None:
        abandon(waiting=waiting, at=at)
    if assignment is None or assignment.state not in OWNING or callback_under_way(assignment=assignment) is not None:
        return assignment
    return start_wrap(assignment=assignment, at=at)


@transaction.atomic
def hold(*, ticket_id: int, operator_id: int, at: datetime) -> Assignment:
    """Let the contact wait for the operator; the place stays taken. Twice changes no more."""
    assignment = own_assignment(ticket_id=ticket_id, operator_id=operator_id)
    if assignment.state == AssignmentState.HELD:
        return assignment
    if not move_assignment(assignment=assignment, wanted=AssignmentState.HELD, state_since=at):
        raise Conflict("Only a contact you are serving can be put on hold.", data={"state": assignment.state})
    ledger_events.held(assignment=assignment, at=at, begins=True)
    stop_clocks(ticket_id=ticket_id, at=at)
    _tell_owner(assignment)
    return assignment


@transaction.atomic
def resume(*, ticket_id: int, operator_id: int, at: datetime) -> Assignment:
    """Go on with a contact on hold. Twice changes no more."""
    assignment = own_assignment(ticket_id=ticket_id, operator_id=operator_id)
    if assignment.state == AssignmentState.ACTIVE:
        return assignment
    if assignment.state != AssignmentState.HELD or not move_assignment(
        assignment=assignment, wanted=AssignmentState.ACTIVE, state_since=None
    ):
        raise Conflict("This contact is not on hold.", data={"state": assignment.state})
    ledger_events.held(assignment=assignment, at=at, begins=False)
    resume_clocks(ticket_id=ticket_id, at=at)
    _tell_owner(assignment)
    return assignment


def _tell_owner(assignment: Assignment) -> None:
    ticket_actions.push_ticket_changed(assignment.ticket)


def begin_serving(
    *,
    ticket: Ticket,
    operator_id: int,
    channel: str,
    at: datetime,
    enqueued_at: datetime | None,
    waited_ms: int | None,
    queue_id: int | None = None,
    bridge: str = Bridge.NONE,
) -> Assignment:
    """Make the operator the ticket's owner: an interaction begins. The operator's state must be locked.

    Whoever takes a ticket by voice whose contact asked to be called back is the one who calls. `bridge` is what helps
    with the language; an interpreter helps from now on.
    """
    callback = open_callback(ticket_id=ticket.pk, lock=True) if channel == Channel.VOICE else None
    interaction = interaction_actions.start_interaction(
        ticket=ticket,
        operator_id=operator_id,
        channel=channel,
        at=at,
        waited_ms=waited_ms,
        queue_id=queue_id,
        direction=Direction.OUTBOUND if callback else Direction.INBOUND,
        source_key=source_key_of(callback) if callback else None,
    )
    assignment = Assignment.objects.create(
        account_id=ticket.account_id,
        ticket=ticket,
        operator_id=operator_id,
        interaction=interaction,
        channel=channel,
        enqueued_at=enqueued_at,
        started_at=at,
        bridge=bridge,
    )
    if bridge == Bridge.INTERPRETER:
        begin_interpreting(interaction=interaction, language=ticket.language, at=at)
    if callback is not None:
        begin_calling(callback=callback, assignment=assignment, at=at)
    ticket_actions.assign(ticket_id=ticket.pk, operator_id=operator_id)
    ledger_events.serving(assignment=assignment, at=at, kinds=ledger_events.opened(assignment=assignment))
    return assignment


def hand_over(*, assignment: Assignment, at: datetime, ends: list[EventKind] | None = None) -> None:
    """The ticket goes to somebody else: its owner's conversation is over, and wrap-up begins, as after any other.

    `ends` is what the ledger is told of the end, where it is another one than a conversation's.
    """
    at = max(at, assignment.started_at)
    if not move_assignment(
        assignment=assignment, wanted=AssignmentState.TRANSFERRED, transferred_at=at, state_since=None
    ):
        raise Conflict("This ticket has just moved on.", data={"state": assignment.state})
    resume_clocks(ticket_id=assignment.ticket_id, at=at)
    handed_on(assignment=assignment, at=at)
    start_wrap(assignment=assignment, at=at, ends=ends)


def start_wrap(*, assignment: Assignment, at: datetime, ends: list[EventKind] | None = None) -> Assignment:
    """End an owner's conversation, however it ended; the wrap-up clock runs. Twice changes no more."""
    at = max(at, assignment.started_at)
    OperatorState.objects.select_for_update(of=("self",)).get(operator_id=assignment.operator_id)
    assignment.refresh_from_db(fields=["state", "state_since", "transferred_at"])
    was = assignment.state
    if was in OWNING:
        cancel_transfer_of(assignment=assignment, at=at)
        assignment.refresh_from_db(fields=["state", "state_since"])
    due_at, is_exclusive = wrap_terms(assignment, at=at)
    moved = move_assignment(
        assignment=assignment,
        wanted=AssignmentState.WRAPPING,
        state_since=None,
        wrapping_at=at,
        wrap_due_at=due_at,
        wrap_extended=False,
        wrap_is_exclusive=is_exclusive,
    )
    if not moved:
        assignment.refresh_from_db()
        return assignment
    if was == AssignmentState.HELD:
        resume_clocks(ticket_id=assignment.ticket_id, at=at)
    interaction_actions.end_interaction(interaction_id=assignment.interaction_id, at=at)
    OperatorState.objects.filter(pk=assignment.operator_id).update(idle_since=at)
    kinds = [*(ends or ledger_events.closed(assignment=assignment)), EventKind.WRAP_STARTED]
    ledger_events.serving(assignment=assignment, at=at, kinds=kinds)
    tell_wrap_started(assignment=assignment)
    ticket_actions.push_ticket_changed(assignment.ticket)
    if assignment.channel == Channel.CHAT and was != AssignmentState.TRANSFERRED:
        enqueue_on_commit("channels.close_chat", ticket_id=assignment.ticket_id)
    enqueue_on_commit("routing.match")
    return assignment


@transaction.atomic
def resume_conversation(*, assignment: Assignment, at: datetime) -> None:
    """The contact wrote again during wrap-up: the same handled unit goes on, if it was not closed meanwhile."""
    if assignment.state != AssignmentState.WRAPPING or not move_assignment(
        assignment=assignment,
        wanted=AssignmentState.ACTIVE,
        wrapping_at=None,
        wrap_due_at=None,
        wrap_extended=False,
    ):
        return
    interaction_actions.resume_interaction(interaction_id=assignment.interaction_id)
    kinds = [EventKind.WRAP_ENDED, *ledger_events.opened(assignment=assignment)]
    ledger_events.serving(assignment=assignment, at=at, kinds=kinds)
    _tell_wrap_finished(assignment=assignment, outcome="resumed")


@transaction.atomic
def wrap_up(
    *,
    ticket_id: int,
    operator_id: int,
    at: datetime,
    disposition: str | None,
    comment: str = "",
    status: str | None = None,
    orders: int = 0,
    order_amount: Decimal | None = None,
) -> Assignment:
    """Record the outcome and the orders taken, and be done with the ticket; an active conversation is finished first.

    Raises Invalid when the account has outcomes and none, or another one, is given, or an amount without any order;
    NotFound when the ticket is not with this operator.
    """
    assignment = own_assignment(ticket_id=ticket_id, operator_id=operator_id)
    if assignment.state in OWNING:
        refuse_without_result(assignment=assignment)
        assignment = start_wrap(assignment=assignment, at=at)
    outcome = _outcome(account_id=assignment.account_id, code=disposition)
    said = {"comment": comment, "orders": orders, "order_amount": order_amount}
    if not _done(assignment=assignment, at=at, outcome=outcome, said=said):
        raise Conflict("This contact is already wrapped up.")
    if status and assignment.transferred_at is None:
        # of a ticket that was handed on its next owner says how it stands
        ticket_actions.change_status(ticket_id=ticket_id, status=status, at=at, actor_id=assignment.operator.user_id)
    return assignment


@transaction.atomic
def extend_wrap(*, ticket_id: int, operator_id: int) -> Assignment:
    """Give wrap-up as long again, once (WCAG 2.2.1)."""
    assignment = own_assignment(ticket_id=ticket_id, operator_id=operator_id)
    if assignment.state != AssignmentState.WRAPPING or assignment.wrap_due_at is None:
        raise Conflict("There is no wrap-up to extend.")
    length = assignment.wrap_due_at - (assignment.wrapping_at or assignment.wrap_due_at)
    due_at = assignment.wrap_due_at + length
    claimed = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.WRAPPING, wrap_extended=False).update(
        wrap_extended=True, wrap_due_at=due_at
    )
    if claimed != 1:
        raise Conflict("This wrap-up was already extended.")
    assignment.refresh_from_db()
    tell_wrap_started(assignment=assignment)
    return assignment


def close_overdue_wraps(*, at: datetime) -> int:
    """End every wrap-up past its time, as of that time, without an outcome; return how many."""
    overdue = Assignment.objects.filter(state=AssignmentState.WRAPPING, wrap_due_at__lte=at).order_by("pk")
    closed = 0
    for assignment in overdue:
        with transaction.atomic():
            OperatorState.objects.select_for_update(of=("self",)).get(operator_id=assignment.operator_id)
            # an extension may have won the race: the row decides, and tells the instant
            current = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
            if current.state != AssignmentState.WRAPPING or current.wrap_due_at is None or current.wrap_due_at > at:
                continue
            closed += _done(assignment=current, at=current.wrap_due_at, outcome=None, said={})
    return closed


def _outcome(*, account_id: int, code: str | None) -> Disposition | None:
    """Return the account's outcome of this code; none only for an account without outcomes."""
    if code:
        return disposition_by_code(account_id=account_id, code=code)
    if Disposition.objects.filter(account_id=account_id, is_active=True).exists():
        raise Invalid("Choose how this contact ended.", field="disposition")
    return None


def _done(*, assignment: Assignment, at: datetime, outcome: Disposition | None, said: dict[str, Any]) -> bool:
    at = max(at, assignment.wrapping_at or assignment.started_at)
    if assignment.state != AssignmentState.WRAPPING or not move_assignment(
        assignment=assignment, wanted=AssignmentState.DONE, done_at=at
    ):
        return False
    interaction_actions.wrap_interaction(
        interaction_id=assignment.interaction_id,
        at=at,
        disposition_id=outcome.pk if outcome else None,
        **said,
    )
    OperatorState.objects.filter(pk=assignment.operator_id).update(idle_since=at)
    ledger_events.serving(assignment=assignment, at=at, kinds=[EventKind.WRAP_ENDED])
    _tell_wrap_finished(assignment=assignment, outcome=outcome.code if outcome else "")
    begin_next(operator_id=assignment.operator_id, at=at)
    enqueue_on_commit("routing.ticket_waiting", ticket_id=assignment.ticket_id)
    return True


@transaction.atomic
def release_assignment(*, assignment: Assignment, at: datetime) -> Waiting | None:
    """Take a ticket from an operator who has gone: unanswered it waits again in its old place, else it rests."""
    was = assignment.state
    if not end_without_outcome(assignment=assignment, at=at):
        return None
    ticket = Ticket.objects.get(pk=assignment.ticket_id)
    if was == AssignmentState.WRAPPING or ticket.status not in WAITS:
        return None
    ticket_actions.assign(ticket_id=ticket.pk, operator_id=None)
    ticket.refresh_from_db()
    callback = open_callback(ticket_id=ticket.pk) if assignment.channel == Channel.VOICE else None
    return enqueue(
        ticket=ticket,
        channel=assignment.channel,
        enqueued_at=place_of(assignment),
        at=at,
        into=callback.queue if callback else None,
        is_callback=callback is not None,
    )


def place_of(assignment: Assignment) -> datetime:
    """Return the place in the queue that the ticket had before it was accepted."""
    waited = timedelta(milliseconds=assignment.interaction.waited_ms or 0)
    return assignment.enqueued_at or assignment.started_at - waited


def end_without_outcome(*, assignment: Assignment, at: datetime) -> bool:
    """End what an operator does for a ticket, without wrap-up; False where it had ended before."""
    at = max(at, assignment.wrapping_at or assignment.started_at)
    if assignment.state in OWNING:
        cancel_transfer_of(assignment=assignment, at=at)
        assignment.refresh_from_db(fields=["state", "state_since"])
    was = assignment.state
    if not move_assignment(assignment=assignment, wanted=AssignmentState.DONE, done_at=at, state_since=None):
        return False
    give_back(assignment=assignment, at=at)
    if was == AssignmentState.HELD:
        resume_clocks(ticket_id=assignment.ticket_id, at=at)
    interaction = assignment.interaction
    if interaction.wrapped_at is None:
        interaction_actions.wrap_interaction(interaction_id=interaction.pk, at=at, disposition_id=None)
    ended = ledger_events.closed(assignment=assignment)
    kinds = [EventKind.WRAP_ENDED] if was == AssignmentState.WRAPPING else ended
    ledger_events.serving(assignment=assignment, at=at, kinds=kinds)
    _tell_wrap_finished(assignment=assignment, outcome="released")
    begin_next(operator_id=assignment.operator_id, at=at)
    enqueue_on_commit("routing.match")
    return True


def wrap_terms(assignment: Assignment, *, at: datetime) -> tuple[datetime | None, bool]:
    """Return when a wrap-up that begins at `at` ends by itself (None: never), and whether nothing is offered meanwhile.

    By the queue the ticket belongs to.
    """
    language = Ticket.objects.values_list("language", flat=True).get(pk=assignment.ticket_id)
    queue = queries.pick_queue(account_id=assignment.account_id, language=language, channel=assignment.channel)
    if queue is None:
        return at + timedelta(seconds=DEFAULT_WRAP_SECONDS), False
    if queue.wrap_up_mode == WrapUpMode.MANDATORY:
        return None, True
    return at + timedelta(seconds=queue.wrap_up_seconds), queue.wrap_up_mode == WrapUpMode.TIMED


def tell_wrap_started(*, assignment: Assignment) -> None:
    """Show the wrap-up and its clock on the operator's screen."""
    push_on_commit(
        f"operator:{assignment.operator_id}",
        kind="wrap.started",
        account_id=assignment.account_id,
        payload={"ticket_id": assignment.ticket_id, "wrap": wrap_frame(assignment=assignment)},
    )


def _tell_wrap_finished(*, assignment: Assignment, outcome: str) -> None:
    push_on_commit(
        f"operator:{assignment.operator_id}",
        kind="wrap.finished",
        account_id=assignment.account_id,
        payload={"ticket_id": assignment.ticket_id, "outcome": outcome},
    )

"""Calls are brought by the telephone system, not offered; what follows them is the same as after a chat."""

from __future__ import annotations

from django.db import transaction

from contactcenter.routing import ledger_events, queries
from contactcenter.routing.actions.serving import tell_wrap_started, wrap_terms
from contactcenter.routing.actions.stance import AT_WORK, begin_next
from contactcenter.routing.models import Assignment, AssignmentState, OperatorState
from contactcenter.tickets.models import Interaction
from contactcenter.worktime.events import EventKind


@transaction.atomic
def wrap_call(*, interaction_id: int) -> Assignment | None:
    """Begin the wrap-up of an ended call at its end, once; the clock and the outcome are those of any contact.

    None, and nothing changes, where the operator is not at work, serves the ticket anyway, or did so before.
    """
    interaction = Interaction.objects.select_related("ticket").filter(pk=interaction_id).first()
    if interaction is None or interaction.ended_at is None or interaction.wrapped_at is not None:
        return None
    state = OperatorState.objects.select_for_update(of=("self",)).filter(operator_id=interaction.operator_id).first()
    if state is None or state.presence not in AT_WORK:
        return None
    known = Assignment.objects.filter(interaction=interaction).exists()
    served = Assignment.objects.filter(
        ticket=interaction.ticket, operator_id=interaction.operator_id, state__in=queries.LIVE_STATES
    ).exists()
    if known or served:
        begin_next(operator_id=interaction.operator_id, at=interaction.ended_at)
        return None
    assignment = Assignment(
        account_id=interaction.account_id,
        ticket=interaction.ticket,
        operator_id=interaction.operator_id,
        interaction=interaction,
        channel=interaction.channel,
        state=AssignmentState.WRAPPING,
        started_at=interaction.started_at,
        wrapping_at=interaction.ended_at,
    )
    assignment.wrap_due_at, assignment.wrap_is_exclusive = wrap_terms(assignment, at=interaction.ended_at)
    assignment.save()
    ledger_events.serving(assignment=assignment, at=interaction.ended_at, kinds=[EventKind.WRAP_STARTED])
    tell_wrap_started(assignment=assignment)
    return assignment

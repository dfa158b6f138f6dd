"""Which ticket is on an operator's screen."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contactcenter.kernel.errors import NotFound
from contactcenter.routing import ledger_events, queries
from contactcenter.routing.models import Assignment, AssignmentState, OperatorState, Presence
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import Ticket


@transaction.atomic
def focus_ticket(*, ticket_id: int, operator_id: int, active: bool, at: datetime) -> None:
    """Record that the ticket is on the operator's screen with activity, or no longer; what is served by them is read.

    Counts only while signed in. During its wrap-up the time stays wrap-up.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound("There is no such ticket.")
    state = OperatorState.objects.filter(pk=operator_id).first()
    if state is None or state.presence not in {Presence.AVAILABLE, Presence.BREAK}:
        return
    assignment = (
        Assignment.objects.filter(ticket_id=ticket_id, operator_id=operator_id, state__in=queries.LIVE_STATES)
        .order_by("state", "-started_at")
        .first()
    )
    if assignment is not None and active:
        ticket_actions.mark_read(ticket_id=ticket_id)
    if assignment is not None and assignment.state == AssignmentState.WRAPPING:
        return
    ledger_events.focus(
        operator_id=operator_id,
        assignment=assignment,
        account_id=ticket.account_id,
        ticket_id=ticket_id,
        active=active,
        at=at,
    )

"""How an assignment goes from state to state: by the table, and by one conditional UPDATE that must hit one row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contactcenter.kernel.errors import NotFound
from contactcenter.routing import queries
from contactcenter.routing.models import Assignment, AssignmentState, OperatorState
from contactcenter.routing.states import may_follow


def lock_operators(operator_ids: Iterable[int]) -> dict[int, OperatorState]:
    """Lock the states of these operators, in the order of their ids, and return them by id."""
    rows = OperatorState.objects.select_for_update(of=("self",)).filter(operator_id__in=set(operator_ids))
    return {row.operator_id: row for row in rows.order_by("pk")}


def move_assignment(*, assignment: Assignment, wanted: AssignmentState, **fields: Any) -> bool:
    """Move the assignment on from the state it was read in; False where the table or somebody else is in the way."""
    if not may_follow(machine="assignment", current=assignment.state, wanted=wanted):
        return False
    moved = Assignment.objects.filter(pk=assignment.pk, state=assignment.state).update(state=wanted, **fields)
    if moved != 1:
        return False
    assignment.state = wanted
    for name, value in fields.items():
        setattr(assignment, name, value)
    return True


def own_assignment(*, ticket_id: int, operator_id: int) -> Assignment:
    """Return what this operator still does for the ticket, the owned before a wrap-up; NotFound if nothing."""
    assignment = (
        Assignment.objects.select_related("operator", "ticket", "interaction")
        .filter(ticket_id=ticket_id, operator_id=operator_id, state__in=queries.LIVE_STATES)
        .order_by("state", "-started_at")  # "wrapping" sorts last
        .first()
    )
    if assignment is None:
        raise NotFound("This ticket is not with you.")
    return assignment

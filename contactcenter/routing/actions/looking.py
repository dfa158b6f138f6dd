"""What one run of matching plans over: what changed, and what suits those who changed (docs/adr/0024)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contactcenter.routing.candidates import Backlog, entitled_views, operator_views
from contactcenter.routing.matching import Decision, OperatorView, WaitingTicket, free_for
from contactcenter.routing.planning import plan_offers
from contactcenter.routing.profiles import Book

FIRST_LOOK: Final = 40
"""So many suitable tickets are read for an operator who has become free; more only if none of them can be offered."""
FEW: Final = 8
"""For more operators who became free at once the whole backlog is read instead."""

Plan = list[tuple[WaitingTicket, Decision]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be looked at; `everything`: all of it, because rules or profiles changed or somebody asked.

    `due`: tickets whose case time alone has changed. `is_marked`: something else happened, too.
    """

    operators: frozenset[int]
    tickets: frozenset[int]
    due: frozenset[int]
    everything: bool
    is_marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of a look: the plan, and which tickets were looked at (None: all that wait)."""

    plan: Plan
    tickets: frozenset[int] | None


def plan_changes(
    *,
    changes: Changes,
    backlog: Backlog,
    book: Book,
    without_tickets: Collection[int],
    without_operators: Collection[int],
    at: datetime,
) -> Look:
    """Plan over the tickets that changed or are due, and over what suits the operators who changed.

    Nobody else could take anything else before, and no less is free now. The others are read as those who were not
    chosen: as a rule only those entitled to the tickets that are offered, the rest being counted.
    Where only operators changed, and what they may take is offered to nobody else, tickets that are due are left to
    another look: those that suit these operators are among what was read, and nobody else gets anything.
    """

    def present() -> list[OperatorView]:
        return [view for view in operator_views(book=book) if view.operator_id not in without_operators]

    def over_all() -> Plan:
        waiting = _by_id(backlog.all(), without=without_tickets)
        return plan_offers(waiting=waiting.values(), operators=present(), at=at)

    if changes.everything:
        return Look(plan=over_all(), tickets=None)
    looked_at = changes.tickets | changes.due
    marked = operator_views(book=book, operator_ids=changes.operators) if changes.operators else []
    freed = [view for view in marked if free_for(view) and view.operator_id not in without_operators]
    if len(freed) > FEW:
        return Look(plan=over_all(), tickets=looked_at)

    def narrow(tickets: dict[int, WaitingTicket]) -> Plan | None:
        """The plan without reading more than is offered; None where somebody else gets what was found for the freed."""
        plan = _plan_for(
            freed, operators=freed, tickets=tickets, backlog=backlog, without_tickets=without_tickets, at=at
        )
        wanted = tickets | {ticket.ticket_id: ticket for ticket, _ in plan}
        if not wanted:
            return []
        views, strangers = entitled_views(book=book, account_ids={ticket.account_id for ticket in wanted.values()})
        views = [view for view in views if view.operator_id not in without_operators]
        full = plan_offers(waiting=wanted.values(), operators=views, at=at, strangers=strangers)
        return full if _pairs(plan) <= _pairs(full) else None

    if freed and changes.due and not changes.tickets:
        plan = narrow({})
        if plan:
            return Look(plan=plan, tickets=changes.tickets)
    waiting = _by_id(backlog.these(looked_at), without=without_tickets) if looked_at else {}
    plan = narrow(waiting)
    if plan is None:
        # something further may suit those who became free
        plan = _plan_for(
            freed, operators=present(), tickets=waiting, backlog=backlog, without_tickets=without_tickets, at=at
        )
    return Look(plan=plan, tickets=looked_at)


def _plan_for(
    freed: list[OperatorView],
    *,
    operators: list[OperatorView],
    tickets: dict[int, WaitingTicket],
    backlog: Backlog,
    without_tickets: Collection[int],
    at: datetime,
) -> Plan:
    """Plan over these tickets and over what suits those who became free, read as far as it takes; for `operators`."""
    limit, found = FIRST_LOOK, dict(tickets)
    while True:
        deeper = []
        for view, asked in [(view, backlog.ask_suitable_for(view, limit=limit)) for view in freed]:
            suitable = asked()
            found |= _by_id(suitable, without=without_tickets)
            if len(suitable) == limit:
                deeper.append(view)
        plan = plan_offers(waiting=found.values(), operators=operators, at=at)
        chosen = {decision.operator_id for _, decision in plan}
        freed = [view for view in deeper if view.operator_id not in chosen]
        if not freed:
            return plan
        limit *= 10


def _pairs(plan: Plan) -> set[tuple[int, int | None]]:
    return {(ticket.ticket_id, decision.operator_id) for ticket, decision in plan}


def _by_id(tickets: Iterable[WaitingTicket], *, without: Collection[int]) -> dict[int, WaitingTicket]:
    return {ticket.ticket_id: ticket for ticket in tickets if ticket.ticket_id not in without}

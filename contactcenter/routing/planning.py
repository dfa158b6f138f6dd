"""Every offer that can be made now, for a whole backlog and everybody at once. Pure: no Django and no clock.

`matching.choose_operator` says who gets one ticket, and why; here the same comes out without looking at every operator
for every ticket. While a plan is made nobody's places, languages or skills change, except that whoever was planned
decides from then on. So tickets that ask the same share one line of operators in their order, and those who decide by
now are left out of it.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contactcenter.routing.matching import (
    OTHERS_TOLD,
    REASONS_BEHIND,
    Decision,
    OperatorView,
    Rank,
    Verdict,
    WaitingTicket,
    behind,
    capacity_kind,
    decision_for,
    demand_of,
    favourite_of,
    free_for,
    not_to_be_interrupted,
    order_waiting,
    rank_of,
    refusal,
    reserve,
    rule_of,
)
from contactcenter.routing.rules import Demand, stage_of

FEW: Final = 8


def plan_offers(
    *, waiting: Iterable[WaitingTicket], operators: Iterable[OperatorView], at: datetime, strangers: int = 0
) -> list[tuple[WaitingTicket, Decision]]:
    """Every offer that can be made now, the most urgent ticket first. Tickets nobody may take stay out of it.

    Each offer takes its operator's place before the next ticket is looked at, so that no operator is planned twice and
    no ticket is overtaken by one behind it that the same operator could serve (R3). What is said of a ticket is what
    choose_operator says of it at that point. `strangers`: so many more operators, entitled to none of these tickets,
    are counted among those not chosen.
    """
    crew = _Crew(operators, strangers=strangers)
    lines: dict[tuple[object, ...], _Line] = {}
    planned: list[tuple[WaitingTicket, Decision]] = []
    for ticket in order_waiting(waiting):
        if not crew.somebody_is_free():
            break
        asks = (
            ticket.account_id,
            capacity_kind(ticket.channel),
            ticket.language,
            ticket.rules.queue_id,
            stage_of(ticket.rules, waited=at - ticket.enqueued_at),
            ticket.channel == "voice",
            ticket.passed_by,
            ticket.handed_on_by,
        )
        line = lines.get(asks)
        if line is None:
            lines[asks] = line = crew.line_for(ticket, at=at)
        decision = crew.decide(ticket, line=line, at=at)
        if decision is not None:
            planned.append((ticket, decision))
    return planned


@dataclass(slots=True)
class _Line:
    """Who may take tickets that ask the same, in their order; empty once nobody is left.

    Planning only takes operators away, so whoever has left a line stays out of it. `refused` tells why the others
    entitled may not, as if nobody decided; it is found with the first offer of the line, for most lines never.
    """

    demand: Demand
    ranks: list[Rank]
    refused: list[tuple[str, Set[int]]] | None = None


class _Crew:
    """Operators by what routing asks for, and who of them decides by now."""

    def __init__(self, operators: Iterable[OperatorView], *, strangers: int) -> None:
        self._strangers = strangers
        self._views = {view.operator_id: view for view in operators}
        self._deciding = {view.operator_id for view in self._views.values() if view.has_offer}
        self._free: dict[str, set[int]] = defaultdict(set)
        for view in self._views.values():
            for kind in free_for(view):
                self._free[kind].add(view.operator_id)
        self._ordered: dict[int, list[int]] = {}
        self._groups: dict[tuple[str, int | str, int], frozenset[int]] = {}
        self._ranks: dict[tuple[object, ...], dict[int, Rank]] = defaultdict(dict)

    def somebody_is_free(self) -> bool:
        """Return whether anybody could still be planned."""
        return any(self._free.values())

    def line_for(self, ticket: WaitingTicket, *, at: datetime) -> _Line:
        """Sift those who are free by what such tickets ask."""
        demand = demand_of(ticket, at=at)
        kind = capacity_kind(ticket.channel)
        free = self._free[kind]
        left: Set[int]
        if len(free) <= FEW:
            # on a busy floor: to sort everybody by what they can do would take longer than to ask these
            views = [self._views[operator_id] for operator_id in free]
            left = {
                view.operator_id for view in views if not refusal(ticket=ticket, operator=view, at=at, demand=demand)
            }
        else:
            left = free & self._entitled(ticket.account_id)
            for _, fit in self._asked(ticket, demand=demand, kind=kind):
                left = left & fit
        return _Line(demand=demand, ranks=sorted(self._ranked(ticket, left, demand=demand, kind=kind)))

    def _asked(self, ticket: WaitingTicket, *, demand: Demand, kind: str) -> Iterator[tuple[str, Set[int]]]:
        """What such tickets ask beside the entitlement, in the order of `refusal`: the reason, and who passes."""
        for skill, level in ticket.certifications.items():
            yield "not_certified", self._skilled(skill, level)
        yield "not_available", self._known("available", 0, 0, lambda view: view.available)
        if ticket.handed_on_by:
            yield "handed_on", self._views.keys() - ticket.handed_on_by
        if ticket.passed_by:
            yield "passed", self._views.keys() - ticket.passed_by
        if demand.members is not None:
            yield "not_in_queue", demand.members
        if ticket.language and not demand.is_language_open:
            yield "language", self._speaking(ticket.language, demand.level)
        for skill, level in (*demand.skills.items(), *demand.optional.items()):
            yield "skill", self._skilled(skill, level)
        yield "wrapping", self._known("not wrapping", 0, 0, lambda view: not view.is_wrapping)
        yield "capacity", self._with_room(kind)
        yield "busy", self._undisturbed(kind)

    def decide(self, ticket: WaitingTicket, *, line: _Line, at: datetime) -> Decision | None:
        """Plan the ticket for the first of its line who is not deciding yet; None if there is nobody."""
        kind = capacity_kind(ticket.channel)
        line.ranks = ranks = [rank for rank in line.ranks if rank[-1] in self._free[kind]]
        if not ranks:
            return None
        favourite = favourite_of(ticket, at=at)
        if favourite is not None:
            ranks = _prefer(favourite, ranks=ranks)
        first = ranks[0]
        chosen = self._views[first[-1]]
        after = [behind(first, rank, other=self._views[rank[-1]], kind=kind) for rank in ranks[1 : 1 + OTHERS_TOLD]]
        decision = decision_for(
            ticket=ticket,
            demand=line.demand,
            chosen=chosen,
            rule=rule_of(chosen=chosen, after=after, is_favourite=chosen.operator_id == favourite),
            others=[*after, *self._first_refused(ticket, ranks, line=line, at=at, wanted=OTHERS_TOLD - len(after))],
            counts=self._counts(ticket, ranks, line=line),
            at=at,
        )
        self._views[chosen.operator_id] = reserve(operator=chosen, channel=ticket.channel)
        self._deciding.add(chosen.operator_id)
        for free in self._free.values():
            free.discard(chosen.operator_id)
        return decision

    def _first_refused(
        self, ticket: WaitingTicket, ranks: list[Rank], *, line: _Line, at: datetime, wanted: int
    ) -> list[Verdict]:
        """The first so many of those entitled who may not take the ticket, by id."""
        eligible = {rank[-1] for rank in ranks}
        found: list[Verdict] = []
        for operator_id in self._in_order(ticket.account_id):
            if len(found) >= wanted:
                break
            if operator_id in eligible:
                continue
            verdict = refusal(ticket=ticket, operator=self._views[operator_id], at=at, demand=line.demand)
            if verdict is not None:
                found.append(verdict)
        return found

    def _counts(self, ticket: WaitingTicket, ranks: list[Rank], *, line: _Line) -> Mapping[str, int]:
        """Everybody who was not chosen, by reason."""
        counts: dict[str, int] = defaultdict(int)
        pool = self._entitled(ticket.account_id)
        if line.refused is None:
            line.refused = self._refused(ticket, demand=line.demand)
        for reason, operators in (
            ("deciding", pool & self._deciding),
            *((reason, operators - self._deciding) for reason, operators in line.refused),
        ):
            if operators:
                counts[reason] += len(operators)
        not_entitled = self._strangers + len(self._views) - len(pool)
        if not_entitled:
            counts["not_entitled"] = not_entitled
        # in a sorted line those who share the beginning of the first rank stand in front
        sharing = len(ranks)
        for parts, reason in enumerate(REASONS_BEHIND, start=1):
            closer = bisect_right(ranks, ranks[0][:parts], key=lambda rank: rank[:parts])
            if closer < sharing:
                counts[reason] += sharing - closer
            sharing = closer
        return counts

    def _refused(self, ticket: WaitingTicket, *, demand: Demand) -> list[tuple[str, Set[int]]]:
        """Everybody entitled who does not pass, by the first reason against them."""
        left: Set[int] = self._entitled(ticket.account_id)
        refused: list[tuple[str, Set[int]]] = []
        for reason, fit in self._asked(ticket, demand=demand, kind=capacity_kind(ticket.channel)):
            staying = left & fit
            if len(staying) < len(left):
                refused.append((reason, left - staying))
                left = staying
        return refused

    def _ranked(
        self, ticket: WaitingTicket, operator_ids: Iterable[int], *, demand: Demand, kind: str
    ) -> Iterator[Rank]:
        known = self._ranks[ticket.language, kind, demand.level, demand.machine, demand.interpreter]
        for operator_id in operator_ids:
            rank = known.get(operator_id)
            if rank is None:
                view = self._views[operator_id]
                known[operator_id] = rank = rank_of(ticket, view, demand=demand, kind=kind, favourite=None)
            yield rank

    def _in_order(self, account_id: int) -> list[int]:
        ordered = self._ordered.get(account_id)
        if ordered is None:
            self._ordered[account_id] = ordered = sorted(self._entitled(account_id))
        return ordered

    def _entitled(self, account_id: int) -> frozenset[int]:
        return self._known("account", account_id, 0, lambda view: account_id in view.accounts)

    def _speaking(self, language: str, level: int) -> frozenset[int]:
        return self._known("language", language, level, lambda view: view.languages.get(language, 0) >= level)

    def _skilled(self, skill: int, level: int) -> frozenset[int]:
        return self._known("skill", skill, level, lambda view: view.skills.get(skill, 0) >= level)

    def _with_room(self, kind: str) -> frozenset[int]:
        return self._known("room", kind, 0, lambda view: view.load.get(kind, 0) < view.capacity.get(kind, 0))

    def _undisturbed(self, kind: str) -> frozenset[int]:
        return self._known("undisturbed", kind, 0, lambda view: not not_to_be_interrupted(view, by=kind))

    def _known(self, what: str, key: int | str, level: int, test: Callable[[OperatorView], bool]) -> frozenset[int]:
        """Who passes the test, found once: those whose answers could change decide by then."""
        found = self._groups.get((what, key, level))
        if found is None:
            found = frozenset(view.operator_id for view in self._views.values() if test(view))
            self._groups[what, key, level] = found
        return found


def _prefer(operator_id: int, *, ranks: list[Rank]) -> list[Rank]:
    """The line with this operator, if in it, before all who need as much help as they do."""
    for place, (ladder, _, band, load, idle_since, its) in enumerate(ranks):
        if its == operator_id:
            preferred = [*ranks[:place], *ranks[place + 1 :]]
            insort(preferred, (ladder, False, band, load, idle_since, its))
            return preferred
    return ranks

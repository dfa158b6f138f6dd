"""Who gets which waiting ticket, and why (anchors/operations.md, "Routing").

Pure: no Django and no clock. The steps are
1. order the waiting by priority, then first in first out (R3);
2. keep the operators who are available, free of another offer, entitled to the account, speak the language, have room
   on the channel, and have not just passed this ticket on;
3. of those take the last operator who served it, then the lowest load, then the longest idle, then the lowest id;
4. relax the language level as the ticket waits. Entitlement is never relaxed (R4).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

RELAX_AFTER: Final[Sequence[timedelta]] = (
    timedelta(seconds=60),
    timedelta(seconds=180),
)
"""After each of these waits one language level less is enough, down to level 1 (basic)."""

OTHERS_TOLD: Final = 12
"""So many of the operators who were not chosen are named in a decision; all of them are counted."""

CAPACITY_KIND: Final[Mapping[str, str]] = {
    "voice": "voice",
    "chat": "chat",
    "sms": "chat",
    "social": "chat",
    "email": "email",
}
"""Channels share places: SMS and social networks are written to like a chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTicket:
    """A ticket without an operator. `priority`: the higher, the sooner. `language` '' means unsure."""

    ticket_id: int
    account_id: int
    channel: str
    language: str
    priority: int
    enqueued_at: datetime
    first_level: int = 3
    """Language level (1..5) the queue asks for at first."""
    passed_by: frozenset[int] = frozenset()
    """Operators who declined or missed this ticket a moment ago."""
    last_operator_id: int | None = None
    """Who served this contact's ticket last; asked first when eligible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorView:
    """An operator as routing sees one: what they may take, and how full they are. Mappings are by capacity kind."""

    operator_id: int
    available: bool
    accounts: frozenset[int]
    languages: Mapping[str, int]
    capacity: Mapping[str, int]
    load: Mapping[str, int]
    idle_since: datetime
    has_offer: bool = False
    """An operator decides on one offer at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why one operator was not chosen: a code of REASONS, and the figures behind it."""

    operator_id: int
    reason: str
    detail: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer for one ticket: an operator or none, and the reasons in full."""

    ticket_id: int
    operator_id: int | None
    rule: str
    minimum_level: int
    waited_ms: int
    load: int
    capacity: int
    level: int | None
    others: tuple[Verdict, ...]

    def explain(self) -> dict[str, object]:
        """The decision as JSON: stored with the offer, shown as "why this operator, and why not the others"."""
        return {
            "operator_id": self.operator_id,
            "rule": self.rule,
            "minimum_level": self.minimum_level,
            "level": self.level,
            "waited_ms": self.waited_ms,
            "load": self.load,
            "capacity": self.capacity,
            "not_chosen": dict(sorted(Counter(verdict.reason for verdict in self.others).items())),
            "others": [
                {
                    "operator_id": verdict.operator_id,
                    "reason": verdict.reason,
                    **verdict.detail,
                }
                for verdict in self.others[:OTHERS_TOLD]
            ],
        }


def capacity_kind(channel: str) -> str:
    """The places a ticket of this channel takes: voice, chat or email. Unknown channels are written ones: chat."""
    return CAPACITY_KIND.get(channel, "chat")


def minimum_level(*, first: int, waited: timedelta) -> int:
    """Lowest acceptable language level after waiting so long; never rises with time (R4), never below 1."""
    return max(1, first - sum(waited >= step for step in RELAX_AFTER))


def order_waiting(waiting: Iterable[WaitingTicket]) -> list[WaitingTicket]:
    """By priority (higher first), then first in first out; the ticket's id settles equal instants."""
    return sorted(
        waiting,
        key=lambda ticket: (-ticket.priority, ticket.enqueued_at, ticket.ticket_id),
    )


def refusal(*, ticket: WaitingTicket, operator: OperatorView, at: datetime) -> Verdict | None:
    """None when the operator may be offered this ticket now; else the first reason against it.

    The reasons, in this order: not_entitled, not_available, passed, language, capacity, deciding (on another offer).
    """
    if ticket.account_id not in operator.accounts:
        return Verdict(operator_id=operator.operator_id, reason="not_entitled")
    if not operator.available:
        return Verdict(operator_id=operator.operator_id, reason="not_available")
    if operator.operator_id in ticket.passed_by:
        return Verdict(operator_id=operator.operator_id, reason="passed")
    wanted = minimum_level(first=ticket.first_level, waited=at - ticket.enqueued_at)
    level = operator.languages.get(ticket.language, 0)
    if ticket.language and level < wanted:
        return Verdict(
            operator_id=operator.operator_id,
            reason="language",
            detail={"level": level, "wanted": wanted},
        )
    kind = capacity_kind(ticket.channel)
    load, room = operator.load.get(kind, 0), operator.capacity.get(kind, 0)
    if load >= room:
        return Verdict(
            operator_id=operator.operator_id,
            reason="capacity",
            detail={"load": load, "capacity": room},
        )
    if operator.has_offer:
        return Verdict(operator_id=operator.operator_id, reason="deciding")
    return None


def choose_operator(*, ticket: WaitingTicket, operators: Iterable[OperatorView], at: datetime) -> Decision:
    """The operator for one ticket at one instant, or none, with the reason for every operator not chosen."""
    kind = capacity_kind(ticket.channel)
    eligible: list[OperatorView] = []
    refused: list[Verdict] = []
    for operator in operators:
        verdict = refusal(ticket=ticket, operator=operator, at=at)
        if verdict is None:
            eligible.append(operator)
        else:
            refused.append(verdict)
    eligible.sort(
        key=lambda operator: (
            operator.operator_id != ticket.last_operator_id,
            Fraction(operator.load.get(kind, 0), operator.capacity[kind]),
            operator.idle_since,
            operator.operator_id,
        )
    )
    refused.sort(key=lambda verdict: (verdict.reason == "not_entitled", verdict.operator_id))
    waited = max(at - ticket.enqueued_at, timedelta(0))
    chosen = eligible[0] if eligible else None
    behind = tuple(_behind(chosen=chosen, other=other, kind=kind, ticket=ticket) for other in eligible[1:] if chosen)
    return Decision(
        ticket_id=ticket.ticket_id,
        operator_id=chosen.operator_id if chosen else None,
        rule=_rule(chosen=chosen, eligible=eligible, kind=kind, ticket=ticket),
        minimum_level=minimum_level(first=ticket.first_level, waited=waited),
        waited_ms=waited // timedelta(milliseconds=1),
        load=chosen.load.get(kind, 0) if chosen else 0,
        capacity=chosen.capacity.get(kind, 0) if chosen else 0,
        level=chosen.languages.get(ticket.language) if chosen else None,
        others=behind + tuple(refused),
    )


def plan_offers(
    *, waiting: Iterable[WaitingTicket], operators: Iterable[OperatorView], at: datetime
) -> list[tuple[WaitingTicket, Decision]]:
    """Every offer that can be made now, the most urgent ticket first. Tickets nobody may take stay out of it.

    Each offer takes its operator's place before the next ticket is looked at, so that no operator is planned twice and
    no older eligible ticket of equal priority is overtaken (R3).
    """
    views = {operator.operator_id: operator for operator in operators}
    planned: list[tuple[WaitingTicket, Decision]] = []
    hopeless: set[tuple[object, ...]] = set()
    for ticket in order_waiting(waiting):
        if not any(view.available and not view.has_offer for view in views.values()):
            break
        # Planning only takes places away: what nobody could take before, nobody can take now. A long backlog of one
        # kind therefore costs one look.
        asks = (
            ticket.account_id,
            capacity_kind(ticket.channel),
            ticket.language,
            minimum_level(first=ticket.first_level, waited=at - ticket.enqueued_at),
            ticket.passed_by,
        )
        if asks in hopeless:
            continue
        decision = choose_operator(ticket=ticket, operators=views.values(), at=at)
        if decision.operator_id is None:
            hopeless.add(asks)
            continue
        views[decision.operator_id] = reserve(operator=views[decision.operator_id], channel=ticket.channel)
        planned.append((ticket, decision))
    return planned


def reserve(*, operator: OperatorView, channel: str) -> OperatorView:
    """The operator after an offer on this channel: one place fewer, and busy deciding."""
    kind = capacity_kind(channel)
    return replace(
        operator,
        load={**operator.load, kind: operator.load.get(kind, 0) + 1},
        has_offer=True,
    )


def _behind(*, chosen: OperatorView, other: OperatorView, kind: str, ticket: WaitingTicket) -> Verdict:
    """Why an eligible operator came after the chosen one."""
    if chosen.operator_id == ticket.last_operator_id:
        return Verdict(operator_id=other.operator_id, reason="not_last_operator")
    mine = Fraction(chosen.load.get(kind, 0), chosen.capacity[kind])
    theirs = Fraction(other.load.get(kind, 0), other.capacity[kind])
    if theirs > mine:
        return Verdict(
            operator_id=other.operator_id,
            reason="higher_load",
            detail={"load": other.load.get(kind, 0), "capacity": other.capacity[kind]},
        )
    if other.idle_since > chosen.idle_since:
        return Verdict(
            operator_id=other.operator_id,
            reason="shorter_idle",
            detail={"idle_since": other.idle_since.isoformat()},
        )
    return Verdict(operator_id=other.operator_id, reason="higher_id")


def _rule(
    *,
    chosen: OperatorView | None,
    eligible: Sequence[OperatorView],
    kind: str,
    ticket: WaitingTicket,
) -> str:
    """The rule that decided: nobody, last_operator, only_one, lowest_load, longest_idle or lowest_id."""
    if chosen is None:
        return "nobody"
    if chosen.operator_id == ticket.last_operator_id:
        return "last_operator"
    if len(eligible) == 1:
        return "only_one"
    reason = _behind(chosen=chosen, other=eligible[1], kind=kind, ticket=ticket).reason
    return {
        "higher_load": "lowest_load",
        "shorter_idle": "longest_idle",
        "higher_id": "lowest_id",
    }[reason]

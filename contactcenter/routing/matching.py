"""Who gets which waiting ticket, and why (anchors/operations.md, "Routing").

Pure: no Django and no clock. The steps are
1. order the waiting by priority, then by when they are due, then first in first out (R3);
2. keep the operators who are available, entitled to the account and certified for it, in the queue's pool, who speak
   the language and have the skills, have room on the channel, and have not just passed this ticket on or handed it on;
3. of those take who needs the least help with the language, then the last operator who served the contact, the better
   band of proficiency, the lowest load, the longest idle, the lowest id;
4. relax as the ticket waits (rules.py). Entitlement and certifications are never relaxed (R4).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from contactcenter.routing.rules import Demand, QueueRules, demand_at, stage_of

OTHERS_TOLD: Final = 12
"""So many of the operators who were not chosen are named in a stored decision; all of them are counted."""

CAPACITY_KIND: Final[Mapping[str, str]] = {
    "voice": "voice",
    "chat": "chat",
    "sms": "chat",
    "social": "chat",
    "email": "email",
}
"""Channels share places: SMS and social networks are written to like a chat."""
BANDS: Final = (2, 2, 2, 1, 0, 0)
"""The band of a language level 0..5: fluent (4, 5) before good (3) before basic."""
SPOKEN, MACHINE, INTERPRETER = "", "machine", "interpreter"
LADDER: Final[Mapping[str, int]] = {SPOKEN: 0, MACHINE: 1, INTERPRETER: 2}
"""A speaker of whatever level is enough goes before text translated by machine, and that before an interpreter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTicket:
    """A ticket without an operator. `priority`: the higher, the sooner. `language` '' means unsure."""

    ticket_id: int
    account_id: int
    channel: str
    language: str
    priority: int
    enqueued_at: datetime
    due_at: datetime
    rules: QueueRules
    certifications: Mapping[int, int] = field(default_factory=dict)
    """{skill id: level} that the account demands of everybody who serves it."""
    machine_allowed: bool = False
    interpreter_allowed: bool = False
    passed_by: frozenset[int] = frozenset()
    handed_on_by: frozenset[int] = frozenset()
    """Operators who declined or missed this ticket a moment ago."""
    last_operator_id: int | None = None
    """Who served this contact last; asked first when eligible and within the queue's window."""
    last_served_at: datetime | None = None


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
    skills: Mapping[int, int] = field(default_factory=dict)
    has_offer: bool = False
    """An operator decides on one offer at a time."""
    is_wrapping: bool = False
    """In a wrap-up during which nothing new is offered."""
    mail_is_interruptible: bool = True
    chat_is_interruptible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why one operator was not chosen: a code, and the figures behind it."""

    operator_id: int
    reason: str
    detail: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer for one ticket: an operator or none, and the reasons. `counts` tells of all who were not chosen."""

    ticket_id: int
    operator_id: int | None
    rule: str
    demand: Demand
    waited_ms: int
    load: int
    capacity: int
    level: int | None
    bridge: str
    others: tuple[Verdict, ...]
    counts: Mapping[str, int]

    def explain(self) -> dict[str, object]:
        """The decision as JSON: stored with the offer, shown as "why this operator, and why not the others"."""
        return {
            "operator_id": self.operator_id,
            "rule": self.rule,
            "minimum_level": self.demand.level,
            "level": self.level,
            "bridge": self.bridge,
            "relaxed": list(self.demand.relaxed),
            "waited_ms": self.waited_ms,
            "load": self.load,
            "capacity": self.capacity,
            "not_chosen": dict(sorted(self.counts.items())),
            "others": [
                {"operator_id": verdict.operator_id, "reason": verdict.reason, **verdict.detail}
                for verdict in self.others[:OTHERS_TOLD]
            ],
        }


def capacity_kind(channel: str) -> str:
    """The places a ticket of this channel takes: voice, chat or email. Unknown channels are written ones: chat."""
    return CAPACITY_KIND.get(channel, "chat")


def demand_of(ticket: WaitingTicket, *, at: datetime) -> Demand:
    """What is asked of an operator for this ticket now; never less than before, whatever the wait (R4)."""
    return demand_at(
        ticket.rules,
        stage=stage_of(ticket.rules, waited=at - ticket.enqueued_at),
        is_text=ticket.channel != "voice",
        machine_allowed=ticket.machine_allowed,
        interpreter_allowed=ticket.interpreter_allowed,
    )


def place_of(ticket: WaitingTicket) -> tuple[int, datetime, datetime, int]:
    """The ticket's place: priority (higher first), due, first in first out; the id settles equal instants."""
    return (-ticket.priority, ticket.due_at, ticket.enqueued_at, ticket.ticket_id)


def order_waiting(waiting: Iterable[WaitingTicket]) -> list[WaitingTicket]:
    """The waiting in the order in which they are served."""
    return sorted(waiting, key=place_of)


def refusal(
    *, ticket: WaitingTicket, operator: OperatorView, at: datetime, demand: Demand | None = None
) -> Verdict | None:
    """None when the operator may be offered this ticket now; else the first reason against it.

    The reasons, in this order: not_entitled, deciding (on another offer), not_certified, not_available, handed_on,
    passed, not_in_queue, language, skill, wrapping, capacity, busy (with something that this must not interrupt).
    """
    demand = demand or demand_of(ticket, at=at)
    if ticket.account_id not in operator.accounts:
        return Verdict(operator_id=operator.operator_id, reason="not_entitled")
    if operator.has_offer:
        return Verdict(operator_id=operator.operator_id, reason="deciding")
    missing = ticket.certifications and _missing(ticket.certifications, operator.skills)
    if missing:
        return Verdict(operator_id=operator.operator_id, reason="not_certified", detail={"skill": missing})
    if not operator.available:
        return Verdict(operator_id=operator.operator_id, reason="not_available")
    if operator.operator_id in ticket.handed_on_by:
        return Verdict(operator_id=operator.operator_id, reason="handed_on")
    if operator.operator_id in ticket.passed_by:
        return Verdict(operator_id=operator.operator_id, reason="passed")
    if demand.members is not None and operator.operator_id not in demand.members:
        return Verdict(operator_id=operator.operator_id, reason="not_in_queue")
    if bridge_for(ticket=ticket, operator=operator, demand=demand) is None:
        level = operator.languages.get(ticket.language, 0)
        detail = {"level": level, "wanted": demand.level}
        return Verdict(operator_id=operator.operator_id, reason="language", detail=detail)
    missing = demand.skills and _missing(demand.skills, operator.skills)
    missing = missing or (demand.optional and _missing(demand.optional, operator.skills))
    if missing:
        return Verdict(operator_id=operator.operator_id, reason="skill", detail={"skill": missing})
    if operator.is_wrapping:
        return Verdict(operator_id=operator.operator_id, reason="wrapping")
    kind = capacity_kind(ticket.channel)
    load, room = operator.load.get(kind, 0), operator.capacity.get(kind, 0)
    if load >= room:
        return Verdict(operator_id=operator.operator_id, reason="capacity", detail={"load": load, "capacity": room})
    other = not_to_be_interrupted(operator, by=kind)
    if other:
        return Verdict(operator_id=operator.operator_id, reason="busy", detail={"with": other})
    return None


def free_for(operator: OperatorView) -> list[str]:
    """The kinds of work of which something could be offered to the operator now."""
    if not operator.available or operator.has_offer or operator.is_wrapping:
        return []
    return [
        kind
        for kind, room in operator.capacity.items()
        if operator.load.get(kind, 0) < room and not not_to_be_interrupted(operator, by=kind)
    ]


def _missing(wanted: Mapping[int, int], skills: Mapping[int, int]) -> int | None:
    """The first skill that is missing or below its level."""
    return next((skill for skill, level in wanted.items() if skills.get(skill, 0) < level), None)


def bridge_for(*, ticket: WaitingTicket, operator: OperatorView, demand: Demand) -> str | None:
    """What helps with the language: SPOKEN, MACHINE or INTERPRETER; None: nothing does."""
    if not ticket.language or operator.languages.get(ticket.language, 0) >= demand.level:
        return SPOKEN
    if demand.machine:
        return MACHINE
    return INTERPRETER if demand.interpreter else None


def not_to_be_interrupted(operator: OperatorView, *, by: str) -> str:
    """The kind of work that this kind may not be offered beside, '' if none. Mails may come beside chats."""
    load = operator.load
    if by != "voice" and load.get("voice", 0):
        return "voice"
    if by == "voice" and load.get("chat", 0) and not operator.chat_is_interruptible:
        return "chat"
    if by != "email" and load.get("email", 0) and not operator.mail_is_interruptible:
        return "email"
    return ""


def choose_operator(
    *, ticket: WaitingTicket, operators: Iterable[OperatorView], at: datetime, told: int | None = None
) -> Decision:
    """The operator for one ticket at one instant, or none, with the reason for every operator not chosen.

    `told`: so many of the others are named; all are counted.
    """
    demand = demand_of(ticket, at=at)
    eligible: list[OperatorView] = []
    refused: list[Verdict] = []
    for operator in operators:
        verdict = refusal(ticket=ticket, operator=operator, at=at, demand=demand)
        if verdict is None:
            eligible.append(operator)
        else:
            refused.append(verdict)
    return _decide(ticket=ticket, demand=demand, eligible=eligible, refused=refused, at=at, told=told)


def _decide(
    *,
    ticket: WaitingTicket,
    demand: Demand,
    eligible: list[OperatorView],
    refused: list[Verdict],
    at: datetime,
    told: int | None,
) -> Decision:
    kind = capacity_kind(ticket.channel)
    favourite = favourite_of(ticket, at=at)
    ranks = {one.operator_id: rank_of(ticket, one, demand=demand, kind=kind, favourite=favourite) for one in eligible}
    eligible.sort(key=lambda one: ranks[one.operator_id])
    refused.sort(key=lambda verdict: (verdict.reason == "not_entitled", verdict.operator_id))
    chosen = eligible[0] if eligible else None
    first = ranks[chosen.operator_id] if chosen else None
    named = eligible[1:] if told is None else eligible[1 : told + 1]
    after = [behind(first, ranks[one.operator_id], other=one, kind=kind) for one in named if first]
    counts = Counter(verdict.reason for verdict in refused)
    counts.update(reason_behind(first, ranks[one.operator_id]) for one in eligible[1:] if first)
    return decision_for(
        ticket=ticket,
        demand=demand,
        chosen=chosen,
        rule=rule_of(chosen=chosen, after=after, is_favourite=bool(chosen and chosen.operator_id == favourite)),
        others=[*after, *refused][:told],
        counts=counts,
        at=at,
    )


def decision_for(
    *,
    ticket: WaitingTicket,
    demand: Demand,
    chosen: OperatorView | None,
    rule: str,
    others: Sequence[Verdict],
    counts: Mapping[str, int],
    at: datetime,
) -> Decision:
    """The decision with the figures behind it, of the ticket and of the operator who was chosen."""
    kind = capacity_kind(ticket.channel)
    return Decision(
        ticket_id=ticket.ticket_id,
        operator_id=chosen.operator_id if chosen else None,
        rule=rule,
        demand=demand,
        waited_ms=max(at - ticket.enqueued_at, timedelta(0)) // timedelta(milliseconds=1),
        load=chosen.load.get(kind, 0) if chosen else 0,
        capacity=chosen.capacity.get(kind, 0) if chosen else 0,
        level=chosen.languages.get(ticket.language) if chosen else None,
        bridge=(bridge_for(ticket=ticket, operator=chosen, demand=demand) or SPOKEN) if chosen else SPOKEN,
        others=tuple(others),
        counts=counts,
    )


def reserve(*, operator: OperatorView, channel: str) -> OperatorView:
    """The operator after an offer on this channel: one place fewer, and busy deciding."""
    kind = capacity_kind(channel)
    return replace(
        operator,
        load={**operator.load, kind: operator.load.get(kind, 0) + 1},
        has_offer=True,
    )


def favourite_of(ticket: WaitingTicket, *, at: datetime) -> int | None:
    """The last operator, while the queue's window lasts."""
    if ticket.last_operator_id is None or ticket.last_served_at is None:
        return None
    return ticket.last_operator_id if at - ticket.last_served_at < ticket.rules.sticky else None


Rank = tuple[int, bool, int, float, datetime, int]


def rank_of(ticket: WaitingTicket, operator: OperatorView, *, demand: Demand, kind: str, favourite: int | None) -> Rank:
    """Where an eligible operator stands; the smallest goes first."""
    bridge = bridge_for(ticket=ticket, operator=operator, demand=demand) or SPOKEN
    band = BANDS[operator.languages.get(ticket.language, 0)] if ticket.language else 0
    return (
        LADDER[bridge],
        operator.operator_id != favourite,
        band,
        # a ratio of two small whole numbers: equal ones are equal as floats
        operator.load.get(kind, 0) / operator.capacity[kind],
        operator.idle_since,
        operator.operator_id,
    )


REASONS_BEHIND: Final = (
    "needs_more_help",
    "not_last_operator",
    "lower_band",
    "higher_load",
    "shorter_idle",
    "higher_id",
)
_RULES: Final[Mapping[str, str]] = {
    "needs_more_help": "least_help",
    "lower_band": "best_band",
    "higher_load": "lowest_load",
    "shorter_idle": "longest_idle",
    "higher_id": "lowest_id",
}


def reason_behind(first: Rank, theirs: Rank) -> str:
    """The first part of the rank in which theirs comes after the chosen one's."""
    place = 0
    while first[place] == theirs[place]:
        place += 1
    return REASONS_BEHIND[place]


def behind(first: Rank, theirs: Rank, *, other: OperatorView, kind: str) -> Verdict:
    """Why an eligible operator came after the chosen one."""
    reason = reason_behind(first, theirs)
    detail: dict[str, int | str] = {}
    if reason == "higher_load":
        detail = {"load": other.load.get(kind, 0), "capacity": other.capacity[kind]}
    elif reason == "shorter_idle":
        detail = {"idle_since": other.idle_since.isoformat()}
    return Verdict(operator_id=other.operator_id, reason=reason, detail=detail)


def rule_of(*, chosen: OperatorView | None, after: Sequence[Verdict], is_favourite: bool) -> str:
    """The rule that decided: nobody, last_operator, only_one, or the value of _RULES for the first of those after."""
    if chosen is None:
        return "nobody"
    if is_favourite:
        return "last_operator"
    return _RULES[after[0].reason] if after else "only_one"

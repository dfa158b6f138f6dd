"""Who waits and who could serve, as matching sees them. Written by hand: this is read at every event of the floor."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from contactcenter.kernel.business_time import is_open
from contactcenter.kernel.statements import Later, Rows, ask, rows_from
from contactcenter.routing.matching import CAPACITY_KIND, OperatorView, WaitingTicket, free_for
from contactcenter.routing.profiles import NO_TERMS, Book, Profile, read_profiles
from contactcenter.routing.rules import QueueRules, default_steps

PASS_COOLDOWN: Final = timedelta(seconds=60)
"""So long an operator who declined or missed a ticket is not offered the same one again."""
HANDED_ON_COOLDOWN: Final = timedelta(minutes=10)
"""So long an operator who handed a ticket on, to whomever, is not offered it out of a queue: others are to have it."""
BACKLOG_LOOKED_AT: Final = 10_000
"""A matching run looks at so many of the most urgent waiting tickets."""
_UNKNOWN: Final = QueueRules(steps=default_steps(3))

# places are counted from the rows that take them (ADR 0007): pending offers, owned tickets, running consultations
# (states.counts_as_load), and calls that go on at the telephone
_ROWS: Final = """
    SELECT operator_id, channel, 'offer' AS what, NULL::timestamptz AS idle_since
    FROM routing_offer WHERE state = 'pending' {these}
    UNION ALL
    SELECT operator_id, channel, CASE state WHEN 'wrapping' THEN 'wrap' ELSE 'work' END, NULL
    FROM routing_assignment
    WHERE state <> 'done' AND (state IN ('active', 'consult', 'held') OR state = 'wrapping' AND wrap_is_exclusive)
          {these}
    UNION ALL
    SELECT t.operator_id, a.channel, 'work', NULL FROM routing_transfer t
    JOIN routing_assignment a ON a.id = t.assignment_id WHERE t.state = 'consulting' {transfers}
    UNION ALL
    SELECT operator_id, 'voice', 'call', NULL FROM tickets_interaction
    WHERE channel = 'voice' AND ended_at IS NULL AND source_key IS NOT NULL {these}
"""
_PRESENCE: Final = """
    SELECT operator_id, NULL AS channel,
           CASE WHEN presence = 'available' AND next_presence = '' THEN 'here' ELSE 'away' END AS what,
           coalesce(idle_since, since) AS idle_since
    FROM routing_operatorstate WHERE true {these}
"""
_TAKEN: Final = """
    count(*) FILTER (WHERE what = 'offer' AND channel = 'voice')
      + greatest(count(*) FILTER (WHERE what = 'work' AND channel = 'voice'),
                 count(*) FILTER (WHERE what = 'call')) AS voice,
    count(*) FILTER (WHERE what IN ('offer', 'work') AND channel NOT IN ('voice', 'email')) AS chat,
    count(*) FILTER (WHERE what IN ('offer', 'work') AND channel = 'email') AS email
"""
# one grouping and no join: a join's plan would be chosen by how many rows are expected, and be wrong on a full floor
_STATES: Final = f"""
    SELECT operator_id, bool_or(what = 'here'), max(idle_since), {_TAKEN}, bool_or(what = 'offer'),
           bool_or(what = 'wrap')
    FROM ({_PRESENCE} UNION ALL {_ROWS}) one GROUP BY operator_id
"""  # noqa: S608
_THESE_PEOPLE: Final = {
    "these": "AND operator_id = ANY(%(ids)s)",
    "transfers": "AND t.operator_id = ANY(%(ids)s)",
}
_AVAILABLE: Final = _STATES.format(these="", transfers="") + " HAVING bool_or(what = 'here')"
_AVAILABLE_OF: Final = _STATES.format(**_THESE_PEOPLE) + " HAVING bool_or(what = 'here')"
_SOME: Final = _STATES.format(**_THESE_PEOPLE) + " HAVING bool_or(what IN ('here', 'away'))"
_LOADS: Final = f"SELECT operator_id, {_TAKEN} FROM ({_ROWS}) one GROUP BY operator_id".format(**_THESE_PEOPLE)  # noqa: S608
_HOW_MANY: Final = """
    SELECT count(*) FROM routing_operatorstate s
    JOIN operators_operator o ON o.id = s.operator_id AND o.is_active
    JOIN tenancy_user u ON u.id = o.user_id AND u.is_active
    WHERE s.presence = 'available' AND s.next_presence = ''
"""

# NOT IN, which is hashed (tests/app/routing/test_statement_plans.py): NOT EXISTS is a join, see above
_COLUMNS: Final = """
    SELECT w.ticket_id, w.account_id, w.channel, w.language, w.priority, w.enqueued_at, w.due_at, w.queue_id,
           w.last_operator_id, w.last_served_at
    FROM routing_waiting w
    WHERE w.enqueued_at <= %s AND w.queue_id <> ALL(%s)
      AND w.ticket_id NOT IN (SELECT ticket_id FROM routing_offer WHERE state = 'pending')
"""
_ORDER: Final = " ORDER BY w.priority DESC, w.due_at, w.enqueued_at, w.id LIMIT %s"
_ALL: Final = _COLUMNS + _ORDER
_THESE: Final = _COLUMNS + " AND w.ticket_id = ANY(%s)" + _ORDER
_FOR: Final = (
    _COLUMNS
    + """ AND w.account_id = ANY(%s) AND w.channel = ANY(%s)
          AND (w.language = '' OR w.is_language_open OR w.look_at <= %s OR w.language = ANY(%s))"""
    + _ORDER
)
_PASSES: Final = """
    SELECT ticket_id, operator_id, resolved_at + %s, false FROM routing_offer
    WHERE state IN ('declined', 'timed_out') AND resolved_at > %s
    UNION ALL
    SELECT ticket_id, operator_id, transferred_at + %s, true FROM routing_assignment WHERE transferred_at > %s
"""


def operator_views(*, book: Book, operator_ids: Collection[int] | None = None) -> list[OperatorView]:
    """Return the available operators, or these whatever their presence, with their load counted from the rows."""
    return ask_operator_views(book=book, operator_ids=operator_ids)()


def ask_operator_views(*, book: Book, operator_ids: Collection[int] | None = None) -> Later[list[OperatorView]]:
    """Ask for what operator_views returns."""
    if operator_ids is None:
        rows = ask(_AVAILABLE, [], binary=True)
    else:
        rows = ask(_SOME, {"ids": list(operator_ids)}, binary=True)
    return lambda: _views(rows(), book.profiles)


def entitled_views(*, book: Book, account_ids: Collection[int]) -> tuple[list[OperatorView], int]:
    """Return the available operators who serve any of these accounts, and how many other operators are available."""
    ids = [
        operator_id for operator_id, profile in book.profiles.items() if not profile.accounts.isdisjoint(account_ids)
    ]
    entitled, available = ask(_AVAILABLE_OF, {"ids": ids}, binary=True), ask(_HOW_MANY, [])
    found = _views(entitled(), book.profiles)
    return found, max(0, available()[0][0] - len(found))


def views_of(*, operator_ids: Collection[int]) -> list[OperatorView]:
    """Return these operators as they are now, whatever their presence; expired skills are told too."""
    ids = list(operator_ids)
    return _views(rows_from(_SOME, {"ids": ids}, binary=True), read_profiles(operator_ids=ids))


def _views(rows: Rows, profiles: Mapping[int, Profile]) -> list[OperatorView]:
    found = []
    for operator_id, available, idle_since, voice, chat, email, deciding, wrapping in rows:
        profile = profiles.get(operator_id)
        if profile is None:
            continue
        found.append(
            OperatorView(
                operator_id=operator_id,
                available=available,
                accounts=profile.accounts,
                languages=profile.languages,
                skills=profile.skills,
                capacity=profile.capacity,
                load={"voice": voice, "chat": chat, "email": email},
                idle_since=idle_since,
                has_offer=deciding,
                is_wrapping=wrapping,
                mail_is_interruptible=profile.mail_is_interruptible,
                chat_is_interruptible=profile.chat_is_interruptible,
            )
        )
    return found


def loads_of(*, operator_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return the places taken, by operator and kind; whoever has taken none is there with zeros."""
    ids = list(operator_ids)
    loads = {operator_id: {"voice": 0, "chat": 0, "email": 0} for operator_id in ids}
    for operator_id, voice, chat, email in rows_from(_LOADS, {"ids": ids}):
        loads[operator_id] = {"voice": voice, "chat": chat, "email": email}
    return loads


class Backlog:
    """The waiting tickets nobody is deciding on, at one instant, read as far as they are needed."""

    def __init__(self, *, book: Book, at: datetime) -> None:
        self._book = book
        self._at = at
        self._closed = [queue_id for queue_id, rules in book.rules.items() if not is_open(rules.hours, at=at)]
        cooldowns = [PASS_COOLDOWN, at - PASS_COOLDOWN, HANDED_ON_COOLDOWN, at - HANDED_ON_COOLDOWN]
        self._asked_passes = ask(_PASSES, cooldowns, binary=True)

    @cached_property
    def _passes(self) -> tuple[dict[int, dict[int, datetime]], dict[int, dict[int, datetime]]]:
        """Per ticket the operators who passed it on a moment ago, and until when they are not asked again; and the
        same of those who had it in hand and handed it on."""
        passes: dict[int, dict[int, datetime]] = {}
        handed_on: dict[int, dict[int, datetime]] = {}
        for ticket_id, operator_id, until, was_in_hand in self._asked_passes():
            passed = (handed_on if was_in_hand else passes).setdefault(ticket_id, {})
            passed[operator_id] = max(until, passed.get(operator_id, until))
        return passes, handed_on

    def asked_again_at(self, ticket_id: int) -> list[datetime]:
        """Return the instants at which somebody may be asked for this ticket again."""
        return [until for passes in self._passes for until in passes.get(ticket_id, {}).values()]

    def all(self) -> list[WaitingTicket]:
        """Return the most urgent ones."""
        return self._ask(_ALL, [])()

    def these(self, ticket_ids: Collection[int]) -> list[WaitingTicket]:
        """Return those of these tickets that wait."""
        return self.ask_these(ticket_ids)()

    def ask_these(self, ticket_ids: Collection[int]) -> Later[list[WaitingTicket]]:
        """Ask for what `these` returns."""
        return self._ask(_THESE, [list(ticket_ids)])

    def ask_suitable_for(self, operator: OperatorView, *, limit: int) -> Later[list[WaitingTicket]]:
        """Ask for the first ones by place that this operator may serve as far as account, channel and language go.

        What a ticket that is due asks of languages is not known before it is looked at.
        """
        free = free_for(operator)
        channels = [channel for channel, kind in CAPACITY_KIND.items() if kind in free]
        return self._ask(_FOR, [list(operator.accounts), channels, self._at, list(operator.languages)], limit=limit)

    def _ask(self, statement: str, values: list[Any], *, limit: int = BACKLOG_LOOKED_AT) -> Later[list[WaitingTicket]]:
        rows = ask(statement, [self._at, self._closed, *values, limit], binary=True)
        return lambda: self._tickets(rows())

    def _tickets(self, rows: Rows) -> list[WaitingTicket]:
        rules, terms = self._book.rules, self._book.terms
        passes, handed_on = self._passes
        found = []
        for row in rows:
            ticket_id, account_id, channel, language, priority, enqueued_at, due_at, queue_id, last, served = row
            term = terms.get(account_id, NO_TERMS)
            found.append(
                WaitingTicket(
                    ticket_id=ticket_id,
                    account_id=account_id,
                    channel=channel,
                    language=language,
                    priority=priority,
                    enqueued_at=enqueued_at,
                    due_at=due_at,
                    rules=rules.get(queue_id, _UNKNOWN),
                    certifications=term.certifications,
                    machine_allowed=term.machine_allowed,
                    interpreter_allowed=term.interpreter_allowed,
                    passed_by=frozenset(passes.get(ticket_id, ())),
                    handed_on_by=frozenset(handed_on.get(ticket_id, ())),
                    last_operator_id=last,
                    last_served_at=served,
                )
            )
        return found

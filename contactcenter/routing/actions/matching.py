"""Make every offer that can be made now (docs/adr/0012 and 0024)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction

from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.statements import Later, Rows, ask, pipelined, rows_from
from contactcenter.routing.actions.looking import Changes, Plan, plan_changes
from contactcenter.routing.actions.offering import Preparation, make_offers, prepare_offers
from contactcenter.routing.candidates import Backlog, ask_operator_views
from contactcenter.routing.matching import refusal, reserve
from contactcenter.routing.profiles import Book, book_of
from contactcenter.routing.rules import demand_at, look_again_at, stage_of

MATCH_LOCK: Final = 7_104_201
"""Key of the advisory lock under which matching runs."""
ROUNDS: Final = 3
TURNS: Final = 20
"""So many runs one after the other by one job; then another job goes on."""
PATIENCE: Final = 3
"""So often in a row a run that found rows held by somebody is repeated at once; then the beat goes on (a second)."""


class Outcome(Enum):
    """How a run ended."""

    SETTLED = auto()
    """It was kept from nothing: whoever asks now asks for something new."""
    HELD_UP = auto()
    """Somebody was at a ticket or an operator it needed; they are marked again."""
    IN_VAIN = auto()
    """Only tickets whose time had come were looked at, and they are due still."""
    TURNED_AWAY = auto()
    """Another process is at it, and will see the marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run came to."""

    made: int
    outcome: Outcome
    left_due: bool = False
    """Tickets whose time had come were left to the next run: somebody who became free had their offer first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What of a plan is locked and holds still, and what is not to be planned again in this run.

    `busy_tickets` and `busy_operators`: somebody else is at them. `taken_tickets`: they wait no longer.
    `spare_operators`: the ticket planned for them fell out, and another may suit them.
    """

    certain: Plan
    prepared: Preparation | None = None
    busy_tickets: frozenset[int] = frozenset()
    taken_tickets: frozenset[int] = frozenset()
    busy_operators: frozenset[int] = frozenset()
    spare_operators: frozenset[int] = frozenset()


def match_waiting(*, at: datetime, everything: bool = False) -> int:
    """Offer waiting tickets to operators until nothing more fits; return how many offers were made.

    Looks at what changed since the last run: marked operators and tickets, and tickets for which time has changed
    something; with `everything` at all of them. After it nobody who is free could take anything that waits. While
    another process is at it this one does nothing: what it was asked for stays marked.
    """
    if not everything and not _is_asked_for(at=at):
        return 0
    run = _match(at=at, everything=everything)
    return run.made + (_match(at=at, everything=False).made if run.left_due else 0)


def match_until_settled(*, clock: Callable[[], datetime], everything: bool = False, is_asked: bool = False) -> int:
    """Match again as long as somebody was turned away meanwhile; return how many offers were made.

    Whoever comes while matching is under way goes home, having left marks before. Here they are looked for once
    the lock is free again, so none is overlooked, and a burst of events leads to few runs instead of a line of waiters.
    `is_asked`: the caller has just seen marks, nobody need look whether there are any.
    """
    made, held_up, with_due = 0, 0, True
    for _ in range(TURNS):
        at = clock()
        if not (everything or is_asked or _is_asked_for(at=at if with_due else None)):
            return made
        run = _match(at=at, everything=everything)
        made += run.made
        held_up = held_up + 1 if run.outcome is Outcome.HELD_UP else 0
        if run.outcome is Outcome.TURNED_AWAY or held_up > PATIENCE:
            return made
        with_due = run.outcome is not Outcome.IN_VAIN
        everything = is_asked = False
    enqueue_on_commit("routing.match")
    return made


def _match(*, at: datetime, everything: bool) -> Run:
    with transaction.atomic(), pipelined():
        return _match_once(at=at, everything=everything)


def _match_once(*, at: datetime, everything: bool) -> Run:
    """Under the locks every decision is checked again. Where the world moved in between, the rest of the plan is
    dropped and made anew, because a newer ticket may now be in an older one's way (R3)."""
    if not rows_from(_BEGIN, [MATCH_LOCK])[0][0]:
        return Run(made=0, outcome=Outcome.TURNED_AWAY)
    changes, state = _take_changes(at=at, everything=everything)
    if not (changes.everything or changes.operators or changes.tickets or changes.due):
        return Run(made=0, outcome=Outcome.SETTLED)
    book = book_of(state=state, on=at.date())
    making: list[Later[int]] = []
    busy_tickets, gone_tickets, busy_operators = set[int](), set[int](), set[int]()
    for _ in range(ROUNDS):
        backlog = Backlog(book=book, at=at)
        look = plan_changes(
            changes=changes,
            backlog=backlog,
            book=book,
            without_tickets=busy_tickets | gone_tickets,
            without_operators=busy_operators,
            at=at,
        )
        hold = _hold(plan=look.plan, book=book, at=at)
        if hold.prepared is not None:
            making.append(make_offers(plan=hold.certain, prepared=hold.prepared, at=at))
        busy_tickets |= hold.busy_tickets
        gone_tickets |= hold.taken_tickets
        busy_operators |= hold.busy_operators
        if not (hold.busy_tickets or hold.taken_tickets or hold.busy_operators):
            break
    asked_again = _ask_waiting(ticket_ids=look.tickets)
    made = sum(finish() for finish in making)
    busy_tickets |= _look_again(asked_again(), book=book, backlog=backlog, at=at)
    # somebody is at them; the next run looks again
    busy_operators |= hold.spare_operators
    if busy_tickets or busy_operators:
        ask(_MARK, [list(busy_tickets), list(busy_operators)])
        outcome = Outcome.HELD_UP
    else:
        # tickets that are due and held by somebody stay due: to look at them again at once would be in vain
        outcome = Outcome.SETTLED if changes.is_marked or made else Outcome.IN_VAIN
    return Run(made=made, outcome=outcome, left_due=look.tickets is not None and not changes.due <= look.tickets)


# PostgreSQL would plan each statement anew, for longer than it runs, whenever it is given an array that is shorter than
# it supposes arrays to be; in this transaction it keeps the plan it has once made
_BEGIN: Final = "SELECT pg_try_advisory_xact_lock(%s), set_config('plan_cache_mode', 'force_generic_plan', true)"


_MARK: Final = """
    INSERT INTO routing_matchmark (ticket_id, operator_id)
    SELECT unnest(%s::bigint[]), NULL UNION ALL SELECT NULL, unnest(%s::bigint[])
"""


def _is_asked_for(*, at: datetime | None) -> bool:
    """Whether marks wait, or tickets are due by this instant (None: marks only)."""
    return bool(
        rows_from(
            "SELECT EXISTS (SELECT 1 FROM routing_matchmark) "
            "OR EXISTS (SELECT 1 FROM routing_waiting WHERE look_at <= %s)",
            [at],
        )[0][0]
    )


_CHANGES: Final = """
    WITH marks AS (DELETE FROM routing_matchmark RETURNING operator_id, ticket_id)
    SELECT true, operator_id, ticket_id, NULL::uuid FROM marks
    UNION ALL SELECT false, NULL, ticket_id, NULL FROM routing_waiting WHERE look_at <= %s
    UNION ALL SELECT false, NULL, NULL, profiles FROM routing_matcherstate WHERE id = 1
"""


_NAME_STATE: Final = """
    INSERT INTO routing_matcherstate (id, profiles) VALUES (1, %s)
    ON CONFLICT (id) DO UPDATE SET profiles = excluded.profiles
"""


def _take_changes(*, at: datetime, everything: bool) -> tuple[Changes, UUID]:
    """Take the marks away and return what they tell, with the name of the state of rules and profiles."""
    operators: set[int] = set()
    tickets: set[int] = set()
    due: set[int] = set()
    profiles_changed, is_marked, state = False, False, None
    for was_marked, operator_id, ticket_id, known in rows_from(_CHANGES, [at]):
        is_marked |= was_marked
        if known is not None:
            state = known
        elif operator_id is None and ticket_id is None:
            profiles_changed = True
        if operator_id is not None:
            operators.add(operator_id)
        if ticket_id is not None:
            (tickets if was_marked else due).add(ticket_id)
    if state is None or profiles_changed:
        state = uuid4()
        ask(_NAME_STATE, [state])
    return (
        Changes(
            operators=frozenset(operators),
            tickets=frozenset(tickets),
            due=frozenset(due - tickets),
            everything=everything or profiles_changed,
            is_marked=is_marked,
        ),
        state,
    )


def _hold(*, plan: Plan, book: Book, at: datetime) -> Hold:
    """Lock what the plan needs, and find out what of it still holds.

    A ticket that somebody else is at stays out alone. At the first operator who changed the rest is dropped.
    """
    if not plan:
        return Hold(certain=[])
    tickets = [ticket.ticket_id for ticket, _ in plan]
    operators = [decision.operator_id for _, decision in plan if decision.operator_id is not None]
    # nobody is waited for, so the order of the locks does not matter
    places: dict[int, tuple[object, ...]] = {}
    held: set[int] = set()
    locked = ask(_LOCK, [tickets, operators])
    taken_already = ask(_TAKEN_TICKETS, [tickets, tickets])
    views = ask_operator_views(book=book, operator_ids=operators)
    prepared = prepare_offers(plan=plan)
    for operator_id, ticket_id, *place in locked():
        if operator_id is not None:
            held.add(operator_id)
        else:
            places[ticket_id] = tuple(place)
    taken = {row[0] for row in taken_already()}
    now = {view.operator_id: view for view in views() if view.operator_id in held}
    certain: Plan = []
    busy: set[int] = set()
    changed: set[int] = set()
    spare: set[int] = set()
    for ticket, decision in plan:
        operator_id = decision.operator_id or 0
        if ticket.ticket_id in taken:
            spare.add(operator_id)
            continue
        if places.get(ticket.ticket_id) != (ticket.language, ticket.channel, ticket.rules.queue_id):
            busy.add(ticket.ticket_id)
            spare.add(operator_id)
            continue
        view = now.get(operator_id)
        if view is None or refusal(ticket=ticket, operator=view, at=at) is not None:
            changed.add(operator_id)
            break
        now[operator_id] = reserve(operator=view, channel=ticket.channel)
        certain.append((ticket, decision))
    return Hold(
        certain=certain,
        prepared=prepared,
        busy_tickets=frozenset(busy),
        taken_tickets=frozenset(taken),
        busy_operators=frozenset(changed),
        spare_operators=frozenset(spare),
    )


_LOCK: Final = """
    WITH places AS (
        SELECT ticket_id, language, channel, queue_id FROM routing_waiting WHERE ticket_id = ANY(%s)
        FOR UPDATE SKIP LOCKED
    ), people AS (
        SELECT operator_id FROM routing_operatorstate WHERE operator_id = ANY(%s) FOR UPDATE SKIP LOCKED
    )
    SELECT NULL::bigint, ticket_id, language, channel, queue_id FROM places
    UNION ALL SELECT operator_id, NULL, NULL, NULL, NULL FROM people
"""
_TAKEN_TICKETS: Final = """
    SELECT ticket_id FROM routing_offer WHERE state = 'pending' AND ticket_id = ANY(%s)
    UNION SELECT ticket_id FROM routing_assignment WHERE state IN ('active', 'consult', 'held') AND ticket_id = ANY(%s)
"""


_WAITING: Final = """
    WITH held AS (SELECT w.id FROM routing_waiting w WHERE {which} ORDER BY w.id FOR UPDATE SKIP LOCKED)
    SELECT w.id, w.ticket_id, w.account_id, w.channel, w.enqueued_at, w.queue_id, w.look_at, w.is_language_open,
           h.id IS NOT NULL
    FROM routing_waiting w LEFT JOIN held h ON h.id = w.id WHERE {which}
"""


def _ask_waiting(*, ticket_ids: Collection[int] | None) -> Later[Rows]:
    """Ask for what _look_again goes by: of these tickets, or of all that wait (None)."""
    if ticket_ids is None:
        return ask(_WAITING.format(which="true"), [], binary=True)
    if not ticket_ids:
        return list
    return ask(_WAITING.format(which="w.ticket_id = ANY(%(ids)s)"), {"ids": list(ticket_ids)}, binary=True)


def _look_again(rows: Rows, *, book: Book, backlog: Backlog, at: datetime) -> set[int]:
    """Note when time alone changes who may take these tickets.

    Return those of them that somebody else is at, of which nothing could be noted.
    """
    busy: set[int] = set()
    changed: list[tuple[int, datetime | None, bool]] = []
    for pk, ticket_id, account_id, channel, enqueued_at, queue_id, known, was_open, is_held in rows:
        if not is_held:
            busy.add(ticket_id)
            continue
        rules = book.rules.get(queue_id)
        terms = book.terms.get(account_id)
        if rules is None or terms is None:
            continue
        instants = backlog.asked_again_at(ticket_id)
        step = look_again_at(rules, enqueued_at=enqueued_at, at=at)
        if enqueued_at > at:
            # it came after the instant of this run, which has taken its mark and not looked at it
            step = enqueued_at
        look_at = min([*instants, *([step] if step else [])], default=None)
        # only what an account consents to opens its tickets to those who do not speak the language
        is_open = (terms.machine_allowed or terms.interpreter_allowed) and demand_at(
            rules,
            stage=stage_of(rules, waited=at - enqueued_at),
            is_text=channel != "voice",
            machine_allowed=terms.machine_allowed,
            interpreter_allowed=terms.interpreter_allowed,
        ).is_language_open
        if (look_at, is_open) != (known, was_open):
            changed.append((pk, look_at, is_open))
    if changed:
        ids, looks, opens = zip(*changed, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE routing_waiting w SET look_at = n.look_at, is_language_open = n.is_open FROM "
                "unnest(%s::bigint[], %s::timestamptz[], %s::boolean[]) AS n (id, look_at, is_open) WHERE w.id = n.id",
                [list(ids), list(looks), list(opens)],
            )
    return busy

"""Random floors against the real actions: R1 to R4 after every step, T1 to T4 as the ledger follows (design.md).

What matching finds by looking only at changes is compared with what it finds by looking at everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any, TypeVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contactcenter.kernel.errors import DomainError
from contactcenter.operators.models import AccountCertification, Operator, OperatorSkill, Skill
from contactcenter.routing import actions
from contactcenter.routing.candidates import Backlog, loads_of, operator_views, views_of
from contactcenter.routing.matching import WaitingTicket, place_of, refusal
from contactcenter.routing.models import (
    Assignment,
    Offer,
    OfferState,
    OperatorState,
    Queue,
    QueueMember,
    QueueSkill,
    RelaxationStep,
    Waiting,
)
from contactcenter.routing.profiles import read_book
from contactcenter.routing.states import OWNING
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Membership
from contactcenter.tickets.models import Ticket
from contactcenter.worktime.actions import derive_operator
from contactcenter.worktime.events import EventKind
from contactcenter.worktime.models import Allocation, OperatorEvent, Session, Slice
from contactcenter.worktime.proof import ledger_differences
from tests.app.factories import AT, make_account, make_operator, make_ticket

pytestmark = pytest.mark.django_db

CHANNELS = ("chat", "chat", "sms", "email", "voice")
LANGUAGES = ("en", "es", "fi", "")


class Crash(Exception):
    """A process dies in the middle of a transaction."""


Choices = dict[str, st.SearchStrategy[Any]]
Method = TypeVar("Method", bound=Callable[..., None])
STEPS: list[tuple[str, Choices]] = []
reached: Counter[str] = Counter()
"""How often an offer was seen in each state."""


def may_happen(weight: int, **choices: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """Name what may happen on the floor, so many times as often as the rarest."""

    def note(method: Method) -> Method:
        STEPS.extend([(method.__name__, choices)] * weight)
        return method

    return note


class Floor(RuleBasedStateMachine):
    """Two accounts, four operators, three queues; whatever may happen happens."""

    def __init__(self) -> None:
        super().__init__()
        self._frame = transaction.atomic()
        self._frame.__enter__()
        self._scope = open_every_account(reason="a routing test")
        self._scope.__enter__()
        self.at = AT
        self.allowed: dict[int, dict[str, int]] = {}
        self.facts: dict[int, dict[str, Any]] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._scope.__exit__(None, None, None)
        self._frame.__exit__(None, None, None)

    @initialize(consent=st.booleans(), certified=st.booleans(), pool=st.booleans())
    def open_the_floor(self, consent: bool, certified: bool, pool: bool) -> None:
        self.accounts = [
            make_account(allows_machine_translation=consent, allows_interpreter=not consent),
            make_account(allows_interpreter=consent),
        ]
        first, second = self.accounts
        self.skill = Skill.objects.create(name="Returns")
        self.people = [
            make_operator(first, languages="en", max_chat=2),
            make_operator(first, second, languages="en es", max_chat=3),
            make_operator(second, languages="es", max_chat=1, mail_is_interruptible=False),
            make_operator(first, second, languages="fi", max_chat=2, chat_is_interruptible=True),
        ]
        OperatorSkill.objects.create(operator=self.people[1], skill=self.skill, level=3)
        if certified:
            AccountCertification.objects.create(account=second, skill=self.skill)
        chats = Queue.objects.create(name="Chats", channel="chat", minimum_level=3)
        QueueSkill.objects.create(queue=chats, skill=self.skill, is_required=False)
        mails = Queue.objects.create(name="Mails", channel="email", wrap_up_mode="timed", sticky_seconds=30)
        if pool:
            QueueMember.objects.create(queue=mails, operator=self.people[0])
        steps = [
            (chats, 20, "drop_optional"),
            (chats, 60, "machine"),
            (chats, 90, "interpreter"),
            (mails, 40, "overflow"),
        ]
        for queue, seconds, action in steps:
            RelaxationStep.objects.create(queue=queue, after_s=seconds, action=action)
        for person in self.people:
            self.allowed[person.pk] = {"voice": 1, "chat": person.max_chat, "email": person.max_mail}
            actions.set_presence(operator_id=person.pk, state="available", at=self.at)

    def attempt(self, action: Any, **arguments: Any) -> None:
        with suppress(DomainError), transaction.atomic():
            action(**arguments, at=self.at)

    # --- what may happen ---------------------------------------------------------------------------------------

    @may_happen(
        6,
        account=st.integers(0, 1),
        channel=st.sampled_from(CHANNELS),
        language=st.sampled_from(LANGUAGES),
        priority=st.sampled_from([0, 0, 0, 1]),
    )
    def arrive(self, account: int, channel: str, language: str, priority: int) -> None:
        ticket = make_ticket(
            self.accounts[account], channel=channel, language=language, priority=priority, at=self.at, unread=1
        )
        from contactcenter.routing.actions.queueing import enqueue

        enqueue(ticket=ticket, channel=channel, enqueued_at=self.at, at=self.at)

    @may_happen(2, seconds=st.sampled_from([1, 7, 31, 61, 95]))
    def pass_time(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)

    @may_happen(6)
    def match(self) -> None:
        before = {offer.pk for offer in Offer.objects.all()}
        book = read_book(on=self.at.date())
        views = {view.operator_id: view for view in operator_views(book=book)}
        waiting = Backlog(book=book, at=self.at).all()
        actions.match_waiting(at=self.at)
        made = Offer.objects.exclude(pk__in=before)
        places = {ticket.ticket_id: ticket for ticket in waiting}
        offered = {offer.ticket_id for offer in made}
        for offer in made:
            newer = places[offer.ticket_id]
            view = views[offer.operator_id]
            person = Operator.objects.get(pk=offer.operator_id)
            assert Membership.objects.filter(user=person.user_id, account=newer.account_id).exists()  # R4
            assert refusal(ticket=newer, operator=view, at=self.at) is None
            for older in waiting:  # R3
                overtaken = (
                    older.ticket_id not in offered
                    and place_of(older) < place_of(newer)
                    and refusal(ticket=older, operator=view, at=self.at) is None
                )
                assert not overtaken, (older, newer)
        # nobody who is free could take anything: looking at everything finds no more
        assert actions.match_waiting(at=self.at, everything=True) == 0

    @may_happen(6, answer=st.sampled_from(["accept", "accept", "decline"]), number=st.integers(0, 3))
    def answer(self, answer: str, number: int) -> None:
        offers = list(Offer.objects.filter(state=OfferState.PENDING).order_by("id"))
        if offers:
            offer = offers[number % len(offers)]
            action = actions.accept_offer if answer == "accept" else actions.decline_offer
            self.attempt(action, offer_id=offer.pk, operator_id=offer.operator_id)

    @may_happen(1, number=st.integers(0, 3))
    def crash_while_accepting(self, number: int) -> None:
        offer = Offer.objects.filter(state=OfferState.PENDING).order_by("id").first()
        before = self.picture()
        with suppress(Crash, DomainError), transaction.atomic():
            if offer is not None:
                actions.accept_offer(offer_id=offer.pk, operator_id=offer.operator_id, at=self.at)
            actions.match_waiting(at=self.at)
            raise Crash
        assert self.picture() == before

    @may_happen(3)
    def time_out(self) -> None:
        self.at += timedelta(seconds=31)
        actions.expire_offers(at=self.at)
        actions.close_overdue_wraps(at=self.at)

    @may_happen(3, number=st.integers(0, 5), finish=st.booleans())
    def serve(self, number: int, finish: bool) -> None:
        served = list(Assignment.objects.exclude(state="done").order_by("id"))
        if served:
            one = served[number % len(served)]
            mine = {"ticket_id": one.ticket_id, "operator_id": one.operator_id}
            if finish:
                self.attempt(actions.finish_conversation, **mine)
            else:
                self.attempt(actions.wrap_up, **mine, disposition=None, status="solved")

    @may_happen(2, who=st.integers(0, 3), state=st.sampled_from(["available", "available", "break", "offline"]))
    def presence(self, who: int, state: str) -> None:
        self.attempt(actions.set_presence, operator_id=self.people[who].pk, state=state, reason="tea")

    @may_happen(1, who=st.integers(0, 3))
    def lose(self, who: int) -> None:
        OperatorState.objects.filter(pk=self.people[who].pk).update(last_seen_at=self.at - timedelta(hours=1))
        actions.lose_operators(at=self.at)

    @may_happen(1, who=st.integers(0, 3), room=st.integers(0, 3))
    def change_capacity(self, who: int, room: int) -> None:
        Operator.objects.filter(pk=self.people[who].pk).update(max_chat=room)
        # what is served already stays; the load may stand above the new room, but not grow
        taken = loads_of(operator_ids=[self.people[who].pk])[self.people[who].pk]["chat"]
        self.allowed[self.people[who].pk]["chat"] = max(room, taken)

    @may_happen(1, who=st.integers(0, 3))
    def toggle_skill(self, who: int) -> None:
        if not OperatorSkill.objects.filter(operator=self.people[who]).delete()[0]:
            OperatorSkill.objects.create(operator=self.people[who], skill=self.skill, level=2)

    @may_happen(1, number=st.integers(0, 3))
    def close(self, number: int) -> None:
        ticket = Ticket.objects.filter(waiting__isnull=False).order_by("id")[number : number + 1].first()
        if ticket is not None:
            Ticket.objects.filter(pk=ticket.pk).update(status="closed")
            actions.place_ticket(ticket_id=ticket.pk, at=self.at)

    @may_happen(4, number=st.integers(0, 3), asked=st.booleans())
    def leave(self, number: int, asked: bool) -> None:
        """The visitor of a chat goes, whether they wait, are offered or served; most often while somebody is asked."""
        # who has left already, so that what they wrote waits as a mail, leaves no second time
        chats = Ticket.objects.filter(channel="chat", status__in=["new", "open"]).exclude(waiting__channel="email")
        offered = chats.filter(offers__state=OfferState.PENDING, waiting__isnull=False).order_by("id").first()
        ticket = offered if asked and offered else chats.order_by("id")[number : number + 1].first()
        if ticket is not None:
            self.attempt(actions.conversation_ended, ticket_id=ticket.pk)
            assert not Offer.objects.filter(ticket=ticket, state=OfferState.PENDING).exists()

    @may_happen(
        2,
        number=st.integers(0, 3),
        to=st.integers(0, 3),
        how=st.sampled_from(["ask", "consult", "queue", "complete", "cancel"]),
    )
    def hand_on(self, number: int, to: int, how: str) -> None:
        served = list(Assignment.objects.filter(state__in=OWNING).order_by("id"))
        if not served:
            return
        one = served[number % len(served)]
        mine = {"ticket_id": one.ticket_id, "operator_id": one.operator_id}
        if how in {"ask", "consult"}:
            self.attempt(actions.ask_operator, **mine, to_operator_id=self.people[to].pk, consults=how == "consult")
        elif how == "queue":
            queue = Queue.objects.order_by("id")[to % 2]
            self.attempt(actions.transfer_to_queue, **mine, queue_id=queue.pk)
        else:
            action = actions.complete_transfer if how == "complete" else actions.cancel_transfer
            self.attempt(action, **mine)

    @may_happen(2, who=st.integers(0, 3))
    def follow_in_the_ledger(self, who: int) -> None:
        """Slices tile each session (T1), allocations sum to them (T2), and deriving anew says the same (T3)."""
        operator_id = self.people[who].pk
        derive_operator(operator_id=operator_id, at=self.at)
        for session in Session.objects.filter(operator_id=operator_id):
            end = session.started_at
            for piece in Slice.objects.filter(session=session, is_current=True).order_by("started_at"):
                assert piece.started_at == end, "no gap and no overlap"
                assert piece.ms == (piece.ended_at - piece.started_at) // timedelta(milliseconds=1)
                shares = Allocation.objects.filter(slice=piece, until_version=None).values_list("ms", flat=True)
                assert sum(shares) == piece.ms
                end = piece.ended_at
            assert end == (session.ended_at or session.derived_until or session.started_at)
        assert list(ledger_differences(at=self.at)) == []

    @rule(dice=st.randoms(use_true_random=True), data=st.data())
    def go_on(self, dice: Random, data: st.DataObject) -> None:
        """One rule for all, by dice: hypothesis leaves whole rules out of a walk, and prefers to repeat itself.

        A floor on which nobody answers proves nothing.
        """
        name, choices = dice.choice(STEPS)
        getattr(self, name)(**{what: data.draw(choice, label=what) for what, choice in choices.items()})
        reached.update(Offer.objects.values_list("state", flat=True))

    # --- what always holds -------------------------------------------------------------------------------------

    def picture(self) -> object:
        return (
            list(Offer.objects.order_by("id").values_list("id", "state")),
            list(Assignment.objects.order_by("id").values_list("id", "state")),
            list(Waiting.objects.order_by("id").values_list("id", "look_at")),
            OperatorEvent.objects.count(),
        )

    @invariant()
    @precondition(lambda self: bool(self.allowed))
    def one_assignee_and_room_for_everything(self) -> None:  # R1
        owners = list(Assignment.objects.filter(state__in=OWNING).values_list("ticket_id", flat=True))
        assert len(owners) == len(set(owners))
        pending = list(Offer.objects.filter(state=OfferState.PENDING).values_list("ticket_id", "operator_id"))
        assert len({ticket for ticket, _ in pending}) == len(pending) == len({operator for _, operator in pending})
        routed = Offer.objects.filter(state=OfferState.PENDING, purpose="route").values_list("ticket_id", flat=True)
        assert not set(owners) & set(routed)
        for view in views_of(operator_ids=list(self.allowed)):
            for kind, taken in view.load.items():
                most = self.allowed[view.operator_id][kind]
                assert taken <= most, (view.operator_id, kind)
                if kind == "chat":
                    self.allowed[view.operator_id]["chat"] = max(view.capacity["chat"], taken)

    @invariant()
    @precondition(lambda self: bool(self.allowed))
    def every_reservation_is_released_once(self) -> None:  # R2
        ledger = OperatorEvent.objects.filter(kind__in=[EventKind.OFFER_MADE, EventKind.OFFER_ENDED])
        told = list(ledger.values_list("source_key", flat=True))
        expected = []
        for pk, state in Offer.objects.values_list("pk", "state"):
            expected += [f"offer {pk} made"] + ([] if state == OfferState.PENDING else [f"offer {pk} ended"])
        assert sorted(told) == sorted(expected)

    @invariant()
    def facts_stay_as_they_were_told(self) -> None:  # T4
        now = {row["id"]: row for row in OperatorEvent.objects.values()}
        assert {pk: now.get(pk) for pk in self.facts} == self.facts
        self.facts = now

    @invariant()
    @precondition(lambda self: bool(self.allowed))
    def nothing_is_lost(self) -> None:
        waiting = set(Waiting.objects.values_list("ticket_id", flat=True))
        owned = set(Assignment.objects.filter(state__in=OWNING).values_list("ticket_id", flat=True))
        assert not waiting & owned
        unanswered = Ticket.objects.filter(status__in=["new", "open"], unread__gt=0, assignee__isnull=True)
        assert set(unanswered.values_list("pk", flat=True)) <= waiting | owned


def test_every_floor_keeps_the_promises_of_routing() -> None:
    # walks are random, and a dozen of them may go past something
    for _ in range(5):
        run_state_machine_as_test(
            Floor,
            settings=settings(
                max_examples=12,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        if {"accepted", "declined"} <= reached.keys():
            break
    # the walks went through what they are about
    assert {"accepted", "declined"} <= reached.keys()


def test_place_of_a_waiting_ticket_is_what_the_database_orders_by() -> None:
    """The index, the backlog and the pure order agree."""
    with open_every_account(reason="a routing test"):
        account = make_account()
        queue = Queue.objects.create(name="Any")
        for number in range(12):
            ticket = make_ticket(account)
            Waiting.objects.create(
                account=account,
                ticket=ticket,
                queue=queue,
                channel="email",
                priority=number % 2,
                enqueued_at=AT + timedelta(seconds=number % 3),
                due_at=AT + timedelta(seconds=number % 5),
            )
        found: list[WaitingTicket] = Backlog(book=read_book(on=AT.date()), at=AT + timedelta(hours=1)).all()
        assert len(found) == 12
        assert found == sorted(found, key=lambda one: place_of(one)[:3])

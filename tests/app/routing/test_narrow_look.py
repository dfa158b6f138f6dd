"""A change is answered by a look at what changed: the whole floor is read only where there is something to offer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contactcenter.operators.models import Operator, OperatorLanguage
from contactcenter.routing import candidates
from contactcenter.routing.actions import accept_offer, decline_offer, match_waiting, wrap_up
from contactcenter.routing.models import MatchMark, Offer, Queue, RelaxationStep, Waiting
from contactcenter.tenancy.models import Membership
from tests.app.factories import make_account
from tests.app.routing.scenes import after, at_work, served, waiting

pytestmark = pytest.mark.django_db


def floor_was_read(run: CaptureQueriesContext) -> bool:
    return any(query["sql"].split() == candidates._AVAILABLE.split() for query in run)


def who_was_read(run: CaptureQueriesContext) -> int:
    """How often those entitled were read, and nobody else of those who did not change."""
    return sum(query["sql"].split() == candidates._AVAILABLE_OF.split() for query in run)


def test_answer_of_an_operator_who_is_full_then_is_no_reason_to_read_the_floor() -> None:
    account = make_account()
    operator = at_work(account, max_chat=1, max_mail=0, max_voice=0)
    at_work(make_account(), max_chat=1)
    waiting(account)
    waiting(account)
    with CaptureQueriesContext(connection) as first:
        assert match_waiting(at=after(1)) == 1
    accept_offer(offer_id=Offer.objects.get().pk, operator_id=operator.pk, at=after(2))
    assert MatchMark.objects.exists()
    with CaptureQueriesContext(connection) as second:
        assert match_waiting(at=after(3)) == 0
    assert (floor_was_read(first), floor_was_read(second), who_was_read(second)) == (True, False, 0)
    assert not MatchMark.objects.exists()


def test_operator_who_is_free_again_gets_what_waits_though_nobody_else_was_looked_at_first() -> None:
    account = make_account()
    operator = at_work(account, max_chat=1, max_mail=0, max_voice=0)
    older, newer = waiting(account, at=after(0)), waiting(account, at=after(1))
    assert match_waiting(at=after(2)) == 1
    decline_offer(offer_id=Offer.objects.get().pk, operator_id=operator.pk, at=after(3))
    assert match_waiting(at=after(4)) == 1
    made = Offer.objects.get(state="pending")
    # the older was declined a moment ago, so the newer is next
    assert (made.ticket_id, made.why["rule"]) == (newer.pk, "only_one")
    assert Offer.objects.get(state="declined").ticket_id == older.pk


def test_others_who_cannot_take_it_are_counted_though_they_did_not_change() -> None:
    account = make_account()
    chosen = at_work(account, max_chat=1, max_mail=0, max_voice=0)
    at_work(make_account())
    full = at_work(account, max_chat=0)
    waiting(account)
    waiting(account)
    assert match_waiting(at=after(1)) == 1
    decline_offer(offer_id=Offer.objects.get().pk, operator_id=chosen.pk, at=after(2))
    assert match_waiting(at=after(3)) == 1
    why = Offer.objects.get(state="pending").why
    assert why["not_chosen"] == {"capacity": 1, "not_entitled": 1}
    assert why["others"] == [{"operator_id": full.pk, "reason": "capacity", "load": 0, "capacity": 0}]


def test_only_those_entitled_to_what_is_offered_are_read_and_the_rest_is_counted() -> None:
    account, elsewhere = make_account(), make_account()
    chosen = at_work(account, max_chat=1, max_mail=0, max_voice=0)
    served(account, chosen)
    full = at_work(account, max_chat=0)
    for _ in range(3):
        at_work(elsewhere, max_chat=0)
    make_account()
    next_one = waiting(account, at=after(11))
    match_waiting(at=after(12))
    ticket_id = Waiting.objects.get().ticket_id
    done = Offer.objects.get(state="accepted")
    wrap_up(ticket_id=done.ticket_id, operator_id=chosen.pk, at=after(20), disposition=None, status="solved")
    with CaptureQueriesContext(connection) as run:
        assert match_waiting(at=after(21)) == 1
    assert (floor_was_read(run), who_was_read(run)) == (False, 1)
    made = Offer.objects.get(state="pending")
    assert (made.ticket_id, made.operator_id) == (next_one.pk, chosen.pk) == (ticket_id, chosen.pk)
    assert made.why["not_chosen"] == {"capacity": 1, "not_entitled": 3}
    assert [other["operator_id"] for other in made.why["others"]] == [full.pk]


def test_who_became_free_gets_the_next_ticket_where_somebody_better_gets_the_first() -> None:
    common, own = make_account(), make_account()
    freed = at_work(own, max_chat=1, max_mail=0, max_voice=0)
    Membership.objects.create(user=freed.user, account=common)
    done = served(own, freed)
    # has been idle for longer than whoever becomes free now
    better = at_work(common, max_chat=1, max_mail=0, max_voice=0)
    old = waiting(own, at=after(11))
    assert match_waiting(at=after(12)) == 0
    new = waiting(common, at=after(13))
    Waiting.objects.filter(ticket=new).update(priority=5)
    wrap_up(ticket_id=done.pk, operator_id=freed.pk, at=after(20), disposition=None, status="solved")
    assert match_waiting(at=after(21)) == 2
    made = Offer.objects.filter(state="pending").values_list("ticket_id", "operator_id")
    assert set(made) == {(new.pk, better.pk), (old.pk, freed.pk)}


def speaks(operator: Operator, level: int) -> None:
    OperatorLanguage.objects.filter(operator=operator).update(level=level)


def pairs() -> list[tuple[int, int]]:
    """Who was offered which ticket, in the order in which it was offered."""
    return list(Offer.objects.filter(state="pending").order_by("pk").values_list("ticket_id", "operator_id"))


def test_who_became_free_is_not_kept_waiting_by_tickets_that_have_become_due() -> None:
    account, elsewhere = make_account(), make_account()
    Queue.objects.create(name="Everything", minimum_level=3)
    freed = at_work(account, max_chat=1, max_mail=0, max_voice=0)
    done = served(account, freed)
    learner = at_work(elsewhere)
    speaks(learner, 2)
    due = waiting(elsewhere, at=after(6))
    assert match_waiting(at=after(7)) == 0
    newer = waiting(account, at=after(11))
    assert match_waiting(at=after(12)) == 0
    # a minute after it came a level less is enough for the ticket elsewhere
    wrap_up(ticket_id=done.pk, operator_id=freed.pk, at=after(70), disposition=None, status="solved")
    with CaptureQueriesContext(connection) as run:
        assert match_waiting(at=after(70)) == 2
    assert pairs() == [(newer.pk, freed.pk), (due.pk, learner.pk)]
    assert floor_was_read(run) is False


def test_due_ticket_goes_before_a_newer_one_to_who_became_free_though_they_do_not_speak_its_language() -> None:
    account = make_account(allows_machine_translation=True)
    queue = Queue.objects.create(name="Chats", channel="chat")
    RelaxationStep.objects.create(queue=queue, after_s=60, action="machine")
    freed = at_work(account, max_chat=1, max_mail=0, max_voice=0)
    done = served(account, freed)
    foreign = waiting(account, at=after(6))
    Waiting.objects.filter(ticket=foreign).update(language="de")
    waiting(account, at=after(11))
    assert match_waiting(at=after(12)) == 0
    assert not Waiting.objects.get(ticket=foreign).is_language_open
    wrap_up(ticket_id=done.pk, operator_id=freed.pk, at=after(70), disposition=None, status="solved")
    assert match_waiting(at=after(70)) == 1
    assert pairs() == [(foreign.pk, freed.pk)]
    assert Waiting.objects.get(ticket=foreign).is_language_open


def test_due_ticket_is_not_overtaken_where_what_the_freed_one_could_take_goes_to_somebody_else() -> None:
    own, common, elsewhere = make_account(), make_account(), make_account()
    Queue.objects.create(name="Everything", minimum_level=3)
    freed = at_work(own, max_chat=1, max_mail=0, max_voice=0)
    Membership.objects.create(user=freed.user, account=common)
    done = served(own, freed)
    better = at_work(elsewhere, max_chat=1, max_mail=0, max_voice=0)
    Membership.objects.create(user=better.user, account=common)
    for operator in (freed, better):
        speaks(operator, 2)
    first, second = waiting(elsewhere, at=after(6)), waiting(common, at=after(7))
    assert match_waiting(at=after(12)) == 0
    wrap_up(ticket_id=done.pk, operator_id=freed.pk, at=after(70), disposition=None, status="solved")
    assert match_waiting(at=after(70)) == 2
    # who has been idle for longer would get the second, and the first, which only they may take, would wait behind it
    assert set(pairs()) == {(first.pk, better.pk), (second.pk, freed.pk)}

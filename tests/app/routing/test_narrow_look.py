"""A change is answered by a look at what changed: the whole floor is read only where there is something to offer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contactcenter.routing import candidates
from contactcenter.routing.actions import accept_offer, decline_offer, match_waiting
from contactcenter.routing.models import MatchMark, Offer
from tests.app.factories import make_account
from tests.app.routing.scenes import after, at_work, waiting

pytestmark = pytest.mark.django_db


def floor_was_read(run: CaptureQueriesContext) -> bool:
    return any(query["sql"].split() == candidates._AVAILABLE.split() for query in run)


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
    assert (floor_was_read(first), floor_was_read(second)) == (True, False)
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

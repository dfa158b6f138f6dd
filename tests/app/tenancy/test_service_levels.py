"""By what a service level is measured on which day: what held is kept when something else is agreed."""

from datetime import UTC, date, datetime

import pytest

from contactcenter.kernel.errors import Invalid
from contactcenter.tenancy.actions import save_account
from contactcenter.tenancy.models import Account, FormerServiceLevel
from contactcenter.tenancy.service_levels import Agreement, Terms, agreement_of
from tests.app.factories import make_account, make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 20, 12, tzinfo=UTC)
FIRST = Terms("abandons_within_met", 20, 80)


def june(day: int) -> date:
    return date(2026, 6, day)


def agree(account: Account, seconds: int, starts_on: date | None = None, *, at: datetime = NOON) -> Agreement:
    values = {"service_level_seconds": seconds, "service_level_from": starts_on}
    saved = save_account(actor_id=make_user("admin").pk, values=values, account_id=account.pk, at=at)
    return agreement_of(account=saved)


def seconds_by_day(agreement: Agreement) -> dict[int, int]:
    return {day: agreement.on(june(day)).seconds for day in (1, 9, 10, 14, 15, 19, 20, 30)}


def test_terms_hold_from_their_day_to_the_next_ones():
    account = make_account()
    assert agreement_of(account=account) == Agreement(FIRST)
    agree(account, 60, june(10))
    agreement = agree(account, 90, june(15))
    assert seconds_by_day(agreement) == {1: 20, 9: 20, 10: 60, 14: 60, 15: 90, 19: 90, 20: 90, 30: 90}
    assert agreement.seconds == [20, 60, 90]


def test_without_a_day_it_is_the_accounts_own_today():
    account = make_account(time_zone="Pacific/Kiritimati")  # UTC+14: the 21st already
    agreement = agree(account, 60)
    assert [until for until, _ in agreement.former] == [june(21)]


def test_terms_agreed_for_an_earlier_day_replace_what_was_agreed_for_later_ones():
    account = make_account()
    agree(account, 60, june(15))
    agreement = agree(account, 90, june(10))
    assert seconds_by_day(agreement) == {1: 20, 9: 20, 10: 90, 14: 90, 15: 90, 19: 90, 20: 90, 30: 90}
    # twice on one day: what held before that day is what is kept
    agreement = agree(account, 120, june(10))
    assert (agreement.on(june(9)).seconds, agreement.on(june(10)).seconds) == (20, 120)


def test_going_back_to_what_held_before_leaves_no_trace_of_the_change():
    account = make_account()
    agree(account, 60, june(15))
    assert agree(account, 20, june(15)) == Agreement(FIRST)
    assert not FormerServiceLevel.objects.exists()


def test_day_to_come_is_refused_and_nothing_changes():
    account = make_account()
    with pytest.raises(Invalid) as refused:
        agree(account, 60, june(21))
    assert refused.value.field == "service_level_from"
    account.refresh_from_db()
    assert agreement_of(account=account) == Agreement(FIRST)

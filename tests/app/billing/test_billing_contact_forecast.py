"""The forecast under tariffs that price contact by contact: made from the contacts themselves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from billing import actions
from billing.account_periods import account_period
from billing.forecast_queries import current_forecast
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import CARE, sign, version_in_force

Serve = Callable[..., Interaction]
FIRST = datetime(2026, 4, 29, 9, tzinfo=UTC)
MIDDLE = datetime(2026, 6, 15, 22, tzinfo=UTC)
"""Midnight of 16 June in Madrid: 15 of 30 days are over."""


def forecast(account: Account, at: datetime = MIDDLE, **fields: Any) -> dict[str, Any]:
    return current_forecast(account=account, period=account_period(account=account, label="2026-06"), at=at, **fields)


def under(account: Account, **rules: Any) -> None:
    phone, rest = CARE["components"]
    sign(account, version_in_force({**CARE, "components": [{**phone, "included_minutes": "0", **rules}, rest]}))


def serve_days(serve: Serve, *, days: int) -> None:
    """A call of 90 s and one of 10 minutes on every day."""
    for number in range(days):
        serve(talk=90, started_at=FIRST + timedelta(days=number))
        serve(talk=600, started_at=FIRST + timedelta(days=number, hours=4))
    actions.collect_pending(at=MIDDLE)


def test_capped_calls_are_expected_to_go_on_as_they_came(account: Account, serve: Serve) -> None:
    under(account, cap_per_contact="5")
    serve_days(serve, days=48)
    told = forecast(account)
    # 1 a minute: 2.00 for the short call, 10.00 capped to 5.00 for the long one; the average of 7 a day hides the cap.
    # 15 days are 105.00, 30 are 210.00
    assert (told["state"], told["so_far"], told["expected"]) == ("ready", "105.00", "210.00")
    assert told["history_days"] == 32
    # stretches of 30 days after 28 days of weeks do not fit into 32 days
    assert (told["back_tests"], told["low"], told["high"]) == (0, None, None)
    [line] = [line for line in told["lines"] if line["code"] == "phone" and line["kind"] == "usage"]
    assert (line["so_far"], line["expected"]) == ("105.00", "210.00")


def test_counted_free_calls_are_used_up_before_the_rest_of_the_month(account: Account, serve: Serve) -> None:
    under(account, rounding={"step_s": 60, "grace_s": 95}, grace_contacts=20)
    serve_days(serve, days=48)
    told = forecast(account)
    # each day a short call of 2.00 and a long one of 10.00. 15 of the 20 free short ones are used by 15 June: 150.00;
    # of the 30 short ones of the month 10 are charged: 300.00 + 20.00
    assert (told["state"], told["so_far"], told["expected"]) == ("ready", "150.00", "320.00")


def test_calls_of_the_rest_of_today_are_those_that_come_later_in_the_day(account: Account, serve: Serve) -> None:
    under(account, cap_per_contact="5")
    serve_days(serve, days=48)
    serve(talk=90, started_at=datetime(2026, 6, 16, 9, tzinfo=UTC))
    actions.collect_pending(at=MIDDLE)
    told = forecast(account, at=datetime(2026, 6, 16, 10, tzinfo=UTC))
    # 105.00 and today's short call; the long one of today and 14 days of 7.00 are to come
    assert (told["so_far"], told["expected"]) == ("107.00", "210.00")


def test_more_contacts_than_are_read_at_once_are_not_forecast(account: Account, serve: Serve) -> None:
    under(account, cap_per_contact="5")
    serve_days(serve, days=48)
    told = forecast(account, most=50)
    assert (told["state"], told["so_far"], told["expected"]) == ("needs_contacts", "105.00", None)


def test_a_short_history_is_no_ground_for_a_forecast(account: Account, serve: Serve) -> None:
    under(account, cap_per_contact="5")
    serve(talk=90, started_at=datetime(2026, 6, 3, 9, tzinfo=UTC))
    actions.collect_pending(at=MIDDLE)
    told = forecast(account)
    assert (told["state"], told["so_far"], told["expected"]) == ("too_little_history", "2.00", None)

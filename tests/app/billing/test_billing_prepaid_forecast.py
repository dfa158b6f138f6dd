"""On which day units bought ahead are expected to be used up, and who is told before more is charged."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core import mail

from billing import actions, tasks
from billing.account_periods import account_period
from billing.actions import Prepaid
from billing.forecast_queries import current_forecast
from contactcenter.tenancy.models import Account, Role
from contactcenter.tickets.models import Interaction
from tests.app.billing.money import logged_in
from tests.app.billing.rows import sign, version_in_force
from tests.app.billing.test_billing_alerts import rule
from tests.app.billing.test_billing_forecast import MIDDLE, PLAN, call_a_day
from tests.app.billing.test_billing_prepaid import MINUTE, TARIFF, buy

Serve = Callable[..., Interaction]
SINCE = datetime(2026, 4, 29, 9, tzinfo=UTC)
FIRST = date(2026, 6, 1)


@pytest.fixture
def pace(account: Account, serve: Serve) -> None:
    """A call a day, billed as 4 minutes: 60 of June by its 15th, 120 by its end. Nothing is in the plan."""
    sign(account, version_in_force(TARIFF))
    call_a_day(serve, first=SINCE, days=48)


def minutes(account: Account, units: int, **given: Any) -> str:
    return buy(account, prepaid=Prepaid(units=Decimal(units), unit="minute"), starts_on=FIRST, **given)


def forecast(account: Account, at: datetime = MIDDLE) -> dict[str, Any]:
    return current_forecast(account=account, period=account_period(account=account, label="2026-06"), at=at)


def figures(told: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (one["code"], one["allowance"] // MINUTE, one["used"] // MINUTE, one["expected"] // MINUTE, one["runs_out_on"])
        for one in told["prepaid"]
    ]


def test_day_on_which_what_was_bought_is_used_up(account: Account, pace: None) -> None:
    bought = minutes(account, 80)
    told = forecast(account)
    # 60 used; 4 a day from 16 June on: the 20 that are left are used up on the fifth day. 120 are needed, 40 charged
    assert figures(told) == [(bought, 80, 60, 120, "2026-06-20")]
    assert [one["name"] for one in told["prepaid"]] == [{"": f"{bought} Ten minutes"}]
    assert [line["expected"] for line in told["lines"] if line["code"] == "phone"] == ["40.00"]


def test_what_is_bought_later_is_drawn_later(account: Account, pace: None) -> None:
    first, second = minutes(account, 80, ends_on=date(2026, 7, 1)), minutes(account, 100)
    # the second gives the 40 that the first has not: 60 of it are left to July
    assert figures(forecast(account)) == [(first, 80, 60, 80, "2026-06-20"), (second, 100, 0, 40, None)]


def test_units_that_are_used_up_already_have_no_day(account: Account, pace: None) -> None:
    minutes(account, 40)
    [told] = forecast(account)["prepaid"]
    # 60 minutes by now, 40 of them bought ahead; 60 more come, which nothing covers
    assert (told["used"], told["is_used_up"], told["runs_out_on"]) == (40 * MINUTE, True, None)
    assert told["expected"] == 100 * MINUTE


def test_no_more_is_said_to_be_above_the_plan_than_neither_plan_nor_purchase_covers(
    account: Account, serve: Serve
) -> None:
    # 80 minutes in the plan, 30 bought ahead: of 120 minutes 10 are charged
    sign(account, version_in_force(PLAN))
    call_a_day(serve, first=SINCE, days=48)
    bought = minutes(account, 30)
    told = forecast(account)
    assert [line["expected"] for line in told["lines"] if line["code"] == "phone"] == ["10.00"]
    [included] = told["included"]
    # 110 are passed on the 13th day from 16 June on: 60 + 13 x 4 = 112
    assert (included["expected"], included["runs_out_on"]) == (90 * MINUTE, "2026-06-28")
    # the plan ends on 20 June (60 + 5 x 4 = 80), and 30 more on the eighth day after: 60 + 13 x 4 = 112
    assert figures(told) == [(bought, 30, 0, 40, "2026-06-28")]


def test_contacts_priced_one_by_one_use_up_what_was_bought_on_a_day_too(account: Account, serve: Serve) -> None:
    phone, rest = TARIFF["components"]
    sign(account, version_in_force({**TARIFF, "components": [{**phone, "cap_per_contact": "3.50"}, rest]}))
    call_a_day(serve, first=SINCE, days=48)
    bought = minutes(account, 80)
    told = forecast(account)
    assert told["state"] == "ready"
    assert figures(told) == [(bought, 80, 60, 120, "2026-06-20")]


def test_client_is_told_the_day_before_more_is_charged(
    account: Account, pace: None, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    account.billing_email = "bills@clinic.example"
    account.save(update_fields=["billing_email"])
    rule(account, measure="included", moment="expected")
    minutes(account, 120)
    # 120 of 120 will do: nothing is charged above them
    assert actions.watch_account(account=account, at=MIDDLE) == []
    bought = minutes(account, 5, ends_on=date(2026, 7, 1))
    # the 5 that expire first are used, the 120 will do now all the more
    assert actions.watch_account(account=account, at=MIDDLE) == []
    rule(account, measure="included", moment="expected", percent=80)
    with django_capture_on_commit_callbacks(execute=True):
        [alert] = actions.watch_account(account=account, at=MIDDLE)
    # 115 of 120 are more than 96, of which 55 are used by now; of the 5 all are
    assert alert.code != bought
    assert {name: alert.figures[name] // MINUTE for name in ("now", "of", "expected")} == {
        "now": 55, "of": 120, "expected": 115,
    }  # fmt: skip
    tasks.send_alerts()
    [sent] = [one for one in mail.outbox if one.to == ["bills@clinic.example"]]
    assert sent.subject == f"Green Clinic: more than 80 % of the units bought ahead expected ({alert.code} Ten minutes)"


def test_overage_above_what_was_bought_is_told_with_its_day(account: Account, pace: None) -> None:
    rule(account, measure="included", moment="expected")
    bought = minutes(account, 80)
    [alert] = actions.watch_account(account=account, at=MIDDLE)
    assert (alert.code, alert.figures["on"], alert.figures["is_prepaid"]) == (bought, "2026-06-20", True)
    assert actions.watch_account(account=account, at=MIDDLE + timedelta(hours=1)) == []
    with time_machine.travel(MIDDLE, tick=False):
        client = logged_in(Role.CLIENT_ADMIN, account)
        [told] = client.get("/api/v1/alerts/", {"account": account.pk}).json()["results"]
    assert (told["name"], told["is_prepaid"], told["runs_out_on"]) == (f"{bought} Ten minutes", True, "2026-06-20")


def test_purchases_are_listed_with_their_day_or_as_lasting(account: Account, pace: None) -> None:
    minutes(account, 80, ends_on=date(2026, 7, 1))
    minutes(account, 100)
    buy(account, prepaid=Prepaid(units=Decimal(10), unit="minute"), starts_on=date(2026, 8, 1))
    client = logged_in(Role.CLIENT_ADMIN, account)

    def outlooks(at: datetime) -> list[tuple[Any, ...]]:
        with time_machine.travel(at, tick=False):
            rows = client.get("/api/v1/prepaid/", {"account": account.pk}).json()["results"]
        return [(row["bought"] // MINUTE, row["outlook"], row["runs_out_on"], row["earliest"]) for row in rows]

    # too little history for a band; what begins in August has no outlook yet
    assert outlooks(MIDDLE) == [
        (80, "runs_out", "2026-06-20", None), (100, "lasts", None, None), (10, None, None, None),
    ]  # fmt: skip

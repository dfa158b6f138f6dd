"""Hours of usage kept with it, and the forecast and cost of rounding that are read from them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing import actions
from billing.account_periods import account_period, current_period
from billing.actions import Prepaid
from billing.forecast_queries import current_forecast
from billing.models import Forecast, RatedHour, RatedShape, UsageCount
from billing.period_sums import period_sums
from billing.periods import Period
from billing.queries import account_bill, planned_period
from billing.rated_hours import build_shape, ready_shape
from billing.rounding_queries import rounding_of_invoice, rounding_of_period
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import CARE, accept, allocate_again, sign, version_in_force
from tests.app.billing.test_billing_prepaid import buy

Serve = Callable[..., Interaction]
MAY = datetime(2026, 5, 1, 9, tzinfo=UTC)
MIDDLE = datetime(2026, 6, 15, 22, tzinfo=UTC)
"""Midnight of 16 June in Madrid."""
PLAN: dict[str, Any] = {
    **CARE,
    "components": [
        {**CARE["components"][0], "included_minutes": "80"},
        CARE["components"][1],
        {"code": "monthly", "kind": "recurring", "amount": "10"},
        {"code": "least", "kind": "minimum", "amount": "20"},
    ],
}


def june(account: Account) -> Period:
    return account_period(account=account, label="2026-06")


def hours() -> list[tuple[Any, ...]]:
    return list(
        RatedHour.objects.order_by("at", "code").values_list("at", "code", "contacts", "raw", "rounding", "billed")
    )


def call_a_day(serve: Serve, *, first: datetime, days: int) -> None:
    ticket = None
    for number in range(days):
        ticket = serve(talk=210, started_at=first + timedelta(days=number), ticket=ticket).ticket
    actions.collect_pending(at=MIDDLE)


def test_hours_follow_what_is_collected_and_are_what_a_build_gives(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(PLAN))
    terms = planned_period(account=account, period=june(account)).segments[0].terms
    since = june(account).starts_at
    build_shape(account=account, terms=terms, since=since, on=date(2026, 6, 1))
    first = serve(talk=70, started_at=MAY + timedelta(days=40, minutes=20))
    serve(channel="chat", focus=30, started_at=MAY + timedelta(days=40, minutes=40))
    # before the hours begin
    serve(talk=70, started_at=MAY)
    actions.collect_pending(at=MIDDLE)
    at = datetime(2026, 6, 10, 9, tzinfo=UTC)
    assert hours() == [(at, "phone", 1, 70_000, 50_000, 120_000), (at, "rest", 1, 1, 0, 1)]
    allocate_again(first, talk=400)
    actions.collect_pending(at=MIDDLE)
    assert hours()[0] == (at, "phone", 1, 400_000, 20_000, 420_000)
    followed = hours()
    build_shape(account=account, terms=terms, since=since, on=date(2026, 6, 2))
    assert hours() == followed
    assert RatedShape.objects.count() == 1
    # three sessions with a contact each, and one of them again; each time the operator's hours beside the contact
    assert UsageCount.objects.get(account=account).number == 4 * 2


def test_a_dearer_tariff_keeps_the_hours_and_another_rounding_does_not(account: Account, serve: Serve) -> None:
    version = version_in_force(PLAN)
    sign(account, version)
    terms = planned_period(account=account, period=june(account)).segments[0].terms
    build_shape(account=account, terms=terms, since=june(account).starts_at, on=date(2026, 6, 1))
    phone, *others = PLAN["components"]
    for number, changed in enumerate(({"rate_per_minute": "9", "included_minutes": "5"}, {"rounding": "6s"})):
        document = {**PLAN, "components": [{**phone, **changed}, *others]}
        other = version_in_force(document, name=f"Other {number}")
        sums = ready_shape(
            account=account,
            terms=planned_period_terms(other.document),
            since=june(account).starts_at,
            on=date(2026, 6, 1),
            most=10,
        )
        assert sums is not None
        assert RatedShape.objects.count() == number + 1


def planned_period_terms(document: dict[str, Any]) -> Any:
    from billing.terms_document import parse_terms

    return parse_terms(document=document)


def test_sums_of_a_month_with_two_versions_give_its_bill(account: Account, serve: Serve) -> None:
    version = version_in_force(PLAN)
    sign(account, version)
    later = actions.add_draft_version(
        tariff_id=version.tariff_id,
        document={**CARE, "components": [{**CARE["components"][0], "rounding": "6s"}, *PLAN["components"][1:]]},
        at=MIDDLE,
        actor_id=None,
    )
    later = actions.put_in_force(version_id=later.pk, effective_from=date(2026, 6, 11), at=MIDDLE, actor_id=None)
    accept(account, later)
    for day in (3, 10, 11, 20):
        serve(talk=45 * day, started_at=datetime(2026, 6, day, 21, 59, tzinfo=UTC))
    actions.collect_pending(at=MIDDLE)
    plan = planned_period(account=account, period=june(account))
    sums = period_sums(account=account, period=june(account), plan=plan, on=date(2026, 6, 30))
    expected = account_bill(account=account, period=june(account)).bill
    assert [(line.component.code, line.segment.key, line.units) for line in sums.bill.lines] == [
        (line.component.code, line.segment.key, line.units) for line in expected.lines
    ]


def test_forecast_of_a_month_that_goes_on_as_before(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(PLAN))
    call_a_day(serve, first=datetime(2026, 4, 29, 9, tzinfo=UTC), days=48)
    told = current_forecast(account=account, period=june(account), at=MIDDLE)
    # a call a day of 210 s, billed as 240: 60 min by 15 June, 120 at the end, of which 80 are included
    assert told["state"] == "ready"
    assert (told["history_days"], told["so_far"], told["expected"]) == (32, "30.00", "50.00")
    assert told["expected_total"] == "60.50"
    # stretches of 30 days after 28 days of weeks do not fit into 32 days
    assert (told["back_tests"], told["low"], told["high"]) == (0, None, None)
    (included,) = told["included"]
    assert (included["allowance"], included["used"], included["expected"]) == (4_800_000, 3_600_000, 7_200_000)
    # 60 min used; 4 min a day: 80 are passed on the sixth day from 16 June on
    assert (included["is_used_up"], included["runs_out_on"]) == (False, "2026-06-21")
    assert told["minimum"] == {
        "name": {"": "least"}, "commitment": "20.00", "so_far": "0.00", "expected": "40.00"
    }  # fmt: skip
    assert Forecast.objects.get(account=account).state == "ready"


def test_forecast_draws_on_what_was_bought_ahead_on_its_days_alone(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(PLAN))
    call_a_day(serve, first=datetime(2026, 4, 29, 9, tzinfo=UTC), days=48)
    buy(
        account,
        prepaid=Prepaid(units=Decimal(100), unit="minute"),
        starts_on=date(2026, 6, 10),
        ends_on=date(2026, 6, 17),
    )
    told = current_forecast(account=account, period=june(account), at=MIDDLE)
    # 4 min a day: 120 in June, 28 of them on the seven days of the purchase, 80 included: 12 at 1.00 are left
    assert told["state"] == "ready"
    assert [line["expected"] for line in told["lines"] if line["code"] == "phone"] == ["12.00"]


def test_forecast_is_made_again_only_when_usage_or_the_hour_changed(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(PLAN))
    call_a_day(serve, first=datetime(2026, 4, 29, 9, tzinfo=UTC), days=48)
    assert current_forecast(account=account, period=june(account), at=MIDDLE)["state"] == "ready"
    with CaptureQueriesContext(connection) as queries:
        again = current_forecast(account=account, period=june(account), at=MIDDLE + timedelta(minutes=5))
    assert again["as_of"] == MIDDLE.isoformat()
    assert not any("billing_ratedhour" in query["sql"] or "billing_usageline" in query["sql"] for query in queries)
    serve(talk=90, started_at=MIDDLE - timedelta(hours=1))
    actions.collect_pending(at=MIDDLE)
    with CaptureQueriesContext(connection) as queries:
        again = current_forecast(account=account, period=june(account), at=MIDDLE + timedelta(minutes=6))
    assert again["as_of"] == (MIDDLE + timedelta(minutes=6)).isoformat()
    # the month is not read again
    assert not any("billing_usageline" in query["sql"] for query in queries)


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (datetime(2026, 5, 31, 21, 59, tzinfo=UTC), "not_begun"),
        (datetime(2026, 6, 1, 0, tzinfo=UTC), "too_little_history"),
        (datetime(2026, 6, 30, 22, tzinfo=UTC), "over"),
    ],
)
def test_forecast_says_why_there_is_none(account: Account, serve: Serve, at: datetime, state: str) -> None:
    sign(account, version_in_force(PLAN))
    call_a_day(serve, first=datetime(2026, 5, 20, 9, tzinfo=UTC), days=3)
    told = current_forecast(account=account, period=june(account), at=at)
    assert (told["state"], told["expected"], told["low"]) == (state, None, None)


def test_forecast_without_a_contract_says_so(account: Account) -> None:
    told = current_forecast(account=account, period=june(account), at=MIDDLE)
    assert told["state"] == "unbillable"
    assert "has no tariff" in told["reason"]


def test_much_usage_is_left_to_the_worker(account: Account, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("billing.forecast_queries.enqueue_on_commit", lambda name, **ids: asked.append(name))
    sign(account, version_in_force(PLAN))
    call_a_day(serve, first=datetime(2026, 6, 1, 9, tzinfo=UTC), days=4)
    assert current_forecast(account=account, period=june(account), at=MIDDLE, most=3)["state"] == "being_built"
    assert asked == ["billing.build_hours"]
    assert not RatedHour.objects.exists()


def test_rounding_of_a_month_and_of_its_invoice_agree(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(CARE))
    # 85 s and 61 s: 240 s billed, 60 included: 3.00; to the second 146 - 60 = 86 s: 1.43
    serve(talk=70, hold=15, started_at=datetime(2026, 6, 3, 9, tzinfo=UTC))
    serve(talk=61, started_at=datetime(2026, 6, 4, 9, tzinfo=UTC))
    actions.collect_pending(at=MIDDLE)
    told = rounding_of_period(account=account, period=june(account), on=date(2026, 6, 16), language="ru")
    assert (told["net"], told["unrounded"], told["cost"], told["added_ms"]) == ("3.00", "1.43", "1.57", 94_000)
    assert [(line["name"], line["cost"]) for line in told["lines"]] == [("Телефон", "1.57")]
    built = actions.build_draft(
        account_id=account.pk, period="2026-06", at=datetime(2026, 7, 20, tzinfo=UTC), actor_id=None
    )
    assert rounding_of_invoice(invoice=built.invoice, language="ru") == told


def test_rounding_of_an_invoice_that_is_priced_contact_by_contact(account: Account, serve: Serve) -> None:
    phone, rest = CARE["components"]
    sign(account, version_in_force({**CARE, "components": [{**phone, "cap_per_contact": "1.50"}, rest]}))
    # the first minute is included: 60 of 120 s charged, 1.00 against 25/60 = 0.42; the second call is capped at 1.50,
    # to the second 61/60 = 1.0167: 2.50 against 1.4333
    serve(talk=85, started_at=datetime(2026, 6, 3, 9, tzinfo=UTC))
    serve(talk=61, started_at=datetime(2026, 6, 4, 9, tzinfo=UTC))
    actions.collect_pending(at=MIDDLE)
    told = rounding_of_period(account=account, period=june(account), on=date(2026, 6, 16), language="en")
    assert (told["net"], told["unrounded"], told["cost"]) == ("2.50", "1.43", "1.07")
    built = actions.build_draft(
        account_id=account.pk, period="2026-06", at=datetime(2026, 7, 20, tzinfo=UTC), actor_id=None
    )
    assert rounding_of_invoice(invoice=built.invoice, language="en") == told


def test_the_running_period_is_the_cycle_of_the_contract(account: Account) -> None:
    at = datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert current_period(account=account, at=at).label == "2026-07"
    sign(account, version_in_force({**CARE, "cycle": "28_days"}), since=date(2026, 6, 3))
    assert current_period(account=account, at=at - timedelta(seconds=1)).label == "2026-06-03"
    assert current_period(account=account, at=at).label == "2026-07-01"

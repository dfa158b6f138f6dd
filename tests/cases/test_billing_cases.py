"""The priced examples of public documents, run through manage.py rate: each becomes a tariff file and a usage file.

Increments, rounding of time and money, plans, minimums, calendars. Prices by quantity, by time and by stage are in
test_billing_price_cases.py, taxes and credit notes in test_billing_tax_cases.py; a test there sees that no case is left
out.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from billing.comparison import in_house
from billing.money import decimal_from_units
from billing.periods import cycles_from, local_midnight, month_period
from billing.rounding import MoneyRule, TimeRule, allot, round_to_units, whole_steps
from tests.cases.billing_source import case, fee, minutes, needs_cases, vectors

pytestmark = needs_cases


@pytest.mark.parametrize(("params", "given", "expected"), vectors("A01", "A03", "A05", "A07", "A09", "A24"))
def test_one_call_in_increments(rate: Any, params: Any, given: Any, expected: Any) -> None:
    values = {**params, **given}
    first = values.get("first_increment_s", values.get("first_s", values.get("increment_s")))
    step = values.get("next_increment_s", values.get("next_s", values.get("increment_s")))
    bill = rate(
        minutes(values.get("rate_per_minute", "1"), rounding={"first_s": first, "step_s": step}),
        usage=[{"talk_s": values["duration_s"]}],
    )
    (contact,) = bill.contacts
    if "billed_s" in expected:
        assert contact["billed_s"] == str(expected["billed_s"])
    if "amount_exact" in expected:
        assert contact["exact"] == expected["amount_exact"]
    if "amount" in expected:
        digits = -int(Decimal(expected["amount"]).as_tuple().exponent)
        exact = Fraction(contact["exact"])
        assert Fraction(expected["amount"]) == Fraction(round_to_units(value=exact, digits=digits), 10**digits)
        assert Decimal(bill.total["total"]) == decimal_from_units(units=round_to_units(value=exact, digits=2), digits=2)


@pytest.mark.parametrize(("params", "given", "expected"), vectors("C01"))
def test_minimum_is_trued_up(rate: Any, params: Any, given: Any, expected: Any) -> None:
    bill = rate(
        minutes("1"),
        {"code": "least", "kind": "minimum", "amount": params["minimum"]},
        usage=[{"talk_s": given["usage"] * 60}],
    )
    true_up = bill.lines["least"]["amount"] if "least" in bill.lines else "0"
    assert Decimal(true_up) == Decimal(expected["true_up"])
    assert Decimal(bill.total["total"]) == Decimal(expected["total"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("A12"))
def test_plan_with_included_minutes_and_a_wrap_up_minute(rate: Any, params: Any, given: Any, expected: Any) -> None:
    plan = minutes(
        params["overage_per_min"],
        basis=["talk", "wrap"],
        rounding={"first_s": params["increment_s"], "step_s": params["increment_s"]},
        included_minutes=params["included_min"],
    )
    call = {"talk_s": given["duration_s"], "wrap_s": params["wrapup_s_per_call"]}
    bill = rate(fee(params["plan_fee"]), plan, usage=[call] * given["calls"])
    told = bill.lines["phone"]["explanation"]
    assert told["billed"] == expected["billed_min"] * 60_000
    assert told["charged"] == expected["overage_min"] * 60_000
    assert Decimal(bill.total["total"]) == Decimal(expected["total"])


def test_included_seconds_move_on_rating_again_but_the_sum_stays(rate: Any) -> None:
    entry = case("A22")
    plan = minutes(entry["params"]["rate_per_minute"], included_minutes=str(entry["params"]["included_s"] // 60))
    expected = entry["vectors"][0]["expect"]
    calls = [{"talk_s": duration} for duration in entry["vectors"][0]["in"]["calls_s"]]
    for usage in (calls, [{**calls[0], "started_at": "2026-06-01T10:00:00Z"}, calls[1]]):
        bill = rate(plan, usage=usage)
        assert [Decimal(contact["amount"]) for contact in bill.contacts] == [
            Decimal(expected["first"]),
            Decimal(expected["second"]),
        ]
        assert Decimal(bill.total["total"]) == Decimal(expected["sum"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("A11"))
def test_one_call_is_not_rounded_up_to_money_by_itself(rate: Any, params: Any, given: Any, expected: Any) -> None:
    bill = rate(minutes(params["rate_per_minute"]), usage=[{"talk_s": params["duration_s"]}])
    assert Fraction(bill.contacts[0]["exact"]) == Fraction(7, 60) * Fraction(params["rate_per_minute"])
    assert Decimal(bill.total["total"]) == Decimal("0.00")
    # what rounding up each call would give, as the source shows; the product's line does not
    up = round_to_units(value=Fraction(bill.contacts[0]["exact"]), digits=given["decimals"], rule=MoneyRule.UP)
    assert Fraction(up, 10 ** given["decimals"]) == Fraction(expected["amount"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("A16", "D07"))
def test_named_money_rules(params: Any, given: Any, expected: Any) -> None:
    value = (
        Fraction(params["rate_per_second"]) * given["duration_s"] if "rate_per_second" in params else Fraction("16.125")
    )
    digits = given.get("decimals", 2)
    units = round_to_units(value=value, digits=digits, rule=MoneyRule(given["mode"]))
    assert Fraction(units, 10**digits) == Fraction(expected["amount"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("B11"))
def test_largest_remainder(params: Any, given: Any, expected: Any) -> None:
    parts = allot(total_units=int(Decimal(given["amount"]) * 100), weights=given["weights"])
    assert [Fraction(part, 100) for part in parts] == [Fraction(amount) for amount in expected.values()]


@pytest.mark.parametrize(("params", "given", "expected"), vectors("D03"))
def test_seconds_are_not_priced_as_decimal_hours(rate: Any, params: Any, given: Any, expected: Any) -> None:
    bill = rate(minutes("1"), usage=[{"talk_s": given["seconds"]}])
    assert bill.contacts[0]["billed_s"] == str(given["seconds"])
    assert bill.contacts[0]["billed_s"] != str(expected["rounded_s"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("G01"))
def test_local_days_and_months_across_the_clock_changes(params: Any, given: Any, expected: Any) -> None:
    zone = params["tz"]
    if "local_day" in given:
        day = date.fromisoformat(given["local_day"])
        start, end = local_midnight(day=day, zone=zone), local_midnight(day=day + timedelta(days=1), zone=zone)
    elif "local_month" in given:
        period = month_period(label=given["local_month"], zone=zone)
        start, end = period.starts_at, period.ends_at
    else:
        start, end = (
            datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for text in given["local"]
        )
    assert end - start == timedelta(seconds=expected["elapsed_s"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("D10"))
def test_time_is_rounded_to_a_step_up_or_down(rate: Any, params: Any, given: Any, expected: Any) -> None:
    bill = rate(minutes(rounding={"step_s": given["step"], "rule": given["dir"]}), usage=[{"talk_s": given["s"]}])
    assert bill.contacts[0]["billed_s"] == str(expected["s"])


# begin, end, duration: how Kimai's modes round each of them; its "closest" sends an exact half down
KIMAI = {
    "default": (TimeRule.DOWN, TimeRule.UP, TimeRule.UP),
    "closest": (TimeRule.HALF_DOWN, TimeRule.HALF_DOWN, TimeRule.HALF_DOWN),
    "ceil": (TimeRule.UP, TimeRule.UP, TimeRule.UP),
    "floor": (TimeRule.DOWN, TimeRule.DOWN, TimeRule.DOWN),
}


@pytest.mark.parametrize(("params", "given", "expected"), vectors("D01"))
def test_begin_and_end_on_a_grid_and_the_duration_in_steps(rate: Any, params: Any, given: Any, expected: Any) -> None:
    begin_rule, end_rule, rule = KIMAI[given["mode"]]
    begin, end = (
        whole_steps(value=given[f"{edge}_s"], step=given[f"{edge}_min"] * 60, rule=edge_rule)
        if given[f"{edge}_min"]
        else given[f"{edge}_s"]
        for edge, edge_rule in (("begin", begin_rule), ("end", end_rule))
    )
    rounding = {"step_s": given["duration_min"] * 60, "rule": rule.value} if given["duration_min"] else "none"
    bill = rate(minutes(rounding=rounding), usage=[{"talk_s": end - begin}])
    assert bill.contacts[0]["billed_s"] == str(expected["duration_s"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("D05"))
def test_an_hourly_price_of_entries_on_their_sum_or_one_by_one(
    rate: Any, params: Any, given: Any, expected: Any
) -> None:
    hourly = {"code": "work", "kind": "per_hour", "rate_per_hour": str(params["rate"]), "basis": "talk"}
    entries = [{"talk_s": length * 60} for length in given["entries_min"]]
    # the product bills the sum; one by one is one bill each
    bills = [[entry] for entry in entries] if given.get("round") == "per entry" else [entries]
    total = sum(Decimal(rate(hourly, usage=usage).total["total"]) for usage in bills)
    assert total == Decimal(expected["amount"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("D08"))
def test_hours_at_two_decimals_one_by_one_or_together(rate: Any, params: Any, given: Any, expected: Any) -> None:
    # hours are the money of a tariff of 1 an hour
    hourly = {"code": "work", "kind": "per_hour", "rate_per_hour": "1", "basis": "talk"}
    entries = [{"talk_s": length * 60} for length in params["minutes"]]
    bills = [[entry] for entry in entries] if given["method"] == "round each" else [entries]
    total = sum(Decimal(rate(hourly, usage=usage).total["total"]) for usage in bills)
    assert total == Decimal(expected["hours"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("C03"))
def test_commitment_over_a_fee_is_prorated_in_a_first_period(rate: Any, params: Any, given: Any, expected: Any) -> None:
    commitment = (fee("1000"), fee("10000", "least", kind="minimum", counts="usage_and_recurring"))
    # 20 of 28 days are 5/7
    period, starts = {
        "5/7": ("2026-02-01", "2026-02-09"),
        "25/28": ("2026-02", "2026-02-04"),
        "1": ("2026-02", "2026-02-01"),
    }[given["days"]]
    bill = rate(
        *commitment,
        cycle="28_days" if len(period) == 10 else "month",
        period=period,
        starts_on=date.fromisoformat(starts),
    )
    assert Decimal(bill.lines["least"]["amount"]) * 100 == Decimal(expected["true_up_cents"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("G02"))
def test_a_year_has_thirteen_cycles_of_28_days_and_a_day(params: Any, given: Any, expected: Any) -> None:
    start = date(2026, 1, 1)
    cycles = cycles_from(starts_on=start, until=start + timedelta(days=given["year_days"]), zone="UTC")
    assert len(cycles) == expected["full_cycles"]
    assert {cycle.days for cycle in cycles} == {params["days"]}
    assert given["year_days"] - sum(cycle.days for cycle in cycles) == expected["left_days"]


@pytest.mark.parametrize(("params", "given", "expected"), vectors("F01"))
def test_own_staff_is_paid_for_more_hours_than_are_productive(params: Any, given: Any, expected: Any) -> None:
    own = in_house(
        productive_hours=Fraction(given["productive_h"]), productive_share=Fraction(params["productive_share"])
    )
    assert own.whole_paid_hours == int(expected["paid_h"])

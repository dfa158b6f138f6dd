"""The examples of public documents whose price follows the quantity, the time of day, or how long a contact lasts."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from billing.corrections import booked_by, deltas
from billing.pricing import Bill, Segment, price_period
from billing.rating import Usage
from billing.rounding import MoneyRule, round_to_units
from billing.terms_document import parse_terms
from tests.cases.billing_source import case, minutes, needs_cases, vectors

pytestmark = needs_cases


def tiers(steps: Sequence[Any], mode: str) -> dict[str, Any]:
    """The tiers of a case as a tariff writes them, for messages, so that a unit is a message."""
    written = [
        {
            key: str(step[source])
            for key, source in (("up_to", "upto"), ("price", "unit"), ("flat", "flat"), ("block", "block"))
            if step.get(source) is not None
        }
        for step in steps
    ]
    return {"code": "units", "kind": "per_message", "tiers": {"mode": mode, "steps": written}}


def messages(count: int) -> list[dict[str, Any]]:
    return [{"channel": "sms", "messages": count}] if count else []


MODES = {"B01": "graduated", "B03": "volume", "B05": "volume"}


@pytest.mark.parametrize("mode", ["B01", "B03", "B05"])
def test_tiers_with_flat_fees(rate: Any, mode: str) -> None:
    entry = case(mode)
    for vector in entry["vectors"]:
        units = Decimal(vector["in"]["units"])
        component = tiers(entry["params"]["tiers"], MODES[mode])
        if units == int(units):
            bill = rate(component, usage=messages(int(units)))
        else:
            # half a unit exists for time alone: the same tiers over minutes
            component = {**component, "kind": "per_minute", "basis": "talk"}
            bill = rate(component, usage=[{"talk_s": str(units * 60)}])
        assert Decimal(bill.total["total"]) == Decimal(vector["expect"]["amount"]), vector


def test_graduated_tiers_on_a_whole_period_and_on_a_second_bill(rate: Any) -> None:
    entry = case("B07")
    whole, second = entry["vectors"]
    component = tiers(entry["params"]["tiers"], "graduated")
    total = Decimal(rate(component, usage=messages(whole["in"]["units"])).total["total"])
    assert total == Decimal(whole["expect"]["amount"])
    before = Decimal(rate(component, usage=messages(second["in"]["already_rated_units"])).total["total"])
    everything = second["in"]["already_rated_units"] + second["in"]["new_units"]
    assert Decimal(rate(component, usage=messages(everything)).total["total"]) - before == Decimal(
        second["expect"]["amount"]
    )


def test_units_are_converted_rounded_up_and_priced(rate: Any) -> None:
    simple, tiered = case("B09")["vectors"]
    block = case("B09")["params"]["divide"]
    bill = rate(
        tiers([{"unit": simple["in"]["unit"], "block": block}], "graduated"), usage=messages(simple["in"]["raw"])
    )
    assert Decimal(bill.total["total"]) == Decimal(simple["expect"]["amount"])
    # "5@1, rest@0.5": five packages of a thousand at 1, then packages at 0.5
    steps = [{"upto": 5 * block, "unit": "1", "block": block}, {"unit": "0.5", "block": block}]
    bill = rate(tiers(steps, "graduated"), usage=messages(tiered["in"]["raw"]))
    assert Decimal(bill.total["total"]) == Decimal(tiered["expect"]["amount"])


# The case names no tiers; its source does (TestContiguousIntervalConsumableInArrear). Each tier there has a size and a
# most: 10 units at 1.5, then 100 at 1.0, then 1000 at 0.5.
KILLBILL = [{"upto": 10, "unit": "1.5"}, {"upto": 110, "unit": "1.0"}, {"unit": "0.5"}]
# 10 blocks of 100 at 1, then 100 blocks of 1000 at 1, then blocks of 1000 at 0.5
BLOCKS = [
    {"upto": 1000, "unit": "1", "block": 100},
    {"upto": 101_000, "unit": "1", "block": 1000},
    {"unit": "0.5", "block": 1000},
]


def test_all_tiers_or_the_top_tier_and_blocks(rate: Any) -> None:
    every, top, blocks, top_blocks = case("B13")["vectors"]
    graduated = rate(tiers(KILLBILL, "graduated"), usage=messages(every["in"]["units"]))
    assert Decimal(graduated.total["total"]) == Decimal(every["expect"]["amount"])
    volume = rate(tiers(KILLBILL, "volume"), usage=messages(top["in"]["units"]))
    assert Decimal(volume.total["total"]) == Decimal(top["expect"]["amount"])
    in_blocks = rate(
        tiers([BLOCKS[0], {"unit": "1", "block": 1000}], "graduated"), usage=messages(blocks["in"]["units"])
    )
    assert Decimal(in_blocks.total["total"]) == Decimal(blocks["expect"]["amount"])
    in_top_blocks = rate(tiers(BLOCKS, "volume"), usage=messages(top_blocks["in"]["units"]))
    assert Decimal(in_top_blocks.total["total"]) == Decimal(top_blocks["expect"]["amount"])
    # what the source says beside the case: the last unit of a tier is still of it
    for units, amount in ((1000, "10"), (101_000, "101"), (300_000, "150")):
        assert Decimal(rate(tiers(BLOCKS, "volume"), usage=messages(units)).total["total"]) == Decimal(amount)


def priced(component: dict[str, Any], count: int) -> Bill:
    terms = parse_terms(document={"name": "case", "currency": "EUR", "components": [component]})
    usage = [Usage("sent", datetime.fromisoformat("2026-06-01T09:00Z"), "sms", "out", messages=count)]
    return price_period(segments=[Segment(terms=terms, usage=usage)])


def test_volume_repricing_reverses_what_was_booked_and_books_anew() -> None:
    repriced, simple = case("B10")["vectors"]
    component = tiers([{"upto": 15, "unit": "10"}, {"unit": "5"}], "volume")
    (delta,) = deltas(
        now=priced(component, repriced["in"]["now_units"]), booked=booked_by(lines=priced(component, 15).lines)
    )
    assert Fraction(delta.reversal_units, 100) == Fraction(repriced["expect"]["reversal"])
    assert Fraction(delta.now_units, 100) == Fraction(repriced["expect"]["rebook"])
    assert Fraction(delta.units, 100) == Fraction(repriced["expect"]["delta"])
    flat = {"code": "units", "kind": "per_message", "rate_per_message": simple["in"]["unit"]}
    (delta,) = deltas(now=priced(flat, simple["in"]["now_units"]), booked=booked_by(lines=priced(flat, 5).lines))
    assert Fraction(delta.units, 100) == Fraction(simple["expect"]["delta"])


def test_first_minute_as_a_block_then_by_the_second_with_a_connect_fee(rate: Any) -> None:
    entry = case("A13")
    (vector,) = entry["vectors"]
    params = entry["params"]
    stages = [
        {"from_s": tier["from_s"], "rate_per_minute": tier["rate_per_60s"], "step_s": tier["increment_s"]}
        for tier in params["tiers"]
    ]
    call = {**minutes(), "stages": stages, "connect_fee": params["connect_fee"]}
    del call["rate_per_minute"]
    bill = rate(call, usage=[{"talk_s": vector["in"]["duration_s"]}])
    assert params["round"] == "up 4"
    exact = Fraction(bill.contacts[0]["exact"])
    assert exact == Fraction("0.4") + Fraction("0.2") + Fraction(70, 60) * Fraction("0.1")
    assert Fraction(round_to_units(value=exact, digits=4, rule=MoneyRule.UP), 10**4) == Fraction(
        vector["expect"]["amount"]
    )


def test_rate_changes_within_a_call(rate: Any) -> None:
    entry = case("A17")
    (vector,) = entry["vectors"]
    stages = [
        {
            "from_s": group["from_s"],
            "rate_per_minute": str(int(group["rate_per_s"]) * 60),
            "step_s": group["increment_s"],
        }
        for group in entry["params"]["groups"]
    ]
    call = {**minutes(), "stages": stages}
    del call["rate_per_minute"]
    bill = rate(call, usage=[{"talk_s": vector["in"]["duration_s"]}])
    assert bill.contacts[0]["billed_s"] == str(vector["expect"]["billed_s"])
    assert Decimal(bill.total["total"]) == Decimal(vector["expect"]["amount"])


WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


@pytest.mark.parametrize(("params", "given", "expected"), vectors("A19"))
def test_a_call_across_the_end_of_peak_time(rate: Any, params: Any, given: Any, expected: Any) -> None:
    start, end = (datetime.fromisoformat(given[key]) for key in ("start", "end"))
    peak = minutes(
        str(Decimal(params["peak_per_s"]) * 60),
        code="peak",
        connect_fee=params["connect_fee_peak"],
        match={"time": {"days": WORKDAYS, "from": "00:00", "to": params["switch"]}, "weight": 10},
    )
    offpeak = minutes(str(Decimal(params["offpeak_per_s"]) * 60), code="offpeak")
    bill = rate(peak, offpeak, usage=[{"started_at": given["start"], "talk_s": (end - start).seconds}])
    assert Decimal(bill.total["total"]) == Decimal(expected["amount"])


def test_the_price_of_one_call_has_a_cap(rate: Any) -> None:
    entry = case("A21")
    (vector,) = entry["vectors"]
    per_minute = str(Decimal(entry["params"]["rate_per_s"]) * 60)
    call = minutes(per_minute, cap_per_contact=entry["params"]["max_cost"])
    bill = rate(call, usage=[{"talk_s": vector["in"]["duration_s"]}])
    assert Decimal(bill.total["total"]) == Decimal(vector["expect"]["amount"])


def test_the_heavier_holiday_rule_beats_the_weekday_rule(rate: Any) -> None:
    (vector,) = case("A23")["vectors"]
    start, end = (datetime.fromisoformat(vector["in"][key]) for key in ("start", "end"))
    rules = [
        minutes(code="weekdays", match={"time": {"days": WORKDAYS}, "weight": 10}),
        minutes(code="weekend", match={"time": {"days": ["sat", "sun"]}, "weight": 10}),
        minutes(code="1 May", match={"holiday": True, "weight": 20}),
    ]
    usage = [{"started_at": vector["in"]["start"], "talk_s": (end - start).seconds}]
    bill = rate(*rules, usage=usage, holidays=["05-01"])
    assert [contact["component"] for contact in bill.contacts] == [vector["expect"]["rule"]]


@pytest.mark.parametrize(("params", "given", "expected"), vectors("F03"))
def test_quarter_hours_with_minimums_and_a_holiday_multiplier(
    rate: Any, params: Any, given: Any, expected: Any
) -> None:
    def hourly(code: str, least_min: int, **match: Any) -> dict[str, Any]:
        rounding = {"step_s": params["increment_min"] * 60, "least_s": least_min * 60}
        return {
            "code": code,
            "kind": "per_hour",
            "rate_per_hour": params["rate_per_hour"],
            "basis": "talk",
            "rounding": rounding,
            "match": match,
        }

    components = [
        hourly("holiday", params["after_hours_min_min"], holiday=True, weight=10),
        hourly("business", params["remote_min_min"]),
        {
            "code": "times three",
            "kind": "surcharge",
            "percent": str((params["holiday_multiplier"] - 1) * 100),
            "match": {"holiday": True},
        },
    ]
    holidays = ["06-01"] if given["band"] == "holiday" else ["12-25"]
    bill = rate(*components, usage=[{"talk_s": given["minutes"] * 60}], holidays=holidays)
    assert Decimal(bill.total["total"]) == Decimal(expected["amount"])

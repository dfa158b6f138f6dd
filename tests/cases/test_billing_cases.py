"""The priced examples of public documents, run through manage.py rate: each becomes a tariff file and a usage file.

An example that the engine does not cover yet is not listed here; the list says which ones are.
"""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from billing.money import decimal_from_units
from billing.periods import local_midnight, month_period
from billing.rounding import MoneyRule, allot, round_to_units

CASES = Path(os.environ.get("CASES_DIR", Path(__file__).resolve().parents[3] / "shared" / "cases")) / "billing"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"the folder of cases is absent: {CASES}")


def case(identity: str) -> dict[str, Any]:
    cases = json.loads((CASES / "cases.json").read_text(encoding="utf-8"), parse_float=Decimal)["cases"]
    found: dict[str, Any] = next(entry for entry in cases if entry["id"] == identity)
    return found


def vectors(*identities: str, where: Callable[[Any], bool] = lambda given: True) -> Iterator[Any]:
    """The vectors of the cases; `where` leaves out those that ask for what the product does not sell."""
    if not CASES.is_dir():
        return
    for identity in identities:
        entry = case(identity)
        for number, vector in enumerate(entry["vectors"]):
            if where(vector["in"]):
                yield pytest.param(entry["params"], vector["in"], vector["expect"], id=f"{identity}-{number}")


class Bill:
    """What manage.py rate printed, by kind of record."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self.lines = {record["code"]: record for record in records if record["record"] == "line"}
        self.contacts = [record for record in records if record["record"] == "contact"]
        self.taxes = [record for record in records if record["record"] == "tax"]
        (self.total,) = [record for record in records if record["record"] == "total"]


@pytest.fixture
def rate(tmp_path: Path) -> Any:
    def run(
        *components: dict[str, Any], usage: list[dict[str, Any]] | None = None, tax: str | None = None, **options: Any
    ) -> Bill:
        document: dict[str, Any] = {
            "name": "case",
            "currency": options.pop("currency", "EUR"),
            "components": components,
        }
        if tax is not None:
            document["taxes"] = [{"code": "vat", "percent": tax}]
        tariff, contacts, out = tmp_path / "tariff.json", tmp_path / "usage.jsonl", StringIO()
        tariff.write_text(json.dumps(document), encoding="utf-8")
        rows = [{"id": f"c{n}", "started_at": f"2026-06-01T09:{n:02d}:00Z", **row} for n, row in enumerate(usage or [])]
        contacts.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        call_command("rate", tariff=tariff, usage=contacts, stdout=out, **options)
        return Bill([json.loads(line) for line in out.getvalue().splitlines()])

    return run


def minutes(rate_per_minute: str = "1", **more: Any) -> dict[str, Any]:
    return {"code": "phone", "kind": "per_minute", "rate_per_minute": rate_per_minute, "basis": "talk", **more}


def fee(amount: str, code: str = "fee", kind: str = "recurring", **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": kind, "amount": amount, **more}


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


@pytest.mark.parametrize(("params", "given", "expected"), vectors("E02"))
def test_half_a_cent_goes_away_from_zero(rate: Any, params: Any, given: Any, expected: Any) -> None:
    amount = Decimal(given["x"])
    bill = rate(fee(str(abs(amount)), kind="recurring" if amount > 0 else "credit"))
    assert bill.lines["fee"]["amount"] == expected["r"]


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


@pytest.mark.parametrize(("params", "given", "expected"), vectors("C03", where=lambda given: given["days"] != "5/7"))
def test_commitment_of_a_first_period_is_prorated(rate: Any, params: Any, given: Any, expected: Any) -> None:
    # the share of 5/7 is no calendar month's; it is tested beside pricing
    starts = {"25/28": "2026-02-04", "1": "2026-02-01"}[given["days"]]
    bill = rate(
        fee("1000"),
        {"code": "least", "kind": "minimum", "amount": "10000", "counts": "usage_and_recurring"},
        period="2026-02",
        starts_on=date.fromisoformat(starts),
    )
    assert Decimal(bill.lines["least"]["amount"]) * 100 == Decimal(expected["true_up_cents"])


def test_calendar_day_proration_with_tax(rate: Any) -> None:
    vector = case("C04")["vectors"][0]
    assert vector["in"]["days"] == "24/31"
    bill = rate(
        fee(str(Decimal(vector["in"]["amount_cents"]) / 100)),
        tax=vector["in"]["tax"].rstrip("%"),
        period="2026-03",
        starts_on=date(2026, 3, 8),
    )
    assert [Decimal(bill.total[key]) * 100 for key in ("net", "tax", "total")] == [
        Decimal(vector["expect"][key]) for key in ("net", "tax", "total")
    ]


def test_tax_of_three_lines_is_rounded_per_category(rate: Any) -> None:
    vector = case("E04")["vectors"][0]
    bill = rate(*(fee("10.10", code=f"fee{n}") for n in range(3)), tax="15")
    assert bill.total["tax"] == vector["expect"]["tax"]


def test_tax_base_is_the_rounded_sum_of_a_category(rate: Any) -> None:
    entry = case("C06")
    expected = next(v["expect"]["tax"] for v in entry["vectors"] if "BR-CO-17" in v["in"]["method"])
    lines = entry["params"]["lines"]
    # the case's own method: the base of a category is rounded from its exact lines; each line is a fee and a credit
    base = {
        percent: sum(Fraction(line["net"]) - Fraction(line["discount"]) for line in lines if line["rate"] == percent)
        for percent in (10, 20)
    }
    tax = 0
    for percent, exact in base.items():
        bill = rate(
            fee(str(decimal_from_units(units=round_to_units(value=exact, digits=0), digits=2))), tax=str(percent)
        )
        tax += int(Decimal(bill.total["tax"]) * 100)
    assert tax == int(expected)


def test_quantities_and_a_credit_give_the_peppol_total(rate: Any) -> None:
    expected = case("E06")["vectors"][0]["expect"]
    bill = rate(fee("2800", "seven"), fee("1500", "three", kind="credit"), fee("25", "charge"), tax="25")
    assert Decimal(bill.total["net"]) == Decimal(expected["taxable"])
    assert Decimal(bill.total["tax"]) == Decimal(expected["vat"])
    assert Decimal(bill.total["total"]) == Decimal(expected["payable"])


@pytest.mark.parametrize(("params", "given", "expected"), vectors("D03"))
def test_seconds_are_not_priced_as_decimal_hours(rate: Any, params: Any, given: Any, expected: Any) -> None:
    bill = rate(minutes("1"), usage=[{"talk_s": given["seconds"]}])
    assert bill.contacts[0]["billed_s"] == str(given["seconds"])
    assert bill.contacts[0]["billed_s"] != str(expected["rounded_s"])


def test_time_is_priced_on_the_sum_of_a_line_and_not_entry_by_entry(rate: Any) -> None:
    entry = case("D05")
    per_minute = str(Decimal(entry["params"]["rate"]))
    for vector in entry["vectors"]:
        # 27.50 an hour is 27.50 / 60 a minute; entries sixty times as long at a rate per minute cost the same
        bill = rate(minutes(per_minute), usage=[{"talk_s": length} for length in vector["in"]["entries_min"]])
        expected = Decimal(vector["expect"]["amount"])
        assert (Decimal(bill.total["total"]) == expected) is (vector["in"].get("round") != "per entry")


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


@pytest.mark.parametrize(("params", "given", "expected"), vectors("D10", where=lambda given: given["dir"] == "up"))
def test_time_is_rounded_up_to_a_step(rate: Any, params: Any, given: Any, expected: Any) -> None:
    bill = rate(minutes(rounding={"step_s": given["step"]}), usage=[{"talk_s": given["s"]}])
    assert bill.contacts[0]["billed_s"] == str(expected["s"])

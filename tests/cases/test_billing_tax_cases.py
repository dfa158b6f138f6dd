"""The examples of public documents about taxes, credits and totals, and the proof that no example is left out."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from billing.money import decimal_from_units
from billing.pricing import Segment, price_period
from billing.rounding import MoneyRule, round_to_units
from billing.terms_document import parse_terms
from tests.cases.billing_source import case, every_case, fee, needs_cases, vectors

pytestmark = needs_cases


@pytest.mark.parametrize(("params", "given", "expected"), vectors("E02"))
def test_half_a_cent_goes_away_from_zero(rate: Any, params: Any, given: Any, expected: Any) -> None:
    amount = Decimal(given["x"])
    bill = rate(fee(str(abs(amount)), kind="recurring" if amount > 0 else "credit"))
    assert bill.lines["fee"]["amount"] == expected["r"]


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


# a category is rounded once (the product); other documents round each line, or half to even
TAX_METHODS = {
    "per category half-up": (False, MoneyRule.HALF_UP),
    "per category half-even": (False, MoneyRule.HALF_EVEN),
    "per line half-up": (True, MoneyRule.HALF_UP),
}


@pytest.mark.parametrize(("params", "given", "expected"), vectors("E04"))
def test_tax_of_three_lines_by_the_documents_own_method(params: Any, given: Any, expected: Any) -> None:
    is_per_line, rule = TAX_METHODS[given["method"]]
    bases = [Fraction("10.10")] * 3
    taxed = bases if is_per_line else [sum(bases, Fraction(0))]
    units = sum(round_to_units(value=base * 15 / 100, digits=2, rule=rule) for base in taxed)
    assert Fraction(units, 100) == Fraction(expected["tax"])


def test_a_discount_over_two_categories_in_three_orders_of_rounding() -> None:
    entry = case("C06")
    expected = {vector["in"]["method"]: int(vector["expect"]["tax"]) for vector in entry["vectors"]}
    lines = [(line["rate"], Fraction(line["net"]) - Fraction(line["discount"])) for line in entry["params"]["lines"]]
    bases = {percent: sum(base for rate, base in lines if rate == percent) for percent in (10, 20)}
    computed = {
        "round tax per line": sum(round_to_units(value=base * rate / 100, digits=0) for rate, base in lines),
        "round once per invoice (Lago)": round_to_units(value=sum(base * rate / 100 for rate, base in lines), digits=0),
        "round base and tax per VAT category (EN 16931 BR-CO-17)": sum(
            round_to_units(value=Fraction(round_to_units(value=base, digits=0) * rate, 100), digits=0)
            for rate, base in bases.items()
        ),
    }
    assert computed == expected


@pytest.mark.parametrize(("params", "given", "expected"), vectors("C05"))
def test_the_unused_part_is_credited_with_its_tax(rate: Any, params: Any, given: Any, expected: Any) -> None:
    exact = Fraction(given["invoice_net"]) * Fraction(given["unused"]) / 100
    # a credit takes decimals: a hundred times finer than the currency, it is rounded on the line
    amount = decimal_from_units(units=round_to_units(value=exact, digits=9), digits=9)
    bill = rate(fee(str(amount), kind="credit"), tax=given["tax_rate"])
    assert [-Decimal(bill.total[key]) * 100 for key in ("net", "tax", "total")] == [
        Decimal(expected[key]) for key in ("net", "tax", "total")
    ]


def test_a_quarters_fee_is_prorated_by_its_days() -> None:
    vector = case("C04")["vectors"][1]
    share = Fraction(vector["in"]["days"])
    terms = parse_terms(document={"name": "case", "currency": "EUR", "components": [fee("910.00")]})
    bill = price_period(segments=[Segment(terms=terms, usage=(), share=share)])
    assert bill.net_units == int(vector["expect"]["net"])


def _rows() -> Iterator[str]:
    """Every case that a test of this folder names."""
    for path in Path(__file__).parent.glob("test_billing_*.py"):
        yield path.read_text(encoding="utf-8")


def test_no_case_is_left_out() -> None:
    written = "\n".join(_rows())
    missing = [entry["id"] for entry in every_case() if f'"{entry["id"]}"' not in written]
    assert missing == []
    assert len(every_case()) == 41
    # each case says where it comes from
    assert all(entry["source"] for entry in every_case())

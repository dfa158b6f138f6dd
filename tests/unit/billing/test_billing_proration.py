"""Shares of a period's days, worked by hand."""

from datetime import date
from fractions import Fraction

import pytest

from billing.bill import AgreedFee, Segment
from billing.proration import agreed_amount
from billing.terms import ComponentKind, Fee, Names
from billing.terms_document import parse_terms

CARE = parse_terms(document={"name": "Care", "currency": "EUR", "components": []})
JUNE = Segment(terms=CARE, usage=(), starts_on=date(2026, 6, 1), ends_on=date(2026, 7, 1))
FEE = Fee(code="AO-1", names=Names({"": "Desk"}), kind=ComponentKind.ADD_ON, amount=Fraction(30), tax="")


@pytest.mark.parametrize(
    ("since", "until", "amount"),
    # 30.00 for the 30 days of June: 1.00 a day, the last day not included
    [
        (date(2026, 6, 11), date(2026, 6, 21), 10),
        (date(2026, 6, 30), None, 1),
        (date(2026, 5, 1), date(2026, 6, 2), 1),
        (date(2026, 5, 1), None, 30),
        (date(2026, 7, 1), None, 0),
    ],
)
def test_add_on_costs_its_days_of_the_period(since: date, until: date | None, amount: int) -> None:
    assert agreed_amount(agreed=AgreedFee(1, FEE, since, until), segment=JUNE) == amount


def test_version_that_covers_a_part_of_the_period_charges_its_part() -> None:
    # 11 to 30 June are 20 of 30 days; the add-on has 5 of them: a sixth of the month
    part = Segment(terms=CARE, usage=(), share=Fraction(2, 3), starts_on=date(2026, 6, 11), ends_on=date(2026, 7, 1))
    assert agreed_amount(agreed=AgreedFee(1, FEE, date(2026, 6, 26)), segment=part) == 5

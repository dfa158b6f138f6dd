"""Invariant B3: no line that is not on the accepted price sheet or an approved add-on, and whose prices bind when."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from hypothesis import given, settings

from billing.agreed import Accepted, binding_days, lines_outside
from billing.bill import Line, LineKind, Segment
from billing.pricing import price_period
from billing.rating import Usage
from billing.segments import VersionDays
from billing.terms import ComponentKind, Fee, Names, TariffTerms
from billing.terms_document import parse_terms
from billing.terms_writing import terms_document
from tests.unit.billing.strategies import segment, tariffs, usages

DAYS = "2026-06-01/2026-06-30"
CARE: dict[str, Any] = {
    "name": "Care",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}],
    "components": [
        {"code": "phone", "kind": "per_minute", "name": "Phone", "rate_per_minute": "1.00"},
        {"code": "monthly", "kind": "recurring", "amount": "100"},
    ],
}
CALL = Usage("1", datetime(2026, 6, 10, 9, tzinfo=UTC), "voice", "in", talk_ms=60_000)
JANUARY, MARCH, MAY, JUNE = (date(2026, month, 1) for month in (1, 3, 5, 6))


def lines(document: dict[str, Any] = CARE) -> list[Line]:
    part = Segment(terms=parse_terms(document=document), usage=[CALL], key=DAYS)
    return list(price_period(segments=[part]).lines)


def accepted(document: dict[str, Any] = CARE) -> dict[str, Any]:
    return {DAYS: terms_document(terms=parse_terms(document=document))}


def priced(**changed: str) -> dict[str, Any]:
    return {**CARE, "components": [{**CARE["components"][0], **changed}, CARE["components"][1]]}


def test_a_bill_by_the_accepted_sheet_has_no_line_outside() -> None:
    assert lines_outside(lines=lines(), sheets=accepted()) == []


def test_a_row_that_was_not_on_the_sheet_is_named() -> None:
    fewer = {**CARE, "components": CARE["components"][:1]}
    assert lines_outside(lines=lines(), sheets=accepted(fewer)) == [
        f"Line 1 “monthly” (monthly, {DAYS}): is not on the price sheet that the client accepted."
    ]


def test_another_price_rounding_or_tax_than_the_accepted_one_is_outside() -> None:
    dearer = f"Line 2 “Phone” (phone, {DAYS}): differs from the price sheet that the client accepted."
    assert lines_outside(lines=lines(priced(rate_per_minute="1.01")), sheets=accepted()) == [dearer]
    assert lines_outside(lines=lines(priced(rounding="60s")), sheets=accepted()) == [dearer]
    taxed = {**CARE, "taxes": [{"code": "vat", "percent": "25"}]}
    assert len(lines_outside(lines=lines(taxed), sheets=accepted())) == 2


def test_without_an_accepted_sheet_every_line_is_outside() -> None:
    assert lines_outside(lines=lines(), sheets={}) == [
        f"Line 1 “monthly” (monthly, {DAYS}): the client has accepted no price sheet for these days.",
        f"Line 2 “Phone” (phone, {DAYS}): the client has accepted no price sheet for these days.",
    ]


def test_an_approved_add_on_is_within_and_one_that_nobody_approved_is_not() -> None:
    fee = Fee(
        code="AO-00007", names=Names({"": "Training"}), kind=ComponentKind.ONE_OFF, amount=Fraction(80), tax="vat"
    )
    line = Line(LineKind.ONE_OFF, fee, lines()[0].segment, Fraction(80), 8000, 2)
    assert lines_outside(lines=[line], sheets=accepted(), approved={"AO-00007"}) == []
    assert len(lines_outside(lines=[line], sheets=accepted(), approved={"AO-00008"})) == 1


def test_late_usage_of_a_former_sheet_is_within_and_a_charge_that_was_on_none_is_not() -> None:
    (_, phone) = lines()
    late = replace(phone, kind=LineKind.CORRECTION, segment=replace(phone.segment, key="2026-01-01/2026-01-31"))
    assert lines_outside(lines=[late], sheets={}, former={"phone"}) == []
    assert len(lines_outside(lines=[late], sheets={}, former={"chat"})) == 1


@settings(max_examples=60, deadline=None)
@given(terms=tariffs(), usage=usages)
def test_no_bill_of_any_tariff_has_a_line_outside_its_own_sheet(terms: TariffTerms, usage: list[Usage]) -> None:
    part = segment(terms, usage, is_first=True)
    bill = price_period(segments=[part])
    sheet = {part.key: terms_document(terms=part.terms)}
    assert lines_outside(lines=bill.lines, sheets=sheet) == []
    bare = TariffTerms(name="", currency=part.terms.currency, taxes=part.terms.taxes)
    outside = lines_outside(lines=bill.lines, sheets={part.key: terms_document(terms=bare)})
    assert len(outside) == len(bill.lines)


def versions(*days: date) -> list[VersionDays]:
    return [VersionDays(number, day) for number, day in enumerate(days, start=1)]


def test_a_new_version_binds_from_its_acceptance_and_not_before_its_first_day() -> None:
    known = versions(JANUARY, MARCH)
    first = Accepted(1, JANUARY)
    assert binding_days(versions=known, accepted=[first]) == (VersionDays(1, JANUARY),)
    assert binding_days(versions=known, accepted=[first, Accepted(2, MAY)])[1] == VersionDays(2, MAY)
    assert binding_days(versions=known, accepted=[first, Accepted(2, JANUARY)])[1] == VersionDays(2, MARCH)


def test_days_before_the_first_acceptance_stay_with_the_versions_in_force() -> None:
    known = versions(JANUARY, MARCH)
    assert binding_days(versions=known, accepted=[]) == tuple(known)
    assert binding_days(versions=known, accepted=[Accepted(2, MAY)]) == (*known, VersionDays(2, MAY))
    assert binding_days(versions=known, accepted=[Accepted(9, MAY)]) == tuple(known)


def test_a_former_version_that_is_accepted_again_binds_again() -> None:
    known = versions(JANUARY, MARCH)
    given_days = [Accepted(1, JANUARY), Accepted(2, MARCH), Accepted(1, JUNE)]
    assert [day.version_id for day in binding_days(versions=known, accepted=given_days)] == [1, 2, 1]

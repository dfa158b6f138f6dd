"""What rounding cost, by hand and for random tariffs; bills from sums of several versions beside those of contacts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given

from billing.explanation import bill_document
from billing.pricing import Bill, Segment, price_period, price_totals
from billing.rating import Usage, UsageTotals, rate_usage
from billing.rounding_cost import is_told_by_sums, rounding_document, unrounded, without_rounding
from billing.running_sums import is_summable
from billing.terms import TariffTerms
from billing.terms_document import parse_terms
from tests.unit.billing.strategies import START, segment, tariffs, usages

SUMMABLE = tariffs(leave_out=frozenset({"surcharge", "stages", "cap_per_contact", "grace_contacts"})).filter(
    lambda terms: is_summable(terms=terms)
)


def call(number: int, seconds: int) -> Usage:
    return Usage(str(number), datetime(2026, 6, 10, 9 + number, tzinfo=UTC), "voice", "in", talk_ms=seconds * 1000)


def told(components: list[dict[str, Any]], *seconds: int) -> dict[str, Any]:
    terms = parse_terms(document={"name": "T", "currency": "EUR", "components": components})
    usage = [call(number, length) for number, length in enumerate(seconds)]
    exact = Segment(terms=without_rounding(terms=terms), usage=usage)
    return rounding_document(
        bill=price_period(segments=[Segment(terms=terms, usage=usage)]),
        exact=price_period(segments=[exact]),
        language="en",
    )


PHONE: dict[str, Any] = {"code": "phone", "kind": "per_minute", "basis": "talk", "rounding": "60s",
                         "rate_per_minute": "1.00"}  # fmt: skip


def test_two_calls_rounded_up_to_minutes() -> None:
    # 85 s and 61 s: 120 + 120 s billed = 4.00; 146 s to the second = 2.4333, printed 2.43
    found = told([PHONE], 85, 61)
    assert (found["net"], found["unrounded"], found["cost"]) == ("4.00", "2.43", "1.57")
    assert (found["raw_ms"], found["added_ms"], found["waived_ms"]) == (146_000, 94_000, 0)
    (line,) = found["lines"]
    # 4 - 146/60 = 47/30
    assert (line["cost"], line["exact_cost"]) == ("1.57", "47/30")


def test_included_minutes_take_from_what_rounding_added() -> None:
    # 120 s billed, 60 included: 1.00; to the second 85 - 60 = 25 s: 0.42
    found = told([{**PHONE, "included_minutes": "1"}], 85)
    assert (found["net"], found["unrounded"], found["cost"]) == ("1.00", "0.42", "0.58")
    assert found["lines"][0]["exact_cost"] == "7/12"


def test_where_the_minimum_is_due_anyway_rounding_costs_nothing() -> None:
    found = told([PHONE, {"code": "least", "kind": "minimum", "amount": "20"}], 85, 61)
    assert (found["net"], found["unrounded"], found["cost"]) == ("20.00", "20.00", "0.00")
    assert [(line["code"], line["cost"]) for line in found["lines"]] == [("phone", "1.57"), ("least", "-1.57")]


def test_rounding_down_is_to_the_clients_good() -> None:
    down = {**PHONE, "rounding": {"step_s": 60, "rule": "down"}}
    # 85 s are billed as 60: 1.00 instead of 1.4167
    found = told([down], 85)
    assert (found["net"], found["unrounded"], found["cost"], found["waived_ms"]) == ("1.00", "1.42", "-0.42", 25_000)


def test_free_seconds_are_no_rounding() -> None:
    grace = {**PHONE, "rounding": {"step_s": 60, "grace_s": 30}}
    # the call of 20 s is free with rounding and without; 85 s: 120 billed against 85
    found = told([grace], 20, 85)
    assert (found["net"], found["unrounded"], found["cost"]) == ("2.00", "1.42", "0.58")


def by_sums(segments: list[Segment], *, exact: bool = False) -> Bill:
    totals = []
    for one in segments:
        rating = rate_usage(terms=one.terms, usage=one.usage, share=one.share, zone=one.zone)
        own = [rated.totals._replace(included=0, charged=0) for rated in rating.rates]
        if exact:
            own = [unrounded(rate=rate, totals=sums) for rate, sums in zip(one.terms.rates, own, strict=True)]
        totals.append(own)
    if exact:
        segments = [replace(one, terms=without_rounding(terms=one.terms)) for one in segments]
    return price_totals(segments=segments, totals=totals)


def plain(bill: Bill) -> dict[str, Any]:
    document = bill_document(bill=bill)
    for line in document["lines"]:
        line["explanation"].pop("raw_ms_by_class", None)
    return document | {"unpriced": 0}


def halves(first: TariffTerms, second: TariffTerms, usage: list[Usage]) -> list[Segment]:
    middle = START + timedelta(days=2)
    return [
        segment(first, [one for one in usage if one.started_at < middle], share=Fraction(1, 3), key="a", is_first=True),
        segment(second, [one for one in usage if one.started_at >= middle], share=Fraction(2, 3), key="b"),
    ]


@given(SUMMABLE, SUMMABLE, usages)
def test_sums_of_two_versions_give_the_bill_of_their_contacts(
    first: TariffTerms, second: TariffTerms, usage: list[Usage]
) -> None:
    second = replace(second, currency=first.currency)
    segments = halves(first, second, usage)
    assert plain(by_sums(segments)) == plain(price_period(segments=segments))


@given(SUMMABLE, usages)
def test_two_versions_of_the_same_rates_share_tiers_and_included_units(terms: TariffTerms, usage: list[Usage]) -> None:
    segments = halves(terms, terms, usage)
    assert plain(by_sums(segments)) == plain(price_period(segments=segments))


@given(SUMMABLE.filter(lambda terms: is_told_by_sums(terms=terms)), usages)
def test_what_rounding_cost_by_sums_is_what_it_cost_by_contacts(terms: TariffTerms, usage: list[Usage]) -> None:
    one = segment(terms, usage)
    exact = replace(one, terms=without_rounding(terms=terms))
    by_contacts = rounding_document(
        bill=price_period(segments=[one]), exact=price_period(segments=[exact]), language="en"
    )
    assert by_contacts == rounding_document(bill=by_sums([one]), exact=by_sums([one], exact=True), language="en")
    assert Fraction(by_contacts["cost"]) == sum(Fraction(line["cost"]) for line in by_contacts["lines"])


def test_no_usage_costs_nothing() -> None:
    assert UsageTotals() == unrounded(
        rate=parse_terms(document={"name": "T", "currency": "EUR", "components": [PHONE]}).rates[0],
        totals=UsageTotals(),
    )

"""Rating and pricing of one period. Amounts are worked by hand in the comments; the properties are those of usage
rating.
"""

import decimal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.explanation import bill_document, explain_contact, explain_line
from billing.pricing import Bill, LineKind, MixedCurrencies, Segment, price_period
from billing.rating import Usage, UsageConflict, rate_usage
from billing.terms import TariffTerms
from billing.terms_document import parse_terms

START = datetime(2026, 6, 1, 9, tzinfo=UTC)


def tariff(
    *components: dict[str, object], taxes: list[dict[str, object]] | None = None, currency: str = "EUR"
) -> TariffTerms:
    document: dict[str, object] = {"name": "Care", "currency": currency, "components": list(components)}
    if taxes is not None:
        document["taxes"] = taxes
    return parse_terms(document=document)


def minutes(rate: str = "0.74", **more: object) -> dict[str, object]:
    return {"code": "phone", "kind": "per_minute", "rate_per_minute": rate, **more}


def call(
    number: int, *, talk_s: int = 0, hold_s: int = 0, wrap_s: int = 0, channel: str = "voice", direction: str = "in"
) -> Usage:
    return Usage(
        id=str(number),
        started_at=START + timedelta(minutes=number),
        channel=channel,
        direction=direction,
        talk_ms=talk_s * 1000,
        hold_ms=hold_s * 1000,
        wrap_ms=wrap_s * 1000,
    )


def bill(terms: TariffTerms, *usage: Usage, share: Fraction = Fraction(1), is_first: bool = False) -> Bill:
    return price_period(segments=[Segment(terms=terms, usage=usage, share=share, is_first=is_first)])


def amounts(priced: Bill) -> dict[str, str]:
    return {line.component.code: str(line.amount) for line in priced.lines}


def test_basis_says_which_time_is_billed() -> None:
    contact = call(1, talk_s=60, hold_s=30, wrap_s=30)
    assert amounts(bill(tariff(minutes("1", basis="talk")), contact)) == {"phone": "1.00"}
    assert amounts(bill(tariff(minutes("1", basis="talk_hold")), contact)) == {"phone": "1.50"}
    assert amounts(bill(tariff(minutes("1", basis="all_work")), contact)) == {"phone": "2.00"}
    assert amounts(bill(tariff(minutes("1", basis=["talk", "wrap"])), contact)) == {"phone": "1.50"}


def test_first_rate_that_fits_prices_the_contact_and_misfits_are_told() -> None:
    terms = tariff(
        {**minutes("2", match={"channel": "voice", "direction": "out"}), "code": "out"},
        {**minutes("1", match={"channel": "voice"}), "code": "in"},
    )
    priced = bill(terms, call(1, talk_s=60, direction="out"), call(2, talk_s=60), call(3, talk_s=60, channel="chat"))
    assert amounts(priced) == {"out": "2.00", "in": "1.00"}
    assert [usage.id for usage in priced.unpriced] == ["3"]


def test_included_minutes_are_consumed_in_order_of_start() -> None:
    # 60 s included at 0.6 a minute, two calls of 120 s: the first pays 60 s = 0.60, the second 120 s = 1.20.
    terms = tariff(minutes("0.6", included_minutes="1"))
    priced = bill(terms, call(2, talk_s=120), call(1, talk_s=120))
    line = priced.lines[0]
    assert str(line.amount) == "1.80"
    assert [(contact.rated.usage.id, contact.rated.included, contact.units) for contact in line.contacts] == [
        ("1", 60_000, 60),
        ("2", 0, 120),
    ]


def test_included_contacts_are_free_and_the_rest_has_its_price() -> None:
    terms = tariff({"code": "chats", "kind": "per_contact", "rate_per_contact": "1.90", "included_contacts": 2})
    assert amounts(bill(terms, *(call(number) for number in range(5)))) == {"chats": "5.70"}


def test_minimum_is_trued_up_and_usage_above_it_stands() -> None:
    terms = tariff(minutes("1"), {"code": "least", "kind": "minimum", "amount": "1000"})
    low = bill(terms, call(1, talk_s=800 * 60))
    assert amounts(low) == {"phone": "800.00", "least": "200.00"}
    assert amounts(bill(terms, call(1, talk_s=1300 * 60))) == {"phone": "1300.00"}
    assert explain_line(line=low.lines[1])["counted"] == "800.00"


def test_minimum_can_count_the_monthly_fee() -> None:
    # A commitment of 10000 over a monthly fee of 1000 leaves 9000; 5 of 7 days of it are 6428.57 (case C03).
    terms = tariff(
        {"code": "monthly", "kind": "recurring", "amount": "1000"},
        {"code": "least", "kind": "minimum", "amount": "10000", "counts": "usage_and_recurring"},
    )
    assert amounts(bill(terms)) == {"monthly": "1000.00", "least": "9000.00"}
    assert amounts(bill(terms, share=Fraction(5, 7))) == {"monthly": "714.29", "least": "6428.57"}


def test_set_up_fee_is_charged_in_the_first_period_alone_and_whole() -> None:
    terms = tariff({"code": "start", "kind": "set_up", "amount": "150"})
    assert amounts(bill(terms)) == {}
    assert amounts(bill(terms, is_first=True, share=Fraction(1, 2))) == {"start": "150.00"}


def test_part_of_a_period_prorates_fees_and_included_minutes_unless_told_not_to() -> None:
    terms = tariff(
        {"code": "monthly", "kind": "recurring", "amount": "50"},
        {"code": "whole", "kind": "recurring", "amount": "50", "prorate": False},
        minutes("1", included_minutes="10"),
        {"code": "off", "kind": "credit", "amount": "5"},
    )
    # 24 of 31 days: 50 x 24/31 = 38.709..., included 10 x 24/31 min = 464516 ms, so 600000 - 464516 = 135484 ms =
    # 2.258...
    priced = bill(terms, call(1, talk_s=600), share=Fraction(24, 31))
    assert amounts(priced) == {"monthly": "38.71", "whole": "50.00", "phone": "2.26", "off": "-3.87"}


def test_tax_is_rounded_once_per_category_from_the_sum_of_its_lines() -> None:
    # Three lines of 10.10 at 15 %: 30.30 x 0.15 = 4.545, half up 4.55; per line it would be 4.56 (case E04).
    fees: list[dict[str, object]] = [{"code": f"fee{n}", "kind": "recurring", "amount": "10.10"} for n in range(3)]
    free: dict[str, object] = {"code": "free", "kind": "recurring", "amount": "7", "tax": "exempt"}
    taxes: list[dict[str, object]] = [
        {"code": "vat", "percent": "15"},
        {"code": "exempt", "percent": 0, "category": "E"},
    ]
    document = bill_document(bill=bill(tariff(*fees, free, taxes=taxes)))
    assert document["taxes"] == [
        {"code": "vat", "category": "S", "percent": "15", "base": "30.30", "amount": "4.55"},
        {"code": "exempt", "category": "E", "percent": "0", "base": "7.00", "amount": "0.00"},
    ]
    assert (document["net"], document["tax"], document["total"]) == ("37.30", "4.55", "41.85")


def test_contacts_are_not_rounded_to_money_one_by_one() -> None:
    # A 7 s call at 0.015 a minute is 0.00175; a thousand of them 1.75, where rounding up each to a cent would bill
    # 10.00 (case A11).
    priced = bill(tariff(minutes("0.015")), *(call(number, talk_s=7) for number in range(1000)))
    assert amounts(priced) == {"phone": "1.75"}
    parts = [contact.units for contact in priced.lines[0].contacts]
    assert sum(parts) == 175
    assert set(parts) == {0, 1}


def test_explanation_of_a_contact_adds_up_to_the_second() -> None:
    terms = tariff(minutes("1.00", basis="talk_hold", rounding={"first_s": 60, "step_s": 6}, included_minutes="0.5"))
    line = bill(terms, call(1, talk_s=70, hold_s=15, wrap_s=20)).lines[0]
    assert explain_contact(line=line, contact=line.contacts[0]) == {
        "component": "phone",
        "unit": "ms",
        "rate": "1",
        "rate_per": "minute",
        "raw_ms_by_class": {"talk": 70_000, "hold": 15_000, "wrap": 20_000, "focus": 0, "open": 0},
        "raw": 85_000,
        "waived": 0,
        "rounding": 5000,
        "billed": 90_000,
        "included": 30_000,
        "charged": 60_000,
        "basis": "talk_hold",
        "time_rounding": "60/6",
        "billed_s": "90",
        "exact": "1",
        "amount": "1.00",
    }
    assert explain_line(line=line)["rounding_percent"] == "5.8"


def test_one_id_for_two_different_contacts_is_refused() -> None:
    with pytest.raises(UsageConflict, match="'1' stands for two different contacts"):
        bill(tariff(minutes()), call(1, talk_s=10), call(1, talk_s=11))


def test_segments_of_different_currencies_are_refused() -> None:
    euro, dollar = tariff(minutes()), tariff(minutes(), currency="USD")
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        price_period(segments=[Segment(terms=euro, usage=()), Segment(terms=dollar, usage=())])


prices = st.decimals(0, 100, places=4).map(str)
component_codes = ("a", "b", "c")
channels = st.sampled_from(["voice", "chat", "email", "sms", "social"])
directions = st.sampled_from(["in", "out"])


@st.composite
def tariffs(draw: st.DrawFn) -> TariffTerms:
    components: list[dict[str, object]] = []
    for code in component_codes[: draw(st.integers(0, 3))]:
        match = {
            key: draw(strategy)
            for key, strategy in (("channel", channels), ("direction", directions))
            if draw(st.booleans())
        }
        if draw(st.booleans()):
            rounding: object = (
                draw(st.sampled_from(["none", "6s", "60s"]))
                if draw(st.booleans())
                else {
                    "first_s": draw(st.integers(0, 90)),
                    "step_s": draw(st.integers(1, 90)),
                    "grace_s": draw(st.integers(0, 9)),
                }
            )
            components.append(
                {
                    "code": code,
                    "kind": "per_minute",
                    "rate_per_minute": draw(prices),
                    "match": match,
                    "rounding": rounding,
                    "included_minutes": draw(st.integers(0, 30)),
                    "basis": draw(st.sampled_from(["talk", "talk_hold", "all_work"])),
                    "tax": draw(st.sampled_from(["vat", "low"])),
                }
            )
        else:
            components.append(
                {
                    "code": code,
                    "kind": "per_contact",
                    "rate_per_contact": draw(prices),
                    "match": match,
                    "included_contacts": draw(st.integers(0, 5)),
                }
            )
    if draw(st.booleans()):
        components.append({"code": "least", "kind": "minimum", "amount": draw(prices)})
    for kind in draw(st.lists(st.sampled_from(["set_up", "recurring", "credit"]), unique=True)):
        components.append({"code": kind, "kind": kind, "amount": draw(prices)})
    return tariff(
        *components,
        taxes=[{"code": "vat", "percent": "21"}, {"code": "low", "percent": "9.5"}],
        currency=draw(st.sampled_from(["EUR", "JPY", "KWD"])),
    )


usages = st.lists(
    st.builds(
        Usage,
        id=st.uuids().map(str),
        started_at=st.integers(0, 10**6).map(lambda seconds: START + timedelta(seconds=seconds)),
        channel=channels,
        direction=directions,
        talk_ms=st.integers(0, 900_000),
        hold_ms=st.integers(0, 90_000),
        wrap_ms=st.integers(0, 90_000),
        focus_ms=st.integers(0, 90_000),
        open_ms=st.integers(0, 90_000),
    ),
    max_size=12,
    unique_by=lambda usage: usage.id,
)
shares = st.fractions(0, 1, max_denominator=31)


@given(tariffs(), usages, shares, st.booleans())
def test_every_document_adds_up(terms: TariffTerms, usage: list[Usage], share: Fraction, is_first: bool) -> None:
    priced = bill(terms, *usage, share=share, is_first=is_first)
    for line in priced.lines:
        if line.kind is LineKind.USAGE:
            assert sum(contact.units for contact in line.contacts) == line.units
            assert sum(contact.exact for contact in line.contacts) == line.exact
            for contact in line.contacts:
                assert abs(contact.units - contact.exact * 10**line.digits) < 1
        if line.kind is not LineKind.TRUE_UP:
            assert abs(line.units - line.exact * 10**line.digits) <= Fraction(1, 2)
    assert sum(tax.base_units for tax in priced.taxes) == priced.net_units
    for tax in priced.taxes:
        assert tax.base_units == sum(line.units for line in priced.lines if line.tax == tax.category)
        assert abs(tax.units - tax.base_units * tax.category.percent / 100) <= Fraction(1, 2)
    assert priced.total_units == priced.net_units + priced.tax_units


@given(tariffs(), usages, shares)
def test_units_of_every_contact_are_conserved(terms: TariffTerms, usage: list[Usage], share: Fraction) -> None:
    rating = rate_usage(terms=terms, usage=usage, share=share)
    rated = [contact.usage.id for rate in rating.rates for contact in rate.contacts]
    assert sorted([*rated, *(misfit.id for misfit in rating.unpriced)]) == sorted(contact.id for contact in usage)
    for rate in rating.rates:
        assert sum(contact.included for contact in rate.contacts) == min(
            rate.allowance, sum(contact.billed for contact in rate.contacts)
        )
        for contact in rate.contacts:
            assert contact.raw - contact.waived + contact.rounding == contact.billed
            assert contact.billed - contact.included == contact.charged
            assert min(contact.raw, contact.waived, contact.rounding, contact.included, contact.charged) >= 0


@given(tariffs(), usages, st.randoms(use_true_random=False))
def test_order_and_repetition_of_the_input_change_nothing(
    terms: TariffTerms, usage: list[Usage], chance: object
) -> None:
    shuffled = usage + usage[: len(usage) // 2]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert bill_document(bill=bill(terms, *shuffled)) == bill_document(bill=bill(terms, *usage))


@given(tariffs(), usages, st.integers(0, 11), st.integers(1, 300_000))
def test_cost_never_falls_as_a_contact_grows(
    terms: TariffTerms, usage: list[Usage], which: int, longer_ms: int
) -> None:
    if not usage:
        return
    grown = list(usage)
    index = which % len(usage)
    grown[index] = usage[index]._replace(talk_ms=usage[index].talk_ms + longer_ms)
    assert bill(terms, *grown).net_units >= bill(terms, *usage).net_units


@given(tariffs(), usages)
def test_usage_lines_and_true_up_reach_exactly_the_minimum(terms: TariffTerms, usage: list[Usage]) -> None:
    priced = bill(terms, *usage)
    used = sum(line.units for line in priced.lines if line.kind is LineKind.USAGE)
    true_up = sum(line.units for line in priced.lines if line.kind is LineKind.TRUE_UP)
    if terms.minimum is None:
        assert true_up == 0
        return
    committed = terms.minimum.amount * 10**priced.digits
    assert used + true_up >= used
    assert abs(used + true_up - max(committed, used)) <= Fraction(1, 2)


@given(tariffs(), usages)
def test_results_do_not_depend_on_the_decimal_precision(terms: TariffTerms, usage: Sequence[Usage]) -> None:
    documents = []
    for precision in (6, 28, 60):
        with decimal.localcontext(decimal.Context(prec=precision)):
            documents.append(bill_document(bill=bill(terms, *usage)))
    assert documents[0] == documents[1] == documents[2]
    assert Decimal(documents[0]["total"]) == Decimal(documents[0]["net"]) + Decimal(documents[0]["tax"])

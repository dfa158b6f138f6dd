"""The invariants of usage rating, on random tariffs drawn from the JSON Schema and random usage.

Their numbers are those of the list in docs/tariffs.md. What concerns documents in the database (numbers, chains,
concurrent issues) is tested there.
"""

import decimal
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.corrections import booked_by, deltas
from billing.crediting import CreditableLine, CreditableTax, credit_lines
from billing.explanation import bill_document, explain_contact, explain_line
from billing.periods import following_period, month_period
from billing.pricing import Bill, Line, LineKind, Segment, price_period
from billing.rating import Usage, rate_usage, raw_units
from billing.rounding import round_to_units
from billing.snapshot import content_hash, restore_segment, segment_document
from billing.terms import HANDLING, TariffTerms
from billing.terms_document import parse_terms
from billing.terms_schema import tariff_schema
from billing.terms_writing import terms_document
from billing.tiers import TierMode
from billing.wallet import Grant
from tests.unit.billing.strategies import documents, segment, shares, tariffs, usages, zones

VALIDATOR = jsonschema.Draft202012Validator(tariff_schema())


def bill(terms: TariffTerms, usage: list[Usage], **more: Any) -> Bill:
    return price_period(segments=[segment(terms, usage, **more)])


def told(priced: Bill) -> dict[str, Any]:
    """The whole bill with every contact, as JSON values."""
    contacts = [[explain_contact(line=line, contact=contact) for contact in line.contacts] for line in priced.lines]
    return bill_document(bill=priced) | {"contacts": contacts}


@given(documents())
def test_documents_of_the_schema_are_read_and_written_back(document: dict[str, Any]) -> None:
    VALIDATOR.validate(document)
    terms = parse_terms(document=document)
    canonical = terms_document(terms=terms)
    VALIDATOR.validate(canonical)
    again = parse_terms(document=canonical)
    assert again == terms
    assert terms_document(terms=again) == canonical


@given(tariffs(), usages, zones)
def test_1_time_of_the_slices_and_parts_sums_to_raw_time(terms: TariffTerms, usage: list[Usage], zone: str) -> None:
    rating = rate_usage(terms=terms, usage=usage, zone=zone)
    handled: dict[str, list[Any]] = {}
    for rated in rating.rates:
        for contact in rated.contacts:
            if contact.slices:
                assert sum(piece.raw for piece in contact.slices) == contact.raw
                assert sum(piece.billed for piece in contact.slices) == contact.billed
            if rated.rate.lane == HANDLING:
                handled.setdefault(contact.usage.id, []).append((rated.rate, contact))
    for parts in handled.values():
        (first,) = [rate for rate, contact in parts if contact.connects]
        assert sum(contact.raw for _, contact in parts) == raw_units(rate=first, usage=parts[0][1].usage)


@given(tariffs(), usages, shares, zones)
def test_units_of_every_contact_are_conserved(
    terms: TariffTerms, usage: list[Usage], share: Fraction, zone: str
) -> None:
    rating = rate_usage(terms=terms, usage=usage, share=share, zone=zone)
    for rated in rating.rates:
        total = sum(contact.billed for contact in rated.contacts)
        assert sum(contact.included for contact in rated.contacts) == min(rated.allowance, total)
        for contact in rated.contacts:
            assert contact.raw - contact.waived + contact.rounding == contact.billed
            assert contact.billed - contact.included == contact.charged
            assert min(contact.raw, contact.waived, contact.rounding, contact.included, contact.charged) >= 0
            if rated.rate.rounding.is_exact and not rated.rate.stages and not rated.rate.rounding.least_ms:
                # 2: "none" bills the actual time, or nothing within the grace
                assert contact.billed in (contact.raw, 0)
    priced = {contact.usage.id for rated in rating.rates for contact in rated.contacts}
    assert priced.isdisjoint(misfit.id for misfit in rating.unpriced)
    # time of no contact that nothing charges is no contact without a price
    silent = {contact.id for contact in usage if not contact.channel}
    assert priced | {misfit.id for misfit in rating.unpriced} | silent == {contact.id for contact in usage}


def has_cliff(terms: TariffTerms) -> bool:
    """Volume tiers may cost less for more, and so may a volume that capped contacts use up: both are flagged."""
    volume = any(rate.tiers is not None and rate.tiers.mode is TierMode.VOLUME for rate in terms.rates)
    return volume or bool(terms.minimum_volumes)


@given(tariffs(), usages, st.integers(0, 7), st.integers(1, 300_000), zones)
def test_3_cost_never_falls_as_a_contact_grows(
    terms: TariffTerms, usage: list[Usage], which: int, longer_ms: int, zone: str
) -> None:
    if not usage or has_cliff(terms):
        return
    index = which % len(usage)
    grown = list(usage)
    grown[index] = usage[index]._replace(talk_ms=usage[index].talk_ms + longer_ms)
    assert bill(terms, grown, zone=zone).net_units >= bill(terms, usage, zone=zone).net_units


@given(tariffs(), usages, st.integers(0, 8))
def test_4_and_10_progressive_bills_and_late_usage_sum_to_the_one_shot_bill(
    terms: TariffTerms, usage: list[Usage], cut: int
) -> None:
    booked: dict[Any, int] = {}
    whole = bill(terms, usage)
    for known in (usage[:cut], usage):
        for delta in deltas(now=bill(terms, known), booked=booked):
            booked[delta.charge] = booked.get(delta.charge, 0) + delta.units
    assert {charge: units for charge, units in booked.items() if units} == {
        charge: units for charge, units in booked_by(lines=whole.lines).items() if units
    }
    assert sum(booked.values()) == whole.net_units
    assert deltas(now=whole, booked=booked) == []


@given(tariffs(), usages, st.randoms(use_true_random=False))
def test_5_permuted_or_duplicated_input_gives_the_same_bill(
    terms: TariffTerms, usage: list[Usage], chance: Any
) -> None:
    shuffled = usage + usage[: len(usage) // 2]
    chance.shuffle(shuffled)
    assert told(bill(terms, shuffled)) == told(bill(terms, usage))


@given(tariffs(), usages, shares, st.booleans(), zones)
def test_6_and_12_every_document_adds_up(
    terms: TariffTerms, usage: list[Usage], share: Fraction, is_first: bool, zone: str
) -> None:
    priced = bill(terms, usage, share=share, is_first=is_first, zone=zone)
    for line in priced.lines:
        check_line(line)
    # EN 16931: BR-CO-10 (lines), BR-CO-13 and 15 (totals), BR-CO-14 (taxes), BR-CO-17 (one rounding a category)
    assert sum(tax.base_units for tax in priced.taxes) == priced.net_units == sum(line.units for line in priced.lines)
    for tax in priced.taxes:
        assert tax.base_units == sum(line.units for line in priced.lines if line.tax == tax.category)
        assert tax.units == round_to_units(value=tax.base_units * tax.category.percent / 100, digits=0)
    assert priced.total_units == priced.net_units + sum(tax.units for tax in priced.taxes)


def check_line(line: Line) -> None:
    scale = 10**line.digits
    if line.contacts:
        assert sum(contact.units for contact in line.contacts) == line.units
        assert sum(contact.exact for contact in line.contacts) == line.exact
        for contact in line.contacts:
            assert abs(contact.units - contact.exact * scale) < 1
    if line.kind in (LineKind.USAGE, LineKind.SURCHARGE, LineKind.RECURRING, LineKind.SET_UP, LineKind.CREDIT):
        assert line.units == round_to_units(value=line.exact, digits=line.digits)
    else:
        assert abs(line.units - line.exact * scale) <= 1
    if line.unit_price is not None:
        assert line.exact == line.unit_price * sum(contact.rated.charged for contact in line.contacts)
    assert explain_line(line=line)["amount"] == str(line.amount)


@given(tariffs(), usages)
def test_7_invoice_and_full_credit_are_zero_in_every_category(terms: TariffTerms, usage: list[Usage]) -> None:
    priced = bill(terms, usage, is_first=True)
    lines = [CreditableLine(n, line.tax.code, line.units) for n, line in enumerate(priced.lines)]
    if not any(line.units for line in lines):
        return
    taxes = [CreditableTax(tax.category.code, tax.category.percent, tax.units) for tax in priced.taxes]
    credit = credit_lines(lines=lines, taxes=taxes, wanted=None)
    assert priced.net_units + credit.net_units == 0
    assert priced.tax_units + credit.tax_units == 0
    for tax in priced.taxes:
        base, units = next(((base, units) for code, base, units in credit.taxes if code == tax.category.code), (0, 0))
        assert (tax.base_units + base, tax.units + units) == (0, 0)


ADJUSTED = {LineKind.USAGE, LineKind.SURCHARGE, LineKind.DISCOUNT}


@given(tariffs(leave_out=frozenset({"minimum_volume"})), usages, shares)
def test_8_usage_costs_the_larger_of_minimum_and_capped_usage(
    terms: TariffTerms, usage: list[Usage], share: Fraction
) -> None:
    priced = bill(terms, usage, share=share)
    digits = priced.digits
    used = sum(line.units for line in priced.lines if line.kind in ADJUSTED)
    capped = used + sum(line.units for line in priced.lines if line.kind is LineKind.CAP)
    if terms.cap is not None:
        cap = terms.cap.amount * (share if terms.cap.prorate else 1)
        assert capped == min(used, round_to_units(value=cap, digits=digits))
    else:
        assert capped == used
    recurring = sum(line.units for line in priced.lines if line.kind is LineKind.RECURRING)
    true_up = sum(line.units for line in priced.lines if line.kind is LineKind.TRUE_UP)
    if terms.minimum is None:
        assert true_up == 0
        return
    counted = capped + (recurring if terms.minimum.counts == "usage_and_recurring" else 0)
    least = terms.minimum.amount * (share if terms.minimum.prorate else 1)
    assert counted + true_up == max(counted, round_to_units(value=least, digits=digits))


@given(tariffs(), usages, shares, zones)
def test_9_a_replay_from_the_snapshot_gives_the_same_hash(
    terms: TariffTerms, usage: list[Usage], share: Fraction, zone: str
) -> None:
    original = segment(terms, usage, share=share, is_first=True, key="2026-06-01/2026-06-28", zone=zone)
    written = segment_document(segment=original, contract_id=1, version_id=2, version_number=3)
    again = restore_segment(document=written, usage=list(reversed(usage)))

    def hashed(part: Segment) -> str:
        return content_hash(
            bill=price_period(segments=[part]),
            unpriced=0,
            segments=[written],
            language="en",
            period="2026-06",
            seller={},
            buyer={},
        )

    assert hashed(again) == hashed(original)


@contextmanager
def server_zone(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()


@given(tariffs(), usages, zones)
@settings(max_examples=30)
def test_11_the_result_does_not_depend_on_the_servers_zone(terms: TariffTerms, usage: list[Usage], zone: str) -> None:
    documents = []
    for server in ("UTC", "America/New_York", "Pacific/Auckland"):
        with server_zone(server):
            documents.append(told(bill(terms, usage, zone=zone)))
    assert documents[0] == documents[1] == documents[2]


@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.sampled_from(
        [
            "Europe/Madrid",
            "America/Sao_Paulo",
            "Asia/Beirut",
            "Australia/Lord_Howe",
            "Africa/Cairo",
            "America/Havana",
        ]
    ),
)
def test_11_periods_partition_time(day: date, zone: str) -> None:
    period = month_period(label=f"{day:%Y-%m}", zone=zone)
    after = following_period(period=period)
    assert period.ends_at == after.starts_at
    assert period.starts_at < period.ends_at


@given(tariffs(), st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_13_prorated_parts_sum_to_the_whole(terms: TariffTerms, weights: list[int]) -> None:
    whole = price_period(segments=[segment(terms, [])])
    days = sum(weights)
    parts = price_period(
        segments=[segment(terms, [], share=Fraction(weight, days), key=str(n)) for n, weight in enumerate(weights)]
    )

    def fixed(priced: Bill) -> dict[str, int]:
        """What prorated fees cost in all; the others are charged in each part anew."""
        found: dict[str, int] = {}
        for line in priced.lines:
            if line.kind in (LineKind.RECURRING, LineKind.CREDIT) and getattr(line.component, "prorate", False):
                found[line.component.code] = found.get(line.component.code, 0) + line.units
        return found

    assert fixed(parts) == fixed(whole)


@given(tariffs(), usages, shares)
def test_results_do_not_depend_on_the_decimal_precision(
    terms: TariffTerms, usage: list[Usage], share: Fraction
) -> None:
    found = []
    for precision in (28, 60):
        with decimal.localcontext(decimal.Context(prec=precision)):
            found.append(told(bill(terms, usage, share=share)))
    assert found[0] == found[1]
    assert Decimal(found[0]["total"]) == Decimal(found[0]["net"]) + Decimal(found[0]["tax"])


@given(
    tariffs(),
    usages,
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(-3, 3), st.integers(-2, 9), st.integers(0, 2)), max_size=4),
)
def test_17_no_more_is_drawn_of_prepaid_units_than_was_bought(
    terms: TariffTerms, usage: list[Usage], bought: list[tuple[int, int, int, int]]
) -> None:
    begun = datetime.fromisoformat("2026-06-01T00:00Z")
    grants = [
        Grant(str(n), units, begun + timedelta(days=since), begun + timedelta(days=until), priority)
        for n, (units, since, until, priority) in enumerate(bought)
    ]
    priced = price_period(segments=[segment(terms, usage)], grants=grants)
    for grant in grants:
        assert 0 <= sum(draw.units for draw in priced.draws if draw.grant == grant.id) <= grant.units
    drawn = sum(draw.units for draw in priced.draws)
    included = sum(contact.rated.included for line in priced.lines for contact in usage_contacts(line))
    allowed = sum(line.usage.allowance for line in priced.lines if line.usage is not None)
    assert drawn <= included <= drawn + allowed


def usage_contacts(line: Line) -> tuple[Any, ...]:
    return line.contacts if line.kind is LineKind.USAGE else ()


@given(tariffs(), usages)
def test_prepaid_units_never_make_a_bill_dearer(terms: TariffTerms, usage: list[Usage]) -> None:
    if has_cliff(terms):
        return
    grant = Grant("prepaid", 10**6, datetime.fromisoformat("2026-06-01T00:00Z"))
    with_grant = price_period(segments=[segment(terms, usage)], grants=[grant])
    assert with_grant.net_units <= bill(terms, usage).net_units


@given(tariffs(), usages)
def test_reverse_charge_changes_the_tax_alone(terms: TariffTerms, usage: list[Usage]) -> None:
    charged = replace(segment(terms, usage), is_reverse_charge=True)
    priced, plain = price_period(segments=[charged]), bill(terms, usage)
    assert priced.tax_units == 0
    assert priced.net_units == plain.net_units
    assert {tax.category.letter for tax in priced.taxes} <= {"AE", "S"}
    assert all(tax.category.percent == 0 for tax in priced.taxes)


@pytest.mark.parametrize("missing", ["name", "currency"])
def test_the_schema_refuses_what_the_reader_refuses(missing: str) -> None:
    document = {"name": "Care", "currency": "EUR", "components": []}
    VALIDATOR.validate(document)
    del document[missing]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(document)

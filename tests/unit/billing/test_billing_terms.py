"""Reading tariff documents: what is taken, and how each fault is named."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from billing.document_fields import TermsError, load_document
from billing.rounding import DurationRule
from billing.terms import Channel, Direction, TariffTerms, TimeClass
from billing.terms_document import parse_terms
from billing.terms_schema import tariff_schema
from billing.terms_writing import terms_document

CARE = """
name: Care 24/7
currency: EUR
taxes:
  - {code: standard, percent: 21}
  - {code: free, percent: 0, category: E}
components:
  - {code: monthly, kind: recurring, name: {en: Monthly fee, ru: Абонентская плата}, amount: 4900}
  - code: phone
    kind: per_minute
    match: {channel: voice, direction: [in]}
    basis: talk
    rounding: {first_s: 60, step_s: 6, grace_s: 5}
    rate_per_minute: 0.74
    included_minutes: 6_000
  - {code: chats, kind: per_contact, match: {channel: chat}, rate_per_contact: 1.90, included_contacts: 2000, tax: free}
  - {code: least, kind: minimum, amount: 1000, counts: usage_and_recurring}
  - {code: start, kind: set_up, amount: "150.00"}
"""


def problems(document: object) -> list[str]:
    with pytest.raises(TermsError) as refused:
        parse_terms(document=document)
    return [str(problem) for problem in refused.value.problems]


def care(**changes: object) -> dict[str, object]:
    return {
        "name": "Care",
        "currency": "EUR",
        "components": [{"code": "phone", "kind": "per_minute", "rate_per_minute": "1", **changes}],
    }


def test_yaml_and_its_unquoted_decimals_are_read_exactly() -> None:
    terms = parse_terms(document=load_document(text=CARE))
    phone, chats = terms.rates
    assert phone.price == Fraction(74, 100)
    assert phone.included == 6000 * 60_000
    assert phone.rounding == DurationRule(first_ms=60_000, step_ms=6000, grace_ms=5000)
    assert phone.basis == {TimeClass.TALK}
    assert phone.match.channels == {Channel.VOICE}
    assert phone.match.directions == {Direction.IN}
    assert (chats.price, chats.included, chats.tax) == (Fraction(19, 10), 2000, "free")
    assert [fee.amount for fee in terms.fees] == [4900, 150]
    assert terms.minimum is not None
    assert terms.minimum.amount == 1000
    assert terms.fees[0].names.text(language="ru") == "Абонентская плата"
    assert terms.fees[0].names.text(language="es") == "Monthly fee"


def test_json_numbers_are_read_as_decimals() -> None:
    document = load_document(text='{"rate": 0.1}')
    assert document == {"rate": Decimal("0.1")}


def test_canonical_form_reads_back_to_the_same_terms() -> None:
    terms = parse_terms(document=load_document(text=CARE))
    written = json.loads(json.dumps(terms_document(terms=terms)))
    again: TariffTerms = parse_terms(document=written)
    assert terms_document(terms=again) == written
    assert again.rates == terms.rates
    assert again.minimum == terms.minimum
    assert again.taxes == terms.taxes


def test_negative_price_is_refused_by_name() -> None:
    assert problems(care(rate_per_minute="-0.74")) == [
        "components[0].rate_per_minute: must not be negative, but is -0.74"
    ]


def test_binary_floats_are_refused() -> None:
    assert problems(care(rate_per_minute=0.74)) == [
        'components[0].rate_per_minute: must be a decimal number such as "0.74"'
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"rate_per_minute": "abc"},
            "components[0].rate_per_minute: must be a decimal number such as \"0.74\", not 'abc'",
        ),
        ({"rate_per_minute": "NaN"}, "components[0].rate_per_minute: must be a finite number, not NaN"),
        ({"rate_per_minute": "Infinity"}, "components[0].rate_per_minute: must be a finite number, not Infinity"),
        ({"rate_per_minute": None}, "components[0].rate_per_minute: is missing"),
        (
            {"rate_per_minute": "1e300"},
            "components[0].rate_per_minute: has more digits than can be priced (12 before, 12 after the point)",
        ),
        (
            {"basis": "tlak"},
            "components[0].basis: must be one of talk, talk_hold, all_work, patched, ivr, idle, operator, interpreter, "
            "not 'tlak'",
        ),
        ({"basis": []}, "components[0].basis: names no class of time"),
        (
            {"match": {"channel": "fax"}},
            "components[0].match.channel[0]: must be one of voice, email, chat, sms, social, not 'fax'",
        ),
        ({"rounding": {"first_s": 60}}, "components[0].rounding.step_s: is needed beside first_s"),
        (
            {"rounding": {"first_s": "0.0001", "step_s": 1}},
            "components[0].rounding.first_s: must be whole milliseconds, not 0.0001 s",
        ),
        ({"rounding": "7s"}, "components[0].rounding: must be one of none, 6s, 60s, not '7s'"),
        ({"tax": "vat"}, "components[0].tax: 'vat' is not one of the taxes of this tariff"),
        ({"prorate": "no"}, "components[0].prorate: must be true or false"),
        (
            {"kind": "per_day"},
            "components[0].kind: must be one of per_minute, per_hour, per_contact, per_message, per_segment, "
            "per_order, surcharge, discount, cap, minimum_volume, minimum, set_up, recurring, per_seat, ivr_tree, "
            "add_on, holiday, one_off, credit, not 'per_day'",
        ),
    ],
)
def test_each_fault_of_a_component_names_field_and_cause(change: dict[str, object], problem: str) -> None:
    assert problem in problems(care(**change))


def test_a_misspelt_field_is_refused_rather_than_ignored() -> None:
    assert problems(care(included_minuts=10))[0].startswith(
        "components[0].included_minuts: is not a field here; known are basis, beside, "
    )


def test_all_faults_are_told_at_once() -> None:
    told = problems({"currency": "eur", "components": [{"kind": "set_up"}], "taxes": [{"code": "x", "percent": 101}]})
    assert told == [
        "currency: must be three capital letters (ISO 4217), not 'eur'",
        "taxes[0].percent: must not be above 100, but is 101",
        "components[0].code: is missing",
        "components[0].name: must be a text that is not empty",
        "components[0].amount: is missing",
        "name: is missing",
    ]


def test_a_code_is_used_once_and_a_minimum_given_once() -> None:
    minimum = {"code": "least", "kind": "minimum", "amount": 1}
    told = problems({"name": "x", "currency": "EUR", "components": [minimum, minimum]})
    assert told == ["components[1].code: 'least' is used twice", "components[1]: is a second minimum; a tariff has one"]


@pytest.mark.parametrize("text", ["[1, 2", "a: b: c", "\x00"])
def test_text_that_is_neither_json_nor_yaml_is_refused(text: str) -> None:
    with pytest.raises(TermsError, match="neither JSON nor YAML"):
        load_document(text=text)


@pytest.mark.parametrize("document", [None, 5, "text", [], {"name": "x", "currency": "EUR", "components": {}}])
def test_values_of_the_wrong_shape_are_refused(document: object) -> None:
    assert problems(document)


def test_the_published_schema_is_the_one_the_reader_goes_by() -> None:
    # written by: python -c "import json; from billing.terms_schema import tariff_schema; ..." (docs/tariffs.md)
    published = json.loads((Path(__file__).parents[3] / "docs" / "tariff.schema.json").read_text("utf-8"))
    assert published == tariff_schema()

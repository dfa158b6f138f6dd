"""The price sheet: every fee that can appear, in words that say what the engine does, and always the same."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from billing.documents.price_sheet import price_sheet, sheet_hash, sheet_texts
from billing.documents.sheet_pdf import sheet_pdf
from billing.documents.sheet_wording import _ROWS, SheetWording
from billing.terms import TariffTerms
from billing.terms_document import parse_terms
from tests.unit.billing.strategies import tariffs

CARE: dict[str, Any] = {
    "name": "Care 24/7",
    "currency": "EUR",
    "holidays": ["12-25"],
    "taxes": [{"code": "vat", "percent": "21"}, {"code": "free", "percent": "0", "category": "E"}],
    "components": [
        {
            "code": "phone",
            "kind": "per_minute",
            "name": {"en": "Phone", "ru": "Телефон", "es": "Teléfono"},
            "match": {"channel": ["voice"], "direction": ["in"]},
            "basis": "all_work",
            "rounding": {"first_s": 60, "step_s": 6, "grace_s": 5},
            "rate_per_minute": "0.88",
            "included_minutes": "120",
            "connect_fee": "0.10",
            "wrap": {"most_s": 30},
        },
        {
            "code": "night",
            "kind": "per_minute",
            "match": {"channel": "voice", "time": {"days": ["sat"], "from": "22:00", "to": "08:00"}, "weight": 5},
            "rounding": "none",
            "rate_per_minute": "1.10",
        },
        {
            "code": "texts",
            "kind": "per_segment",
            "tiers": {"mode": "graduated", "steps": [{"up_to": 1000, "price": "0.09"}, {"price": "0.07"}]},
        },
        {"code": "holiday", "kind": "surcharge", "percent": "50", "match": {"holiday": True}, "of": ["phone"]},
        {"code": "least", "kind": "minimum", "amount": "450"},
        {"code": "most", "kind": "cap", "amount": "9000"},
        {"code": "monthly", "kind": "recurring", "amount": "390", "timing": "advance", "tax": "free"},
        {"code": "start", "kind": "set_up", "amount": "150"},
        {"code": "crm", "kind": "add_on", "amount": "25"},
        {"code": "credit", "kind": "credit", "amount": "10"},
    ],
}
AT = datetime(2026, 6, 1, tzinfo=UTC)


def sheet(language: str = "en") -> dict[str, Any]:
    return sheet_texts(terms=parse_terms(document=CARE), language=language)


def rows(language: str = "en") -> dict[str, dict[str, Any]]:
    return {row["code"]: row for section in sheet(language)["sections"] for row in section["rows"]}


@settings(max_examples=60, deadline=None)
@given(terms=tariffs())
def test_every_component_of_any_tariff_is_on_its_sheet_exactly_once(terms: TariffTerms) -> None:
    for texts in price_sheet(terms=terms)["texts"].values():
        shown = [row["code"] for section in texts["sections"] for row in section["rows"]]
        assert sorted(shown) == sorted(component.code for component in terms.components)
        assert all(row["price"] for section in texts["sections"] for row in section["rows"])


def test_increments_are_explained_with_an_example_that_the_rule_gives() -> None:
    # by hand: 60 s at once, then begun steps of 6 s; 63 s lie 3 s into the first further step
    assert rows()["phone"]["price"] == "€0.88 / min"
    assert rows()["phone"]["details"] == [
        "For: Phone; incoming.",
        "Time counted: all work on the contact.",
        "Billed in steps: 60 s at once, then every begun 6 s.",
        "A contact of 63 s is billed as 66 s.",
        "A contact of up to 5 s is free.",
        "Of wrap-up at most 30 s count.",
        "Included in each period: 120 min.",
        "For a part of a period, its share of the days.",
        "Plus €0.10 for each contact that is billed.",
    ]
    assert "Billed to the second, never rounded up." in rows()["night"]["details"]
    assert "For: Phone; Sat 22:00–08:00." in rows()["night"]["details"]


def test_rates_stand_in_the_order_in_which_they_are_tried() -> None:
    assert [row["code"] for row in sheet()["sections"][0]["rows"]] == ["night", "phone", "texts"]


def test_other_fees_say_their_amount_when_they_come_and_their_tax() -> None:
    told = {code: (row["price"], row["details"], row["tax"]) for code, row in rows().items()}
    part = "For a part of a period, its share of the days."
    assert told["holiday"] == ("+50 %", ["For: every contact; on holidays.", "On: Phone."], "tax 21 %")
    assert told["least"][0] == "at least €450.00 / month"
    assert told["most"][0] == "at most €9,000.00 / month"
    assert told["monthly"] == ("€390.00 / month", ["Charged in advance.", part], "no tax")
    assert told["start"] == ("€150.00", ["Once, with the first bill."], "tax 21 %")
    assert told["crm"][:2] == ("€25.00 / month", ["Only where you booked it and it was approved.", part])
    assert told["credit"][0] == "−€10.00 / month"
    assert told["texts"][1][1:] == [
        "By the period's quantity; each tier prices what falls into it:",
        "up to 1,000 SMS parts: €0.09 / SMS part",
        "above: €0.07 / SMS part",
    ]


@pytest.mark.parametrize(("language", "price"), [("ru", "0,88\u00a0€ / мин"), ("es", "0,88\u00a0€ / min")])
def test_a_sheet_speaks_the_clients_language(language: str, price: str) -> None:
    assert rows(language)["phone"]["price"] == price
    assert rows(language)["phone"]["name"] == {"ru": "Телефон", "es": "Teléfono"}[language]


def test_every_text_has_the_same_values_to_fill_in_in_every_language() -> None:
    for key, texts in _ROWS.items():
        fields = [sorted(part.split("}")[0] for part in text.split("{")[1:]) for text in texts]
        assert fields[0] == fields[1] == fields[2], key
        assert all(texts), key
    assert SheetWording("en").say("version", number=3) == "Version 3"


def test_the_same_terms_give_the_same_hash_and_a_cent_more_another() -> None:
    hashes = {sheet_hash(sheet=price_sheet(terms=parse_terms(document=CARE))) for _ in range(3)}
    assert len(hashes) == 1
    first = {**CARE["components"][0], "rate_per_minute": "0.89"}
    dearer = {**CARE, "components": [first, *CARE["components"][1:]]}
    assert sheet_hash(sheet=price_sheet(terms=parse_terms(document=dearer))) not in hashes


def test_the_pdf_is_the_same_whenever_it_is_made() -> None:
    made = [
        sheet_pdf(texts=sheet("ru"), number="1", content_hash="ab" * 32, seller="House", facts=[("a", "b")], at=AT)
        for _ in range(2)
    ]
    assert made[0].startswith(b"%PDF-")
    assert made[0] == made[1]


@pytest.mark.parametrize("language", ["en", "ru", "es"])
def test_reading_the_terms_back_changes_nothing(language: str) -> None:
    terms = parse_terms(document=CARE)
    again = parse_terms(document=price_sheet(terms=terms)["terms"])
    assert sheet_texts(terms=again, language=language) == sheet_texts(terms=terms, language=language)

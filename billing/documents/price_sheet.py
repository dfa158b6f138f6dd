"""The price sheet of a tariff version: every fee that can ever appear, in plain words, in every language. Pure.

It is made from the terms alone, row for row of TariffTerms.components, so that nothing a bill can hold is missing: the
same terms give the same sheet and the same hash.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from billing.documents.price_texts import PriceTexts
from billing.documents.sheet_wording import SheetWording
from billing.documents.wording import LANGUAGES
from billing.terms import (
    RECURRING_KINDS,
    Cap,
    ComponentKind,
    Discount,
    Fee,
    Minimum,
    MinimumVolume,
    PriceComponent,
    Rate,
    Surcharge,
    TariffTerms,
)
from billing.terms_writing import terms_document

SECTIONS = ("usage", "changes", "commitments", "recurring", "once", "credits")


def price_sheet(*, terms: TariffTerms) -> dict[str, Any]:
    """Return the sheet: `terms`, the canonical tariff document, and `texts`, what people read of it by language."""
    return {
        "terms": terms_document(terms=terms),
        "texts": {language: sheet_texts(terms=terms, language=language) for language in LANGUAGES},
    }


def sheet_hash(*, sheet: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a sheet's canonical JSON: terms and words, in all languages."""
    text = json.dumps(sheet, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def sheet_texts(*, terms: TariffTerms, language: str) -> dict[str, Any]:
    """Return a sheet in one language: sections of rows (code, kind, name, price, details, tax), and notes."""
    words = SheetWording(language)
    texts = PriceTexts(terms=terms, words=words)
    rows: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS}
    for component in _in_order(terms):
        price, details = texts.of(component)
        rows[_section(component)].append(
            {
                "code": component.code,
                "kind": _kind(component),
                "name": component.names.text(language=language),
                "price": price,
                "details": details,
                "tax": texts.tax(component),
            }
        )
    return {
        "language": LANGUAGES[words.column],
        "title": words.say("price_sheet"),
        "name": terms.name,
        "currency": terms.currency,
        "cycle": words.say(terms.cycle.value),
        "sections": [
            {"key": section, "title": words.say(f"section_{section}"), "rows": rows[section]}
            for section in SECTIONS
            if rows[section]
        ],
        "notes": _notes(terms, words),
    }


def _in_order(terms: TariffTerms) -> Sequence[PriceComponent]:
    """Rates in the order in which they are tried, then the rest as the tariff has it."""
    rates = sorted(terms.rates, key=lambda rate: -rate.match.weight)
    return [*rates, *terms.components[len(rates) :]]


def _section(component: PriceComponent) -> str:
    match component:
        case Rate():
            return "usage"
        case Surcharge() | Discount() | Cap():
            return "changes"
        case Minimum() | MinimumVolume():
            return "commitments"
        case Fee():
            if component.kind is ComponentKind.CREDIT:
                return "credits"
            is_regular = component.kind in RECURRING_KINDS - {ComponentKind.ADD_ON}
            return "recurring" if is_regular else "once"


KIND_BY_TYPE = {
    Surcharge: ComponentKind.SURCHARGE,
    Discount: ComponentKind.DISCOUNT,
    Cap: ComponentKind.CAP,
    MinimumVolume: ComponentKind.MINIMUM_VOLUME,
    Minimum: ComponentKind.MINIMUM,
}


def _kind(component: PriceComponent) -> str:
    return str(component.kind if isinstance(component, Rate | Fee) else KIND_BY_TYPE[type(component)])


def _notes(terms: TariffTerms, words: SheetWording) -> list[str]:
    notes = ["note_one"] if len(terms.rates) > 1 else []
    notes += ["note_unpriced"] if terms.rates else []
    notes += ["note_tax"] if any(tax.percent != Fraction(0) for tax in terms.taxes) else []
    said = [words.say(note) for note in (*notes, "note_round", "note_all")]
    if terms.holidays:
        said.insert(0, words.say("note_holidays", list=", ".join(terms.holidays)))
    return said

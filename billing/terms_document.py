"""A tariff as JSON or YAML, read into terms with every problem named by its field. terms_writing.py writes it back."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from billing.document_fields import TermsError
from billing.rate_document import RateReader
from billing.terms import (
    QUANTITY_BY_KIND,
    UNTAXED,
    Cap,
    ComponentKind,
    Counts,
    Cycle,
    Discount,
    Fee,
    Minimum,
    MinimumVolume,
    Names,
    PriceComponent,
    Rate,
    Surcharge,
    TariffTerms,
    TaxCategory,
    Timing,
)
from billing.terms_schema import FIELDS_BY_KIND, MOST_COMPONENTS, MOST_HOLIDAYS, TAX_LETTERS

UNTAXED_LETTERS = frozenset({"Z", "E", "AE", "K", "G", "O"})


def parse_terms(*, document: object) -> TariffTerms:
    """Return the terms a document states; TermsError naming every field at fault where it states none."""
    reader = _TermsReader()
    terms = reader.terms(document)
    if reader.problems:
        raise TermsError(problems=reader.problems)
    return terms


class _TermsReader(RateReader):
    def terms(self, document: object) -> TariffTerms:
        top = self.mapping(document, "document")
        self.only(top, "", {"name", "currency", "cycle", "holidays", "taxes", "components"})
        currency = self.text(top.get("currency"), "currency")
        if currency and not re.fullmatch(r"[A-Z]{3}", currency):
            self.refuse("currency", f"must be three capital letters (ISO 4217), not {currency!r}")
        taxes = self.taxes(top.get("taxes"))
        rows = self.components(top.get("components", []), taxes)
        return TariffTerms(
            name=self.text(top.get("name"), "name"),
            currency=currency,
            cycle=self.choice(top.get("cycle", Cycle.MONTH.value), "cycle", list(Cycle)),
            holidays=self.holidays(top.get("holidays", [])),
            taxes=taxes,
            rates=tuple(row for row in rows if isinstance(row, Rate)),
            fees=tuple(row for row in rows if isinstance(row, Fee)),
            surcharges=tuple(row for row in rows if isinstance(row, Surcharge)),
            discounts=tuple(row for row in rows if isinstance(row, Discount)),
            minimum_volumes=tuple(row for row in rows if isinstance(row, MinimumVolume)),
            cap=next((row for row in rows if isinstance(row, Cap)), None),
            minimum=next((row for row in rows if isinstance(row, Minimum)), None),
        )

    def holidays(self, value: object) -> tuple[str, ...]:
        days = self.sequence(value, "holidays")
        if len(days) > MOST_HOLIDAYS:
            self.refuse("holidays", f"are {len(days)}; at most {MOST_HOLIDAYS} are taken")
        found: list[str] = []
        for index, item in enumerate(days[:MOST_HOLIDAYS]):
            # YAML reads an unquoted day as a date
            text = item.isoformat() if isinstance(item, date) else item
            try:
                # 2024 is a leap year, so that 02-29 is a day of it
                date.fromisoformat(f"2024-{text}" if isinstance(text, str) and len(text) == 5 else str(text))
            except ValueError:
                self.refuse(f"holidays[{index}]", f"must be a day such as 2026-12-25, or 12-25 for each year: {item!r}")
                continue
            found.append(str(text))
        return tuple(sorted(set(found)))

    def taxes(self, value: object) -> tuple[TaxCategory, ...]:
        if value is None:
            return (UNTAXED,)
        categories: list[TaxCategory] = []
        for index, item in enumerate(self.sequence(value, "taxes")):
            field = f"taxes[{index}]"
            entry = self.mapping(item, field)
            self.only(entry, field, {"code", "percent", "category"})
            category = TaxCategory(
                code=self.text(entry.get("code"), f"{field}.code"),
                percent=self.amount(entry.get("percent"), f"{field}.percent"),
                letter=self.choice(entry.get("category", "S"), f"{field}.category", TAX_LETTERS),
            )
            if category.percent > 100:
                self.refuse(f"{field}.percent", f"must not be above 100, but is {entry.get('percent')}")
            if category.percent and category.letter in UNTAXED_LETTERS:
                self.refuse(f"{field}.percent", f"must be 0 in category {category.letter}")
            if category.code in {known.code for known in categories}:
                self.refuse(f"{field}.code", f"{category.code!r} is used twice")
            categories.append(category)
        return tuple(categories) or (UNTAXED,)

    def components(self, value: object, taxes: tuple[TaxCategory, ...]) -> list[PriceComponent]:
        components = self.sequence(value, "components")
        if len(components) > MOST_COMPONENTS:
            self.refuse("components", f"are {len(components)}; at most {MOST_COMPONENTS} are taken")
        rows: list[PriceComponent] = []
        for index, item in enumerate(components[:MOST_COMPONENTS]):
            field = f"components[{index}]"
            row = self.component(self.mapping(item, field), field, taxes)
            if row.code and row.code in {known.code for known in rows}:
                self.refuse(f"{field}.code", f"{row.code!r} is used twice")
            if isinstance(row, Cap | Minimum) and any(type(known) is type(row) for known in rows):
                self.refuse(field, f"is a second {type(row).__name__.lower()}; a tariff has one")
            rows.append(row)
        self.check_names(rows)
        return rows

    def check_names(self, rows: Sequence[PriceComponent]) -> None:
        rates = {row.code: row for row in rows if isinstance(row, Rate)}
        for index, row in enumerate(rows):
            field = f"components[{index}].of"
            match row:
                case Surcharge() | Discount():
                    for code in sorted(row.of - set(rates)):
                        self.refuse(field, f"{code!r} is no rate of this tariff")
                case MinimumVolume():
                    if row.of not in rates:
                        self.refuse(field, f"{row.of!r} is no rate of this tariff")
                    elif rates[row.of].stages:
                        self.refuse(field, f"{row.of!r} has stages; a volume of it has no price")
            if isinstance(row, Discount) and row.units and not row.of:
                self.refuse(field, "is needed beside units: say whose units are free")

    def component(self, entry: Mapping[str, Any], field: str, taxes: tuple[TaxCategory, ...]) -> PriceComponent:
        kind = self.choice(entry.get("kind"), f"{field}.kind", list(ComponentKind))
        self.only(entry, field, {"code", "kind", "name", "tax", *FIELDS_BY_KIND[kind]})
        code = self.text(entry.get("code"), f"{field}.code")
        names = self.names(entry.get("name", code), f"{field}.name")
        tax = str(entry.get("tax", taxes[0].code))
        if tax not in {category.code for category in taxes}:
            self.refuse(f"{field}.tax", f"{tax!r} is not one of the taxes of this tariff")
        prorate = self.flag(entry.get("prorate", True), f"{field}.prorate")
        if kind in QUANTITY_BY_KIND:
            return self.rate(entry, field, kind=kind, code=code, names=names, tax=tax, prorate=prorate)
        match kind:
            case ComponentKind.SURCHARGE:
                return self.surcharge(entry, field, code=code, names=names, tax=tax)
            case ComponentKind.DISCOUNT:
                return self.discount(entry, field, code=code, names=names, tax=tax, prorate=prorate)
            case ComponentKind.MINIMUM_VOLUME:
                return MinimumVolume(
                    code=code,
                    names=names,
                    tax=tax,
                    prorate=prorate,
                    of=self.text(entry.get("of"), f"{field}.of"),
                    units=self.amount(entry.get("units"), f"{field}.units"),
                )
        amount = self.amount(entry.get("amount"), f"{field}.amount")
        if kind is ComponentKind.CAP:
            return Cap(code=code, names=names, amount=amount, tax=tax, prorate=prorate)
        if kind is ComponentKind.MINIMUM:
            counts = self.choice(entry.get("counts", "usage"), f"{field}.counts", list(Counts))
            return Minimum(code=code, names=names, amount=amount, tax=tax, counts=counts, prorate=prorate)
        return Fee(
            code=code,
            names=names,
            kind=kind,
            amount=amount,
            tax=tax,
            prorate=prorate,
            quantity=self.amount(entry.get("quantity"), f"{field}.quantity", default="1"),
            timing=self.choice(entry.get("timing", "arrears"), f"{field}.timing", list(Timing)),
        )

    def surcharge(self, entry: Mapping[str, Any], field: str, *, code: str, names: Names, tax: str) -> Surcharge:
        self.one_of(entry, field, ("percent", "amount_per_contact"))
        return Surcharge(
            code=code,
            names=names,
            tax=tax,
            match=self.matcher(entry.get("match", {}), f"{field}.match"),
            percent=self.amount(entry.get("percent"), f"{field}.percent", default="0"),
            amount=self.amount(entry.get("amount_per_contact"), f"{field}.amount_per_contact", default="0"),
            of=self.texts(entry.get("of"), f"{field}.of"),
        )

    def discount(
        self, entry: Mapping[str, Any], field: str, *, code: str, names: Names, tax: str, prorate: bool
    ) -> Discount:
        self.one_of(entry, field, ("percent", "units"))
        percent = self.amount(entry.get("percent"), f"{field}.percent", default="0")
        if percent > 100:
            self.refuse(f"{field}.percent", f"must not be above 100, but is {entry.get('percent')}")
        return Discount(
            code=code,
            names=names,
            tax=tax,
            percent=percent if percent <= 100 else Fraction(0),
            units=self.amount(entry.get("units"), f"{field}.units", default="0"),
            of=self.texts(entry.get("of"), f"{field}.of"),
            prorate=prorate,
        )

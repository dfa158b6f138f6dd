"""A tariff as JSON or YAML: read into terms with every problem named by its field, and written back in one canonical
form.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from billing.document_fields import FieldReader, TermsError
from billing.money import exact_text
from billing.rounding import DurationRule
from billing.terms import (
    BASIS_BY_NAME,
    UNTAXED,
    Channel,
    ComponentKind,
    Counts,
    Direction,
    Fee,
    Matcher,
    Minimum,
    Names,
    PriceComponent,
    Rate,
    TariffTerms,
    TaxCategory,
    TimeClass,
)

MINUTE_MS = 60_000
SECOND_MS = 1000
ROUNDING_BY_NAME = {
    "none": DurationRule(),
    "6s": DurationRule(first_ms=6000, step_ms=6000),
    "60s": DurationRule(first_ms=60_000, step_ms=60_000),
}
TAX_LETTERS = ("S", "Z", "E", "AE", "K", "G", "O", "L", "M")
KEYS_BY_KIND = {
    ComponentKind.PER_MINUTE: {"match", "basis", "rounding", "rate_per_minute", "included_minutes", "prorate"},
    ComponentKind.PER_CONTACT: {"match", "rate_per_contact", "included_contacts", "prorate"},
    ComponentKind.MINIMUM: {"amount", "counts", "prorate"},
    ComponentKind.SET_UP: {"amount"},
    ComponentKind.RECURRING: {"amount", "prorate"},
    ComponentKind.CREDIT: {"amount", "prorate"},
}
MOST_COMPONENTS = 200


def parse_terms(*, document: object) -> TariffTerms:
    """Return the terms a document states; TermsError naming every field at fault where it states none."""
    reader = _TermsReader()
    terms = reader.terms(document)
    if reader.problems:
        raise TermsError(problems=reader.problems)
    return terms


class _TermsReader(FieldReader):
    def terms(self, document: object) -> TariffTerms:
        top = self.mapping(document, "document")
        self.only(top, "", {"name", "currency", "taxes", "components"})
        currency = self.text(top.get("currency"), "currency")
        if currency and not re.fullmatch(r"[A-Z]{3}", currency):
            self.refuse("currency", f"must be three capital letters (ISO 4217), not {currency!r}")
        taxes = self.taxes(top.get("taxes"))
        rates: list[Rate] = []
        fees: list[Fee] = []
        minimums: list[Minimum] = []
        codes: set[str] = set()
        components = self.sequence(top.get("components", []), "components")
        if len(components) > MOST_COMPONENTS:
            self.refuse("components", f"are {len(components)}; at most {MOST_COMPONENTS} are taken")
        for index, item in enumerate(components[:MOST_COMPONENTS]):
            field = f"components[{index}]"
            component = self.component(self.mapping(item, field), field, taxes)
            if component.code and component.code in codes:
                self.refuse(f"{field}.code", f"{component.code!r} is used twice")
            codes.add(component.code)
            match component:
                case Rate():
                    rates.append(component)
                case Fee():
                    fees.append(component)
                case Minimum():
                    if minimums:
                        self.refuse(field, "is a second minimum; a tariff has one")
                    minimums.append(component)
        return TariffTerms(
            name=self.text(top.get("name"), "name"),
            currency=currency,
            rates=tuple(rates),
            fees=tuple(fees),
            minimum=minimums[0] if minimums else None,
            taxes=taxes,
        )

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
            if category.code in {known.code for known in categories}:
                self.refuse(f"{field}.code", f"{category.code!r} is used twice")
            categories.append(category)
        return tuple(categories) or (UNTAXED,)

    def component(self, entry: Mapping[str, Any], field: str, taxes: tuple[TaxCategory, ...]) -> PriceComponent:
        kind = self.choice(entry.get("kind"), f"{field}.kind", list(ComponentKind))
        self.only(entry, field, {"code", "kind", "name", "tax"} | KEYS_BY_KIND[kind])
        code = self.text(entry.get("code"), f"{field}.code")
        names = self.names(entry.get("name", code), f"{field}.name")
        tax = entry.get("tax", taxes[0].code)
        if tax not in {category.code for category in taxes}:
            self.refuse(f"{field}.tax", f"{tax!r} is not one of the taxes of this tariff")
        prorate = self.flag(entry.get("prorate", True), f"{field}.prorate")
        if kind in (ComponentKind.PER_MINUTE, ComponentKind.PER_CONTACT):
            return self.rate(entry, field, kind=kind, code=code, names=names, tax=str(tax), prorate=prorate)
        amount = self.amount(entry.get("amount"), f"{field}.amount")
        if kind is ComponentKind.MINIMUM:
            counts = self.choice(entry.get("counts", "usage"), f"{field}.counts", list(Counts))
            return Minimum(code=code, names=names, amount=amount, tax=str(tax), counts=counts, prorate=prorate)
        return Fee(code=code, names=names, kind=kind, amount=amount, tax=str(tax), prorate=prorate)

    def rate(
        self,
        entry: Mapping[str, Any],
        field: str,
        *,
        kind: ComponentKind,
        code: str,
        names: Names,
        tax: str,
        prorate: bool,
    ) -> Rate:
        match = self.matcher(entry.get("match", {}), f"{field}.match")
        if kind is ComponentKind.PER_CONTACT:
            return Rate(
                code=code,
                names=names,
                kind=kind,
                price=self.amount(entry.get("rate_per_contact"), f"{field}.rate_per_contact"),
                tax=tax,
                match=match,
                included=Fraction(self.whole(entry.get("included_contacts"), f"{field}.included_contacts")),
                prorate=prorate,
            )
        basis_name, basis = self.basis(entry.get("basis", "all_work"), f"{field}.basis")
        return Rate(
            code=code,
            names=names,
            kind=kind,
            price=self.amount(entry.get("rate_per_minute"), f"{field}.rate_per_minute"),
            tax=tax,
            match=match,
            basis_name=basis_name,
            basis=basis,
            rounding=self.rounding(entry.get("rounding", "none"), f"{field}.rounding"),
            included=self.amount(entry.get("included_minutes"), f"{field}.included_minutes", default="0") * MINUTE_MS,
            prorate=prorate,
        )

    def names(self, value: object, field: str) -> Names:
        if isinstance(value, Mapping):
            texts = {key: self.text(text, f"{field}.{key}") for key, text in self.mapping(value, field).items()}
            if not texts:
                self.refuse(field, "names no language")
            return Names(by_language=texts or {"": ""})
        return Names(by_language={"": self.text(value, field)})

    def matcher(self, value: object, field: str) -> Matcher:
        entry = self.mapping(value, field)
        self.only(entry, field, {"channel", "direction"})
        return Matcher(
            channels=self.choices(entry.get("channel"), f"{field}.channel", list(Channel)),
            directions=self.choices(entry.get("direction"), f"{field}.direction", list(Direction)),
        )

    def basis(self, value: object, field: str) -> tuple[str, frozenset[TimeClass]]:
        if isinstance(value, list):
            classes = self.choices(value, field, list(TimeClass))
            if not classes:
                self.refuse(field, "names no class of time")
            return "+".join(time_class for time_class in TimeClass if time_class in classes), classes
        name = self.choice(value, field, list(BASIS_BY_NAME))
        return name, BASIS_BY_NAME[name]

    def rounding(self, value: object, field: str) -> DurationRule:
        if isinstance(value, str):
            return ROUNDING_BY_NAME[self.choice(value, field, list(ROUNDING_BY_NAME))]
        entry = self.mapping(value, field)
        self.only(entry, field, {"first_s", "step_s", "grace_s"})
        rule = DurationRule(
            first_ms=self.milliseconds(entry.get("first_s"), f"{field}.first_s"),
            step_ms=self.milliseconds(entry.get("step_s"), f"{field}.step_s"),
            grace_ms=self.milliseconds(entry.get("grace_s"), f"{field}.grace_s"),
        )
        if rule.first_ms and not rule.step_ms:
            self.refuse(f"{field}.step_s", "is needed beside first_s")
        return rule

    def milliseconds(self, value: object, field: str) -> int:
        exact = self.amount(value, field, default="0") * SECOND_MS
        if exact.denominator != 1:
            self.refuse(field, f"must be whole milliseconds, not {value} s")
        if exact > 86_400_000:
            self.refuse(field, f"must not be longer than a day, but is {value} s")
        return int(exact)


def terms_document(*, terms: TariffTerms) -> dict[str, Any]:
    """Write terms in the canonical form: amounts as decimal strings, all defaults spelt out. parse_terms reads it back
    to equal terms.
    """
    components = [
        *(_rate_document(rate) for rate in terms.rates),
        *(_fee_document(fee) for fee in terms.fees),
        *([] if terms.minimum is None else [_minimum_document(terms.minimum)]),
    ]
    return {
        "name": terms.name,
        "currency": terms.currency,
        "taxes": [
            {"code": tax.code, "percent": exact_text(value=tax.percent), "category": tax.letter} for tax in terms.taxes
        ],
        "components": components,
    }


def _named(component: PriceComponent, kind: ComponentKind) -> dict[str, Any]:
    by_language = component.names.by_language
    name = by_language[""] if set(by_language) == {""} else dict(by_language)
    return {"code": component.code, "kind": str(kind), "name": name, "tax": component.tax}


def _rate_document(rate: Rate) -> dict[str, Any]:
    match = {
        "channel": [str(channel) for channel in Channel if channel in rate.match.channels],
        "direction": [str(direction) for direction in Direction if direction in rate.match.directions],
    }
    written = {
        **_named(rate, rate.kind),
        "match": {key: value for key, value in match.items() if value},
        "prorate": rate.prorate,
    }
    if rate.kind is ComponentKind.PER_CONTACT:
        return {**written, "rate_per_contact": exact_text(value=rate.price), "included_contacts": int(rate.included)}
    return {
        **written,
        "basis": rate.basis_name
        if rate.basis_name in BASIS_BY_NAME
        else [str(time_class) for time_class in TimeClass if time_class in rate.basis],
        "rounding": _rounding_document(rate.rounding),
        "rate_per_minute": exact_text(value=rate.price),
        "included_minutes": exact_text(value=rate.included / MINUTE_MS),
    }


def _rounding_document(rule: DurationRule) -> object:
    for name, known in ROUNDING_BY_NAME.items():
        if known == rule:
            return name
    return {
        key: exact_text(value=Fraction(value, SECOND_MS))
        for key, value in (("first_s", rule.first_ms), ("step_s", rule.step_ms), ("grace_s", rule.grace_ms))
    }


def _fee_document(fee: Fee) -> dict[str, Any]:
    written = {**_named(fee, fee.kind), "amount": exact_text(value=fee.amount)}
    return written if fee.kind is ComponentKind.SET_UP else {**written, "prorate": fee.prorate}


def _minimum_document(minimum: Minimum) -> dict[str, Any]:
    return {
        **_named(minimum, ComponentKind.MINIMUM),
        "amount": exact_text(value=minimum.amount),
        "counts": str(minimum.counts),
        "prorate": minimum.prorate,
    }

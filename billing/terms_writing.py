"""Terms written in their canonical form: amounts as decimal strings, newer fields only where they say something.

parse_terms reads it back to equal terms.
"""

from datetime import time
from enum import StrEnum
from fractions import Fraction
from typing import Any

from billing.matching import Channel, Direction, Matcher, TimeBand, Weekday
from billing.money import exact_text
from billing.rate_document import ROUNDING_BY_NAME, SECOND_MS
from billing.rounding import DurationRule, TimeRule
from billing.terms import (
    BASIS_BY_NAME,
    RECURRING_KINDS,
    Bucket,
    Cap,
    ComponentKind,
    Cycle,
    Discount,
    Fee,
    Minimum,
    MinimumVolume,
    PriceComponent,
    Rate,
    Surcharge,
    TariffTerms,
    TaxCategory,
    TimeClass,
    Timing,
)
from billing.tiers import Tiers


def terms_document(*, terms: TariffTerms) -> dict[str, Any]:
    """Write terms in the canonical form."""
    return {
        "name": terms.name,
        "currency": terms.currency,
        **({} if terms.cycle is Cycle.MONTH else {"cycle": terms.cycle.value}),
        **({"holidays": list(terms.holidays)} if terms.holidays else {}),
        "taxes": [tax_document(category=category) for category in terms.taxes],
        "components": [component_document(component=component) for component in terms.components],
    }


def tax_document(*, category: TaxCategory) -> dict[str, str]:
    """Write a tax category in the canonical form."""
    return {"code": category.code, "percent": exact_text(value=category.percent), "category": category.letter}


def component_document(*, component: PriceComponent) -> dict[str, Any]:
    """Write one component in the canonical form."""
    match component:
        case Rate():
            return _rate(component)
        case Fee():
            return _fee(component)
        case Minimum():
            written: dict[str, Any] = {"amount": exact_text(value=component.amount), "counts": str(component.counts)}
            return {**_named(component, ComponentKind.MINIMUM), **written, "prorate": component.prorate}
        case Cap():
            amount = {"amount": exact_text(value=component.amount)}
            return {**_named(component, ComponentKind.CAP), **amount, "prorate": component.prorate}
        case MinimumVolume():
            written = {"of": component.of, "units": exact_text(value=component.units), "prorate": component.prorate}
            return {**_named(component, ComponentKind.MINIMUM_VOLUME), **written}
        case Surcharge():
            key, value = (
                ("amount_per_contact", component.amount) if component.amount else ("percent", component.percent)
            )
            return {
                **_named(component, ComponentKind.SURCHARGE),
                key: exact_text(value=value),
                "match": _matcher(component.match),
                **({"of": sorted(component.of)} if component.of else {}),
            }
        case Discount():
            key, value = ("units", component.units) if component.units else ("percent", component.percent)
            return {
                **_named(component, ComponentKind.DISCOUNT),
                key: exact_text(value=value),
                **({"of": sorted(component.of)} if component.of else {}),
                "prorate": component.prorate,
            }


def _named(component: PriceComponent, kind: ComponentKind) -> dict[str, Any]:
    by_language = component.names.by_language
    name = by_language[""] if set(by_language) == {""} else dict(by_language)
    return {"code": component.code, "kind": str(kind), "name": name, "tax": component.tax}


def _fee(fee: Fee) -> dict[str, Any]:
    written = {**_named(fee, fee.kind), "amount": exact_text(value=fee.amount)}
    if fee.kind in RECURRING_KINDS | {ComponentKind.CREDIT}:
        written["prorate"] = fee.prorate
    if fee.quantity != 1:
        written["quantity"] = exact_text(value=fee.quantity)
    if fee.timing is not Timing.ARREARS:
        written["timing"] = fee.timing.value
    return written


def _rate(rate: Rate) -> dict[str, Any]:
    quantity = rate.quantity
    written = {**_named(rate, rate.kind), "match": _matcher(rate.match), "prorate": rate.prorate}
    if quantity.is_time:
        written["basis"] = rate.basis_name if rate.basis_name in BASIS_BY_NAME else _chosen(TimeClass, rate.basis)
        written["rounding"] = _rounding(rate.rounding)
    if rate.tiers is not None:
        written["tiers"] = _tiers(rate.tiers)
    elif rate.stages:
        written["stages"] = [
            {
                "from_s": _seconds(stage.from_ms),
                f"rate_per_{quantity.word}": exact_text(value=stage.price),
                "step_s": _seconds(stage.step_ms),
            }
            for stage in rate.stages
        ]
    else:
        written[f"rate_per_{quantity.word}"] = exact_text(value=rate.price)
    included = rate.included / quantity.scale
    written[f"included_{quantity.word}s"] = exact_text(value=included) if quantity.is_time else int(included)
    if rate.bucket is not Bucket.CYCLE:
        written["included_for"] = rate.bucket.value
    if rate.connect_fee:
        written["connect_fee"] = exact_text(value=rate.connect_fee)
    if rate.cap_per_contact is not None:
        written["cap_per_contact"] = exact_text(value=rate.cap_per_contact)
    if rate.wrap is not None:
        fields = (("most_s", rate.wrap.most_ms), ("fixed_s", rate.wrap.fixed_ms))
        written["wrap"] = {key: _seconds(value) for key, value in fields if value is not None}
    if rate.grace_contacts is not None:
        written["grace_contacts"] = rate.grace_contacts
    if rate.is_beside:
        written["beside"] = True
    return written


def _chosen(choices: type[StrEnum], chosen: frozenset[Any]) -> list[str]:
    return [choice.value for choice in choices if choice in chosen]


def _matcher(match: Matcher) -> dict[str, Any]:
    written: dict[str, Any] = {
        "channel": _chosen(Channel, match.channels),
        "direction": _chosen(Direction, match.directions),
        "language": sorted(match.languages),
        "queue": sorted(match.queues),
        "campaign": sorted(match.campaigns),
        "time": [_band(band) for band in match.bands],
    }
    return {
        **{key: value for key, value in written.items() if value},
        **({} if match.is_holiday is None else {"holiday": match.is_holiday}),
        **({"weight": match.weight} if match.weight else {}),
    }


def _band(band: TimeBand) -> dict[str, Any]:
    days = {"days": _chosen(Weekday, band.days)} if band.days else {}
    return {**days, "from": f"{band.since:%H:%M}", "to": "24:00" if band.until == time(0) else f"{band.until:%H:%M}"}


def _seconds(milliseconds: int) -> str:
    return exact_text(value=Fraction(milliseconds, SECOND_MS))


def _rounding(rule: DurationRule) -> object:
    for name, known in ROUNDING_BY_NAME.items():
        if known == rule:
            return name
    return {
        **{
            key: _seconds(value)
            for key, value in (("first_s", rule.first_ms), ("step_s", rule.step_ms), ("grace_s", rule.grace_ms))
        },
        **({"least_s": _seconds(rule.least_ms)} if rule.least_ms else {}),
        **({} if rule.rule is TimeRule.UP else {"rule": rule.rule.value}),
    }


def _tiers(tiers: Tiers) -> dict[str, Any]:
    return {
        "mode": tiers.mode.value,
        "steps": [
            {
                **({} if tier.up_to is None else {"up_to": exact_text(value=tier.up_to)}),
                "price": exact_text(value=tier.price),
                **({"flat": exact_text(value=tier.flat)} if tier.flat else {}),
                **({} if tier.block is None else {"block": exact_text(value=tier.block)}),
            }
            for tier in tiers.steps
        ],
    }

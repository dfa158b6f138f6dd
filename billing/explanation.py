"""Why a line or a contact costs what it costs, as JSON values: every input, every rule by name, every step with its
exact result.

All times are whole milliseconds, amounts are decimal strings; an exact amount that no decimal can hold is written
"n/d". Nothing here computes a price: it retells what pricing decided.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from billing.bill import Bill, Line, PricedContact
from billing.money import exact_text
from billing.proration import agreed_share, is_prorated
from billing.rating import RatedContact, UsageTotals
from billing.terms import (
    WORK_CLASSES,
    Cap,
    Discount,
    Fee,
    Minimum,
    MinimumVolume,
    Rate,
    Surcharge,
    TimeClass,
)


def seconds_text(*, milliseconds: int) -> str:
    """Write milliseconds as seconds without losing any: 90000 gives 90, 1500 gives 1.5."""
    whole, rest = divmod(milliseconds, 1000)
    return str(whole) if rest == 0 else f"{whole}.{rest:03d}".rstrip("0")


def explain_line(*, line: Line) -> dict[str, Any]:
    """Return the explanation of a line; for a usage line raw - waived + rounding = billed, billed - included = charged,
    and charged x rate = exact unless connects, tiers, stages or a cap say otherwise.
    """
    told: dict[str, Any] = {
        "kind": str(line.kind),
        "component": line.component.code,
        "exact": exact_text(value=line.exact),
        "amount": str(line.amount),
        "money_rounding": "half_up",
        "digits": line.digits,
        "share_of_period": exact_text(value=line.segment.share),
    }
    counted = {"counted": str(line.money(units=line.counted_units))}
    match line.component:
        case Rate() if line.usage is not None:
            return told | _explain_usage(rate=line.component, line=line)
        case Surcharge():
            price = (
                {"percent": exact_text(value=line.component.percent)}
                if line.component.percent
                else {"amount_per_contact": exact_text(value=line.component.amount)}
            )
            return told | price | {"contacts": len(line.contacts), "of": sorted(line.component.of), "prorated": False}
        case Discount():
            percent = exact_text(value=line.component.percent)
            return told | counted | {"percent": percent, "of": sorted(line.component.of), "prorated": False}
        case Cap():
            cap = exact_text(value=line.component.amount)
            return told | counted | {"cap": cap, "prorated": line.component.prorate}
        case MinimumVolume():
            return told | {
                "committed_units": exact_text(value=line.component.units),
                "missing_units": exact_text(value=line.quantity),
                "of": [line.component.of],
                "prorated": line.component.prorate,
            }
        case Minimum():
            return (
                told
                | counted
                | {
                    "commitment": exact_text(value=line.component.amount),
                    "prorated": line.component.prorate,
                    "counts": str(line.component.counts),
                }
            )
        case Fee():
            told |= {"fee": exact_text(value=line.component.amount), "prorated": is_prorated(fee=line.component)}
            if line.quantity != 1:
                told["quantity"] = exact_text(value=line.quantity)
            if line.agreed is not None:
                share = agreed_share(agreed=line.agreed, segment=line.segment)
                told |= {"add_on": line.agreed.add_on_id, "reference": line.agreed.fee.code, **line.agreed.facts}
                told["share_of_period"] = exact_text(value=share)
            if line.is_ahead:
                told["in_advance"] = True
            if line.paid_ahead_units:
                told["paid_ahead"] = str(line.money(units=line.paid_ahead_units))
    return told


def _explain_usage(*, rate: Rate, line: Line) -> dict[str, Any]:
    totals = line.totals or UsageTotals()
    told: dict[str, Any] = {
        **_rate_facts(rate),
        "channels": sorted(rate.match.channels),
        "directions": sorted(rate.match.directions),
        "contacts": totals.contacts,
        "allowance": line.usage.allowance if line.usage else 0,
        "prorated": rate.prorate and rate.included > 0,
        **{name: getattr(totals, name) for name in ("raw", "waived", "rounding", "billed", "included", "charged")},
    }
    if rate.quantity.is_time:
        told["rounding_percent"] = _percent(part=totals.rounding, whole=totals.raw)
        if line.contacts or not totals.contacts:
            recorded = [contact.rated.usage for contact in line.contacts]
            told["raw_ms_by_class"] = told_classes(
                by_class={name.value: sum(map(attrgetter(f"{name}_ms"), recorded)) for name in TimeClass}
            )
    if rate.connect_fee:
        told["connects"] = totals.connects
    if line.usage and line.usage.drawn:
        told["prepaid"] = dict(line.usage.drawn)
    return told


def _rate_facts(rate: Rate) -> dict[str, Any]:
    """What a rate charges, and by which rules."""
    quantity = rate.quantity
    told: dict[str, Any] = {
        "unit": quantity.unit,
        "rate": exact_text(value=rate.price),
        "rate_per": quantity.word,
    }
    if quantity.is_time:
        told |= {"basis": rate.basis_name, "time_rounding": rate.rounding.name}
    if rate.connect_fee:
        told["connect_fee"] = exact_text(value=rate.connect_fee)
    if rate.cap_per_contact is not None:
        told["cap_per_contact"] = exact_text(value=rate.cap_per_contact)
    if rate.wrap is not None:
        told["wrap"] = {
            key: seconds_text(milliseconds=value)
            for key, value in (("most_s", rate.wrap.most_ms), ("fixed_s", rate.wrap.fixed_ms))
            if value is not None
        }
    if rate.tiers is not None:
        told["tiers"] = {
            "mode": rate.tiers.mode.value,
            "steps": [
                {
                    "up_to": None if tier.up_to is None else exact_text(value=tier.up_to),
                    "price": exact_text(value=tier.price),
                    "flat": exact_text(value=tier.flat),
                    "block": None if tier.block is None else exact_text(value=tier.block),
                }
                for tier in rate.tiers.steps
            ],
        }
    if rate.stages:
        told["stages"] = [
            {
                "from_s": seconds_text(milliseconds=stage.from_ms),
                "rate": exact_text(value=stage.price),
                "step_s": seconds_text(milliseconds=stage.step_ms),
            }
            for stage in rate.stages
        ]
    return told


def told_classes(*, by_class: Mapping[str, int]) -> dict[str, int]:
    """Return an operator's work in full, and other classes of time where there is any."""
    return {name: value for name, value in by_class.items() if name in _WORK or value}


CONTACT_RULES = ("basis", "time_rounding", "connect_fee", "cap_per_contact", "wrap", "tiers", "stages")
"""What of a line's explanation is repeated with each of its contacts."""
_WORK = frozenset(time_class.value for time_class in WORK_CLASSES)


def _percent(*, part: int, whole: int) -> str | None:
    """The part as a percentage of the whole with one digit, cut not rounded; None where there is no whole."""
    if whole == 0:
        return None
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10}"


def explain_contact(*, line: Line, contact: PricedContact) -> dict[str, Any]:
    """Return the explanation of one contact on a line, to the millisecond; where time bands split it, slice by
    slice.
    """
    told = {"exact": exact_text(value=contact.exact), "amount": str(line.money(units=contact.units))}
    if isinstance(line.component, Rate):
        return explain_rated(rate=line.component, rated=contact.rated) | told
    if isinstance(line.component, Surcharge):
        return {"component": line.component.code, **told}
    raise TypeError(f"only usage and surcharge lines have contacts, not {line.kind}")


def explain_rated(*, rate: Rate, rated: RatedContact) -> dict[str, Any]:
    """Return how one contact's units came about under a rate."""
    facts = _rate_facts(rate)
    told: dict[str, Any] = {
        "component": rate.code,
        **{name: facts[name] for name in ("unit", "rate", "rate_per")},
        "raw_ms_by_class": told_classes(
            by_class={name.value: value for name, value in rated.usage.ms_by_class().items()}
        ),
        "raw": rated.raw,
        "waived": rated.waived,
        "rounding": rated.rounding,
        "billed": rated.billed,
        "included": rated.included,
        "charged": rated.charged,
        **{name: facts[name] for name in CONTACT_RULES if name in facts},
    }
    if rate.quantity.is_time:
        told["billed_s"] = seconds_text(milliseconds=rated.billed)
    if rate.connect_fee:
        told["connects"] = bool(rated.billed and rated.connects)
    if rated.slices:
        told["slices"] = [
            {
                "started_at": piece.started_at.isoformat(),
                "ended_at": piece.ended_at.isoformat(),
                "raw": piece.raw,
                "billed": piece.billed,
            }
            for piece in rated.slices
        ]
    return told


def bill_document(*, bill: Bill, language: str = "en") -> dict[str, Any]:
    """Return a bill as JSON values: lines with their explanations, tax categories, totals, contacts that no rate
    fits.
    """
    return {
        "currency": bill.currency,
        "lines": [
            {
                "position": position,
                "kind": str(line.kind),
                "code": line.component.code,
                "name": line.names.text(language=language),
                "segment": line.segment.key,
                "tax": line.tax.code,
                "amount": str(line.amount),
                "explanation": explain_line(line=line),
            }
            for position, line in enumerate(bill.lines, start=1)
        ],
        "taxes": [
            {
                "code": tax.category.code,
                "category": tax.category.letter,
                "percent": exact_text(value=tax.category.percent),
                "base": str(bill.money(units=tax.base_units)),
                "amount": str(bill.money(units=tax.units)),
            }
            for tax in bill.taxes
        ],
        "net": str(bill.money(units=bill.net_units)),
        "tax": str(bill.money(units=bill.tax_units)),
        "total": str(bill.money(units=bill.total_units)),
        "unpriced": len(bill.unpriced),
    }

"""Why a line or a contact costs what it costs, as JSON values: every input, every rule by name, every step with its
exact result.

All times are whole milliseconds, amounts are decimal strings; an exact amount that no decimal can hold is written
"n/d". Nothing here computes a price: it retells what pricing decided.
"""

from operator import attrgetter
from typing import Any

from billing.money import exact_text
from billing.pricing import Bill, Line, LineKind, PricedContact
from billing.rating import RatedContact
from billing.terms import ComponentKind, Minimum, Rate, TimeClass

UNIT_BY_KIND = {ComponentKind.PER_MINUTE: "ms", ComponentKind.PER_CONTACT: "contact"}


def seconds_text(*, milliseconds: int) -> str:
    """Write milliseconds as seconds without losing any: 90000 gives 90, 1500 gives 1.5."""
    whole, rest = divmod(milliseconds, 1000)
    return str(whole) if rest == 0 else f"{whole}.{rest:03d}".rstrip("0")


def explain_line(*, line: Line) -> dict[str, Any]:
    """Return the explanation of a line; for a usage line raw - waived + rounding = billed, billed - included = charged,
    charged x rate = exact.
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
    if isinstance(line.component, Rate) and line.usage is not None:
        told |= _explain_usage(rate=line.component, line=line)
    elif isinstance(line.component, Minimum):
        told |= {
            "commitment": exact_text(value=line.component.amount),
            "prorated": line.component.prorate,
            "counts": str(line.component.counts),
            "counted": str(line.money(units=line.counted_units)),
        }
    elif not isinstance(line.component, Rate):
        told |= {
            "fee": exact_text(value=line.component.amount),
            "prorated": line.component.prorate and line.kind is not LineKind.SET_UP,
        }
    return told


def _explain_usage(*, rate: Rate, line: Line) -> dict[str, Any]:
    contacts = [contact.rated for contact in line.contacts]
    totals = {
        name: sum(map(attrgetter(name), contacts))
        for name in ("raw", "waived", "rounding", "billed", "included", "charged")
    }
    told: dict[str, Any] = {
        "unit": UNIT_BY_KIND[rate.kind],
        "rate": exact_text(value=rate.price),
        "rate_per": "minute" if rate.kind is ComponentKind.PER_MINUTE else "contact",
        "channels": sorted(rate.match.channels),
        "directions": sorted(rate.match.directions),
        "contacts": len(contacts),
        "allowance": line.usage.allowance if line.usage else 0,
        "prorated": rate.prorate and rate.included > 0,
        **totals,
    }
    if rate.kind is ComponentKind.PER_MINUTE:
        by_class = {
            time_class.value: sum(map(attrgetter(f"usage.{time_class}_ms"), contacts)) for time_class in TimeClass
        }
        told |= {
            "basis": rate.basis_name,
            "time_rounding": rate.rounding.name,
            "raw_ms_by_class": by_class,
            "rounding_percent": _percent(part=totals["rounding"], whole=totals["raw"]),
        }
    return told


def _percent(*, part: int, whole: int) -> str | None:
    """The part as a percentage of the whole with one digit, cut not rounded; None where there is no whole."""
    if whole == 0:
        return None
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10}"


def explain_contact(*, line: Line, contact: PricedContact) -> dict[str, Any]:
    """Return the explanation of one contact on a usage line, to the millisecond."""
    if not isinstance(line.component, Rate):
        raise TypeError(f"only usage lines have contacts, not {line.kind}")
    return explain_rated(rate=line.component, rated=contact.rated) | {
        "exact": exact_text(value=contact.exact),
        "amount": str(line.money(units=contact.units)),
    }


def explain_rated(*, rate: Rate, rated: RatedContact) -> dict[str, Any]:
    """Return how one contact's units came about under a rate."""
    told: dict[str, Any] = {
        "component": rate.code,
        "unit": UNIT_BY_KIND[rate.kind],
        "rate": exact_text(value=rate.price),
        "rate_per": "minute" if rate.kind is ComponentKind.PER_MINUTE else "contact",
        "raw_ms_by_class": {
            time_class.value: milliseconds for time_class, milliseconds in rated.usage.ms_by_class().items()
        },
        "raw": rated.raw,
        "waived": rated.waived,
        "rounding": rated.rounding,
        "billed": rated.billed,
        "included": rated.included,
        "charged": rated.charged,
    }
    if rate.kind is ComponentKind.PER_MINUTE:
        told |= {
            "basis": rate.basis_name,
            "time_rounding": rate.rounding.name,
            "billed_s": seconds_text(milliseconds=rated.billed),
        }
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

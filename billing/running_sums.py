"""Running sums of usage by rate, and the bill they give: what a month costs so far without reading its contacts. Pure.

A contact is rated by the one engine when it is collected, and added to its rate's sums; price_totals makes the bill of
the sums, which is the bill of the contacts to the last unit wherever lines depend on sums alone (is_summable).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from billing.bill import Bill, Segment
from billing.explanation import bill_document, told_classes
from billing.pricing import price_totals
from billing.rating import UsageTotals, rate_usage
from billing.terms import Rate, TariffTerms, TimeClass
from billing.usage import FIRST_CLASS, Usage

UNPRICED = ""
"""The code under which contacts that no rate fits are counted."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What the contacts of one rate come to: how many, their units before and after rounding, their time by class."""

    contacts: int = 0
    raw: int = 0
    waived: int = 0
    rounding: int = 0
    billed: int = 0
    connects: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    wrap_ms: int = 0
    focus_ms: int = 0
    open_ms: int = 0
    patched_ms: int = 0
    ivr_ms: int = 0
    idle_ms: int = 0
    operator_ms: int = 0

    def plus(self, other: "Sums", *, sign: int = 1) -> "Sums":
        """Return the sums together, or (sign -1) without the other."""
        return Sums(*(getattr(self, name) + sign * getattr(other, name) for name in SUM_FIELDS))


SUM_FIELDS = tuple(field.name for field in fields(Sums))


def is_summable(*, terms: TariffTerms) -> bool:
    """Say whether every line of a bill under these terms depends on sums alone: nothing is capped or stepped contact by
    contact, no free contacts are counted, and no surcharge picks contacts.
    """
    return not terms.surcharges and not any(
        rate.cap_per_contact is not None or rate.stages or rate.grace_contacts is not None for rate in terms.rates
    )


def sums_of(*, terms: TariffTerms, zone: str, usage: Iterable[Usage]) -> dict[str, Sums]:
    """Return what contacts add to the sums, by the code of the rate; UNPRICED counts those that no rate fits."""
    rating = rate_usage(terms=terms, usage=usage, zone=zone)
    found: dict[str, Sums] = {}
    for rated in rating.rates:
        if rated.contacts:
            totals = rated.totals
            times = [sum(values) for values in zip(*map(_times, rated.contacts), strict=True)]
            found[rated.rate.code] = Sums(
                totals.contacts, totals.raw, totals.waived, totals.rounding, totals.billed, totals.connects, *times
            )
    if rating.unpriced:
        found[UNPRICED] = Sums(contacts=len(rating.unpriced))
    return found


def _times(contact: Any) -> tuple[int, ...]:
    times: tuple[int, ...] = contact.usage[FIRST_CLASS : FIRST_CLASS + len(TimeClass)]
    return times


def bill_of_sums(*, segment: Segment, sums: Mapping[str, Sums]) -> Bill:
    """Return the bill of a period of one segment, whose usage is not looked at, from its sums by code of rate."""
    totals = [_totals(sums.get(rate.code, Sums())) for rate in segment.terms.rates]
    return price_totals(segments=[segment], totals=[totals])


def _totals(sums: Sums) -> UsageTotals:
    return UsageTotals(
        contacts=sums.contacts,
        raw=sums.raw,
        waived=sums.waived,
        rounding=sums.rounding,
        billed=sums.billed,
        connects=sums.connects,
    )


def document_of_sums(*, bill: Bill, sums: Mapping[str, Sums], language: str) -> dict[str, Any]:
    """Return the bill of sums as JSON values, with the times by class and the contacts that no rate fits."""
    document = bill_document(bill=bill, language=language)
    for line, written in zip(bill.lines, document["lines"], strict=True):
        own = sums.get(line.component.code)
        if isinstance(line.component, Rate) and line.component.quantity.is_time and own is not None:
            by_class = {time_class.value: getattr(own, f"{time_class}_ms") for time_class in TimeClass}
            written["explanation"]["raw_ms_by_class"] = told_classes(by_class=by_class)
    document["unpriced"] = sums.get(UNPRICED, Sums()).contacts
    return document

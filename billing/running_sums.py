"""Running sums of usage by rate, and the bill they give: what a month costs so far without reading its contacts. Pure.

A contact is rated by the one engine when it is collected, and added to its rate's sums; price_totals makes the bill of
the sums, which is the bill of the contacts to the last unit wherever lines depend on sums alone (is_summable).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from billing.bill import Bill, Segment
from billing.explanation import bill_document, told_classes
from billing.pricing import price_totals
from billing.rating import UsageTotals, rate_usage
from billing.terms import Rate, TariffTerms, TimeClass
from billing.usage import FIRST_CLASS, Usage
from billing.wallet import Grant

UNPRICED = ""
"""The code under which contacts that no rate fits are counted."""


class Sums(NamedTuple):
    """What the contacts of one rate come to: how many, their units before and after rounding, and their milliseconds by
    class, in the order of TimeClass.
    """

    contacts: int = 0
    raw: int = 0
    waived: int = 0
    rounding: int = 0
    billed: int = 0
    connects: int = 0
    times: tuple[int, ...] = (0,) * len(TimeClass)

    def plus(self, other: "Sums", *, sign: int = 1) -> "Sums":
        """Return the sums together, or (sign -1) without the other."""
        counts = [own + sign * more for own, more in zip(self.counts, other.counts, strict=True)]
        times = tuple(own + sign * more for own, more in zip(self.times, other.times, strict=True))
        return Sums._make((*counts, times))

    @property
    def counts(self) -> tuple[int, ...]:
        """Everything but the times, in the order of COUNT_FIELDS."""
        return tuple(getattr(self, name) for name in COUNT_FIELDS)


COUNT_FIELDS = Sums._fields[:-1]
SUM_FIELDS = Sums._fields


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
            times = tuple(sum(values) for values in zip(*map(_times, rated.contacts), strict=True))
            found[rated.rate.code] = Sums._make((*(getattr(totals, name) for name in COUNT_FIELDS), times))
    if rating.unpriced:
        found[UNPRICED] = Sums(contacts=len(rating.unpriced))
    return found


def _times(contact: Any) -> tuple[int, ...]:
    times: tuple[int, ...] = contact.usage[FIRST_CLASS : FIRST_CLASS + len(TimeClass)]
    return times


def bill_of_sums(*, segment: Segment, sums: Mapping[str, Sums], grants: Sequence[Grant] = ()) -> Bill:
    """Return the bill of a period of one segment, whose usage is not looked at, from its sums by code of rate.

    grants: prepaid units that are valid throughout it.
    """
    totals = [_totals(sums.get(rate.code, Sums())) for rate in segment.terms.rates]
    return price_totals(segments=[segment], totals=[totals], grants=grants)


def _totals(sums: Sums) -> UsageTotals:
    return UsageTotals(**dict(zip(COUNT_FIELDS, sums.counts, strict=True)))


def document_of_sums(*, bill: Bill, sums: Mapping[str, Sums], language: str) -> dict[str, Any]:
    """Return the bill of sums as JSON values, with the times by class and the contacts that no rate fits."""
    document = bill_document(bill=bill, language=language)
    for line, written in zip(bill.lines, document["lines"], strict=True):
        own = sums.get(line.component.code)
        if isinstance(line.component, Rate) and line.component.quantity.is_time and own is not None:
            by_class = {time_class.value: ms for time_class, ms in zip(TimeClass, own.times, strict=True)}
            written["explanation"]["raw_ms_by_class"] = told_classes(by_class=by_class)
    document["unpriced"] = sums.get(UNPRICED, Sums()).contacts
    return document

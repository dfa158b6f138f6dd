"""Step 7: what changes the usage of a period as a whole: surcharges, then percent discounts, then the cap, then volume
and amount minimums. Pure.

What is taken off is shared over the tax categories it was charged in, by largest remainder. Percentages of discounts,
caps and minimums are measured against rounded lines, so that the client can check them against what is printed.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from zoneinfo import ZoneInfo

from billing.bill import Line, LineKind, PricedContact, Segment
from billing.proration import fixed_amount
from billing.rating import RatedContact, Usage
from billing.rounding import allot, allot_exact, allot_shares, round_to_units
from billing.terms import HANDLING, Counts, Discount, Rate, Surcharge
from billing.usage_prices import usage_price


def surcharge_lines(*, segment: Segment, usage: Sequence[Line], digits: int) -> list[Line]:
    """Return the surcharges on usage lines, with the contacts they fall on; one line per tax category they follow."""
    lines: list[Line] = []
    for surcharge in segment.terms.surcharges:
        fits = _fits(surcharge=surcharge, segment=segment)
        by_tax: dict[str, dict[str, tuple[RatedContact, Fraction]]] = {}
        for line in usage:
            if surcharge.of and line.component.code not in surcharge.of:
                continue
            tax = line.component.tax if surcharge.percent else surcharge.tax
            found = by_tax.setdefault(tax, {})
            for contact in line.contacts:
                if not fits(contact.rated.usage):
                    continue
                rated, exact = found.get(contact.rated.usage.id, (contact.rated, Fraction(0)))
                if surcharge.percent:
                    exact += contact.exact * surcharge.percent / 100
                elif _is_handled(line=line, contact=contact):
                    exact = surcharge.amount
                found[contact.rated.usage.id] = rated, exact
        for tax, found in by_tax.items():
            if found:
                lines.append(_surcharge_line(surcharge, segment, list(found.values()), tax=tax, digits=digits))
    return lines


def _fits(*, surcharge: Surcharge, segment: Segment) -> Callable[[Usage], bool]:
    match, zone, holidays = surcharge.match, ZoneInfo(segment.zone), frozenset(segment.terms.holidays)

    def fits(usage: Usage) -> bool:
        return match.fits(
            channel=usage.channel,
            direction=usage.direction,
            language=usage.language,
            queue=usage.queue,
            campaign=usage.campaign,
        ) and (not match.is_timed or match.holds(local=usage.started_at.astimezone(zone), holidays=holidays))

    return fits


def _is_handled(*, line: Line, contact: PricedContact) -> bool:
    return isinstance(line.component, Rate) and line.component.lane == HANDLING and contact.rated.connects


def _surcharge_line(
    surcharge: Surcharge,
    segment: Segment,
    found: Sequence[tuple[RatedContact, Fraction]],
    *,
    tax: str,
    digits: int,
) -> Line:
    exacts = [exact for _, exact in found]
    exact = sum(exacts, Fraction(0))
    units = round_to_units(value=exact, digits=digits)
    parts = allot_exact(total_units=units, shares=exacts, digits=digits)
    contacts = tuple(PricedContact(rated, share, part) for (rated, share), part in zip(found, parts, strict=True))
    return Line(
        LineKind.SURCHARGE,
        surcharge,
        segment,
        exact,
        units,
        digits,
        contacts=contacts,
        tax_code=tax,
        quantity=Fraction(len(contacts)),
    )


def discount_lines(*, segment: Segment, usage: Sequence[Line], surcharges: Sequence[Line], digits: int) -> list[Line]:
    """Return the percent discounts. One for named rates takes off their usage; one for all takes off surcharges too."""
    lines: list[Line] = []
    for discount in segment.terms.discounts:
        if discount.percent:
            named = [line for line in usage if not discount.of or line.component.code in discount.of]
            counted = _by_tax([*named, *([] if discount.of else surcharges)])
            lines += _percent_lines(discount=discount, segment=segment, counted=counted, digits=digits)
    return lines


def _percent_lines(*, discount: Discount, segment: Segment, counted: dict[str, int], digits: int) -> list[Line]:
    # in hundredths of a smallest unit times the percentage's denominator, so that the shares are whole numerators
    shares = [units * discount.percent.numerator for units in counted.values()]
    denominator = 100 * discount.percent.denominator
    total = round_to_units(value=Fraction(sum(shares), denominator), digits=0)
    parts = allot_shares(total_units=total, numerators=shares, denominator=denominator)
    return [
        Line(
            LineKind.DISCOUNT,
            discount,
            segment,
            -Fraction(share, denominator * 10**digits),
            -part,
            digits,
            counted_units=counted[tax],
            tax_code=tax,
        )
        for tax, share, part in zip(counted, shares, parts, strict=True)
        if share
    ]


def cap_lines(*, segment: Segment, counted: Sequence[Line], parts: Mapping[str, int], digits: int) -> list[Line]:
    """Return what takes usage, surcharges and discounts down to the cap; nothing where they stay within it."""
    cap = segment.terms.cap
    if cap is None:
        return []
    by_tax = _by_tax(counted)
    over = sum(by_tax.values()) - parts[cap.code]
    if over <= 0:
        return []
    return [
        Line(
            LineKind.CAP,
            cap,
            segment,
            -Fraction(part, 10**digits),
            -part,
            digits,
            counted_units=sum(by_tax.values()),
            tax_code=tax,
        )
        for tax, part in zip(by_tax, allot(total_units=over, weights=list(by_tax.values())), strict=True)
        if part
    ]


def volume_lines(*, segment: Segment, usage: Sequence[Line], digits: int) -> list[Line]:
    """Return the true-ups of volumes that were committed and not used, at the price those units would have had."""
    lines: list[Line] = []
    for minimum in segment.terms.minimum_volumes:
        line = next(line for line in usage if line.component.code == minimum.of)
        rate = line.component
        assert isinstance(rate, Rate)  # noqa: S101 - reading the document has made sure
        committed = round_to_units(
            value=minimum.units * (segment.share if minimum.prorate else 1) * rate.quantity.scale, digits=0
        )
        charged = line.totals.charged if line.totals is not None else 0
        if charged >= committed:
            continue
        # measured against the rounded line, so that both together print what the whole volume would have cost
        beyond = line.exact - usage_price(rate=rate, charged=charged)
        whole = usage_price(rate=rate, charged=committed) + beyond
        units = max(0, round_to_units(value=whole, digits=digits) - line.units)
        exact = max(Fraction(0), whole - Fraction(line.units, 10**digits))
        lines.append(
            Line(
                LineKind.TRUE_UP,
                minimum,
                segment,
                exact,
                units,
                digits,
                quantity=Fraction(committed - charged, rate.quantity.scale),
                counted_units=line.units,
            )
        )
    return lines


def minimum_lines(
    *,
    segment: Segment,
    usage: Sequence[Line],
    recurring: Sequence[Line],
    parts: Mapping[str, int],
    digits: int,
) -> list[Line]:
    """Return the true-up to the minimum amount. usage: all of it, cap and volume true-ups included."""
    minimum = segment.terms.minimum
    if minimum is None:
        return []
    counted = [*usage, *(recurring if minimum.counts is Counts.USAGE_AND_RECURRING else ())]
    # Measured against the rounded lines, not their exact amounts: then lines plus true-up print exactly the commitment.
    counted_units = sum(line.units for line in counted)
    units = parts[minimum.code] - counted_units
    if units <= 0:
        return []
    return [
        Line(
            LineKind.TRUE_UP,
            minimum,
            segment,
            fixed_amount(component=minimum, segment=segment) - Fraction(counted_units, 10**digits),
            units,
            digits,
            counted_units=counted_units,
        )
    ]


def _by_tax(lines: Sequence[Line]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        code = line.tax_code or line.component.tax
        found[code] = found.get(code, 0) + line.units
    return found

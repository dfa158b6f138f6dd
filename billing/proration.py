"""Fixed amounts of a period over its segments: the parts of a fee, cap or minimum, in smallest units, sum to the whole
of it, rounded once. Pure.
"""

from collections.abc import Sequence
from fractions import Fraction

from billing.bill import AgreedFee, Segment
from billing.rounding import allot_exact, round_to_units
from billing.terms import BOOKED_KINDS, RECURRING_KINDS, Cap, ComponentKind, Fee, Minimum

FixedComponent = Fee | Cap | Minimum


def fixed_parts(*, segments: Sequence[Segment], digits: int) -> list[dict[str, int]]:
    """Return, for each segment, the smallest units of its fees, cap and minimum by code; a credit is not negative here.

    The exact parts of one code are rounded as a whole and shared by largest remainder: each within one unit of its
    exact part, and of one segment simply rounded half up.
    """
    exacts: dict[tuple[str, str], list[tuple[int, Fraction]]] = {}
    for index, segment in enumerate(segments):
        for component in segment.terms.components:
            if isinstance(component, Fee | Cap | Minimum):
                key = (type(component).__name__, component.code)
                exacts.setdefault(key, []).append((index, fixed_amount(component=component, segment=segment)))
        for agreed in segment.agreed:
            key = (type(agreed).__name__, agreed.fee.code)
            exacts.setdefault(key, []).append((index, agreed_amount(agreed=agreed, segment=segment)))
    parts: list[dict[str, int]] = [{} for _ in segments]
    for (_, code), found in exacts.items():
        shares = [exact for _, exact in found]
        total = round_to_units(value=sum(shares, Fraction(0)), digits=digits)
        units = allot_exact(total_units=total, shares=shares, digits=digits)
        for (index, _), part in zip(found, units, strict=True):
            parts[index][code] = part
    return parts


def fixed_amount(*, component: FixedComponent, segment: Segment) -> Fraction:
    """Return the exact amount of a component in a segment, prorated where it is; 0 where nothing is charged."""
    if isinstance(component, Fee):
        quantity = fee_quantity(fee=component, segment=segment)
        return component.amount * quantity * (segment.share if is_prorated(fee=component) else 1)
    return component.amount * (segment.share if component.prorate else 1)


def agreed_amount(*, agreed: AgreedFee, segment: Segment) -> Fraction:
    """Return the exact amount of an agreed fee in a segment, prorated where it is by its share of the period's days."""
    return agreed.fee.amount * agreed.fee.quantity * agreed_share(agreed=agreed, segment=segment)


def agreed_share(*, agreed: AgreedFee, segment: Segment) -> Fraction:
    """Return the part of the period's days that an agreed fee has in a segment; 1 where it is not prorated."""
    if not is_prorated(fee=agreed.fee):
        return Fraction(1)
    if segment.starts_on is None or segment.ends_on is None:
        return segment.share
    starts_on = max(agreed.starts_on, segment.starts_on)
    ends_on = min(agreed.ends_on or segment.ends_on, segment.ends_on)
    days = (segment.ends_on - segment.starts_on).days
    return segment.share * Fraction(max(0, (ends_on - starts_on).days), days)


def fee_quantity(*, fee: Fee, segment: Segment) -> Fraction:
    """Return how many of a fee a segment charges; 0 for a set-up fee of a contract that began before, an add-on that
    nobody booked, a period without holidays.
    """
    if fee.kind is ComponentKind.SET_UP:
        return Fraction(1 if segment.is_first else 0)
    if fee.kind in BOOKED_KINDS:
        return sum(
            (booking.quantity for booking in segment.bookings if booking.code == fee.code and booking.is_approved),
            Fraction(0),
        )
    if fee.kind is ComponentKind.HOLIDAY:
        return Fraction(segment.holiday_count)
    return segment.quantities.get(fee.code, fee.quantity)


def is_prorated(*, fee: Fee) -> bool:
    """Say whether a part of a period charges a part of the fee."""
    return fee.prorate and fee.kind in RECURRING_KINDS | {ComponentKind.CREDIT}

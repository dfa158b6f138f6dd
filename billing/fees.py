"""Fixed fees of a period: set-up, recurring, seats, IVR trees, add-ons, holidays, one-offs, credits; in arrears or in
advance. Pure.
"""

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction

from billing.bill import Line, LineKind, Segment
from billing.matching import on_holiday
from billing.rounding import round_to_units
from billing.terms import BOOKED_KINDS, RECURRING_KINDS, ComponentKind, Fee, Timing

LINE_KIND_BY_FEE = {
    **dict.fromkeys(RECURRING_KINDS, LineKind.RECURRING),
    ComponentKind.SET_UP: LineKind.SET_UP,
    ComponentKind.HOLIDAY: LineKind.HOLIDAY,
    ComponentKind.ONE_OFF: LineKind.ONE_OFF,
    ComponentKind.CREDIT: LineKind.CREDIT,
}


class PaidAhead:
    """What earlier bills charged in advance for a period, by code in smallest units; consumed segment by segment.

    None: whatever is due was paid, unless the contract begins in the period.
    """

    def __init__(self, *, units: Mapping[str, int] | None, begins: bool) -> None:
        self._units = dict(units or {}) if units is not None or begins else None

    def take(self, *, code: str, due: int, is_last: bool) -> int:
        """Return what of a fee due was paid; the last segment takes all that is left, more than due or not."""
        if self._units is None:
            return due
        left = self._units.get(code, 0)
        taken = left if is_last else min(left, due)
        self._units[code] = left - taken
        return taken


def fee_lines(*, segment: Segment, digits: int, paid: PaidAhead, is_last: bool) -> list[Line]:
    """Return the fees of a segment in the tariff's order. A fee charged in advance shows what is due beyond what was
    paid.
    """
    lines: list[Line] = []
    for fee in segment.terms.fees:
        quantity = fee_quantity(fee=fee, segment=segment)
        if quantity is None:
            continue
        exact = _exact(fee=fee, quantity=quantity, share=segment.share)
        units = round_to_units(value=exact, digits=digits)
        taken = 0
        if fee.timing is Timing.ADVANCE:
            taken = paid.take(code=fee.code, due=units, is_last=is_last)
            if units == taken:
                continue
        lines.append(
            Line(
                LINE_KIND_BY_FEE[fee.kind],
                fee,
                segment,
                exact - Fraction(taken, 10**digits),
                units - taken,
                digits,
                quantity=quantity,
                paid_ahead_units=taken,
            )
        )
    return lines


def fee_lines_ahead(*, segment: Segment, digits: int) -> list[Line]:
    """Return the fees that a segment of the following period charges in advance."""
    lines: list[Line] = []
    for fee in segment.terms.fees:
        quantity = fee_quantity(fee=fee, segment=segment)
        if fee.timing is Timing.ADVANCE and quantity is not None:
            exact = _exact(fee=fee, quantity=quantity, share=segment.share)
            units = round_to_units(value=exact, digits=digits)
            lines.append(Line(LineKind.RECURRING, fee, segment, exact, units, digits, quantity=quantity, is_ahead=True))
    return lines


def fee_quantity(*, fee: Fee, segment: Segment) -> Fraction | None:
    """Return how many of a fee a segment charges; None where it charges none: a set-up fee of a contract that began
    before, an add-on nobody booked, a period without holidays.
    """
    if fee.kind is ComponentKind.SET_UP:
        return Fraction(1) if segment.is_first else None
    if fee.kind in BOOKED_KINDS:
        booked = sum(
            (booking.quantity for booking in segment.bookings if booking.code == fee.code and booking.is_approved),
            Fraction(0),
        )
        return booked or None
    if fee.kind is ComponentKind.HOLIDAY:
        return Fraction(count_holidays(segment=segment)) or None
    return segment.quantities.get(fee.code, fee.quantity)


def count_holidays(*, segment: Segment) -> int:
    """Return how many of the segment's days are holidays of its tariff."""
    if segment.starts_on is None or segment.ends_on is None:
        return 0
    holidays = frozenset(segment.terms.holidays)
    days = (segment.starts_on + timedelta(days=n) for n in range((segment.ends_on - segment.starts_on).days))
    return sum(1 for day in days if on_holiday(day=day, holidays=holidays))


def is_prorated(*, fee: Fee) -> bool:
    """Say whether a part of a period charges a part of the fee."""
    return fee.prorate and fee.kind in RECURRING_KINDS | {ComponentKind.CREDIT}


def _exact(*, fee: Fee, quantity: Fraction, share: Fraction) -> Fraction:
    exact = fee.amount * quantity * (share if is_prorated(fee=fee) else 1)
    return -exact if fee.kind is ComponentKind.CREDIT else exact

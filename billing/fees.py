"""Fixed fees of a period: set-up, recurring, seats, IVR trees, add-ons, holidays, one-offs, credits; in arrears or in
advance. Pure.
"""

from collections.abc import Mapping
from fractions import Fraction

from billing.bill import Line, LineKind, Segment
from billing.proration import agreed_amount, fee_quantity, fixed_amount
from billing.terms import BOOKED_KINDS, RECURRING_KINDS, ComponentKind, Fee, Timing

LINE_KIND_BY_FEE = {
    **dict.fromkeys(RECURRING_KINDS, LineKind.RECURRING),
    ComponentKind.SET_UP: LineKind.SET_UP,
    ComponentKind.HOLIDAY: LineKind.HOLIDAY,
    ComponentKind.ONE_OFF: LineKind.ONE_OFF,
    ComponentKind.CREDIT: LineKind.CREDIT,
}
SHOWN_WHERE_CHARGED = BOOKED_KINDS | {ComponentKind.SET_UP, ComponentKind.HOLIDAY}
"""Fees that leave no line of zero where there was nothing to charge."""


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


def fee_lines(*, segment: Segment, parts: Mapping[str, int], digits: int, paid: PaidAhead, is_last: bool) -> list[Line]:
    """Return the fees of a segment in the tariff's order; parts are their amounts (proration.fixed_parts).

    A fee charged in advance shows what is due beyond what was paid.
    """
    lines: list[Line] = []
    for fee in segment.terms.fees:
        quantity, due = fee_quantity(fee=fee, segment=segment), parts[fee.code]
        if not quantity and fee.kind in SHOWN_WHERE_CHARGED:
            continue
        taken = paid.take(code=fee.code, due=due, is_last=is_last) if fee.timing is Timing.ADVANCE else 0
        if fee.timing is Timing.ADVANCE and due == taken:
            continue
        exact = fixed_amount(component=fee, segment=segment) - Fraction(taken, 10**digits)
        lines.append(_line(fee, segment, exact, due - taken, digits=digits, quantity=quantity, paid_ahead_units=taken))
    return lines


def agreed_lines(*, segment: Segment, parts: Mapping[str, int], digits: int) -> list[Line]:
    """Return the agreed fees of a segment, what both sides approved beside the tariff. No minimum or cap counts it."""
    return [
        Line(
            LINE_KIND_BY_FEE[agreed.fee.kind],
            agreed.fee,
            segment,
            agreed_amount(agreed=agreed, segment=segment),
            parts[agreed.fee.code],
            digits,
            quantity=agreed.fee.quantity,
            agreed=agreed,
        )
        for agreed in segment.agreed
    ]


def fee_lines_ahead(*, segment: Segment, parts: Mapping[str, int], digits: int) -> list[Line]:
    """Return the fees that a segment of the following period charges in advance."""
    lines: list[Line] = []
    for fee in segment.terms.fees:
        quantity = fee_quantity(fee=fee, segment=segment)
        if fee.timing is Timing.ADVANCE and quantity:
            exact = fixed_amount(component=fee, segment=segment)
            lines.append(_line(fee, segment, exact, parts[fee.code], digits=digits, quantity=quantity, is_ahead=True))
    return lines


def _line(
    fee: Fee,
    segment: Segment,
    exact: Fraction,
    units: int,
    *,
    digits: int,
    quantity: Fraction,
    is_ahead: bool = False,
    paid_ahead_units: int = 0,
) -> Line:
    sign = -1 if fee.kind is ComponentKind.CREDIT else 1
    return Line(
        LINE_KIND_BY_FEE[fee.kind],
        fee,
        segment,
        sign * exact,
        sign * units,
        digits,
        quantity=quantity,
        is_ahead=is_ahead,
        paid_ahead_units=paid_ahead_units,
    )

"""Writes of what late usage does to bills: which corrections one takes in, and which periods need no look any more."""

from typing import Any

from billing.accrued import touch_period
from billing.correction_lines import drawn_by
from billing.late import is_taken_in, late_of, unsettled_invoices
from billing.models import Accrual, Invoice
from billing.periods import Period


def corrections_for(*, account_id: int, period: Period, currency: str, late_periods: int) -> list[dict[str, Any]]:
    """Return the corrections that the bill of a period takes in: of invoices up to so many periods back, and of older
    ones that a person has said to bill. Other currencies wait for a person.

    One after another draws on the prepaid units that those before it have left. Only periods touched since all was
    booked for them are priced again; those of which all is booked now are settled and are not looked at until they are
    touched again.
    """
    found: list[dict[str, Any]] = []
    drawn: dict[str, int] = {}
    for invoice in unsettled_invoices(account_id=account_id, before=period):
        late = late_of(invoice=invoice, drawn=drawn)
        if late is None or not late.corrections:
            # what came meanwhile has counted on: it is left to the next look
            seen = invoice.touched  # type: ignore[attr-defined] # annotated by unsettled_invoices
            Accrual.objects.filter(account_id=invoice.account_id, period=invoice.period).update(settled=seen)
        elif invoice.currency == currency and is_taken_in(invoice=invoice, period=period, late_periods=late_periods):
            found += late.corrections
            drawn = drawn_by(corrections=found)
    return found


def unsettle_cancelled(*, invoice: Invoice) -> None:
    """Say of an invoice's period, and of those that it corrected, that what is booked has changed: it was cancelled."""
    for label in sorted({invoice.period, *(str(correction["period"]) for correction in invoice.corrections)}):
        touch_period(account_id=invoice.account_id, label=label)

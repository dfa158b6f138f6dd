"""Writes of what people decide on late usage that no bill takes in by itself."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.actions.credit_notes import issue_credit_note
from billing.actions.drafts import locked_invoice
from billing.late import Late, late_of
from billing.models import CreditReason, Invoice, LateChoice, LateDecision
from billing.money import decimal_from_units
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid


@transaction.atomic
def decide_late_usage(*, invoice_id: int, choice: str, reason: str, at: datetime, actor_id: int | None) -> LateDecision:
    """Say what becomes of an invoice's late usage: billed on the next invoice however old it is, or waived for good.

    What was waived counts as booked; usage that comes later still is a question of its own. Conflict where there is
    none.
    """
    _, invoice = locked_invoice(invoice_id)
    late = _late(invoice)
    if choice not in LateChoice.values:
        raise Invalid(f"{choice!r} is neither bill nor waive.", field="choice")
    if not reason.strip():
        raise Invalid("Say why.", field="reason")
    decision = LateDecision.objects.create(
        account_id=invoice.account_id,
        invoice=invoice,
        choice=choice,
        lines=list(late.corrections) if choice == LateChoice.WAIVE else [],
        reason=reason.strip()[:500],
        decided_at=at,
        decided_by_id=actor_id,
    )
    audit.record(
        action=f"late_usage.{'waived' if choice == LateChoice.WAIVE else 'to_bill'}",
        target=invoice,
        actor_id=actor_id,
        account_id=invoice.account_id,
        data={"units": late.units, "contacts": late.contacts, "reason": decision.reason},
    )
    return decision


@transaction.atomic
def credit_late_usage(*, invoice_id: int, reason: str, at: datetime, actor_id: int | None) -> Invoice:
    """Give back at once what all usage makes less than booked, by a credit note on the lines that shrank.

    Conflict where any line grew: then the next invoice charges the difference.
    """
    _, invoice = locked_invoice(invoice_id)
    late = _late(invoice)
    if any(correction["units"] > 0 for correction in late.corrections):
        raise Conflict("Late usage makes a line cost more; the next invoice charges it.")
    amounts: dict[int, Decimal] = {}
    prepaid: dict[int, dict[str, int]] = {}
    for correction in late.corrections:
        if not correction["units"]:
            # a change of prepaid units alone is booked by the next invoice
            continue
        line = invoice.lines.filter(
            segment=correction["segment"],
            code=correction["component"],
            tax_code=correction["tax"],
        ).first()
        if line is None:
            raise Conflict(f"The invoice has no line {correction['component']} to give back from.")
        units = -correction["units"]
        amounts[line.position] = decimal_from_units(units=units, digits=invoice.digits)
        prepaid[line.position] = correction.get("prepaid", {})
    if not amounts:
        raise Conflict("Late usage changes prepaid units alone; the next invoice tells of it.")
    return issue_credit_note(
        invoice_id=invoice.pk,
        amounts=amounts,
        reason_code=CreditReason.LATE_USAGE,
        reason=reason,
        at=at,
        actor_id=actor_id,
        prepaid=prepaid,
    )


def _late(invoice: Invoice) -> Late:
    late = late_of(invoice=invoice)
    if late is None or not late.corrections:
        raise Conflict("There is no late usage of this invoice that changes what it costs.")
    return late

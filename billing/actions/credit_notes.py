"""Credit notes: documents that mirror lines of an invoice and take back some or all of them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from django.db import transaction

from billing.actions.drafts import locked_invoice
from billing.actions.issuing import put_in_series
from billing.actions.parties import buyer_particulars, current_issuer, seller_particulars
from billing.actions.settling import unsettle_cancelled
from billing.booked import COPIED, credit_fields, credit_note_hash, creditable, is_cancelled
from billing.crediting import Credit, CreditRefused, credit_lines
from billing.models import CreditReason, DocumentKind, Invoice, InvoiceLine, InvoiceStatus
from billing.money import decimal_from_units, money_text, units_from_decimal
from billing.periods import local_day
from billing.prepaid import KEEPS_UNITS, check_credit
from contactcenter.kernel.errors import Conflict, Invalid

REASON_LENGTH = 500


@transaction.atomic
def issue_credit_note(
    *,
    invoice_id: int,
    amounts: Mapping[int, Decimal] | None,
    reason_code: str,
    reason: str,
    at: datetime,
    actor_id: int | None,
    prepaid: Mapping[int, Mapping[str, int]] = MappingProxyType({}),
) -> Invoice:
    """Issue a credit note on an issued invoice for amounts by position of its lines; None for all that is left.

    A cancellation takes everything back, be it nothing, and its period can then be billed again. Tax follows the lines,
    so that an invoice and its credit notes sum to zero in every category once all is taken back. Units that a line
    bought ahead go back with its money, but for goodwill. prepaid: what late usage draws on beyond what the line says
    (below zero: gives back), by its position and grant. Conflict where the invoice is not issued, nothing is left, or
    units that would go back are used; Invalid naming the line whose amount is too large.
    """
    account, invoice = locked_invoice(invoice_id)
    if invoice.kind != DocumentKind.INVOICE or invoice.status != InvoiceStatus.ISSUED:
        raise Conflict("Only an issued invoice can be credited.")
    if reason_code not in CreditReason.values:
        raise Invalid(f"{reason_code!r} is not a reason for a credit note.", field="reason_code")
    if not reason.strip() or len(reason) > REASON_LENGTH:
        raise Invalid(f"Say why, in at most {REASON_LENGTH} characters.", field="reason")
    if reason_code == CreditReason.CANCELLATION and amounts is not None:
        raise Invalid("A cancellation takes the whole invoice back.", field="lines")
    credit = _credit(invoice=invoice, amounts=amounts)
    # an invoice of nothing is cancelled by a note of nothing, once
    is_empty = not any(units for _, units in credit.lines)
    if is_empty and (reason_code != CreditReason.CANCELLATION or is_cancelled(invoice=invoice)):
        raise Conflict(f"Invoice {invoice.number}: nothing is left to take back.")
    if reason_code not in KEEPS_UNITS:
        used = check_credit(invoice=invoice, units_by_position={line: -units for line, units in credit.lines})
        if used is not None:
            raise Conflict(used)
    issuer = current_issuer()
    note = Invoice(
        account_id=invoice.account_id,
        kind=DocumentKind.CREDIT_NOTE,
        corrects=invoice,
        reason_code=reason_code,
        reason=reason.strip(),
        seller=seller_particulars(issuer=issuer),
        buyer=buyer_particulars(account=account),
        built_at=at,
        **{name: getattr(invoice, name) for name in COPIED},
        **credit_fields(invoice=invoice, credit=credit),
    )
    note.content_hash = credit_note_hash(note=note, credit=credit)
    note.save()
    origins = {line.position: line for line in invoice.lines.all()}
    InvoiceLine.objects.bulk_create(
        _mirror(note=note, position=position, origin=origins[origin], units=units, prepaid=prepaid.get(origin, {}))
        for position, (origin, units) in enumerate(credit.lines, start=1)
    )
    if reason_code == CreditReason.CANCELLATION:
        unsettle_cancelled(invoice=invoice)
    note.approved_at, note.approved_by_id = at, actor_id
    issued_on = local_day(at=at, zone=invoice.time_zone)
    return put_in_series(invoice=note, issuer=issuer, at=at, issued_on=issued_on, due_on=issued_on, actor_id=actor_id)


def _credit(*, invoice: Invoice, amounts: Mapping[int, Decimal] | None) -> Credit:
    lines, taxes = creditable(invoice=invoice)
    try:
        wanted = (
            None
            if amounts is None
            else {
                position: units_from_decimal(amount=amount, digits=invoice.digits)
                for position, amount in amounts.items()
            }
        )
        return credit_lines(lines=lines, taxes=taxes, wanted=wanted)
    except CreditRefused as error:
        if error.line is None:
            raise Conflict(f"Invoice {invoice.number}: {error}.") from error
        raise Invalid(f"Line {error.line}: {error}.", field="lines", data={"line": error.line}) from error
    except ValueError as error:
        raise Invalid(f"{error}.", field="lines") from error


def _mirror(
    *, note: Invoice, position: int, origin: InvoiceLine, units: int, prepaid: Mapping[str, int]
) -> InvoiceLine:
    return InvoiceLine(
        account_id=note.account_id,
        invoice=note,
        position=position,
        kind=origin.kind,
        code=origin.code,
        name=origin.name,
        segment=origin.segment,
        tax_code=origin.tax_code,
        amount=decimal_from_units(units=units, digits=note.digits),
        explanation={
            "kind": origin.kind,
            "component": origin.code,
            "line": origin.position,
            "charged": money_text(amount=origin.amount, digits=note.digits),
            "exact": str(decimal_from_units(units=units, digits=note.digits)),
            "amount": str(decimal_from_units(units=units, digits=note.digits)),
            "digits": note.digits,
            "share_of_period": "1",
            **({"prepaid": dict(prepaid)} if prepaid else {}),
        },
        credits=origin,
    )

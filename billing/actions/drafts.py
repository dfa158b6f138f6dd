"""Writes of drafts: built from the period's usage, built again, approved as they stand, discarded."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from billing.accepted import outside_prices
from billing.account_periods import account_in_scope, account_period
from billing.actions.parties import buyer_particulars, current_issuer, document_language, seller_particulars
from billing.actions.settling import corrections_for
from billing.booked import is_cancelled
from billing.correction_lines import corrected, drawn_by, explain_correction
from billing.explanation import bill_document, explain_line
from billing.late import booked_in_another_currency
from billing.models import DocumentKind, Invoice, InvoiceLine, InvoiceLineUsage, InvoiceStatus
from billing.money import exact_text
from billing.periods import Period, PeriodError, local_midnight
from billing.pricing import Bill, Line
from billing.queries import AccountBill, account_bill, prepaid_grants
from billing.snapshot import content_hash
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, DomainError, Invalid, NotFound
from contactcenter.tenancy.models import Account

BATCH = 5000
MOST_REASONS = 3


class OutsidePrices(DomainError):
    """A bill holds lines that the account never agreed to; it becomes no invoice until it has (invariant B3)."""

    code = "outside_price_sheet"
    status = 409


@dataclass(frozen=True, slots=True)
class Built:
    """A draft and what building it did: created, rebuilt, unchanged, or issued (it was issued before: left alone)."""

    invoice: Invoice
    outcome: str


@transaction.atomic
def build_draft(*, account_id: int, period: str, at: datetime, actor_id: int | None, again: bool = False) -> Built:
    """Build the draft of an account's period from its usage, or build it again.

    Afterwards the draft's lines, contacts and totals are those of account_bill; one that was approved with other
    content is a draft again. An issued invoice is left as it is; `again` opens the next revision of a period whose
    invoice was cancelled: Conflict where it was not, or where late usage of it is booked in another currency. Run
    twice without new usage it changes nothing. Errors as account_bill raises them; Invalid for a text that is no month.
    """
    account = locked_account(account_id)
    existing = (
        Invoice.objects.select_for_update(of=("self",))
        .filter(account=account, period=period, kind=DocumentKind.INVOICE)
        .order_by("-revision")
        .first()
    )
    revision = 1
    if existing is not None and existing.status == InvoiceStatus.ISSUED:
        if not again:
            return Built(invoice=existing, outcome="issued")
        if not is_cancelled(invoice=existing):
            raise Conflict(f"Invoice {existing.number} stands. Cancel it before {period} is billed again.")
        revision, existing = existing.revision + 1, None
    priced, corrections = full_bill(account=account, period=named_period(account, period))
    if revision > 1 or (existing is not None and existing.revision > 1):
        _check_currency(priced=priced)
    fields = draft_fields(priced=priced, corrections=corrections)
    if existing is not None and existing.content_hash == fields["content_hash"]:
        return Built(invoice=existing, outcome="unchanged")
    if existing is not None:
        _delete_lines(existing)
        undone = {"status": InvoiceStatus.DRAFT, "approved_at": None, "approved_by": None}
        Invoice.objects.filter(pk=existing.pk).update(**fields, **undone, built_at=at)
        existing.refresh_from_db()
        invoice, outcome = existing, "rebuilt"
    else:
        invoice = Invoice.objects.create(account=account, period=period, revision=revision, built_at=at, **fields)
        outcome = "created"
    _add_lines(invoice=invoice, priced=priced)
    audit.record(
        action=f"invoice.draft_{outcome}",
        target=invoice,
        actor_id=actor_id,
        account_id=account.pk,
        data={"total": str(invoice.total), "hash": invoice.content_hash},
    )
    return Built(invoice=invoice, outcome=outcome)


def _check_currency(*, priced: AccountBill) -> None:
    currency, period = priced.bill.currency, priced.period.label
    found = booked_in_another_currency(account_id=priced.account.pk, period=period, currency=currency)
    if found is not None:
        other, number = found
        raise Conflict(
            f"{period} cannot be billed again in {currency}: late usage of it is booked in {other} (invoice {number}). "
            f"Bill it again in {other}, or cancel what charged it first.",
            data={"currency": other, "invoice": number},
        )


@transaction.atomic
def approve_invoice(*, invoice_id: int, at: datetime, actor_id: int | None) -> Invoice:
    """Approve a draft as it stands: it can be issued, until new usage makes another draft of it.

    Conflict where the period or its grace has not ended, or the draft no longer says what the usage does. An approved
    or issued invoice is returned as it is.
    """
    account, invoice = locked_invoice(invoice_id)
    if invoice.status != InvoiceStatus.DRAFT:
        return invoice
    period = named_period(account, invoice.period)
    check_period_closed(account=account, period=period, at=at)
    check_draft_current(account=account, period=period, invoice=invoice)
    invoice.status, invoice.approved_at, invoice.approved_by_id = InvoiceStatus.APPROVED, at, actor_id
    invoice.save(update_fields=["status", "approved_at", "approved_by"])
    audit.record(
        action="invoice.approved",
        target=invoice,
        actor_id=actor_id,
        account_id=account.pk,
        data={"total": str(invoice.total), "hash": invoice.content_hash},
    )
    return invoice


@transaction.atomic
def discard_draft(*, invoice_id: int, actor_id: int | None) -> None:
    """Delete a draft, approved or not; Conflict where the invoice is issued, NotFound out of reach."""
    _, invoice = locked_invoice(invoice_id)
    if invoice.status == InvoiceStatus.ISSUED:
        raise Conflict(f"Invoice {invoice.number} is issued and never changes.")
    audit.record(action="invoice.draft_discarded", target=invoice, actor_id=actor_id, account_id=invoice.account_id)
    _delete_lines(invoice)
    invoice.delete()


def check_period_closed(*, account: Account, period: Period, at: datetime) -> None:
    """Raise Conflict while the period or its issuer's days of grace run."""
    if at < period.ends_at:
        raise Conflict(f"{period.label} has not ended yet in {account.time_zone}.")
    grace_days = current_issuer().grace_days
    if at < local_midnight(day=period.ends_on + timedelta(days=grace_days), zone=account.time_zone):
        raise Conflict(f"{period.label} takes in late usage for {grace_days} days after its end.")


def check_draft_current(*, account: Account, period: Period, invoice: Invoice) -> None:
    """Raise Conflict where computing the bill again gives anything else than the draft."""
    priced, corrections = full_bill(account=account, period=period)
    if draft_fields(priced=priced, corrections=corrections)["content_hash"] != invoice.content_hash:
        raise Conflict("The draft is out of date: usage, tariff or particulars changed. Build it again.")


def locked_account(account_id: int) -> Account:
    """Lock an account within reach: what is billed for it happens one after another."""
    account_in_scope(account_id=account_id)
    return Account.objects.select_for_update(of=("self",)).get(pk=account_id)


def locked_invoice(invoice_id: int) -> tuple[Account, Invoice]:
    """Lock the account of a document, then the document; NotFound out of reach."""
    found = Invoice.objects.filter(pk=invoice_id).values_list("account_id", flat=True).first()
    account = locked_account(found) if found is not None else None
    invoice = Invoice.objects.select_for_update(of=("self",)).filter(pk=invoice_id).first()
    if account is None or invoice is None:
        raise NotFound("There is no such invoice.")
    return account, invoice


def full_bill(*, account: Account, period: Period) -> tuple[AccountBill, list[dict[str, Any]]]:
    """Return the bill of a period with the corrections of former ones that it takes in.

    OutsidePrices where a line is not on the price sheet that the account accepted, nor an approved add-on.
    """
    priced = account_bill(account=account, period=period)
    corrections = corrections_for(
        account_id=account.pk,
        period=period,
        currency=priced.bill.currency,
        late_periods=current_issuer().late_periods,
    )
    if drawn := drawn_by(corrections=corrections):
        # late usage of former periods comes first
        grants = prepaid_grants(account=account, period=period, drawn=drawn)
        priced = account_bill(account=account, period=period, grants=grants)
    bill = corrected(bill=priced.bill, corrections=corrections)
    outside = outside_prices(
        account_id=account.pk,
        bill=bill,
        segments=priced.segments,
        approved=frozenset(agreed.fee.code for line in bill.lines for agreed in line.segment.agreed),
    )
    if outside:
        more = f" And {len(outside) - MOST_REASONS} more lines." if len(outside) > MOST_REASONS else ""
        raise OutsidePrices(" ".join(outside[:MOST_REASONS]) + more, data={"lines": len(outside)})
    return replace(priced, bill=bill), corrections


def draft_fields(*, priced: AccountBill, corrections: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the columns of an invoice that its bill and its parties give."""
    account, period, bill = priced.account, priced.period, priced.bill
    seller = seller_particulars(issuer=current_issuer())
    buyer, language = buyer_particulars(account=account), document_language(account=account)
    return {
        "period_start": period.starts_on,
        "period_end": period.ends_on,
        "language": language,
        "time_zone": account.time_zone,
        "currency": bill.currency,
        "digits": bill.digits,
        "net": bill.money(units=bill.net_units),
        "tax": bill.money(units=bill.tax_units),
        "total": bill.money(units=bill.total_units),
        "taxes": bill_document(bill=bill, language=language)["taxes"],
        "tariff": list(priced.segments),
        "corrections": corrections,
        "seller": seller,
        "buyer": buyer,
        "unpriced": len(bill.unpriced),
        "content_hash": content_hash(
            bill=bill,
            unpriced=len(bill.unpriced),
            segments=priced.segments,
            language=language,
            period=period.label,
            seller=seller,
            buyer=buyer,
            corrections=corrections,
        ),
    }


def named_period(account: Account, label: str) -> Period:
    """Return the account's month; Invalid for a text that is none."""
    try:
        return account_period(account=account, label=label)
    except PeriodError as error:
        raise Invalid(str(error), field="period") from error


def _delete_lines(invoice: Invoice) -> None:
    InvoiceLineUsage.objects.filter(line__invoice=invoice).delete()
    InvoiceLine.objects.filter(invoice=invoice).delete()


def _add_lines(*, invoice: Invoice, priced: AccountBill) -> None:
    rows = InvoiceLine.objects.bulk_create(
        InvoiceLine(
            account_id=invoice.account_id,
            invoice=invoice,
            position=position,
            kind=line.kind,
            code=line.component.code,
            name=line.names.text(language=invoice.language),
            segment=line.segment.key,
            tax_code=line.tax.code,
            amount=line.amount,
            explanation=explained,
            add_on_id=line.agreed.add_on_id if line.agreed else None,
        )
        for position, (line, explained) in enumerate(_explained(priced.bill, invoice.corrections), start=1)
    )
    InvoiceLineUsage.objects.bulk_create(
        (
            contact
            for row, line in zip(rows, priced.bill.lines, strict=True)
            for contact in _contacts(row=row, line=line, revision=invoice.revision)
        ),
        batch_size=BATCH,
    )


def _explained(bill: Bill, corrections: list[dict[str, Any]]) -> Iterator[tuple[Line, dict[str, Any]]]:
    own = len(bill.lines) - len(corrections)
    for line in bill.lines[:own]:
        yield line, explain_line(line=line)
    for line, correction in zip(bill.lines[own:], corrections, strict=True):
        yield line, explain_line(line=line) | explain_correction(correction=correction, digits=bill.digits)


def _contacts(*, row: InvoiceLine, line: Line, revision: int) -> list[InvoiceLineUsage]:
    return [
        InvoiceLineUsage(
            account_id=row.account_id,
            line=row,
            usage_line_id=int(contact.rated.usage.id),
            revision=revision,
            charge=line.charge,
            position=position,
            raw=contact.rated.raw,
            waived=contact.rated.waived,
            rounding=contact.rated.rounding,
            billed=contact.rated.billed,
            included=contact.rated.included,
            charged=contact.rated.charged,
            exact=exact_text(value=contact.exact),
            amount=line.money(units=contact.units),
        )
        for position, contact in enumerate(line.contacts, start=1)
    ]

"""Writes of invoices: drafts built from the period's usage, issued once under the next number of their series."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from billing.explanation import bill_document, explain_line
from billing.models import (
    Invoice,
    InvoiceLine,
    InvoiceLineUsage,
    InvoiceStatus,
    Issuer,
    NumberSeries,
    ParkedBill,
)
from billing.money import exact_text
from billing.periods import PeriodError, local_day
from billing.pricing import Line
from billing.queries import AccountBill, account_bill, account_in_scope, account_period
from billing.snapshot import content_hash
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.intervals import as_text
from contactcenter.kernel.push import push_on_commit
from contactcenter.tenancy.models import Account

BATCH = 5000


@dataclass(frozen=True, slots=True)
class Built:
    """A draft and what building it did: created, rebuilt, unchanged, or issued (it was issued before: left alone)."""

    invoice: Invoice
    outcome: str


@transaction.atomic
def build_draft(*, account_id: int, period: str, at: datetime, actor_id: int | None) -> Built:
    """Build the draft of an account's period from its usage, or build it again.

    Afterwards the draft's lines, contacts and totals are those of account_bill. An issued invoice is left as it is. Run
    twice without new usage it changes nothing. Errors as account_bill raises them; Invalid for a text that is no month.
    """
    account = _locked_account(account_id)
    existing = Invoice.objects.select_for_update(of=("self",)).filter(account=account, period=period).first()
    if existing is not None and existing.status == InvoiceStatus.ISSUED:
        return Built(invoice=existing, outcome="issued")
    priced = account_bill(account=account, period=_period(account, period))
    fields = _invoice_fields(priced=priced)
    if existing is not None and existing.content_hash == fields["content_hash"]:
        return Built(invoice=existing, outcome="unchanged")
    if existing is not None:
        _delete_lines(existing)
        Invoice.objects.filter(pk=existing.pk).update(**fields, built_at=at)
        existing.refresh_from_db()
        invoice, outcome = existing, "rebuilt"
    else:
        invoice, outcome = Invoice.objects.create(account=account, period=period, built_at=at, **fields), "created"
    _add_lines(invoice=invoice, priced=priced)
    audit.record(
        action=f"invoice.draft_{outcome}",
        target=invoice,
        actor_id=actor_id,
        account_id=account.pk,
        data={"total": str(invoice.total), "hash": invoice.content_hash},
    )
    return Built(invoice=invoice, outcome=outcome)


@transaction.atomic
def discard_draft(*, invoice_id: int, actor_id: int | None) -> None:
    """Delete a draft; Conflict where the invoice is issued, NotFound out of reach."""
    invoice = _locked_invoice(invoice_id)
    if invoice.status != InvoiceStatus.DRAFT:
        raise Conflict(f"Invoice {invoice.number} is issued and never changes.")
    audit.record(action="invoice.draft_discarded", target=invoice, actor_id=actor_id, account_id=invoice.account_id)
    _delete_lines(invoice)
    invoice.delete()


@transaction.atomic
def issue_invoice(*, invoice_id: int, at: datetime, actor_id: int | None) -> Invoice:
    """Issue a draft: the next number of the year's series, a due date, and never a change again.

    Recomputes the bill under lock: Conflict where the draft no longer says what the usage does, or where the period has
    not ended. An issued invoice is returned as it is. Numbers are contiguous: a rollback gives the number back.
    """
    found = Invoice.objects.filter(pk=invoice_id).values_list("account_id", flat=True).first()
    if found is None:
        raise NotFound("There is no such invoice.")
    account = _locked_account(found)
    invoice = _locked_invoice(invoice_id)
    if invoice.status == InvoiceStatus.ISSUED:
        return invoice
    period = _period(account, invoice.period)
    if at < period.ends_at:
        raise Conflict(f"{invoice.period} has not ended yet in {account.time_zone}.")
    priced = account_bill(account=account, period=period)
    if _invoice_fields(priced=priced)["content_hash"] != invoice.content_hash:
        raise Conflict("The draft is out of date: usage, tariff or particulars changed. Build it again.")
    issuer = current_issuer()
    issued_on = local_day(at=at, zone=account.time_zone)
    series = _locked_series(issuer=issuer, code=str(issued_on.year))
    invoice.series = series
    invoice.sequence = series.next_number
    invoice.number = f"{issuer.number_prefix}{series.code}-{series.next_number:05d}"
    invoice.status = InvoiceStatus.ISSUED
    invoice.issued_at = at
    invoice.due_on = issued_on + timedelta(days=issuer.payment_days)
    invoice.save()
    series.next_number += 1
    series.save(update_fields=["next_number"])
    audit.record(
        action="invoice.issued",
        target=invoice,
        actor_id=actor_id,
        account_id=account.pk,
        data={"number": invoice.number, "total": str(invoice.total), "hash": invoice.content_hash},
    )
    push_on_commit(
        f"books:{account.pk}",
        kind="invoice.issued",
        account_id=account.pk,
        payload={
            "id": invoice.pk,
            "number": invoice.number,
            "period": invoice.period,
            "currency": invoice.currency,
            "total": str(invoice.total),
            "issued_at": as_text(at),
            "due_on": invoice.due_on.isoformat(),
        },
    )
    return invoice


@transaction.atomic
def park_bill(*, account_id: int, period: str, reason: str | None, at: datetime) -> None:
    """Note why a period of an account could not be billed; reason None: it could, the note goes."""
    if reason is None:
        ParkedBill.objects.filter(account_id=account_id, period=period).delete()
        return
    ParkedBill.objects.update_or_create(
        account_id=account_id, period=period, defaults={"reason": reason[:1000], "parked_at": at}
    )


def current_issuer() -> Issuer:
    """Return the house that issues; the first time one with a plain name is made, to be completed in the back
    office.
    """
    return Issuer.objects.order_by("pk").first() or Issuer.objects.create(legal_name="Contact centre")


def seller_particulars(*, issuer: Issuer) -> dict[str, str]:
    """Return what an invoice says of its issuer."""
    return {
        "legal_name": issuer.legal_name,
        "legal_address": issuer.legal_address,
        "tax_id": issuer.tax_id,
        "email": issuer.email,
        "bank_account": issuer.bank_account,
    }


def buyer_particulars(*, account: Account) -> dict[str, str]:
    """Return what an invoice says of the account it is for."""
    return {
        "legal_name": account.legal_name or account.name,
        "legal_address": account.legal_address,
        "tax_id": account.tax_id,
        "email": account.billing_email,
    }


def _period(account: Account, label: str) -> Any:
    try:
        return account_period(account=account, label=label)
    except PeriodError as error:
        raise Invalid(str(error), field="period") from error


def _locked_account(account_id: int) -> Account:
    account_in_scope(account_id=account_id)
    return Account.objects.select_for_update(of=("self",)).get(pk=account_id)


def _locked_invoice(invoice_id: int) -> Invoice:
    invoice = Invoice.objects.select_for_update(of=("self",)).filter(pk=invoice_id).first()
    if invoice is None:
        raise NotFound("There is no such invoice.")
    return invoice


def _locked_series(*, issuer: Issuer, code: str) -> NumberSeries:
    NumberSeries.objects.bulk_create([NumberSeries(issuer=issuer, code=code)], ignore_conflicts=True)
    return NumberSeries.objects.select_for_update(of=("self",)).get(issuer=issuer, code=code)


def _invoice_fields(*, priced: AccountBill) -> dict[str, Any]:
    account, period, bill = priced.account, priced.period, priced.bill
    seller = seller_particulars(issuer=current_issuer())
    buyer = buyer_particulars(account=account)
    return {
        "period_start": period.starts_on,
        "period_end": period.ends_on,
        "language": account.language,
        "time_zone": account.time_zone,
        "currency": bill.currency,
        "digits": bill.digits,
        "net": bill.money(units=bill.net_units),
        "tax": bill.money(units=bill.tax_units),
        "total": bill.money(units=bill.total_units),
        "taxes": bill_document(bill=bill, language=account.language)["taxes"],
        "tariff": list(priced.segments),
        "seller": seller,
        "buyer": buyer,
        "unpriced": len(bill.unpriced),
        "content_hash": content_hash(
            bill=bill,
            unpriced=len(bill.unpriced),
            segments=priced.segments,
            language=account.language,
            period=period.label,
            seller=seller,
            buyer=buyer,
        ),
    }


def _delete_lines(invoice: Invoice) -> None:
    InvoiceLineUsage.objects.filter(line__invoice=invoice).delete()
    InvoiceLine.objects.filter(invoice=invoice).delete()


def _add_lines(*, invoice: Invoice, priced: AccountBill) -> None:
    for position, line in enumerate(priced.bill.lines, start=1):
        row = InvoiceLine.objects.create(
            account_id=invoice.account_id,
            invoice=invoice,
            position=position,
            kind=line.kind,
            code=line.component.code,
            name=line.names.text(language=invoice.language),
            segment=line.segment.key,
            tax_code=line.tax.code,
            amount=line.amount,
            explanation=explain_line(line=line),
        )
        _add_contacts(row=row, line=line)


def _add_contacts(*, row: InvoiceLine, line: Line) -> None:
    InvoiceLineUsage.objects.bulk_create(
        (
            InvoiceLineUsage(
                account_id=row.account_id,
                line=row,
                usage_line_id=int(contact.rated.usage.id),
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
        ),
        batch_size=BATCH,
    )

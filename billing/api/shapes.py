"""Rows of billing as the values its serializers show."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from billing.models import (
    Contract,
    Invoice,
    InvoiceLine,
    InvoiceLineUsage,
    InvoiceStatus,
    Tariff,
    TariffVersion,
    VersionState,
)
from billing.money import money_text
from billing.money_owed import Owed, owed_by_invoice
from billing.queries import contact_explanation


def invoice_rows(*, invoices: Sequence[Invoice]) -> list[dict[str, Any]]:
    """Return invoices as a list shows them, with what is paid and open."""
    money = owed_by_invoice(invoices=invoices, on=timezone.now().date())
    return [invoice_row(invoice=invoice, money=money[invoice.pk]) for invoice in invoices]


def invoice_row(*, invoice: Invoice, money: Owed) -> dict[str, Any]:
    """Return an invoice as a list shows it."""
    digits = invoice.digits
    return {
        "id": invoice.pk,
        "account": invoice.account_id,
        "account_name": invoice.account.name,
        "kind": invoice.kind,
        "number": invoice.number,
        "status": invoice.status,
        "corrects": {"id": invoice.corrects.pk, "number": invoice.corrects.number} if invoice.corrects else None,
        "is_cancelled": invoice.cancelled,  # type: ignore[attr-defined] # annotated by invoices_for
        "credited": money_text(amount=invoice.credited, digits=digits),  # type: ignore[attr-defined]
        "period": invoice.period,
        "revision": invoice.revision,
        "period_start": invoice.period_start,
        "period_end": invoice.period_end,
        "issued_at": invoice.issued_at,
        "due_on": invoice.due_on,
        "currency": invoice.currency,
        "net": money_text(amount=invoice.net, digits=digits),
        "tax": money_text(amount=invoice.tax, digits=digits),
        "total": money_text(amount=invoice.total, digits=digits),
        "paid": money_text(amount=money.paid, digits=digits),
        "open": money_text(amount=money.open, digits=digits),
        "payment_state": money.state,
    }


def invoice_detail(*, invoice: Invoice) -> dict[str, Any]:
    """Return an invoice with lines, taxes and parties."""
    digits = invoice.digits
    lines = invoice.lines.annotate(credited=Coalesce(Sum("credit_lines__amount"), Decimal(0))).order_by("position")
    notes = invoice.credit_notes.filter(status=InvoiceStatus.ISSUED).order_by("pk")
    return invoice_rows(invoices=[invoice])[0] | {
        "lines": [
            line_row(line=line, digits=digits) | {"credited": money_text(amount=line.credited, digits=digits)}
            for line in lines
        ],
        "taxes": invoice.taxes,
        "unpriced": invoice.unpriced,
        "tariff_name": ", ".join(dict.fromkeys(segment["document"]["name"] for segment in invoice.tariff)),
        "seller": invoice.seller,
        "buyer": invoice.buyer,
        "built_at": invoice.built_at,
        "approved_at": invoice.approved_at,
        "approved_by": invoice.approved_by.full_name if invoice.approved_by else None,
        "reason_code": invoice.reason_code,
        "reason": invoice.reason,
        "credit_notes": [
            {
                "id": note.pk,
                "number": note.number,
                "issued_at": note.issued_at,
                "total": money_text(amount=note.total, digits=digits),
                "reason_code": note.reason_code,
            }
            for note in notes
        ],
        "content_hash": invoice.content_hash,
        "chain_position": invoice.chain_position,
        "chain_hash": invoice.chain_hash,
    }


def line_row(*, line: InvoiceLine, digits: int) -> dict[str, Any]:
    """Return a line of an invoice."""
    return {
        "id": line.pk,
        "position": line.position,
        "kind": line.kind,
        "code": line.code,
        "name": line.name,
        "segment": line.segment,
        "tax": line.tax_code,
        "amount": money_text(amount=line.amount, digits=digits),
        "explanation": line.explanation,
    }


def contact_row(*, contact: InvoiceLineUsage, digits: int) -> dict[str, Any]:
    """Return a contact on a line."""
    usage = contact.usage_line
    told = contact_explanation(contact=contact, digits=digits)
    return {
        "id": usage.pk,
        "started_at": usage.started_at,
        "channel": usage.channel,
        "direction": usage.direction,
        "number": usage.contact_point,
        "name": usage.contact_name,
        "ticket_id": usage.ticket_id,
        "ticket_number": usage.ticket_number,
        "raw_ms_by_class": told["raw_ms_by_class"],
        "billed_s": told.get("billed_s"),
        "amount": told["amount"],
        "explanation": told,
    }


def version_row(*, version: TariffVersion) -> dict[str, Any]:
    """Return a tariff version as a list shows it."""
    return {
        "id": version.pk,
        "number": version.number,
        "state": version.state,
        "effective_from": version.effective_from,
        "changed_at": version.changed_at,
    }


def tariff_row(*, tariff: Tariff, in_force: TariffVersion | None, contracts: int) -> dict[str, Any]:
    """Return a tariff with its versions, newest first."""
    versions = sorted(tariff.versions.all(), key=lambda version: -version.number)
    return {
        "id": tariff.pk,
        "name": tariff.name,
        "is_active": tariff.is_active,
        "is_offered": tariff.is_offered,
        "contracts": contracts,
        "in_force": version_row(version=in_force) if in_force else None,
        "versions": [version_row(version=version) for version in versions],
    }


def version_detail(
    *, version: TariffVersion, in_force: TariffVersion | None, contracts: int, warnings: list[dict[str, str]]
) -> dict[str, Any]:
    """Return a tariff version with its document and the version in force beside it."""
    return version_row(version=version) | {
        "tariff": {"id": version.tariff_id, "name": version.tariff.name},
        "document": version.document,
        "put_in_force_at": version.put_in_force_at,
        "changed_by": version.changed_by.full_name if version.changed_by else None,
        "contracts": contracts,
        "in_force": version_row(version=in_force) if in_force else None,
        "in_force_document": in_force.document if in_force and version.state == VersionState.DRAFT else None,
        "warnings": warnings,
    }


def contract_row(*, contract: Contract) -> dict[str, Any]:
    """Return a contract."""
    return {
        "id": contract.pk,
        "account": contract.account_id,
        "account_name": contract.account.name,
        "tariff": {"id": contract.tariff_id, "name": contract.tariff.name},
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
    }

"""Issuing: a document takes the next number of its series and the next place in its issuer's chain, for good."""

from datetime import date, datetime, timedelta

from django.db import transaction

from billing.actions.deliveries import queue_deliveries
from billing.actions.drafts import check_draft_current, check_period_closed, locked_invoice, named_period
from billing.actions.parties import current_issuer, profile_of
from billing.actions.payments import settle_document
from billing.models import DocumentChain, DocumentKind, Invoice, InvoiceStatus, Issuer, NumberSeries
from billing.periods import local_day
from billing.snapshot import chain_hash
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict
from contactcenter.kernel.intervals import as_text
from contactcenter.kernel.push import push_on_commit


@transaction.atomic
def issue_invoice(*, invoice_id: int, at: datetime, actor_id: int | None, approve: bool = False) -> Invoice:
    """Issue an approved draft: the next number of the year's series, a due date, and never a change again.

    `approve`: who issues approves it as it stands, as a bill run does. Recomputes the bill under lock: Conflict where
    the draft no longer says what the usage does, is not approved, or its period has not ended. An issued invoice is
    returned as it is. Numbers are contiguous: a rollback gives the number back.
    """
    account, invoice = locked_invoice(invoice_id)
    if invoice.status == InvoiceStatus.ISSUED:
        return invoice
    period = named_period(account, invoice.period)
    check_period_closed(account=account, period=period, at=at)
    if invoice.status == InvoiceStatus.DRAFT and not approve:
        raise Conflict("The draft is not approved yet.")
    check_draft_current(account=account, period=period, invoice=invoice)
    if invoice.approved_at is None:
        invoice.approved_at, invoice.approved_by_id = at, actor_id
    issuer = current_issuer()
    issued_on = local_day(at=at, zone=account.time_zone)
    given_days = profile_of(account=account).payment_days
    payment_days = issuer.payment_days if given_days is None else given_days
    due_on = issued_on + timedelta(days=payment_days)
    return put_in_series(invoice=invoice, issuer=issuer, at=at, issued_on=issued_on, due_on=due_on, actor_id=actor_id)


def put_in_series(
    *, invoice: Invoice, issuer: Issuer, at: datetime, issued_on: date, due_on: date, actor_id: int | None
) -> Invoice:
    """Issue a document whose lines are stored, within the caller's transaction, whose account is locked.

    The issuer's chain and series stay locked to the end of the transaction: the next document waits, and has the number
    again if this one is rolled back. They are locked last, so that computing bills is not part of the wait. A trigger
    (billing_check_issue) checks sums, number and chain.
    """
    DocumentChain.objects.bulk_create([DocumentChain(issuer=issuer)], ignore_conflicts=True)
    chain = DocumentChain.objects.select_for_update(of=("self",)).get(issuer=issuer)
    is_credit = invoice.kind == DocumentKind.CREDIT_NOTE
    series = _locked_series(issuer=issuer, code=f"CN-{issued_on.year}" if is_credit else str(issued_on.year))
    invoice.series, invoice.sequence = series, series.next_number
    prefix = issuer.credit_prefix if is_credit else issuer.number_prefix
    invoice.number = f"{prefix}{issued_on.year}-{series.next_number:05d}"
    invoice.status = InvoiceStatus.ISSUED
    invoice.issued_at, invoice.due_on = at, due_on
    invoice.chain_position, invoice.previous_hash = chain.length + 1, chain.head
    invoice.chain_hash = chain_hash(
        previous=chain.head, number=invoice.number, issued_at=at, due_on=due_on, content=invoice.content_hash
    )
    invoice.save()
    series.next_number += 1
    series.save(update_fields=["next_number"])
    chain.length, chain.head = invoice.chain_position, invoice.chain_hash
    chain.save(update_fields=["length", "head"])
    settle_document(invoice=invoice, at=at, actor_id=actor_id)
    queue_deliveries(invoice=invoice, at=at, actor_id=actor_id)
    _tell(invoice, actor_id=actor_id)
    return invoice


def _locked_series(*, issuer: Issuer, code: str) -> NumberSeries:
    NumberSeries.objects.bulk_create([NumberSeries(issuer=issuer, code=code)], ignore_conflicts=True)
    return NumberSeries.objects.select_for_update(of=("self",)).get(issuer=issuer, code=code)


def _tell(invoice: Invoice, *, actor_id: int | None) -> None:
    audit.record(
        action=f"{invoice.kind}.issued",
        target=invoice,
        actor_id=actor_id,
        account_id=invoice.account_id,
        data={"number": invoice.number, "total": str(invoice.total), "hash": invoice.content_hash},
    )
    if invoice.issued_at is None or invoice.due_on is None:
        raise ValueError("only an issued document is told of")
    push_on_commit(
        f"books:{invoice.account_id}",
        kind=f"{invoice.kind}.issued",
        account_id=invoice.account_id,
        payload={
            "id": invoice.pk,
            "number": invoice.number,
            "period": invoice.period,
            "currency": invoice.currency,
            "total": str(invoice.total),
            "issued_at": as_text(invoice.issued_at),
            "due_on": invoice.due_on.isoformat(),
        },
    )

"""Writes of documents' mails: queued when a document is issued, claimed by one worker, noted with what became of it."""

import secrets
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.db import transaction

from billing.actions.parties import current_issuer, profile_of, recipients_of
from billing.models import DeliveryState, Invoice, InvoiceDelivery, InvoiceStatus
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit

MOST_ATTEMPTS = 8
FIRST_WAIT = timedelta(minutes=2)
CLAIM_HOLDS = timedelta(minutes=15)
OPEN_STATES = (DeliveryState.WAITING, DeliveryState.SENDING)


def queue_deliveries(*, invoice: Invoice, at: datetime, actor_id: int | None) -> list[InvoiceDelivery]:
    """Queue an issued document for every address of its account, within the caller's transaction; it leaves after the
    commit. Nothing where the house or the account has switched it off, or there is no address.
    """
    if not current_issuer().sends_documents or not profile_of(account=invoice.account).sends_documents:
        return []
    return _queue(invoice=invoice, recipients=recipients_of(account=invoice.account), at=at, actor_id=actor_id)


@transaction.atomic
def send_again(*, invoice_id: int, at: datetime, actor_id: int) -> list[InvoiceDelivery]:
    """Send an issued document once more to every address that its account has now, a further round.

    Conflict where it is a draft, there is no address, or a round is on its way; NotFound out of reach.
    """
    invoice = Invoice.objects.select_for_update(of=("self",)).select_related("account").filter(pk=invoice_id).first()
    if invoice is None:
        raise NotFound("There is no such invoice.")
    if invoice.status != InvoiceStatus.ISSUED:
        raise Conflict("A draft is not sent.")
    if InvoiceDelivery.objects.filter(invoice=invoice, state__in=OPEN_STATES).exists():
        raise Conflict("It is on its way already.")
    recipients = recipients_of(account=invoice.account)
    if not recipients:
        raise Conflict(f"{invoice.account.name} has no e-mail address for bills.")
    queued = _queue(invoice=invoice, recipients=recipients, at=at, actor_id=actor_id)
    audit.record(
        action="invoice.sent_again",
        target=invoice,
        actor_id=actor_id,
        account_id=invoice.account_id,
        data={"number": invoice.number, "recipients": recipients},
    )
    return queued


def _queue(*, invoice: Invoice, recipients: list[str], at: datetime, actor_id: int | None) -> list[InvoiceDelivery]:
    last = InvoiceDelivery.objects.filter(invoice=invoice).order_by("-round").values_list("round", flat=True).first()
    domain = parseaddr(invoice.seller["email"])[1].rpartition("@")[2] or "localhost"
    queued = InvoiceDelivery.objects.bulk_create(
        InvoiceDelivery(
            account_id=invoice.account_id,
            invoice=invoice,
            recipient=recipient,
            round=(last or 0) + 1,
            message_id=f"<invoice-{invoice.pk}-{secrets.token_hex(12)}@{domain}>",
            queued_at=at,
            queued_by_id=actor_id,
            next_attempt_at=at,
        )
        for recipient in recipients
    )
    for delivery in queued:
        enqueue_on_commit("billing.send_invoice", delivery_id=delivery.pk)
    return queued


def claim_delivery(*, delivery_id: int, at: datetime) -> InvoiceDelivery | None:
    """Claim a delivery that is due, so that no other worker sends it; None where one did, or it is not due yet.

    A claim whose worker died holds for a quarter of an hour; the mail then leaves under the same Message-ID.
    """
    due = InvoiceDelivery.objects.filter(
        pk=delivery_id, state__in=OPEN_STATES, next_attempt_at__lte=at, attempts__lt=MOST_ATTEMPTS
    )
    with transaction.atomic():
        held = due.select_for_update(of=("self",), skip_locked=True).first()
        if held is None:
            return None
        held.state, held.claimed_at, held.attempts = DeliveryState.SENDING, at, held.attempts + 1
        held.next_attempt_at = at + CLAIM_HOLDS
        held.save(update_fields=["state", "claimed_at", "attempts", "next_attempt_at"])
    return InvoiceDelivery.objects.select_related("invoice__account").get(pk=delivery_id)


def note_sent(*, delivery_id: int, at: datetime, note: str) -> None:
    """Note that the mail server took the mail."""
    InvoiceDelivery.objects.filter(pk=delivery_id, state=DeliveryState.SENDING).update(
        state=DeliveryState.SENT, sent_at=at, error="", note=note[:500]
    )


def note_not_sent(*, delivery_id: int, at: datetime, error: str, is_permanent: bool) -> None:
    """Note what the mail server said: a refusal for good is a bounce, anything else is tried again, twice as late each
    time, until it has failed.
    """
    delivery = InvoiceDelivery.objects.get(pk=delivery_id)
    delivery.error = error[:500]
    if is_permanent:
        delivery.state, delivery.bounced_at = DeliveryState.BOUNCED, at
    elif delivery.attempts >= MOST_ATTEMPTS:
        delivery.state = DeliveryState.FAILED
    else:
        delivery.state = DeliveryState.WAITING
        delivery.next_attempt_at = at + FIRST_WAIT * 2 ** (delivery.attempts - 1)
    delivery.save(update_fields=["error", "state", "bounced_at", "next_attempt_at"])


def note_bounce(*, message_id: str, at: datetime, detail: str) -> bool:
    """Note that a mail which had left came back; False where no document left under this Message-ID."""
    found = InvoiceDelivery.objects.filter(message_id=message_id.strip())
    return bool(found.update(state=DeliveryState.BOUNCED, bounced_at=at, error=detail[:500]))

"""Writes of reminders: written for an overdue invoice, one a level, sent by a job."""

from datetime import date, datetime, timedelta

from django.db import transaction

from billing.actions.drafts import locked_invoice
from billing.actions.parties import recipients_of
from billing.documents.reminder_wording import LEVELS, reminder_text
from billing.documents.wording import Wording
from billing.models import BillingProfile, DocumentKind, Invoice, Reminder
from billing.money import money_text
from billing.money_owed import owed
from billing.periods import local_day
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict
from contactcenter.kernel.jobs import enqueue_on_commit

BETWEEN = timedelta(days=7)


@transaction.atomic
def write_reminder(*, invoice_id: int, at: datetime, actor_id: int | None) -> Reminder:
    """Write the next reminder of an overdue invoice and ask for it to be sent.

    Conflict where nothing is overdue, the last reminder was sent less than a week ago, all levels are used up, the
    account wants none, or has no address for bills.
    """
    account, invoice = locked_invoice(invoice_id)
    today = local_day(at=at, zone=account.time_zone)
    money = owed(invoice=invoice, on=today)
    if invoice.kind != DocumentKind.INVOICE or invoice.due_on is None or invoice.due_on >= today or money.open <= 0:
        raise Conflict("Nothing of this invoice is overdue.")
    if BillingProfile.objects.filter(account=account, reminders=False).exists():
        raise Conflict(f"{account.name} gets no reminders.")
    recipients = recipients_of(account=account)
    if not recipients:
        raise Conflict(f"{account.name} has no e-mail address for bills.")
    last = Reminder.objects.filter(invoice=invoice).order_by("-level").first()
    level = 1 if last is None else last.level + 1
    if level not in LEVELS:
        raise Conflict("The last reminder has been sent.")
    if last is not None and at < last.written_at + BETWEEN:
        raise Conflict(f"The last reminder is of {last.written_at:%Y-%m-%d}; wait a week.")
    words = Wording(invoice.language)
    text = reminder_text(
        level=level,
        language=invoice.language,
        number=str(invoice.number),
        issued=words.day(on=_issued_on(invoice)),
        due=words.day(on=invoice.due_on),
        open_amount=words.money(amount=money_text(amount=money.open, digits=invoice.digits), currency=invoice.currency),
        bank_account=invoice.seller["bank_account"],
        seller=invoice.seller["legal_name"],
    )
    reminder = Reminder.objects.create(
        account=account,
        invoice=invoice,
        level=level,
        recipient=recipients[0],
        subject=text.subject,
        body=text.body,
        written_at=at,
        written_by_id=actor_id,
    )
    data = {"invoice": invoice.number, "level": level, "open": str(money.open)}
    audit.record(action="reminder.written", target=reminder, actor_id=actor_id, account_id=account.pk, data=data)
    enqueue_on_commit("billing.send_reminder", reminder_id=reminder.pk)
    return reminder


def _issued_on(invoice: Invoice) -> date:
    if invoice.issued_at is None:
        raise ValueError("a draft has no day of issue")
    return local_day(at=invoice.issued_at, zone=invoice.time_zone)

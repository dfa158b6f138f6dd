"""Background work of billing; every task takes ids only and may run twice."""

import logging
from collections import Counter
from datetime import timedelta
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from billing import actions
from billing.account_periods import current_period
from billing.actions.deliveries import MOST_ATTEMPTS, OPEN_STATES
from billing.actions.parties import recipients_of
from billing.documents.mailing import document_files, document_text
from billing.forecast_queries import current_forecast
from billing.models import AlertMail, HouseMail, InvoiceDelivery, Reminder
from billing.periods import month_of
from billing.runs import run_invoices
from billing.tariff_comparison import compare_tariffs
from contactcenter.kernel.house_mail import MailNotConfigured, send_house_mail
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account

logger = logging.getLogger(__name__)

WATCHED_AT_ONCE = 500


@shared_task(name="billing.collect_usage")
def collect_usage(*, allocation_run_id: int) -> None:
    """Bring the usage lines of an allocation run's session up to date; asked for whenever a run is made or grows."""
    with open_every_account(reason="a session's time belongs to many accounts"):
        actions.collect_run(allocation_run_id=allocation_run_id, at=timezone.now())


@shared_task(name="billing.sweep")
def sweep() -> None:
    """Collect what lost tasks have left behind."""
    with open_every_account(reason="sweeps the usage of all accounts"):
        collected = actions.collect_pending(at=timezone.now())
    if collected.added or collected.changed:
        logger.info("sweep collected usage: %s new, %s changed", collected.added, collected.changed)


@shared_task(name="billing.build_hours")
def build_hours(*, account_id: int) -> None:
    """Add up an account's hours, and make the forecast that waits for them; run twice it finds them there."""
    with open_every_account(reason="hours are built for an account known by its id alone"):
        account, at = Account.objects.get(pk=account_id), timezone.now()
        current_forecast(account=account, period=current_period(account=account, at=at), at=at, most=None)


@shared_task(name="billing.build_comparison")
def build_comparison(*, account_id: int) -> None:
    """Add up an account's hours under the offered tariffs; run twice it finds them there."""
    with open_every_account(reason="hours are built for an account known by its id alone"):
        account, at = Account.objects.get(pk=account_id), timezone.now()
        compare_tariffs(account=account, period=current_period(account=account, at=at), at=at, most=None)


@shared_task(name="billing.watch")
def watch() -> None:
    """Make anew the forecasts of accounts whose usage changed, or whose hour did, and let their alerts fire."""
    with open_every_account(reason="alerts watch all accounts"):
        actions.watch_accounts(at=timezone.now(), most=WATCHED_AT_ONCE)


@shared_task(name="billing.send_alerts")
def send_alerts(*, alert_id: int | None = None) -> None:
    """Send the mails of an alert, or whatever has not left yet; each is claimed first, so that none leaves twice."""
    with open_every_account(reason="mails about alerts of all accounts"):
        waiting = AlertMail.objects.filter(sent_at__isnull=True).order_by("pk")
        if alert_id is not None:
            waiting = waiting.filter(alert=alert_id)
        for mail_id in list(waiting.values_list("pk", flat=True)[:200]):
            mail = actions.take_mail(model=AlertMail, mail_id=mail_id, at=timezone.now())
            if mail is not None:
                _send(mail, sender=actions.current_issuer().email)


@shared_task(name="billing.expire_quotes")
def expire_quotes() -> None:
    """End the quotes whose last day has passed."""
    with open_every_account(reason="quotes of all accounts may have ended"):
        actions.expire_quotes(at=timezone.now())


@shared_task(name="billing.send_reminder")
def send_reminder(*, reminder_id: int) -> None:
    """Send a reminder with its invoice; what the mail server does not take now, the sweeper tries again."""
    with open_every_account(reason="a reminder is known by its id alone"):
        reminder = actions.take_mail(model=Reminder, mail_id=reminder_id, at=timezone.now())
        if reminder is None:
            return
        invoice = reminder.invoice
        _send(
            reminder,
            sender=invoice.seller["email"],
            attachments=document_files(invoice=invoice)[0],
            cc=[other for other in recipients_of(account=invoice.account) if other != reminder.recipient],
        )


def _send(mail: HouseMail, *, sender: str, **parts: Any) -> None:
    """Send a mail that was claimed, and note what became of it."""
    error = ""
    try:
        send_house_mail(
            sender=sender or "billing@localhost",
            recipient=mail.recipient,
            subject=mail.subject,
            body=mail.body,
            **parts,
        )
    except (SMTPException, OSError, MailNotConfigured) as failure:
        error = f"{type(failure).__name__}: {failure}"
        logger.warning("%s %s did not leave: %s", mail._meta.verbose_name, mail.pk, error)
    actions.note_mail(mail=mail, at=timezone.now(), error=error)


@shared_task(name="billing.send_invoice")
def send_invoice(*, delivery_id: int) -> None:
    """Send a document to one address, once however often this runs; what is refused for now is tried again later."""
    with open_every_account(reason="a delivery is known by its id alone"):
        delivery = actions.claim_delivery(delivery_id=delivery_id, at=timezone.now())
        if delivery is None:
            return
        invoice = delivery.invoice
        try:
            files, missing = document_files(invoice=invoice)
            text = document_text(invoice=invoice, has_xml=not missing)
            send_house_mail(
                sender=invoice.seller["email"] or "billing@localhost",
                recipient=delivery.recipient,
                subject=text.subject,
                body=text.body,
                attachments=files,
                message_id=delivery.message_id,
            )
        except (SMTPException, OSError, MailNotConfigured) as failure:
            logger.warning("document %s did not leave: %s", delivery.invoice_id, failure)
            actions.note_not_sent(
                delivery_id=delivery_id,
                at=timezone.now(),
                error=_said(failure),
                is_permanent=_is_permanent(failure),
            )
        else:
            actions.note_sent(delivery_id=delivery_id, at=timezone.now(), note=missing)


def _said(failure: Exception) -> str:
    if isinstance(failure, SMTPRecipientsRefused):
        code, text = next(iter(failure.recipients.values()))
        return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return f"{type(failure).__name__}: {failure}"


def _is_permanent(failure: Exception) -> bool:
    """A refusal of the recipient or of the mail itself in the 500s; anything else may be otherwise later."""
    if isinstance(failure, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in failure.recipients.values())
    return isinstance(failure, SMTPDataError) and failure.smtp_code >= 500


@shared_task(name="billing.send_invoices")
def send_invoices() -> None:
    """Send what a lost task or a mail server out of reach has left behind."""
    with open_every_account(reason="sweeps the documents of all accounts"):
        due = InvoiceDelivery.objects.filter(
            state__in=OPEN_STATES, attempts__lt=MOST_ATTEMPTS, next_attempt_at__lte=timezone.now()
        )
        ids = list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:200])
    for delivery_id in ids:
        send_invoice(delivery_id=delivery_id)


@shared_task(name="billing.send_reminders")
def send_reminders() -> None:
    """Try again what did not leave."""
    with open_every_account(reason="sweeps the reminders of all accounts"):
        waiting = Reminder.objects.filter(sent_at__isnull=True).order_by("pk").values_list("pk", flat=True)
        ids = list(waiting[:200])
    for reminder_id in ids:
        send_reminder(reminder_id=reminder_id)


@shared_task(name="billing.run", time_limit=settings.HEAVY_TASK_TIME_LIMIT)
def run(*, period: str, issue: bool, actor_id: int | None = None) -> None:
    """Bill a month for every active account; run twice it changes nothing twice."""
    accounts = list(Account.objects.filter(is_active=True).order_by("pk"))
    outcomes = run_invoices(
        period=period, accounts=accounts, at=timezone.now(), issue=issue, dry_run=False, actor_id=actor_id
    )
    counts = Counter(outcome.outcome for outcome in outcomes)
    logger.info("bill run of %s: %s", period, dict(counts))


@shared_task(name="billing.draft_ended_months", time_limit=settings.HEAVY_TASK_TIME_LIMIT)
def draft_ended_months() -> None:
    """Build, or bring up to date, the drafts of each account's last month, and of 28-day cycles that ended in it or
    since: usage may come late in the days of grace.
    """
    at = timezone.now()
    for account in Account.objects.filter(is_active=True).order_by("pk"):
        running = month_of(at=at, zone=account.time_zone)
        ended = month_of(at=running.starts_at - timedelta(days=1), zone=account.time_zone)
        how: dict[str, Any] = {"at": at, "issue": False, "dry_run": False, "collect": False, "only_ended": True}
        for month in (ended, running):
            list(run_invoices(period=month.label, accounts=[account], **how))

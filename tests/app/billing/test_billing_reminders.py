"""Reminders of what is overdue. Amounts under a flat fee of 100.00 and 21 % tax: 121.00 a month."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from billing import actions
from billing.models import (
    BillingProfile,
    Invoice,
    Reminder,
)
from billing.tasks import send_reminder, send_reminders
from contactcenter.kernel.errors import Conflict
from contactcenter.tenancy.models import Account
from tests.app.billing.money import FLAT, issue, pay, remind
from tests.app.billing.rows import sign, version_in_force


def test_reminders_rise_by_level_and_are_sent_in_the_clients_language(account: Account, invoice: Invoice) -> None:
    with pytest.raises(Conflict, match="Nothing of this invoice is overdue"):
        remind(invoice, at=datetime(2026, 7, 15, 12, tzinfo=UTC))
    due = datetime(2026, 7, 16, 12, tzinfo=UTC)
    first = remind(invoice, at=due)
    assert (first.level, first.recipient, first.subject) == (
        1,
        "bills@clinic.example",
        "Reminder: invoice INV-2026-00001",
    )
    assert "€121.00" in first.body
    with pytest.raises(Conflict, match="wait a week"):
        remind(invoice, at=due + timedelta(days=6))
    for week, level in ((1, 2), (2, 3)):
        assert remind(invoice, at=due + timedelta(weeks=week)).level == level
    with pytest.raises(Conflict, match="last reminder has been sent"):
        remind(invoice, at=due + timedelta(weeks=9))
    send_reminder(reminder_id=first.pk)
    send_reminders()
    assert [message.subject for message in mail.outbox] == [
        "Reminder: invoice INV-2026-00001",
        "Second reminder: invoice INV-2026-00001 is overdue",
        "Last reminder: invoice INV-2026-00001",
    ]
    assert mail.outbox[0].attachments[0].filename == "INV-2026-00001.pdf"
    assert not Reminder.objects.filter(sent_at__isnull=True).exists()


def test_a_reminder_that_another_worker_is_sending_does_not_leave_twice(account: Account, invoice: Invoice) -> None:
    reminder = remind(invoice, at=datetime(2026, 7, 16, 12, tzinfo=UTC))
    assert actions.take_mail(model=Reminder, mail_id=reminder.pk, at=timezone.now()) is not None
    send_reminder(reminder_id=reminder.pk)
    send_reminders()
    assert mail.outbox == []


@pytest.mark.parametrize("language", ["en", "ru", "es"])
def test_reminder_speaks_the_language_of_its_invoice(account: Account, language: str) -> None:
    Account.objects.filter(pk=account.pk).update(language=language, billing_email="b@c.example")
    sign(account, version_in_force(FLAT))
    reminder = remind(issue(Account.objects.get(pk=account.pk)), at=datetime(2026, 7, 20, tzinfo=UTC))
    assert reminder.subject.split(":")[0] == {"en": "Reminder", "ru": "Напоминание", "es": "Recordatorio"}[language]
    assert "{" not in reminder.body


def test_reminder_that_the_server_refuses_is_kept_with_its_error(
    account: Account, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**given: Any) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr("billing.tasks.send_house_mail", refuse)
    reminder = remind(invoice, at=datetime(2026, 7, 20, tzinfo=UTC))
    send_reminder(reminder_id=reminder.pk)
    reminder.refresh_from_db()
    assert (reminder.sent_at, reminder.attempts, reminder.error) == (None, 1, "OSError: connection refused")


def test_paid_invoices_and_accounts_that_want_none_get_no_reminder(account: Account, invoice: Invoice) -> None:
    BillingProfile.objects.create(account=account, reminders=False)
    with pytest.raises(Conflict, match="gets no reminders"):
        remind(invoice, at=datetime(2026, 7, 20, tzinfo=UTC))
    pay(account, "121.00", "INV-2026-00001")
    with pytest.raises(Conflict, match="Nothing of this invoice"):
        remind(invoice, at=datetime(2026, 7, 20, tzinfo=UTC))
    assert not Reminder.objects.exists()

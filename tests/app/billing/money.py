"""A client who pays a flat fee: 121.00 a month with 21 % tax, invoiced, paid and reminded of it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.test import Client

from billing import actions
from billing.models import (
    Invoice,
    Payment,
    Reminder,
)
from billing.money_owed import owed, wallet_balances
from contactcenter.tenancy.models import Account
from tests.app.billing.rows import AT
from tests.app.factories import make_user

FLAT: dict[str, Any] = {
    "name": "Flat",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}],
    "components": [{"code": "fee", "kind": "recurring", "name": {"en": "Fee"}, "amount": "100.00"}],
}
LATER = datetime(2026, 8, 1, tzinfo=UTC)


def issue(account: Account, period: str = "2026-06", at: datetime = AT) -> Invoice:
    draft = actions.build_draft(account_id=account.pk, period=period, at=at, actor_id=None).invoice
    return actions.issue_invoice(invoice_id=draft.pk, at=at, actor_id=None, approve=True)


def pay(account: Account, amount: str, reference: str = "", key: str = "1") -> Payment:
    return actions.record_payment(
        account_id=account.pk,
        amount=Decimal(amount),
        currency="EUR",
        paid_on=date(2026, 7, 10),
        reference=reference,
        external_id=key,
        at=AT,
        actor_id=None,
    )


def standing(invoice: Invoice, on: date = date(2026, 7, 10)) -> tuple[str, str, str]:
    money = owed(invoice=invoice, on=on)
    return f"{money.paid:.2f}", f"{money.open:.2f}", str(money.state)


def wallet(account: Account) -> Decimal:
    return wallet_balances(account_id=account.pk).get("EUR", Decimal(0))


def remind(invoice: Invoice, at: datetime) -> Reminder:
    return actions.write_reminder(invoice_id=invoice.pk, at=at, actor_id=None)


def logged_in(role: str, *accounts: Account) -> Client:
    client = Client()
    client.force_login(make_user(role, *accounts))
    return client


def post(client: Client, path: str, values: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{path}", values, content_type="application/json")

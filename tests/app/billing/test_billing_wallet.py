"""The ledger of a wallet. By hand: 200.00 came in, 121.00 paid June, 30.00 went back, 49.00 is left."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing import actions
from billing.wallet_ledger import wallet_entries
from contactcenter.tenancy.models import Account, Role
from tests.app.billing.rows import AT, sign, version_in_force
from tests.app.billing.test_billing_money import FLAT, issue, pay
from tests.app.factories import make_account, make_user


@pytest.fixture
def moved(account: Account) -> Account:
    sign(account, version_in_force(FLAT))
    issue(account)
    pay(account, "200.00", "Invoice INV-2026-00001")
    actions.refund_wallet(
        account_id=account.pk, amount=Decimal("30.00"), currency="EUR", note="As agreed", at=AT, actor_id=None
    )
    return account


def test_each_movement_shows_the_balance_after_it(moved: Account) -> None:
    rows = wallet_entries(account_id=moved.pk, before=None, limit=10)
    assert [(str(row.movement.kind), row.entry.amount, row.balance, row.invoice_number) for row in rows] == [
        ("refund", Decimal("-30.00"), Decimal("49.00"), None),
        ("settlement", Decimal("-121.00"), Decimal("79.00"), "INV-2026-00001"),
        ("payment", Decimal("200.00"), Decimal("200.00"), None),
    ]
    older = wallet_entries(account_id=moved.pk, before=rows[0].entry.pk, limit=1)
    assert [(str(row.movement.kind), row.balance) for row in older] == [("settlement", Decimal("79.00"))]


def test_both_sides_read_the_ledger_and_no_other_client(moved: Account, django_assert_max_num_queries: Any) -> None:
    viewer, ours, stranger = Client(), Client(), Client()
    viewer.force_login(make_user(Role.CLIENT_VIEWER, moved))
    ours.force_login(make_user(Role.BILLING_ADMIN))
    stranger.force_login(make_user(Role.CLIENT_ADMIN, make_account("Other")))
    with django_assert_max_num_queries(9):
        page = viewer.get("/api/v1/wallet/", {"account": moved.pk}).json()
    assert [(row["kind"], row["amount"], row["balance"], row["note"]) for row in page["results"]] == [
        ("refund", "-30.00", "49.00", "As agreed"),
        ("settlement", "-121.00", "79.00", ""),
        ("payment", "200.00", "200.00", ""),
    ]
    assert page["next"] is None
    assert stranger.get("/api/v1/wallet/", {"account": moved.pk}).status_code == 404
    assert ours.get("/api/v1/wallet/", {"account": moved.pk, "cursor": "x"}).status_code == 400

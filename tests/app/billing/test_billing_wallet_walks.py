"""Whatever happens to an account's money, in any order, it is where it went."""

from contextlib import suppress
from decimal import Decimal

from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from billing import actions
from billing.models import (
    Invoice,
    MoneyEntry,
)
from billing.money_owed import owed
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tenancy.doors import open_every_account
from tests.app.billing.money import FLAT, issue, pay, wallet
from tests.app.billing.rows import AT, sign, version_in_force
from tests.app.factories import make_account


class WalletOfAnAccount(RuleBasedStateMachine):
    """Payments, invoices, credit notes and refunds in any order: the money is never more or less than came in."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = transaction.atomic()
        self.inside.__enter__()
        self.scope = open_every_account(reason="a billing test")
        self.scope.__enter__()
        self.paid, self.month, self.payments = Decimal(0), 0, 0

    def teardown(self) -> None:
        self.scope.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.inside.__exit__(None, None, None)

    @initialize()
    def signed(self) -> None:
        self.account = make_account(time_zone="UTC")
        sign(self.account, version_in_force(FLAT))

    @rule(cents=st.integers(1, 30_000), names=st.booleans())
    def money_comes_in(self, cents: int, names: bool) -> None:
        last = Invoice.objects.filter(kind="invoice").order_by("-pk").first()
        self.paid += Decimal(cents) / 100
        self.payments += 1
        reference = str(last.number) if last and names else ""
        pay(self.account, str(Decimal(cents) / 100), reference, key=f"k{self.payments}")

    @rule()
    def a_month_is_invoiced(self) -> None:
        if self.month < 6:
            self.month += 1
            issue(self.account, f"2026-0{self.month}")

    @rule(cents=st.integers(1, 10_000))
    def something_is_credited(self, cents: int) -> None:
        last = Invoice.objects.filter(kind="invoice").order_by("-pk").first()
        if last is None:
            return
        with suppress(Invalid, Conflict):
            actions.issue_credit_note(
                invoice_id=last.pk, amounts={1: Decimal(cents) / 100}, reason_code="goodwill", reason="x", at=AT,
                actor_id=None,
            )  # fmt: skip

    @rule(cents=st.integers(1, 10_000))
    def money_goes_back(self, cents: int) -> None:
        amount = Decimal(cents) / 100
        if amount <= wallet(self.account):
            actions.refund_wallet(
                account_id=self.account.pk, amount=amount, currency="EUR", note="", at=AT, actor_id=None
            )
            self.paid -= amount

    @rule()
    def the_wallet_settles(self) -> None:
        actions.settle_from_wallet(account_id=self.account.pk, currency="EUR", at=AT, actor_id=None)

    @invariant()
    def money_is_where_it_went(self) -> None:
        if not hasattr(self, "account"):
            return
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        on_invoices = Decimal(0)
        for invoice in Invoice.objects.filter(kind="invoice"):
            money = owed(invoice=invoice, on=AT.date())
            assert money.open >= 0
            on_invoices += money.paid
        assert wallet(self.account) >= 0
        assert wallet(self.account) + on_invoices == self.paid
        assert sum(entry.amount for entry in MoneyEntry.objects.all()) == 0


class TestWalletOfAnAccount(WalletOfAnAccount.TestCase, TestCase):  # type: ignore[name-defined,misc]
    """Runs the machine with Django's database."""

    settings = settings(max_examples=6, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck))

"""Runs at the same time: numbers without gaps, no invoice and no usage twice. Real transactions on real connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from billing import actions
from billing.models import Invoice, InvoiceLineUsage, NumberSeries, UsageLine
from billing.runs import run_invoices
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
from tests.app.billing.rows import AT, handle, sign, version_in_force
from tests.app.factories import make_account, make_operator

ACCOUNTS, RUNS = 6, 4


def at_once(work: Callable[[], Any], *, times: int = RUNS) -> list[Any]:
    def on_own_connection() -> Any:
        try:
            with open_every_account(reason="a billing test on a thread of its own"):
                return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=times) as pool:
        return [future.result(timeout=60) for future in [pool.submit(on_own_connection) for _ in range(times)]]


@pytest.fixture
def served() -> list[Account]:
    version = version_in_force()
    accounts = []
    for number in range(ACCOUNTS):
        account = make_account(time_zone="UTC")
        sign(account, version)
        operator = make_operator(account)
        for hour in range(3):
            start = datetime(2026, 6, 10 + number, 9 + hour, tzinfo=UTC)
            handle(account=account, operator=operator, started_at=start, talk=60 + number)
        accounts.append(account)
    return accounts


@pytest.mark.django_db(transaction=True)
def test_bill_runs_at_the_same_time_issue_each_invoice_once_without_a_gap(served: list[Account]) -> None:
    def run() -> list[str]:
        outcomes = run_invoices(period="2026-06", accounts=served, at=AT, issue=True, dry_run=False)
        return [f"{outcome.outcome} {outcome.reason}".strip() for outcome in outcomes]

    for outcomes in at_once(run):
        assert outcomes == ["issued"] * ACCOUNTS
    assert sorted(Invoice.objects.values_list("sequence", flat=True)) == list(range(1, ACCOUNTS + 1))
    assert NumberSeries.objects.get().next_number == ACCOUNTS + 1
    assert sorted(Invoice.objects.values_list("account_id", flat=True)) == [account.pk for account in served]
    assert InvoiceLineUsage.objects.count() == UsageLine.objects.exclude(channel="").count() == 3 * ACCOUNTS


@pytest.mark.django_db(transaction=True)
def test_collecting_at_the_same_time_makes_one_line_a_contact(served: list[Account]) -> None:
    at_once(lambda: actions.collect_pending(at=AT))
    assert UsageLine.objects.exclude(channel="").count() == 3 * ACCOUNTS
    assert not UsageLine.objects.filter(is_current=False).exists()
    actions.collect_pending(at=AT + timedelta(hours=1))
    assert UsageLine.objects.exclude(channel="").count() == 3 * ACCOUNTS

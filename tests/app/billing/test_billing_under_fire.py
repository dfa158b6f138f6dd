"""Issue under fire: many bill runs at once, killed with -9 in the middle, and then one that is left alone.

Small in every run; INVOICES_UNDER_FIRE=full for 16 processes over 500 accounts.
"""

import multiprocessing
import os
import random
import signal
from datetime import UTC, datetime

import pytest
from django.db import connection

from billing import actions
from billing.models import (
    DocumentChain,
    Invoice,
    InvoiceLineUsage,
    InvoiceStatus,
    NumberSeries,
    ParkedBill,
    UsageLine,
)
from billing.replay import replay_chain, replay_hash
from billing.runs import run_invoices
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
from tests.app.billing.rows import AT, handle, sign, version_in_force
from tests.app.factories import make_account, make_operator

FULL = os.environ.get("INVOICES_UNDER_FIRE") == "full"
PROCESSES, ACCOUNTS, CONTACTS, VOLLEYS = (16, 500, 1, 8) if FULL else (4, 12, 1, 3)
POLL_S = 0.01


def bill(seed: int) -> None:
    """A bill run in a process of its own, over the accounts in an order of its own."""
    with open_every_account(reason="a billing test in a process of its own"):
        accounts = list(Account.objects.order_by("pk"))
        random.Random(seed).shuffle(accounts)
        for _ in run_invoices(period="2026-06", accounts=accounts, at=AT, issue=True, dry_run=False):
            pass
    connection.close()


def issued() -> int:
    return Invoice.objects.filter(status=InvoiceStatus.ISSUED).count()


def volley(number: int, *, kill_after: int) -> int:
    """Start the runs; kill them all once so many more invoices are issued, wherever each of them is. Return how many
    were killed while they worked.
    """
    until = issued() + kill_after
    connection.close()  # no child may share the parent's connection
    context = multiprocessing.get_context("fork")
    runs = [context.Process(target=bill, args=(number * 100 + index,)) for index in range(PROCESSES)]
    for run in runs:
        run.start()
    while issued() < until and any(run.is_alive() for run in runs):
        runs[0].join(timeout=POLL_S)
    alive = [run for run in runs if run.is_alive()]
    for run in alive:
        if run.pid is not None:
            os.kill(run.pid, signal.SIGKILL)
    for run in runs:
        run.join()
    return sum(1 for run in alive if run.exitcode == -signal.SIGKILL)


@pytest.mark.kill
@pytest.mark.django_db(transaction=True)
def test_bill_runs_killed_in_the_middle_leave_no_gap_and_bill_nothing_twice() -> None:
    version = version_in_force()
    for number in range(ACCOUNTS):
        account = make_account(time_zone="UTC")
        sign(account, version)
        operator = make_operator(account)
        for hour in range(CONTACTS):
            start = datetime(2026, 6, 1 + number % 28, 1 + hour * 10 + number % 10, tzinfo=UTC)
            handle(account=account, operator=operator, started_at=start, talk=60 + number)
    # runs that collect at once are tested beside this (test_billing_concurrency); here issuing is what they fight over
    actions.collect_pending(at=AT)
    part = max(1, ACCOUNTS // (VOLLEYS + 2))
    killed = sum(volley(number, kill_after=part) for number in range(VOLLEYS))
    assert killed > 0
    assert issued() < ACCOUNTS
    connection.close()
    bill(0)
    documents = list(Invoice.objects.order_by("chain_position"))
    assert sorted(document.sequence for document in documents) == list(range(1, ACCOUNTS + 1))
    assert [document.chain_position for document in documents] == list(range(1, ACCOUNTS + 1))
    assert len({document.account_id for document in documents}) == ACCOUNTS
    assert NumberSeries.objects.get().next_number == DocumentChain.objects.get().length + 1 == ACCOUNTS + 1
    assert not ParkedBill.objects.exists()
    head = ""
    for document in documents:
        assert (document.status, document.previous_hash) == (InvoiceStatus.ISSUED, head)
        assert replay_hash(invoice=document) == document.content_hash
        assert replay_chain(invoice=document) == document.chain_hash
        head = document.chain_hash
    billed = InvoiceLineUsage.objects.values_list("usage_line_id", flat=True)
    assert sorted(billed) == sorted(
        UsageLine.objects.filter(is_current=True).exclude(channel="").values_list("pk", flat=True)
    )
    assert len(billed) == ACCOUNTS * CONTACTS

"""The bill run: every account's draft for a period, built or issued, each in a transaction of its own.

Run twice it changes nothing twice. An account that fails is parked with its reason and never stops the others.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.account_periods import account_period, period_contracts, period_labels
from billing.actions import build_draft, collect_pending, collect_period, issue_invoice, park_bill
from billing.late import unbooked_usage
from billing.models import Invoice, InvoiceLineUsage, InvoiceStatus
from billing.money import money_text
from billing.periods import PeriodError
from billing.queries import NothingToBill
from contactcenter.kernel.errors import DomainError
from contactcenter.tenancy.doors import open_account, open_every_account
from contactcenter.tenancy.models import Account

logger = logging.getLogger(__name__)

PARKED = "parked"
NOTHING = "nothing_to_bill"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the run did for one account.

    outcome: created, rebuilt, unchanged (the draft stood), issued (now or before), nothing_to_bill, parked.
    """

    account: Account
    outcome: str
    reason: str = ""
    invoice: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON values."""
        told: dict[str, Any] = {"account": self.account.pk, "slug": self.account.slug, "outcome": self.outcome}
        if self.reason:
            told["reason"] = self.reason
        return told | self.invoice


def run_invoices(
    *,
    period: str,
    accounts: Sequence[Account],
    at: datetime,
    issue: bool,
    dry_run: bool,
    actor_id: int | None = None,
    collect: bool = True,
    only_ended: bool = False,
) -> Iterator[Outcome]:
    """Collect pending usage, then yield the outcomes of each account in the order given: one for its month, or one for
    each 28-day cycle that ends in the month. dry_run undoes all of it.

    `collect` False leaves it at each account's own usage of the period: the sweeper has the rest. `only_ended` leaves
    out what goes on at `at`.
    """
    if collect and not dry_run:
        with open_every_account(reason="usage must be complete before it is billed"):
            collect_pending(at=at)
    for account in accounts:
        with open_account(account.pk):
            outcomes = [
                _bill_account(account=account, period=label, at=at, issue=issue, dry_run=dry_run, actor_id=actor_id)
                for label in period_labels(account=account, month=period)
                if not only_ended or account_period(account=account, label=label).ends_at <= at
            ]
        yield from outcomes


def bill_again(*, account: Account, period: str, at: datetime, actor_id: int | None) -> Outcome:
    """Build the draft of one period of an account, a month or a 28-day cycle by its first day; parked if it fails."""
    with open_account(account.pk):
        return _bill_account(account=account, period=period, at=at, issue=False, dry_run=False, actor_id=actor_id)


def _bill_account(
    *, account: Account, period: str, at: datetime, issue: bool, dry_run: bool, actor_id: int | None
) -> Outcome:
    try:
        with transaction.atomic():
            bounds = account_period(account=account, label=period)
            collect_period(account_id=account.pk, since=bounds.starts_at, until=bounds.ends_at, at=at)
            built = build_draft(account_id=account.pk, period=period, at=at, actor_id=actor_id)
            invoice, outcome = built.invoice, built.outcome
            if issue and invoice.status != InvoiceStatus.ISSUED:
                invoice, outcome = _issued(invoice, at=at, actor_id=actor_id), "issued"
            told = _told(invoice)
            transaction.set_rollback(dry_run)
    except NothingToBill as error:
        return _done(account, period, Outcome(account, NOTHING, str(error)), at=at, dry_run=dry_run)
    except (DomainError, PeriodError) as error:
        logger.warning("%s of %s is parked: %s", period, account.slug, error)
        return _done(account, period, Outcome(account, PARKED, str(error)), at=at, dry_run=dry_run)
    except Exception as error:
        logger.exception("%s of %s could not be billed", period, account.slug)
        reason = f"{type(error).__name__}: {error}"
        return _done(account, period, Outcome(account, PARKED, reason), at=at, dry_run=dry_run)
    return _done(account, period, Outcome(account, outcome, invoice=told), at=at, dry_run=dry_run)


def _issued(invoice: Invoice, *, at: datetime, actor_id: int | None) -> Invoice:
    return issue_invoice(invoice_id=invoice.pk, at=at, actor_id=actor_id, approve=True)


def _done(account: Account, period: str, outcome: Outcome, *, at: datetime, dry_run: bool) -> Outcome:
    if not dry_run:
        reason = outcome.reason if outcome.outcome == PARKED else None
        park_bill(account_id=account.pk, period=period, reason=reason, at=at)
    return outcome


def _told(invoice: Invoice) -> dict[str, Any]:
    contacts = InvoiceLineUsage.objects.filter(line__invoice=invoice).count()
    return {
        "invoice": invoice.pk,
        "number": invoice.number,
        "currency": invoice.currency,
        "net": money_text(amount=invoice.net, digits=invoice.digits),
        "tax": money_text(amount=invoice.tax, digits=invoice.digits),
        "total": money_text(amount=invoice.total, digits=invoice.digits),
        "contacts": contacts,
        "unpriced": invoice.unpriced,
        "late": late_contacts(invoice=invoice),
        "hash": invoice.content_hash,
    }


def late_contacts(*, invoice: Invoice) -> int:
    """Return how many contacts of an issued invoice's period have usage, or newer usage, that is not on it."""
    if invoice.status != InvoiceStatus.ISSUED:
        return 0
    unbooked = unbooked_usage(invoice=invoice).exclude(channel="")
    period = account_period(account=invoice.account, label=invoice.period)
    for window in period_contracts(account=invoice.account, period=period).windows_elsewhere(period):
        start, end = window.bounds
        unbooked = unbooked.exclude(started_at__gte=start, started_at__lt=end)
    return max(0, unbooked.count() - invoice.unpriced)

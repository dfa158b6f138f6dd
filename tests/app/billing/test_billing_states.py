"""A month of an account under any order of events: contacts, late time, drafts, new versions, issuing, runs.

Whatever happens: an issued invoice stays as it is and replays to its hash, a fresh draft equals the bill so far, every
usage line is on one invoice at most, and there is one current usage line a contact.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billing import actions
from billing.account_periods import account_period
from billing.models import Invoice, InvoiceLineUsage, InvoiceStatus, NumberSeries, TariffVersion, UsageLine
from billing.queries import account_bill
from billing.replay import replay_hash
from billing.runs import run_invoices
from contactcenter.kernel.errors import Conflict
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, CARE, accept, allocate_again, handle, sign, version_in_force
from tests.app.factories import make_account, make_operator

MONTH = "2026-06"
seconds = st.integers(1, 400)


class MonthOfAnAccount(RuleBasedStateMachine):
    """The machine runs inside one transaction that is rolled back at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.open = self._opened()
        self.open.__enter__()
        self.contacts = 0
        self.issued: dict[str, object] | None = None
        self.built = False

    @contextmanager
    def _opened(self) -> Iterator[None]:
        with transaction.atomic(), open_every_account(reason="a billing test"):
            yield
            transaction.set_rollback(True)

    def teardown(self) -> None:
        self.open.__exit__(None, None, None)

    @initialize()
    def signed(self) -> None:
        self.account: Account = make_account(time_zone="Europe/Madrid")
        self.operator = make_operator(self.account)
        self.version: TariffVersion = version_in_force()
        sign(self.account, self.version)

    @rule(talk=seconds, wrap=seconds, channel=st.sampled_from(["voice", "chat", "email"]))
    def a_contact_is_handled(self, talk: int, wrap: int, channel: str) -> None:
        start = datetime(2026, 6, 2, tzinfo=UTC) + timedelta(hours=self.contacts)
        handle(account=self.account, operator=self.operator, started_at=start, channel=channel, talk=talk, wrap=wrap)
        self.contacts += 1
        self.built = False

    @precondition(lambda self: self.contacts > 0)
    @rule(which=st.integers(0, 50), talk=seconds)
    def a_late_event_changes_its_time(self, which: int, talk: int) -> None:
        contacts = list(Interaction.objects.filter(account=self.account).order_by("pk"))
        allocate_again(contacts[which % len(contacts)], talk=talk)
        self.built = False

    @rule()
    def usage_is_collected(self) -> None:
        actions.collect_pending(at=AT)

    @rule()
    def a_draft_is_built(self) -> None:
        actions.collect_pending(at=AT)
        actions.build_draft(account_id=self.account.pk, period=MONTH, at=AT, actor_id=None)
        self.built = True

    @precondition(lambda self: self.built and self.issued is None)
    @rule()
    def the_fresh_draft_is_issued(self) -> None:
        invoice = Invoice.objects.get(account=self.account)
        actions.issue_invoice(invoice_id=invoice.pk, at=AT, actor_id=None, approve=True)
        self._note()

    @rule(issue=st.booleans())
    def the_bill_run_runs(self, issue: bool) -> None:
        (outcome,) = run_invoices(period=MONTH, accounts=[self.account], at=AT, issue=issue, dry_run=False)
        assert outcome.outcome != "parked", outcome.reason
        self.built = True
        if outcome.outcome == "issued" and self.issued is None:
            self._note()

    @rule(price=st.decimals(0, 5, places=3))
    def a_version_is_put_in_force_for_the_month_after(self, price: Decimal) -> None:
        if TariffVersion.objects.filter(effective_from=date(2026, 7, 1)).exists():
            return
        dearer = {**CARE, "components": [{**CARE["components"][0], "rate_per_minute": str(price)}]}
        draft = actions.add_draft_version(tariff_id=self.version.tariff_id, document=dearer, at=AT, actor_id=None)
        later = actions.put_in_force(version_id=draft.pk, effective_from=date(2026, 7, 1), at=AT, actor_id=None)
        accept(self.account, later)

    @precondition(lambda self: self.issued is not None)
    @rule()
    def a_version_reaching_back_is_refused(self) -> None:
        if TariffVersion.objects.filter(state="draft").exists():
            return
        draft = actions.add_draft_version(tariff_id=self.version.tariff_id, document=None, at=AT, actor_id=None)
        try:
            actions.put_in_force(version_id=draft.pk, effective_from=date(2026, 6, 20), at=AT, actor_id=None)
        except Conflict:
            actions.throw_away_draft(version_id=draft.pk, actor_id=None)
        else:
            raise AssertionError("a version reached back into an invoiced month")

    def _note(self) -> None:
        self.issued = Invoice.objects.values().get(account=self.account)

    @invariant()
    def an_issued_invoice_stays_and_replays(self) -> None:
        if self.issued is None:
            return
        invoice = Invoice.objects.get(account=self.account)
        assert Invoice.objects.values().get(account=self.account) == self.issued
        assert (invoice.status, invoice.sequence) == (InvoiceStatus.ISSUED, 1)
        assert replay_hash(invoice=invoice) == invoice.content_hash
        assert NumberSeries.objects.get().next_number == 2

    @invariant()
    def a_fresh_draft_is_the_bill_so_far(self) -> None:
        if not self.built or self.issued is not None:
            return
        bill = account_bill(account=self.account, period=account_period(account=self.account, label=MONTH)).bill
        assert Invoice.objects.get(account=self.account).total == bill.money(units=bill.total_units)

    @invariant()
    def nothing_is_billed_or_counted_twice(self) -> None:
        of_contacts = UsageLine.objects.filter(is_current=True, interaction__isnull=False)
        current = Counter(of_contacts.values_list("interaction_id", flat=True))
        assert set(current.values()) <= {1}
        billed = Counter(InvoiceLineUsage.objects.values_list("usage_line__interaction_id", flat=True))
        assert set(billed.values()) <= {1}


class TestMonthOfAnAccount(MonthOfAnAccount.TestCase, TestCase):  # type: ignore[name-defined,misc]
    """Runs the machine with Django's database."""

    settings = settings(max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))

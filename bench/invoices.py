"""Invoices: how many are issued a second, how fast one contact is explained, and the bill so far at 10 thousand and at
10 million contacts. Each beside plain SQL on the same rows in the same run.

The product does more than the baselines: it rates, explains, checks sums and chain, and numbers without a gap.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from bench.bulk import blocks_touched, bulk_fill
from bench.figures import percentile
from billing import actions
from billing.accrued import accrued_bill, build_accrual, plan_of, summed_segment
from billing.models import Accrual, AccrualSum, InvoiceLineUsage, TariffVersion, UsageSource
from billing.periods import month_period
from billing.queries import account_bill, contact_explanation
from billing.runs import run_invoices
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account

AT = datetime(2026, 7, 2, 12, tzinfo=UTC)
MONTH = "2026-06"
LINES = 100
MANY = 20_000
"""Up to so many contacts, the sums are compared with those of every contact."""
TARIFF = {
    "name": "Bench invoices",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}],
    "components": [
        {
            "code": "phone",
            "kind": "per_minute",
            "match": {"channel": "voice"},
            "basis": "talk_hold",
            "rounding": {"first_s": 60, "step_s": 6},
            "rate_per_minute": "0.74",
            "included_minutes": "120",
        },
        {"code": "least", "kind": "minimum", "amount": "100"},
    ],
}
# without interactions: the rows are what is measured, and ten million of them take long enough by themselves
USAGE = """
INSERT INTO billing_usageline (account_id, interaction_id, version, is_current, channel, direction, started_at, talk_ms,
    hold_ms, wrap_ms, focus_ms, open_ms, patched_ms, ivr_ms, idle_ms, operator_ms, interpreter_ms, messages, segments,
    orders, language, queue, campaign, spans, contact_name, contact_point, ticket_id, ticket_number)
SELECT %s, %s::bigint + n, 1, true, 'voice', 'in',
    timestamptz '2026-06-01' + (n::bigint * 7919 %% 2591999) * interval '1 second',
    n::bigint * 104729 %% 600000, n::bigint * 7907 %% 60000, n::bigint * 6101 %% 45000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    '', '', '', '[]', '', '', 0, ''
FROM generate_series(1, %s) AS n
"""
# what note_usage adds up contact by contact, for this one tariff; compared with build_accrual at the smaller size
SUMS = """
INSERT INTO billing_accrualsum (account_id, accrual_id, code, contacts, raw, waived, rounding, billed, connects, times)
SELECT %s, %s, 'phone', count(*), sum(raw), 0, sum(billed - raw), sum(billed), count(*) FILTER (WHERE billed > 0),
    ARRAY[sum(talk_ms), sum(hold_ms), sum(wrap_ms), 0, 0, 0, 0, 0, 0, 0]
FROM (SELECT *, CASE WHEN raw = 0 THEN 0
          ELSE 60000 + ceil(greatest(0, raw - 60000) / 6000.0)::bigint * 6000 END AS billed
      FROM (SELECT *, talk_ms + hold_ms AS raw FROM billing_usageline WHERE account_id = %s) AS usage) AS rated
"""
MONTH_SUM = """
SELECT count(*), sum(talk_ms + hold_ms) FROM billing_usageline
WHERE account_id = %s AND is_current AND started_at >= '2026-06-01' AND started_at < '2026-07-01'
"""


def run(*, quick: bool) -> dict[str, object]:
    """Return the figures of issuing, of explaining a contact, and of the bill so far at two sizes."""
    invoices, reads = (8, 20) if quick else (60, 200)
    small, large = (1_000, 20_000) if quick else (10_000, 10_000_000)
    version = actions.add_tariff(name="Bench invoices", document=TARIFF, at=AT, actor_id=None)
    with open_every_account(reason="a bench"):
        actions.put_in_force(version_id=version.pk, effective_from=date(2026, 1, 1), at=AT, actor_id=None)
        issuing = _issuing(tariff_id=version.tariff_id, invoices=invoices)
        explaining = _explaining(reads=reads)
        accruals = {
            f"at_{size}": _accrual(tariff_id=version.tariff_id, size=size, reads=reads) for size in (small, large)
        }
    return {"issue": issuing, "explain_one_contact": explaining, "bill_so_far": accruals}


def _account(name: str, *, tariff_id: int, usage: int, first_id: int) -> Account:
    account = Account.objects.create(name=name, slug=name, currency="EUR", time_zone="UTC")
    actions.sign_contract(
        account_id=account.pk, tariff_id=tariff_id, starts_on=date(2026, 1, 1), ends_on=None, at=AT, actor_id=None
    )
    version = TariffVersion.objects.get(tariff_id=tariff_id)
    actions.record_acceptance(
        account_id=account.pk, version_id=version.pk, effective_from=date(2026, 1, 1), name="Bench",
        evidence="a bench", at=AT, actor_id=None,
    )  # fmt: skip
    if usage > MANY:
        with bulk_fill("billing_usageline") as cursor:
            cursor.execute(USAGE, [account.pk, first_id, usage])
        return account
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(USAGE, [account.pk, first_id, usage])
        cursor.execute("SET session_replication_role = DEFAULT")
    return account


def _issuing(*, tariff_id: int, invoices: int) -> dict[str, Any]:
    accounts = [
        _account(f"bench-inv-{number}", tariff_id=tariff_id, usage=LINES, first_id=10**9 + number * LINES)
        for number in range(invoices)
    ]
    started = perf_counter()
    outcomes = [
        outcome.outcome
        for outcome in run_invoices(period=MONTH, accounts=accounts, at=AT, issue=True, dry_run=False, collect=False)
    ]
    elapsed = perf_counter() - started
    if outcomes != ["issued"] * invoices:
        raise AssertionError(f"not all were issued: {sorted(set(outcomes))}")
    baseline = _copying()
    return {
        "invoices": invoices,
        "contacts_each": LINES,
        "per_second": round(invoices / elapsed, 1),
        "baseline_sql_per_second": round(invoices / baseline, 1),
        "times_baseline": round(elapsed / baseline, 1),
    }


COPIES = (
    "INSERT INTO bench_billing_invoice SELECT * FROM billing_invoice WHERE id = %s",
    "INSERT INTO bench_billing_invoiceline SELECT * FROM billing_invoiceline WHERE invoice_id = %s",
    """
    INSERT INTO bench_billing_invoicelineusage SELECT * FROM billing_invoicelineusage
    WHERE line_id IN (SELECT id FROM billing_invoiceline WHERE invoice_id = %s)
    """,
)


def _copying() -> float:
    """Seconds that plain inserts of the same rows take, a transaction an invoice, into tables of the same shape."""
    with connection.cursor() as cursor:
        for table in ("billing_invoice", "billing_invoiceline", "billing_invoicelineusage"):
            cursor.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)")
        cursor.execute("SELECT id FROM billing_invoice ORDER BY id")
        ids = [row[0] for row in cursor.fetchall()]
        started = perf_counter()
        for pk in ids:
            with transaction.atomic():
                for statement in COPIES:
                    cursor.execute(statement, [pk])
        return perf_counter() - started


def _explaining(*, reads: int) -> dict[str, Any]:
    ids = list(InvoiceLineUsage.objects.order_by("pk").values_list("pk", flat=True)[:reads])

    def explain(pk: int) -> None:
        contact = InvoiceLineUsage.objects.select_related("line", "usage_line").get(pk=pk)
        contact_explanation(contact=contact, digits=2)
        list(UsageSource.objects.filter(usage_line_id=contact.usage_line_id).order_by("started_at", "pk"))

    def select(pk: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM billing_invoicelineusage WHERE id = %s", [pk])
            cursor.fetchone()

    explained, selected = [], []
    for pk in ids:
        explained.append(_seconds(partial(explain, pk)))
        selected.append(_seconds(partial(select, pk)))
    return {"p95_ms": percentile(explained, 0.95), "baseline_select_p95_ms": percentile(selected, 0.95)}


def _accrual(*, tariff_id: int, size: int, reads: int) -> dict[str, Any]:
    account = _account(f"bench-accrual-{size}", tariff_id=tariff_id, usage=size, first_id=2 * 10**9 + size)
    period = month_period(label=MONTH, zone="UTC")
    segment = summed_segment(account=account, period=period)
    if segment is None:
        raise AssertionError("the bench's tariff is not summable")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE billing_usageline")
        accrual = Accrual.objects.create(account=account, period=MONTH, plan=plan_of(segment=segment))
        cursor.execute(SUMS, [account.pk, accrual.pk, account.pk])
    accrued_bill(account=account, period=period)
    read, summed = [], []
    touched = blocks_touched(prefix="")
    for _ in range(reads):
        read.append(_seconds(lambda: accrued_bill(account=account, period=period)))
    touched = blocks_touched(prefix="") - touched
    for _ in range(min(reads, 5)):
        summed.append(_seconds(lambda: _month_sum(account)))
    told = accrued_bill(account=account, period=period)
    if size <= MANY:
        exact = account_bill(account=account, period=period).bill
        rows = list(AccrualSum.objects.filter(accrual=accrual).values_list("contacts", "raw", "billed", "times"))
        build_accrual(account=account, period=period, segment=segment)
        built = list(AccrualSum.objects.filter(accrual=accrual).values_list("contacts", "raw", "billed", "times"))
        if (told.total_units, rows) != (exact.total_units, built):
            raise AssertionError("the sums are not those of the contacts")
    return {
        "contacts": size,
        "total": str(told.money(units=told.total_units)),
        "p95_ms": percentile(read, 0.95),
        "p50_ms": percentile(read, 0.5),
        "blocks": round(touched / reads),
        "baseline_select_sum_p50_ms": percentile(summed, 0.5),
    }


def _month_sum(account: Account) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MONTH_SUM, [account.pk])
        cursor.fetchone()


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started

"""Rating of 100,000 calls to the last second, beside one hand-written SQL statement that rounds and sums the same rows.

The product does more than the statement: it explains every call, consumes the included minutes in order, allots the
line's amount over its calls, and hashes the whole. Both must give the same minutes and the same money. Bills from ten
million contacts, without the appendix, are measured in rating_sets.py.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from statistics import median
from time import perf_counter

from django.db import connection

from billing import actions
from billing.models import UsageLine
from billing.periods import Period, month_period
from billing.pricing import Segment, price_period
from billing.queries import account_bill, usage_in_period
from billing.terms_document import parse_terms
from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.operators.models import Operator
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account, Role, User
from contactcenter.tickets.actions import open_ticket

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
MONTH = "2026-06"
INCLUDED_MINUTES = 6000
RATE = "0.74"
TARIFF = {
    "name": "Bench",
    "currency": "EUR",
    "components": [
        {
            "code": "phone",
            "kind": "per_minute",
            "match": {"channel": "voice"},
            "basis": "talk_hold",
            "rounding": {"first_s": 60, "step_s": 6},
            "rate_per_minute": RATE,
            "included_minutes": INCLUDED_MINUTES,
        }
    ],
}

# spread over the month, one call in ten without any billable time, up to ten minutes, to the millisecond
INTERACTIONS = """
INSERT INTO tickets_interaction (account_id, ticket_id, operator_id, channel, direction, started_at, ended_at, comment,
    patched_to)
SELECT %s, %s, %s, 'voice', 'in', started, started + interval '10 minutes', '', ''
FROM (SELECT timestamptz '2026-06-01' + (n * 7919 %% 2591999) * interval '1 second' AS started
      FROM generate_series(1, %s) AS n) AS calls
"""
USAGE = """
INSERT INTO billing_usageline (account_id, interaction_id, version, is_current, channel, direction, started_at, talk_ms,
    hold_ms, wrap_ms, focus_ms, open_ms, patched_ms, ivr_ms, idle_ms, operator_ms, interpreter_ms, messages, segments,
    orders, language, queue, campaign, spans, contact_name, contact_point, ticket_id, ticket_number)
SELECT account_id, id, 1, true, channel, direction, started_at,
    CASE WHEN id %% 10 = 0 THEN 0 ELSE id * 104729 %% 600000 END,
    CASE WHEN id %% 10 = 5 THEN id * 7907 %% 60000 ELSE 0 END,
    id * 6101 %% 45000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', '', '', '[]', '', '', ticket_id, ''
FROM tickets_interaction WHERE account_id = %s
"""
# the statement an engineer would write by hand for this one tariff
BASELINE = """
SELECT count(*), sum(billed_ms), round((sum(billed_ms) - %s) * %s::numeric / 60000, 2)
FROM (
    SELECT CASE WHEN talk_ms + hold_ms = 0 THEN 0
        ELSE 60000 + ceil(greatest(0, talk_ms + hold_ms - 60000) / 6000.0) * 6000 END AS billed_ms
    FROM billing_usageline
    WHERE account_id = %s AND is_current AND started_at >= %s AND started_at < %s AND channel = 'voice'
) AS calls
"""


def run(*, quick: bool) -> dict[str, object]:
    """Return calls per second of the engine alone, of the bill from stored rows, and of the statement on the same
    rows.
    """
    calls, rounds = (5_000, 3) if quick else (100_000, 5)
    account = _account()
    period = month_period(label=MONTH, zone="UTC")
    with open_account(account.pk):
        _store(account, calls)
        usage = usage_in_period(account=account, period=period)
        terms = parse_terms(document=TARIFF)
        engine, baseline, stored = [], [], []
        for _ in range(rounds):
            # interleaved, so that what else the machine does falls on all alike
            engine.append(_seconds(lambda: price_period(segments=[Segment(terms=terms, usage=usage)])))
            baseline.append(_seconds(lambda: _statement(account, period)))
            stored.append(_seconds(lambda: account_bill(account=account, period=period)))
        bill = account_bill(account=account, period=period).bill
        counted, billed_ms, amount = _statement(account, period)
    (line,) = bill.lines
    told = [len(line.contacts), sum(contact.rated.billed for contact in line.contacts), line.amount]
    if told != [counted, billed_ms, amount]:
        raise AssertionError(f"the engine says {told}, the statement {[counted, billed_ms, amount]}")
    return {
        "calls": calls,
        "amount": str(amount),
        "engine": _speed(calls, engine),
        "from_stored_rows": _speed(calls, stored),
        "baseline_sql": _speed(calls, baseline),
        "times_baseline": round(median(engine) / median(baseline), 1),
    }


def _account() -> Account:
    account = Account.objects.create(name="Bench rating", slug="bench-rating", currency="EUR", time_zone="UTC")
    version = actions.add_tariff(name="Bench rating", document=TARIFF, at=AT, actor_id=None)
    with open_account(account.pk):
        actions.put_in_force(version_id=version.pk, effective_from=date(2026, 1, 1), at=AT, actor_id=None)
        actions.sign_contract(
            account_id=account.pk,
            tariff_id=version.tariff_id,
            starts_on=date(2026, 1, 1),
            ends_on=None,
            at=AT,
            actor_id=None,
        )
        actions.record_acceptance(
            account_id=account.pk, version_id=version.pk, effective_from=date(2026, 1, 1), name="Bench",
            evidence="a bench", at=AT, actor_id=None,
        )  # fmt: skip
    return account


def _store(account: Account, calls: int) -> None:
    user = User.objects.create_user("bench-rating@example.org", full_name="Bench", role=Role.OPERATOR)
    operator = Operator.objects.create(user=user, display_name="Bench")
    contact, _ = find_or_create_contact(account_id=account.pk, kind="phone", value="+34600000000", name="Bench")
    ticket = open_ticket(account_id=account.pk, contact=contact, channel="voice", at=AT, subject="Bench")
    with connection.cursor() as cursor:
        cursor.execute(INTERACTIONS, [account.pk, ticket.pk, operator.pk, calls])
        cursor.execute(USAGE, [account.pk])
        cursor.execute("ANALYZE billing_usageline")
    if UsageLine.objects.count() != calls:
        raise AssertionError("the rows to rate were not stored")


def _statement(account: Account, period: Period) -> tuple[int, int, Decimal]:
    with connection.cursor() as cursor:
        included_ms = INCLUDED_MINUTES * 60_000
        cursor.execute(BASELINE, [included_ms, RATE, account.pk, period.starts_at, period.ends_at])
        counted, billed_ms, amount = cursor.fetchone()
    return counted, int(billed_ms), amount


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _speed(calls: int, durations_s: list[float]) -> dict[str, float]:
    return {"calls_per_second": round(calls / median(durations_s)), "median_ms": round(median(durations_s) * 1000, 1)}

"""What roll-ups cost and save among a million interactions: a change taken in, a day and a month read.

Every figure is CPU time (this process and PostgreSQL), because the clock of a shared machine says little; "times" is
the ratio of the two within one run. The baseline is one plain SQL aggregate over the facts, by account and channel,
with the indexes that the product has; it knows neither repeats nor transfers, which cost more still.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from bench.cpu import cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERACTIONS = 1_000_000
QUICK = 20_000
DAYS = 60
ACCOUNTS = 20
CHANGES = 200
READS = 20
FIRST = 50_000_000
"""Ids begin above whatever other benches left."""
END = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)

TODAY = """
    SELECT i.account_id, i.channel, count(*), count(i.waited_ms), count(*) FILTER (WHERE i.waited_ms <= 20000),
           sum(i.waited_ms), count(i.ended_at),
           sum(extract(epoch FROM coalesce(i.wrapped_at, i.ended_at) - i.started_at))
    FROM tickets_interaction i JOIN tickets_ticket k ON k.id = i.ticket_id
    WHERE i.account_id = ANY(%s) AND i.started_at >= %s AND i.started_at < %s GROUP BY 1, 2
"""


def run(*, quick: bool) -> dict[str, object]:
    """Return the cost of filling, of a change, of a fold, and of reading a day and a month."""
    from contactcenter.tenancy.doors import open_every_account

    count = QUICK if quick else INTERACTIONS
    with open_every_account(reason="a bench reads everything"):
        accounts = _fill(count)
        from contactcenter.dashboards.models import ContactDay, ContactQuarter, RollupMark

        today, month = END.replace(hour=0), END - timedelta(days=30)
        wanted = _buckets(accounts, today, month)
        built = _cpu(lambda: _recompute(wanted))
        rolled_up = sum(ContactQuarter.objects.values_list("contacts", flat=True))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        found: dict[str, object] = {
            "interactions": count,
            "rolled_up": rolled_up,
            "quarters": ContactQuarter.objects.count(),
            "days": ContactDay.objects.count(),
            "rebuild_cpu_us_per_interaction": round(built * 1e6 / rolled_up, 1),
            "change": _changes(),
            "read_today_of_every_account": _read(accounts, today),
            "read_month_of_one_account": _read(accounts[:1], month),
        }
        RollupMark.objects.all().delete()
    return found


def _buckets(accounts: list[int], today: datetime, month: datetime) -> set[tuple[int, datetime]]:
    """Today of every account, a month of the first: what is read here (all of it would take minutes)."""
    from contactcenter.dashboards.rollups.touched import contacts_between

    days = {bucket for bucket in contacts_between(start=month, end=END) if bucket[0] == accounts[0]}
    return days | contacts_between(start=today, end=END)


def _recompute(buckets: set[tuple[int, datetime]]) -> None:
    from contactcenter.dashboards.rollups.actions import recompute

    recompute(contacts=buckets, operators=())


def _fill(count: int) -> list[int]:
    from contactcenter.operators.models import Operator
    from contactcenter.routing.models import Queue
    from contactcenter.tenancy.models import Account, User

    accounts = [
        Account.objects.get_or_create(slug=f"bench-rollups-{n}", defaults={"name": f"Bench {n}"})[0].pk
        for n in range(ACCOUNTS)
    ]
    queue = Queue.objects.get_or_create(account=None, language="", channel="", defaults={"name": "Everything"})[0]
    people = []
    for n in range(50):
        user, _ = User.objects.get_or_create(email=f"rollups{n}@bench.example", defaults={"role": "operator"})
        people.append(Operator.objects.get_or_create(user=user, defaults={"display_name": f"Bench {n}"})[0].pk)
    values: dict[str, Any] = {
        "accounts": accounts,
        "people": people,
        "queue": queue.pk,
        "count": count,
        "end": END,
        "days": DAYS,
    }
    with _unmarked(), connection.cursor() as cursor:
        for statement in (
            f"""INSERT INTO contacts_contact (id, account_id, name, language, created_at)
                SELECT {FIRST} + n, (%(accounts)s::bigint[])[1 + n %% {ACCOUNTS}], 'Person ' || n, '', now()
                FROM generate_series(1, %(count)s / 4) n""",  # noqa: S608
            f"""INSERT INTO tickets_ticket (id, account_id, number, contact_id, channel, language, subject, preview,
                    status, priority, unread, opened_at, last_activity_at, due_for, is_breached)
                SELECT {FIRST} + n, account_id, {FIRST} + n, id, 'voice', (ARRAY['en','es','ru'])[1 + n %% 3], name, '',
                       'closed', 0, 0, %(end)s, %(end)s, '', false
                FROM contacts_contact, LATERAL (SELECT id - {FIRST} AS n) x WHERE id > {FIRST}""",  # noqa: S608
            f"""INSERT INTO tickets_interaction (account_id, ticket_id, operator_id, channel, direction, started_at,
                    ended_at, wrapped_at, comment, waited_ms, queue_id, patched_to)
                SELECT k.account_id, k.id, (%(people)s::bigint[])[1 + n %% 50],
                       (ARRAY['voice','voice','chat','email'])[1 + n %% 4], 'in', at, at + interval '3 minutes',
                       at + interval '4 minutes', '', (n::bigint * 7919) %% 60000, %(queue)s, ''
                FROM generate_series(1, %(count)s) n JOIN tickets_ticket k ON k.id = {FIRST} + 1 + n %% (%(count)s / 4),
                LATERAL (SELECT %(end)s::timestamptz - (n::bigint * %(days)s * 86400 / %(count)s) * interval '1 second'
                         AS at) x""",  # noqa: S608
        ):
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
    return accounts


@contextmanager
def _unmarked() -> Iterator[None]:
    tables = ("tickets_interaction",)
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER rollup_mark")
        yield
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER rollup_mark")


def _changes() -> dict[str, float]:
    """An update without and with its mark, and taking the marks in: of one change at a time, and of all at once."""
    from contactcenter.dashboards.rollups.actions import fold_changes
    from contactcenter.tickets.models import Interaction

    dice = random.Random(5)
    recent = list(
        Interaction.objects.filter(started_at__gte=END - timedelta(days=1)).order_by("pk").values_list("pk", flat=True)
    )
    chosen = dice.sample(recent, min(CHANGES, len(recent)))

    def change() -> None:
        for pk in chosen:
            Interaction.objects.filter(pk=pk).update(waited_ms=dice.randrange(60_000))

    with _unmarked():
        bare = _cpu(change)
    marked = _cpu(change)
    together = _cpu(lambda: fold_changes())
    apart = 0.0
    for pk in chosen[:50]:
        Interaction.objects.filter(pk=pk).update(waited_ms=dice.randrange(60_000))
        apart += _cpu(lambda: fold_changes())
    return {
        "update_cpu_us": round(bare * 1e6 / len(chosen), 1),
        "update_with_mark_cpu_us": round(marked * 1e6 / len(chosen), 1),
        "fold_one_change_cpu_us": round(apart * 1e6 / min(50, len(chosen)), 1),
        "fold_in_bulk_cpu_us_per_change": round(together * 1e6 / len(chosen), 1),
    }


def _read(accounts: list[int], start: datetime) -> dict[str, float]:
    from contactcenter.dashboards.rollups.queries import contact_sums, days

    def rollups() -> None:
        rows = days(first=start.date(), last=END.date(), account_ids=accounts)
        contact_sums(rows=rows, by=("account_id",), seconds=[20])

    def facts() -> None:
        with connection.cursor() as cursor:
            cursor.execute(TODAY, [accounts, start, END])
            cursor.fetchall()

    first = {"rollups": _cpu(rollups, READS), "facts": _cpu(facts, READS)}
    return {
        "rollups_cpu_ms": round(first["rollups"] * 1000 / READS, 2),
        "facts_cpu_ms": round(first["facts"] * 1000 / READS, 2),
        "times": round(first["facts"] / first["rollups"], 1) if first["rollups"] else 0.0,
    }


def _cpu(work: Callable[[], Any], times: int = 1) -> float:
    """CPU seconds of this process and of PostgreSQL; the kernel counts the latter in steps of 10 ms."""
    server = int(os.environ["BENCH_POSTGRES_PID"])
    before = time.process_time() + cpu_seconds(server)
    for _ in range(times):
        work()
    return time.process_time() + cpu_seconds(server) - before

"""Which buckets a change concerns: its own, and those of earlier contacts that it made a repeat or a transfer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from contactcenter.dashboards.metrics import FCR_DAYS
from contactcenter.dashboards.rollups.facts import BUCKET

Bucket = tuple[int, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Quarters of an hour by account and by operator, and accounts whose days are other days now."""

    contacts: set[Bucket]
    operators: set[Bucket]
    accounts: set[int]


_OWN = f"""
    SELECT account_id, operator_id, {BUCKET.format(instant="last_at")} FROM dashboards_rollupmark
    WHERE id = ANY(%s) AND account_id IS NOT NULL AND last_at IS NOT NULL
"""  # noqa: S608 -- this module's own text
_CLOCKS = f"""
    SELECT DISTINCT m.operator_id, b.at FROM dashboards_rollupmark m
    CROSS JOIN LATERAL generate_series({BUCKET.format(instant="m.first_at")}, m.last_at, interval '15 minutes') b(at)
    WHERE m.id = ANY(%s) AND m.account_id IS NULL AND m.operator_id IS NOT NULL
"""  # noqa: S608
# The contacts meant, each with the stretch in which it came: what ended up to seven days before may be a repeat now.
_CONTACTS = f"""
    WITH meant AS (
        SELECT coalesce(m.contact_id, k.contact_id) AS contact_id,
               min(coalesce(m.first_at, '-infinity')) AS first_at, max(coalesce(m.last_at, 'infinity')) AS last_at
        FROM dashboards_rollupmark m LEFT JOIN tickets_ticket k ON k.id = m.ticket_id
        WHERE m.id = ANY(%s) AND (m.ticket_id IS NOT NULL OR m.contact_id IS NOT NULL)
        GROUP BY 1
    )
    SELECT i.account_id, i.operator_id, {BUCKET.format(instant="i.started_at")}
    FROM meant m JOIN tickets_ticket k ON k.contact_id = m.contact_id
    JOIN tickets_interaction i ON i.ticket_id = k.id AND i.started_at <= m.last_at
        AND (i.ended_at IS NULL OR m.first_at = '-infinity' OR i.ended_at >= m.first_at - interval '{FCR_DAYS} days')
    UNION
    SELECT c.account_id, NULL, {BUCKET.format(instant="c.started_at")}
    FROM meant m JOIN tickets_ticket k ON k.contact_id = m.contact_id
    JOIN tickets_call c ON c.ticket_id = k.id AND c.started_at <= m.last_at
        AND (c.ended_at IS NULL OR m.first_at = '-infinity' OR c.ended_at >= m.first_at - interval '{FCR_DAYS} days')
"""  # noqa: S608


def by_marks(*, mark_ids: Sequence[int]) -> Touched:
    """Return the buckets that these marks concern."""
    ids = list(mark_ids)
    rows = [*_rows(_OWN, [ids]), *_rows(_CONTACTS, [ids])]
    return Touched(
        contacts={(account_id, at) for account_id, _, at in rows},
        operators={(operator_id, at) for _, operator_id, at in rows if operator_id is not None}
        | set(_rows(_CLOCKS, [ids])),
        accounts={
            account_id
            for (account_id,) in _rows(
                "SELECT account_id FROM dashboards_rollupmark WHERE id = ANY(%s) AND account_id IS NOT NULL "
                "AND last_at IS NULL",
                [ids],
            )
        },
    )


def contacts_between(*, start: datetime, end: datetime) -> set[Bucket]:
    """Return every bucket of accounts in [start, end) that has a fact or a row."""
    found: set[Bucket] = set()
    for table, column in (
        ("tickets_interaction", "started_at"),
        ("tickets_call", "started_at"),
        ("routing_abandonment", "enqueued_at"),
        ("dashboards_contactquarter", "at"),
    ):
        found |= set(
            _rows(
                f"SELECT DISTINCT f.account_id, {BUCKET.format(instant=f'f.{column}')} FROM tenancy_account a "  # noqa: S608
                f"JOIN {table} f ON f.account_id = a.id AND f.{column} >= %s AND f.{column} < %s",
                [start, end],
            )
        )
    return found


def operators_between(*, start: datetime, end: datetime) -> set[Bucket]:
    """Return every bucket of operators in [start, end) that has a fact or a row."""
    within = [start, end]
    clocks = _rows(
        f"""
        SELECT DISTINCT s.operator_id, b.at FROM operators_operator o
        JOIN worktime_slice s ON s.operator_id = o.id AND s.is_current
            AND tstzrange(s.started_at, s.ended_at, '[)') && tstzrange(%s, %s, '[)')
        CROSS JOIN LATERAL generate_series(
            greatest({BUCKET.format(instant="s.started_at")}, %s), s.ended_at - interval '1 microsecond',
            interval '15 minutes') b(at)
        WHERE b.at < %s
        """,  # noqa: S608
        [*within, start, end],
    )
    handled = _rows(
        f"SELECT DISTINCT i.operator_id, {BUCKET.format(instant='i.started_at')} FROM operators_operator o "  # noqa: S608
        "JOIN tickets_interaction i ON i.operator_id = o.id AND i.started_at >= %s AND i.started_at < %s",
        within,
    )
    stored = _rows("SELECT DISTINCT operator_id, at FROM dashboards_operatorquarter WHERE at >= %s AND at < %s", within)
    return {*clocks, *handled, *stored}


def local_days(*, buckets: Sequence[Bucket]) -> list[tuple[int, date]]:
    """Return the local days of accounts in which these buckets lie."""
    return _rows(
        "SELECT DISTINCT t.account_id, (t.at AT TIME ZONE a.time_zone)::date "
        "FROM unnest(%s::bigint[], %s::timestamptz[]) AS t(account_id, at) "
        "JOIN tenancy_account a ON a.id = t.account_id ORDER BY 1, 2",
        [[account_id for account_id, _ in buckets], [at for _, at in buckets]],
    )


def days_of_account(*, account_id: int) -> list[tuple[int, date]]:
    """Return every local day on which an account has quarters."""
    return _rows(
        "SELECT DISTINCT q.account_id, (q.at AT TIME ZONE a.time_zone)::date FROM dashboards_contactquarter q "
        "JOIN tenancy_account a ON a.id = q.account_id WHERE q.account_id = %s ORDER BY 2",
        [account_id],
    )


def without_queue(*, buckets: Sequence[Bucket]) -> tuple[list[int], list[int]]:
    """Return the inbound interactions and calls in these buckets of which no queue is known: (ids, ids)."""
    arrays = [[account_id for account_id, _ in buckets], [at for _, at in buckets]]
    found = [
        [
            pk
            for (pk,) in _rows(
                f"SELECT f.id FROM unnest(%s::bigint[], %s::timestamptz[]) AS t(account_id, at) "  # noqa: S608
                f"JOIN {table} f ON f.account_id = t.account_id AND f.started_at >= t.at "
                f"AND f.started_at < t.at + interval '15 minutes' WHERE f.queue_id IS NULL AND f.direction = 'in'",
                arrays,
            )
        ]
        for table in ("tickets_interaction", "tickets_call")
    ]
    return found[0], found[1]


def _rows(statement: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())

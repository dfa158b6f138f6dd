"""Rows for the bench of the ledger, made by the database itself: events of working days, and a store of slices."""

from datetime import datetime

from django.db import connection

from bench.bulk import bulk_fill
from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Account, Membership, Role, User

CYCLE_S = 60
"""Seconds from one call to the next; each brings offer, talk, hold, wrap-up and focus: CYCLE_EVENTS events."""
CYCLE_EVENTS = 10

# one cycle: (kind, offset in ms, what the pair is called)
_KINDS = """
(VALUES ('offer.made', 2000, 'o'), ('offer.ended', 7000, 'o'), ('call.talk_started', 7000, 'i'),
    ('call.hold_started', 15000, 'i'), ('call.hold_ended', 19500, 'i'), ('call.ended', 38000, 'i'),
    ('wrap.started', 38000, 'i'), ('wrap.ended', 48000, 'i'), ('focus.started', 50000, 'i'), ('focus.ended', 56000, 'i')
) AS k(kind, ms, pair)
"""
EVENTS = f"""
INSERT INTO worktime_operatorevent (operator_id, at, kind, account_id, ticket_id, interaction_id, channel, reason,
    source, source_key, author_id, data, recorded_at)
SELECT o, day + n * interval '{CYCLE_S} seconds' + k.ms * interval '1 millisecond', k.kind,
    (%(accounts)s::bigint[])[1 + (n + o) %% array_length(%(accounts)s::bigint[], 1)],
    NULL::bigint, NULL::bigint, 'voice', '', 'bench',
    'bench ' || o || ' ' || extract(epoch FROM day)::bigint || ' ' || n || ' ' || k.kind, NULL::bigint,
    jsonb_build_object('subject', k.pair || n), day + interval '1 day'
FROM unnest(%(operators)s::bigint[]) AS o, unnest(%(days)s::timestamptz[]) AS day, generate_series(1, %(cycles)s) AS n,
    {_KINDS}
UNION ALL
SELECT o, day + edge.ms * interval '1 millisecond', edge.kind, NULL, NULL, NULL, '', '', 'bench',
    'bench ' || o || ' ' || extract(epoch FROM day)::bigint || ' ' || edge.kind, NULL, '{{}}'::jsonb,
    day + interval '1 day'
FROM unnest(%(operators)s::bigint[]) AS o, unnest(%(days)s::timestamptz[]) AS day,
    (VALUES ('session.started', 0), ('session.ended', (%(cycles)s + 2) * {CYCLE_S} * 1000)) AS edge(kind, ms)
"""  # noqa: S608 - only this module's own constants
STRETCHES = """
INSERT INTO worktime_underivedstretch (operator_id, first_at, last_at, events)
SELECT operator_id, min(at), max(at), count(*) FROM worktime_operatorevent
WHERE operator_id = ANY(%s) GROUP BY operator_id
"""

# 1,000 slices of 30 s in a session that begins every 12 hours; one share for each
_STORE = (
    """
    INSERT INTO worktime_session (operator_id, started_at, ended_at, derived_until, close_rule)
    SELECT %(operator)s, began, began + interval '30000 seconds', began + interval '30000 seconds', 'ended'
    FROM (
        SELECT timestamptz '1990-01-01' + n * interval '12 hours' AS began FROM generate_series(1, %(sessions)s) AS n
    ) AS s
    """,
    """
    INSERT INTO worktime_allocationrun (session_id, version, revision, policy, is_current, made_at)
    SELECT id, 1, 1, '{"idle": "none", "weights": [], "open": "equal"}', true, now() FROM worktime_session
    WHERE operator_id = %(operator)s
    """,
    """
    INSERT INTO worktime_slice (session_id, operator_id, started_at, ended_at, ms, kind, account_id, interaction_id,
        channel, reason, candidates, is_current)
    SELECT t.id, t.operator_id, t.started_at + n * interval '30 seconds',
        t.started_at + (n + 1) * interval '30 seconds', 30000,
        CASE WHEN n %% 2 = 0 THEN 'talk' ELSE 'idle' END, CASE WHEN n %% 2 = 0 THEN %(account)s END, NULL,
        '', '', '[]', true
    FROM worktime_session t, generate_series(0, 999) AS n WHERE t.operator_id = %(operator)s
    """,
    """
    INSERT INTO worktime_allocation (run_id, slice_id, account_id, interaction_id, kind, ms)
    SELECT r.id, s.id, s.account_id, NULL, s.kind, s.ms FROM worktime_slice s
    JOIN worktime_allocationrun r ON r.session_id = s.session_id WHERE s.operator_id = %(operator)s
    """,
)


def make_people(*, name: str, operators: int, accounts: int) -> tuple[list[int], list[int]]:
    """Return the ids of new operators and accounts; every operator serves all of them."""
    houses = [
        Account.objects.create(name=f"Bench {name} {n}", slug=f"bench-{name}-{n}", time_zone="UTC")
        for n in range(accounts)
    ]
    users = User.objects.bulk_create(
        User(email=f"bench-{name}-{n}@example.org", full_name=f"Bench {n}", role=Role.OPERATOR)
        for n in range(operators)
    )
    Membership.objects.bulk_create(Membership(user=user, account=house) for user in users for house in houses)
    made = Operator.objects.bulk_create(Operator(user=user, display_name=user.full_name) for user in users)
    return [operator.pk for operator in made], [house.pk for house in houses]


def make_events(*, operators: list[int], accounts: list[int], days: list[datetime], cycles: int) -> int:
    """Store the events of these days, told in good time; returns how many. They wait to be derived."""
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, {"operators": operators, "accounts": accounts, "days": days, "cycles": cycles})
        stored = int(cursor.rowcount)
        cursor.execute(STRETCHES, [operators])
        cursor.execute("ANALYZE worktime_operatorevent")
    return stored


def fill_store(*, operator: int, account: int, slices: int) -> None:
    """Store so many slices, with their sessions, runs and allocations, of an operator of the past."""
    with bulk_fill("worktime_slice", "worktime_allocation") as cursor:
        for statement in _STORE:
            cursor.execute(statement, {"operator": operator, "account": account, "sessions": slices // 1000})
            # the next statement joins what this one stored
            cursor.execute("ANALYZE worktime_session, worktime_allocationrun, worktime_slice")

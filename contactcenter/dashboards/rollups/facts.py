"""What a bucket must say, selected from the facts: the one statement by which it is written and by which it is proven.

Every statement takes the buckets as two arrays (whose, when) and gives rows in the order of its columns. A bucket is a
quarter of an hour in UTC: local midnights of every time zone fall on its bounds.
"""

from typing import Final

from contactcenter.dashboards.metrics import FCR_DAYS, SATISFIED_FROM
from contactcenter.tenancy.models import SERVICE_LEVEL_SECONDS

BUCKET: Final = "date_bin('15 minutes', {instant}, TIMESTAMPTZ '2000-01-01 00:00:00Z')"
CONTACT_KEYS: Final = ("account_id", "at", "queue_id", "channel", "language")
CONTACT_SUMS: Final = (
    "contacts",
    "answered",
    "abandoned",
    "wait_ms",
    "answered_within",
    "abandoned_within",
    "handled",
    "conversation_ms",
    "wrap_ms",
    "transferred",
    "inbound",
    "repeated",
    "rated",
    "satisfied",
)
OPERATOR_KEYS: Final = ("operator_id", "at", "account_id", "queue_id", "channel", "language")
CLOCK: Final = ("talk", "hold", "focus", "wrap", "open", "offer", "break", "idle")
OPERATOR_SUMS: Final = (*(f"{name}_ms" for name in CLOCK), "handled", "conversation_ms", "wrapped_ms")


def _ms(start: str, end: str) -> str:
    return f"floor(extract(epoch FROM {end} - {start}) * 1000)::bigint"


def _within(column: str) -> str:
    return (
        f"ARRAY[{', '.join(f'count(*) FILTER (WHERE {column} <= {bound * 1000})' for bound in SERVICE_LEVEL_SECONDS)}]"
    )


# Re:, Fwd: and their like in other languages do not make another subject.
_SUBJECT: Final = (
    r"lower(btrim(regexp_replace({ticket}.subject,"
    r" '^(\s*(re|fwd?|aw|wg|sv|vs|rv|tr|rif|отв|ha|пер)\s*(\[\d+\])?\s*:)+', '', 'i')))"
)
_SAME_SUBJECT: Final = "(k.id = s.ticket_id OR (s.subject <> '' AND " + _SUBJECT.format(ticket="k") + " = s.subject))"
_ARRIVED: Final = "n.started_at - coalesce(n.waited_ms, 0) * interval '1 millisecond'"
_SAME_CALL: Final = """EXISTS (SELECT 1 FROM tickets_callsegment a JOIN tickets_callsegment b ON b.call_id = a.call_id
                               WHERE a.interaction_id = s.id AND b.interaction_id = n.id)"""
# Another operator took the contact over before the customer had left.
_TRANSFERRED: Final = f"""EXISTS (
    SELECT 1 FROM tickets_interaction n
    WHERE n.ticket_id = s.ticket_id AND n.channel = s.channel AND n.operator_id <> s.operator_id
      AND (n.started_at, n.id) > (s.started_at, s.id) AND ({_ARRIVED} <= s.ended_at OR {_SAME_CALL})
)"""  # noqa: S608 -- this module's own text
# The same contact came again on the same subject after this was over; a call nobody took counts as coming again.
_REPEATED: Final = f"""(EXISTS (
    SELECT 1 FROM tickets_ticket k JOIN tickets_interaction n ON n.ticket_id = k.id
    WHERE k.contact_id = s.contact_id AND {_SAME_SUBJECT} AND n.direction = 'in' AND n.started_at > s.ended_at
      AND {_ARRIVED} > s.ended_at AND {_ARRIVED} <= s.ended_at + interval '{FCR_DAYS} days' AND NOT {_SAME_CALL}
) OR EXISTS (
    SELECT 1 FROM tickets_ticket k JOIN tickets_call c ON c.ticket_id = k.id
    WHERE k.contact_id = s.contact_id AND {_SAME_SUBJECT} AND c.direction = 'in' AND c.answered_at IS NULL
      AND c.started_at > s.ended_at AND c.started_at <= s.ended_at + interval '{FCR_DAYS} days'
))"""  # noqa: S608 -- this module's own text

# A contact is an interaction, or a call that no operator took. Who hung up before reaching a queue, or asked to be
# called back, has not abandoned it; nor has a call that still waits.
CONTACTS: Final = f"""
    WITH touched AS (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[]) AS t(account_id, at)),
    served AS MATERIALIZED (
        SELECT t.at, i.*, k.language, k.contact_id, {_SUBJECT.format(ticket="k")} AS subject
        FROM touched t
        JOIN tickets_interaction i ON i.account_id = t.account_id
            AND i.started_at >= t.at AND i.started_at < t.at + interval '15 minutes'
        JOIN tickets_ticket k ON k.id = i.ticket_id
    ),
    missed AS MATERIALIZED (
        SELECT t.at, c.*, coalesce(k.language, '') AS language
        FROM touched t
        JOIN tickets_call c ON c.account_id = t.account_id
            AND c.started_at >= t.at AND c.started_at < t.at + interval '15 minutes'
        LEFT JOIN tickets_ticket k ON k.id = c.ticket_id
        WHERE NOT EXISTS (SELECT 1 FROM tickets_callsegment g WHERE g.call_id = c.id AND g.interaction_id IS NOT NULL)
    ),
    facts AS (
        SELECT s.account_id, s.at, s.queue_id, s.channel, s.language, 1 AS contacts,
               CASE WHEN s.direction = 'in' THEN s.waited_ms END AS answered_ms,
               false AS is_abandoned, NULL::bigint AS abandoned_ms,
               s.ended_at IS NOT NULL AS is_handled,
               CASE WHEN s.ended_at IS NOT NULL THEN {_ms("s.started_at", "s.ended_at")} END AS conversation_ms,
               CASE WHEN s.wrapped_at > s.ended_at THEN {_ms("s.ended_at", "s.wrapped_at")} END AS wrap_ms,
               s.ended_at IS NOT NULL AND {_TRANSFERRED} AS is_transferred,
               s.ended_at IS NOT NULL AND s.direction = 'in' AS is_inbound,
               s.ended_at IS NOT NULL AND s.direction = 'in' AND {_REPEATED} AS is_repeated,
               r.score
        FROM served s LEFT JOIN tickets_rating r ON r.interaction_id = s.id
        UNION ALL
        SELECT c.account_id, c.at, c.queue_id, 'voice', c.language, 1,
               CASE WHEN c.direction = 'in' AND c.answered_at IS NOT NULL THEN c.wait_ms END,
               {{abandoned}}, CASE WHEN {{abandoned}} THEN c.wait_ms END,
               false, NULL, NULL, false, false, false, NULL
        FROM missed c
        UNION ALL
        SELECT b.account_id, t.at, b.queue_id, b.channel, b.language, 0, NULL,
               true, {_ms("b.enqueued_at", "b.abandoned_at")},
               false, NULL, NULL, false, false, false, NULL
        FROM touched t JOIN routing_abandonment b ON b.account_id = t.account_id
            AND b.enqueued_at >= t.at AND b.enqueued_at < t.at + interval '15 minutes'
    )
    SELECT account_id, at, queue_id, channel, language,
           sum(contacts)::int, count(answered_ms)::int, (count(*) FILTER (WHERE is_abandoned))::int,
           coalesce(sum(answered_ms), 0)::bigint,
           ({_within("answered_ms")})::int[], ({_within("abandoned_ms")})::int[],
           (count(*) FILTER (WHERE is_handled))::int,
           coalesce(sum(conversation_ms), 0)::bigint, coalesce(sum(wrap_ms), 0)::bigint,
           (count(*) FILTER (WHERE is_transferred))::int, (count(*) FILTER (WHERE is_inbound))::int,
           (count(*) FILTER (WHERE is_repeated))::int, count(score)::int,
           (count(*) FILTER (WHERE score >= {SATISFIED_FROM}))::int
    FROM facts GROUP BY account_id, at, queue_id, channel, language
""".replace(  # noqa: S608 -- this module's own text
    "{abandoned}",
    """(c.direction = 'in' AND c.answered_at IS NULL AND c.enqueued_at IS NOT NULL AND c.ended_at IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM routing_callbackrequest q WHERE q.ticket_id = c.ticket_id
                                AND q.requested_at BETWEEN c.enqueued_at AND c.ended_at))""",
)

OPERATORS: Final = f"""
    WITH touched AS (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[]) AS t(operator_id, at))
    SELECT t.operator_id, t.at, NULL::bigint, NULL::bigint, '', '',
           {", ".join(f"coalesce(sum(p.ms) FILTER (WHERE p.kind = '{name}'), 0)::bigint" for name in CLOCK)},
           0, 0::bigint, 0::bigint
    FROM touched t CROSS JOIN LATERAL (
        SELECT s.kind, {_ms("greatest(s.started_at, t.at)", "least(s.ended_at, t.at + interval '15 minutes')")} AS ms
        FROM worktime_slice s
        WHERE s.operator_id = t.operator_id AND s.is_current
          AND tstzrange(s.started_at, s.ended_at, '[)') && tstzrange(t.at, t.at + interval '15 minutes', '[)')
    ) p
    GROUP BY t.operator_id, t.at
    UNION ALL
    SELECT t.operator_id, t.at, i.account_id, i.queue_id, i.channel, k.language,
           {", ".join("0::bigint" for _ in CLOCK)}, count(*)::int,
           sum({_ms("i.started_at", "i.ended_at")})::bigint,
           coalesce(sum({_ms("i.ended_at", "i.wrapped_at")}) FILTER (WHERE i.wrapped_at > i.ended_at), 0)::bigint
    FROM touched t
    JOIN tickets_interaction i ON i.operator_id = t.operator_id AND i.ended_at IS NOT NULL
        AND i.started_at >= t.at AND i.started_at < t.at + interval '15 minutes'
    JOIN tickets_ticket k ON k.id = i.ticket_id
    GROUP BY t.operator_id, t.at, i.account_id, i.queue_id, i.channel, k.language
"""  # noqa: S608 -- this module's own text


def _added(names: tuple[str, ...]) -> str:
    """The sums of columns over several rows; those that count by bounds are added bound by bound."""
    parts = []
    for name in names:
        if name.endswith("_within"):
            bounds = (f"sum(q.{name}[{n}])" for n in range(1, len(SERVICE_LEVEL_SECONDS) + 1))
            parts.append(f"(ARRAY[{', '.join(bounds)}])::int[]")
        else:
            parts.append(f"sum(q.{name})::{'bigint' if name.endswith('_ms') else 'int'}")
    return ", ".join(parts)


CONTACT_DAYS: Final = f"""
    WITH touched AS (SELECT * FROM unnest(%s::bigint[], %s::date[]) AS t(account_id, day))
    SELECT t.account_id, t.day, q.queue_id, q.channel, q.language, {_added(CONTACT_SUMS)}
    FROM touched t JOIN tenancy_account a ON a.id = t.account_id
    JOIN dashboards_contactquarter q ON q.account_id = t.account_id
        AND q.at >= t.day::timestamp AT TIME ZONE 'UTC' - interval '1 day'
        AND q.at < t.day::timestamp AT TIME ZONE 'UTC' + interval '2 days'
        AND (q.at AT TIME ZONE a.time_zone)::date = t.day
    GROUP BY t.account_id, t.day, q.queue_id, q.channel, q.language
"""  # noqa: S608 -- names of columns only
OPERATOR_DAYS: Final = f"""
    WITH touched AS (SELECT * FROM unnest(%s::bigint[], %s::date[]) AS t(operator_id, day))
    SELECT t.operator_id, t.day, q.account_id, q.queue_id, q.channel, q.language, {_added(OPERATOR_SUMS)}
    FROM touched t JOIN dashboards_operatorquarter q ON q.operator_id = t.operator_id
        AND q.at >= t.day::timestamp AT TIME ZONE 'UTC' AND q.at < (t.day + 1)::timestamp AT TIME ZONE 'UTC'
    GROUP BY t.operator_id, t.day, q.account_id, q.queue_id, q.channel, q.language
"""  # noqa: S608 -- names of columns only

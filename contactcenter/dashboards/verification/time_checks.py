"""Slices tile sessions and follow the events; allocations sum to slices and follow the policy."""

from datetime import datetime

from contactcenter.dashboards.verification.checks import STUCK_AFTER, Check, add_rows, count_of
from contactcenter.worktime.proof import ledger_differences

ROUNDING_MS = 2000
"""Logs count whole seconds: a call may overlap the one before and the one after it by one of them."""
_MS = "(extract(epoch FROM {end} - {start}) * 1000)::bigint"


def slices_tile_sessions() -> Check:
    """Every session is tiled by its current slices: no gap, no overlap, and their milliseconds sum to it."""
    check = Check("slices = sessions", "the current slices of a session follow each other from its start to its end")
    check.checked = count_of("SELECT count(*) FROM worktime_session WHERE close_rule <> 'void'")
    add_rows(
        check,
        "slice {0} of session {1}: lasts {2} ms, says {3} ms",
        f"""
        SELECT id, session_id, {_MS.format(start="started_at", end="ended_at")}, ms FROM worktime_slice
        WHERE is_current AND ms <> {_MS.format(start="started_at", end="ended_at")} ORDER BY id
        """,  # noqa: S608 - only this module's own constants
    )
    add_rows(
        check,
        "slice {0} of session {1}: starts at {2:%Y-%m-%d %H:%M:%S.%f}, the one before it ends at {3:%H:%M:%S.%f}",
        """
        SELECT id, session_id, started_at, before FROM (
            SELECT id, session_id, started_at,
                lag(ended_at) OVER (PARTITION BY session_id ORDER BY started_at) AS before
            FROM worktime_slice WHERE is_current
        ) AS s WHERE before <> started_at ORDER BY id
        """,
    )
    add_rows(
        check,
        "session {0}: {1} ms from its start to its end, its slices have {2} ms, from {3} to {4}",
        f"""
        SELECT id, span, coalesce(total, 0), first, last FROM (
            SELECT t.id, t.started_at, t.derived_until,
                {_MS.format(start="t.started_at", end="t.derived_until")} AS span,
                sum(s.ms) AS total, min(s.started_at) AS first, max(s.ended_at) AS last
            FROM worktime_session t LEFT JOIN worktime_slice s ON s.session_id = t.id AND s.is_current
            GROUP BY t.id
        ) AS t
        WHERE span <> coalesce(total, 0) OR first <> started_at OR last <> derived_until ORDER BY id
        """,  # noqa: S608 - only this module's own constants
    )
    add_rows(
        check,
        "session {0}: ended at {1}, its ledger reaches {2}",
        "SELECT id, ended_at, derived_until FROM worktime_session WHERE derived_until <> ended_at ORDER BY id",
    )
    add_rows(
        check,
        "slice {0}: is operator {1}'s, its session {2} is operator {3}'s",
        """
        SELECT s.id, s.operator_id, t.id, t.operator_id FROM worktime_slice s
        JOIN worktime_session t ON t.id = s.session_id WHERE s.operator_id <> t.operator_id ORDER BY s.id
        """,
    )
    return check


def allocations_sum_to_slices() -> Check:
    """In every allocation run, former ones included, the allocations of each slice sum to it and are of its class."""
    check = Check("allocations = slices", "the allocations of a slice sum to it and go to its own account")
    check.checked = count_of("SELECT count(*) FROM worktime_slice")
    add_rows(
        check,
        "slice {0}: has {1} ms, run {2} allocates {3} ms",
        """
        SELECT s.id, s.ms, a.run_id, sum(a.ms) FROM worktime_allocation a JOIN worktime_slice s ON s.id = a.slice_id
        GROUP BY s.id, a.run_id HAVING sum(a.ms) <> s.ms ORDER BY s.id
        """,
    )
    add_rows(
        check,
        "slice {0}: what version {1} allocates still stands in version {2}, which allocates it anew",
        """
        SELECT DISTINCT a.slice_id, r.version, l.version FROM worktime_allocation a
        JOIN worktime_allocationrun r ON r.id = a.run_id
        JOIN worktime_allocation b ON b.slice_id = a.slice_id JOIN worktime_allocationrun l ON l.id = b.run_id
        WHERE l.version > r.version AND (a.until_version IS NULL OR a.until_version > l.version) ORDER BY a.slice_id
        """,
    )
    add_rows(
        check,
        "slice {0} of session {1}: not allocated in the session's current run",
        """
        SELECT s.id, s.session_id FROM worktime_slice s WHERE s.is_current AND NOT EXISTS (
            SELECT 1 FROM worktime_allocation a JOIN worktime_allocationrun r ON r.id = a.run_id
            JOIN worktime_allocationrun c ON c.session_id = r.session_id AND c.is_current
            WHERE a.slice_id = s.id AND a.until_version IS NULL AND r.session_id = s.session_id
        ) ORDER BY s.id
        """,
    )
    add_rows(
        check,
        "allocation {0} of run {1}: its slice {2} is superseded, of another session, or of another class",
        """
        SELECT a.id, a.run_id, s.id FROM worktime_allocation a
        JOIN worktime_slice s ON s.id = a.slice_id JOIN worktime_allocationrun r ON r.id = a.run_id
        WHERE s.session_id <> r.session_id OR s.kind <> a.kind OR (a.until_version IS NULL AND NOT s.is_current)
        ORDER BY a.id
        """,
    )
    add_rows(
        check,
        "allocation {0}: account {1}, interaction {2}; its slice {3} has account {4}, interaction {5}",
        """
        SELECT a.id, a.account_id, a.interaction_id, s.id, s.account_id, s.interaction_id
        FROM worktime_allocation a JOIN worktime_slice s ON s.id = a.slice_id
        WHERE s.kind NOT IN ('open', 'idle') AND (a.account_id IS DISTINCT FROM s.account_id
            OR a.interaction_id IS DISTINCT FROM s.interaction_id) ORDER BY a.id
        """,
    )
    add_rows(
        check,
        "allocation {0}: account {1}, interaction {2} is not among the open chats of slice {3}",
        """
        SELECT a.id, a.account_id, a.interaction_id, s.id
        FROM worktime_allocation a JOIN worktime_slice s ON s.id = a.slice_id
        JOIN worktime_allocationrun r ON r.id = a.run_id AND r.policy ->> 'open' <> 'as_idle'
        WHERE s.kind = 'open' AND NOT EXISTS (
            SELECT 1 FROM jsonb_array_elements(s.candidates) AS c
            WHERE (c ->> 'account')::bigint = a.account_id
              AND (c ->> 'interaction')::bigint IS NOT DISTINCT FROM a.interaction_id
        ) ORDER BY a.id
        """,
    )
    return check


def versions_follow() -> Check:
    """The versions of a session's allocation count up, the last one is in force, each covers its time without a gap."""
    check = Check("versions = decisions", "a session's allocations count up, the last is in force, each is complete")
    check.checked = count_of("SELECT count(*) FROM worktime_allocationrun")
    add_rows(
        check,
        "run {0} of session {1}: version {2} comes after {3}",
        """
        SELECT id, session_id, version, before FROM (
            SELECT id, session_id, version, coalesce(lag(version) OVER (PARTITION BY session_id ORDER BY version), 0)
                AS before FROM worktime_allocationrun
        ) AS r WHERE version <> before + 1 ORDER BY id
        """,
    )
    add_rows(
        check,
        "run {0} of session {1}: version {2} is in force, there is a later one",
        """
        SELECT r.id, r.session_id, r.version FROM worktime_allocationrun r WHERE r.is_current AND EXISTS (
            SELECT 1 FROM worktime_allocationrun l WHERE l.session_id = r.session_id AND l.version > r.version)
        ORDER BY r.id
        """,
    )
    add_rows(
        check,
        "session {0}: has {1} versions of its allocation, none is in force",
        """
        SELECT t.id, count(*) FROM worktime_session t JOIN worktime_allocationrun r ON r.session_id = t.id
        WHERE t.close_rule <> 'void' GROUP BY t.id HAVING NOT bool_or(r.is_current) ORDER BY t.id
        """,
    )
    add_rows(
        check,
        "run {0} of session {1}: nothing is allocated before slice {2} from {3:%Y-%m-%d %H:%M:%S.%f} on",
        """
        SELECT run_id, session_id, slice_id, before FROM (
            SELECT s.run_id, s.session_id, s.slice_id, s.started_at,
                lag(s.ended_at) OVER (PARTITION BY s.run_id ORDER BY s.started_at) AS before
            FROM (SELECT DISTINCT v.id AS run_id, v.session_id, a.slice_id, p.started_at, p.ended_at
                FROM worktime_allocation a JOIN worktime_allocationrun r ON r.id = a.run_id
                JOIN worktime_allocationrun v ON v.session_id = r.session_id AND v.version >= r.version
                    AND (a.until_version IS NULL OR v.version < a.until_version) AND NOT v.is_current
                JOIN worktime_slice p ON p.id = a.slice_id) AS s
        ) AS s WHERE before <> started_at ORDER BY run_id, slice_id
        """,
    )
    add_rows(
        check,
        "reallocation {0}: made run {1} of session {2}, which it had no business with",
        """
        SELECT l.id, r.id, t.id FROM worktime_allocationrun r JOIN worktime_reallocation l ON l.id = r.reallocation_id
        JOIN worktime_session t ON t.id = r.session_id
        WHERE l.is_dry_run OR (l.operator_id IS NOT NULL AND l.operator_id <> t.operator_id) ORDER BY l.id
        """,
    )
    return check


def voice_equals_calls(*, at: datetime) -> Check:
    """The telephone log and the ledger have the same voice time of every operator's call.

    What contradicts itself (two calls at once, a lost end) is listed as a contradiction and decided by rule; there, and
    where a person has corrected the time, the two may differ, elsewhere only by the second that logs are counted in.
    """
    check = Check(
        "voice = calls", "talk and hold of a call are what the telephone log says, or a contradiction is listed"
    )
    check.checked = count_of("SELECT count(*) FROM tickets_callsegment WHERE interaction_id IS NOT NULL")
    add_rows(
        check,
        "interaction {0} of operator {1}: {2} ms on the telephone, {3} ms of voice in the ledger",
        f"""
        WITH calls AS (
            SELECT g.interaction_id, i.operator_id, min(g.answered_at) AS first, max(g.ended_at) AS last,
                sum({_MS.format(start="g.answered_at", end="greatest(g.ended_at, g.answered_at)")})::bigint AS ms
            FROM tickets_callsegment g JOIN tickets_interaction i ON i.id = g.interaction_id
            WHERE g.answered_at IS NOT NULL AND g.ended_at < %s GROUP BY g.interaction_id, i.operator_id
        )
        SELECT c.interaction_id, c.operator_id, c.ms, coalesce(s.ms, 0) FROM calls c
        LEFT JOIN LATERAL (
            SELECT sum(ms)::bigint AS ms FROM worktime_slice
            WHERE interaction_id = c.interaction_id AND operator_id = c.operator_id AND is_current
                AND kind IN ('talk', 'hold') AND reason <> 'dispatch'
        ) AS s ON true
        WHERE abs(c.ms - coalesce(s.ms, 0)) > %s
            AND NOT EXISTS (SELECT 1 FROM worktime_contradiction x WHERE x.operator_id = c.operator_id
                AND x.starts_at <= c.last AND x.ends_at >= c.first AND x.kind <> 'no_log_in')
            AND NOT EXISTS (SELECT 1 FROM worktime_timecorrection x WHERE x.operator_id = c.operator_id
                AND x.state = 'approved' AND x.starts_at <= c.last AND x.ends_at >= c.first)
            AND NOT EXISTS (SELECT 1 FROM worktime_underivedstretch u WHERE u.operator_id = c.operator_id)
        ORDER BY c.interaction_id
        """,  # noqa: S608 - only this module's own constants
        [at - STUCK_AFTER, ROUNDING_MS],
    )
    return check


def ledger_follows_events(*, at: datetime) -> Check:
    """Deriving and allocating everything again from the recorded events gives what is stored."""
    check = Check("ledger = events", "the events derived again give the same sessions, slices and allocations")
    check.checked = count_of("SELECT count(*) FROM worktime_operatorevent")
    for difference in ledger_differences(at=at):
        check.differs(f"{difference.what} {difference.id}: {difference.cause}")
    return check

"""Writes of the ledger: record what happened, derive sessions, slices and allocations from it."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from contactcenter.kernel.errors import Invalid
from contactcenter.kernel.intervals import floor_to_ms, require_aware
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.statements import Later, ask
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.models import OperatorEvent, Session, UnderivedStretch
from contactcenter.worktime.rewriting import rewrite_span

logger = logging.getLogger(__name__)

SETTLE = timedelta(seconds=1)
"""Events come in bursts (offer ended, chat opened, focus): those of so short a time are derived once."""
REFRESH_AFTER = timedelta(minutes=5)
"""A running session without events is carried forward when its ledger is older; every event does so at once."""
_PRESENCE = {
    EventKind.SESSION_STARTED,
    EventKind.SESSION_ENDED,
    EventKind.PRESENCE_AVAILABLE,
    EventKind.PRESENCE_BREAK,
}


def record_events(*, operator_id: int, events: Sequence[EventInput]) -> int:
    """Store what happened to one operator, as record_events_of does; returns how many events were new."""
    return record_events_of(events={operator_id: events})


def record_events_of(*, events: Mapping[int, Sequence[EventInput]]) -> int:
    """Store what happened to operators (by their ids), in one statement; returns how many events were new.

    Recording the same source_key again changes nothing, whatever the order of arrival. After the commit the sessions
    touched are derived anew by the task worktime.derive_operator. Instants are cut to whole milliseconds; a correction
    takes the instant of the event it takes back. Raises Invalid (nothing is stored) if a field is missing or does not
    fit.
    """
    return ask_to_record(events=events)()


def ask_to_record(*, events: Mapping[int, Sequence[EventInput]]) -> Later[int]:
    """Do as record_events_of does; what the task is asked for is known when the answer is called for, which must be."""
    rows: dict[str, dict[str, Any]] = {}
    for operator_id, happened in events.items():
        for event in happened:
            rows.setdefault(event.source_key, _row(operator_id, event))
    if not rows:
        return int
    # as save() would set it
    recorded_at = OperatorEvent._meta.get_field("recorded_at").pre_save(OperatorEvent(), add=True)
    asked = ask(_RECORD, [json.dumps(list(rows.values()), default=datetime.isoformat), recorded_at, SETTLE])

    def recorded() -> int:
        written = asked()
        new = {key for key, _, _ in written}
        _warn_of_other_facts({key: row for key, row in rows.items() if key not in new})
        # a little later than the burst lasts, so that its last event is committed by then
        wait = 1.5 * SETTLE.total_seconds()
        for operator_id in sorted({operator_id for _, operator_id, is_in_burst in written if not is_in_burst}):
            enqueue_on_commit("worktime.derive_operator", countdown=wait, operator_id=operator_id)
        return len(written)

    return recorded


_RECORD: Final = """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(%s::jsonb) AS event
               (operator_id bigint, at timestamptz, kind text, account_id bigint, ticket_id bigint,
                interaction_id bigint, channel text, reason text, source text, source_key text, author_id bigint,
                data jsonb)
    ), written AS (
        INSERT INTO worktime_operatorevent
               (operator_id, at, kind, account_id, ticket_id, interaction_id, channel, reason, source, source_key,
                author_id, data, recorded_at)
        SELECT given.*, %s FROM given ON CONFLICT (source_key) DO NOTHING
        RETURNING source_key, operator_id, at
    ), burst AS (
        SELECT DISTINCT operator_id FROM worktime_underivedstretch
        WHERE operator_id IN (SELECT operator_id FROM given) AND recorded_at > statement_timestamp() - %s
    ), stretches AS (
        INSERT INTO worktime_underivedstretch (operator_id, first_at, last_at, events)
        SELECT operator_id, min(at), max(at), count(*) FROM written GROUP BY operator_id
    )
    SELECT source_key, operator_id, operator_id IN (SELECT operator_id FROM burst) FROM written
"""
"""Events that are new, a stretch to derive for each operator, and whether one was left there a moment ago."""


def _warn_of_other_facts(again: Mapping[str, Mapping[str, Any]]) -> None:
    """Of what was recorded before the first telling is kept; one that says something else is worth a look."""
    if not again:
        return
    known = OperatorEvent.objects.filter(source_key__in=again).values_list("source_key", "operator_id", "kind", "at")
    for key, *stored in known:
        given = again[key]
        if stored != [given["operator_id"], given["kind"], given["at"]]:
            logger.warning("operator event %r came again with other facts; the first is kept", key)


def derive_operator(*, operator_id: int, at: datetime) -> bool:
    """Bring the operator's ledger up to `at`: sessions, slices and allocations agree with the recorded events.

    Deriving again from the same events writes nothing. Writers are never kept waiting: what they record meanwhile is
    derived by the next call. Returns whether nothing is left to derive; false if another process is at it, or for
    events later than `at`.
    """
    at = floor_to_ms(require_aware(at, name="at"))
    with transaction.atomic():
        if not _lock(operator_id):
            return False
        ahead = UnderivedStretch.objects.filter(operator_id=operator_id)
        seen = list(ahead.filter(first_at__lte=at))
        if seen:
            first, last = min(row.first_at for row in seen), max(row.last_at for row in seen)
            rewrite_span(operator_id=operator_id, first=first, last=last, at=at)
        running = Session.objects.filter(operator_id=operator_id, ended_at=None).first()
        if running is not None and (running.derived_until is None or running.derived_until < at):
            rewrite_span(operator_id=operator_id, first=running.started_at, last=at, at=at)
        UnderivedStretch.objects.filter(pk__in=[row.pk for row in seen if row.last_at <= at]).delete()
        return not ahead.exists()


def derive_behind(*, at: datetime) -> int:
    """Derive every operator whose events are ahead of the ledger or whose running session is stale; returns how many.

    One operator's failure is logged and keeps nobody else waiting.
    """
    behind = set(UnderivedStretch.objects.values_list("operator_id", flat=True))
    stale = Session.objects.filter(ended_at=None, derived_until__lt=at - REFRESH_AFTER)
    behind.update(stale.values_list("operator_id", flat=True))
    count = 0
    for operator_id in sorted(behind):
        try:
            derive_operator(operator_id=operator_id, at=at)
            count += 1
        except Exception:
            logger.exception("the ledger of operator %s could not be derived", operator_id)
    return count


def _lock(operator_id: int) -> bool:
    """Only one process derives an operator; it holds no row that a writer of events needs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('worktime.derive'), %s)", [operator_id])
        (locked,) = cursor.fetchone()
    return bool(locked)


def _row(operator_id: int, event: EventInput) -> dict[str, Any]:
    if not event.source_key or len(event.source_key) > 200:
        raise Invalid("An event needs a source_key of at most 200 characters.", field="source_key")
    if event.at.tzinfo is None:
        raise Invalid(f"The event {event.source_key} has an instant without a time zone.", field="at")
    at = floor_to_ms(require_aware(event.at, name="at"))
    data = dict(event.data)
    if event.subject:
        data["subject"] = event.subject
    if event.kind is EventKind.CORRECTION:
        if not data.get("voids"):
            raise Invalid("A correction names the event it takes back.", field="data.voids")
        if event.author_id is None or not event.reason:
            missing = "reason" if event.author_id else "author_id"
            raise Invalid("A correction needs an author and a reason.", field=missing)
        void = OperatorEvent.objects.filter(operator_id=operator_id, source_key=data["voids"]).first()
        if void is None:
            raise Invalid(f"The operator has no event {data['voids']}.", field="data.voids")
        at = void.at
    elif event.kind is EventKind.TIME_ASSIGNED:
        if event.author_id is None or not event.reason:
            missing = "reason" if event.author_id else "author_id"
            raise Invalid("Assigned time needs an author and a reason.", field=missing)
    elif event.kind not in _PRESENCE:
        if event.account_id is None:
            raise Invalid(f"The event {event.source_key} names no account.", field="account_id")
        if not (event.interaction_id or event.ticket_id or event.subject):
            raise Invalid(f"The event {event.source_key} names no interaction, ticket or subject.", field="subject")
    return {
        "operator_id": operator_id,
        "at": at,
        "kind": str(event.kind),
        "account_id": event.account_id,
        "ticket_id": event.ticket_id,
        "interaction_id": event.interaction_id,
        "channel": event.channel,
        "reason": event.reason[:200],
        "source": event.source,
        "source_key": event.source_key,
        "author_id": event.author_id,
        "data": data,
    }

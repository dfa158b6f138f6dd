"""Calls whose end was lost are closed by a rule that says so, at the last instant anything was known of them."""

from collections.abc import Set
from datetime import datetime, timedelta

from django.db.models import Max

from channels_app.models import Endpoint, PhoneLogEntry
from channels_app.phone.closing import closing_bytes, closing_entry
from channels_app.phone.directory import Directory
from channels_app.phone.events import EventKind, Source
from channels_app.phone.files import reread
from channels_app.phone.ingest import import_entries
from contactcenter.kernel import audit
from contactcenter.tickets.models import Call

_BATCH = 200
_OVER = frozenset({EventKind.SYSTEM_STARTED, EventKind.SYSTEM_STOPPED})


def close_lost_calls(*, endpoint: Endpoint, at: datetime) -> int:
    """Close the endpoint's open calls that nothing was heard of for its `lost_after`, or since its system restarted.

    The end is the last instant any entry tells of the call, the call is flagged end_unknown, the rule is in the audit
    trail, and a real end that comes later takes its place. Returns how many were closed. Needs an open scope.
    """
    lost_after = Directory.from_settings(endpoint.settings).lost_after
    open_calls = Call.objects.filter(endpoint_id=endpoint.pk, ended_at=None).order_by("started_at", "pk")
    restarts = _restarts(endpoint)
    closed = 0
    for call in open_calls[:_BATCH]:
        told = PhoneLogEntry.objects.filter(endpoint=endpoint, rejected="", call_keys__overlap=call.external_ids)
        last = told.aggregate(last=Max("at"))["last"] or call.started_at
        restarted = next((instant for instant in restarts if instant > last), None)
        if restarted is not None:
            rule = f"the telephone system stopped or started at {restarted:%Y-%m-%d %H:%M:%S} UTC"
        elif last <= at - lost_after:
            rule = f"nothing was heard of it for {lost_after / timedelta(hours=1):g} hours"
        else:
            continue
        closed += _close(endpoint, call, ended_at=last, rule=rule, at=at)
    return closed


def close_absent_calls(
    *, endpoint: Endpoint, source: Source, present: Set[str], asked_at: datetime, at: datetime
) -> int:
    """Close the open calls that this source told of and of which the system has no leg any more.

    `present` are the ids of the legs that it had at `asked_at`; calls that anything was heard of since then are left
    alone. The end is the last instant anything is known, as in `close_lost_calls`. Needs an open scope.
    """
    open_calls = Call.objects.filter(endpoint_id=endpoint.pk, ended_at=None, started_at__lt=asked_at)
    closed = 0
    for call in open_calls.order_by("started_at", "pk")[:_BATCH]:
        if not present.isdisjoint(call.external_ids):
            continue
        told = PhoneLogEntry.objects.filter(endpoint=endpoint, rejected="", call_keys__overlap=call.external_ids)
        last = told.filter(source=source).aggregate(last=Max("at"))["last"]
        if last is None or last >= asked_at or told.filter(at__gte=asked_at).exists():
            continue
        rule = f"the telephone system no longer had it at {asked_at:%Y-%m-%d %H:%M:%S} UTC"
        closed += _close(endpoint, call, ended_at=last, rule=rule, at=at)
    return closed


def _close(endpoint: Endpoint, call: Call, *, ended_at: datetime, rule: str, at: datetime) -> bool:
    entry = closing_entry(closing_bytes(call_id=call.external_id, ended_at=ended_at, rule=rule))
    if not import_entries(endpoint=endpoint, source=Source.CLOSING_RULE, entries=[entry], at=at).stored:
        return False
    audit.record(
        action="call.closed_by_rule",
        target=call,
        actor_id=None,
        account_id=call.account_id,
        data={"rule": rule, "ended_at": ended_at.isoformat()},
    )
    return True


def _restarts(endpoint: Endpoint) -> list[datetime]:
    """Stops and starts of the system, oldest first; what merely says that a connection began is none."""
    entries = PhoneLogEntry.objects.filter(endpoint=endpoint, rejected="", call_keys=[]).order_by("-at")[:_BATCH]
    instants = [
        event.at
        for entry in entries
        for event in reread(source=entry.source, raw=bytes(entry.raw), at=entry.at).events
        if event.kind in _OVER
    ]
    return sorted(instants)

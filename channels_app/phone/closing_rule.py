"""Calls whose end was lost are closed by a rule that says so, at the last instant anything was known of them."""

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
        entry = closing_entry(closing_bytes(call_id=call.external_id, ended_at=last, rule=rule))
        if not import_entries(endpoint=endpoint, source=Source.CLOSING_RULE, entries=[entry], at=at).stored:
            continue
        audit.record(
            action="call.closed_by_rule",
            target=call,
            actor_id=None,
            account_id=call.account_id,
            data={"rule": rule, "ended_at": last.isoformat()},
        )
        closed += 1
    return closed


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

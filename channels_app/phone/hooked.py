"""Calls that a telephone system reports by webhook: entries of its log, stored before the answer, reduced after it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from channels_app.models import Endpoint
from channels_app.phone.events import Source
from channels_app.phone.files import reread
from channels_app.phone.ingest import store_entries
from channels_app.webhook import RawEvent
from contactcenter.kernel.jobs import enqueue_on_commit

SOURCES = {"freeswitch": Source.FREESWITCH, "twilio": Source.TWILIO}


@transaction.atomic
def take_reports(*, endpoint_id: int, provider: str, events: Iterable[RawEvent], at: datetime) -> int:
    """Store what was reported, also what cannot be understood; returns how many reports are new.

    Their calls are recorded after the commit by the task channels.reduce_phone_logs. Needs the endpoint's scope.
    """
    endpoint = Endpoint.objects.get(pk=endpoint_id)
    source = SOURCES[provider]
    entries = [reread(source=source, raw=event.raw, at=None) for event in events]
    stored = store_entries(endpoint, source=source, entries=entries, at=at)
    if stored:
        enqueue_on_commit("channels.reduce_phone_logs")
    return stored

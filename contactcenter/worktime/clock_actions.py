"""Writes of clocks: what was read of a source's clock, and from when on how much is taken off what it stamps."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from contactcenter.kernel import audit
from contactcenter.kernel.intervals import milliseconds
from contactcenter.worktime.clocks import WINDOW_MINUTES, offset_ms
from contactcenter.worktime.models import ClockCorrection, ClockReading

KEEP = timedelta(days=7)


@transaction.atomic
def read_clock(*, source: str, stamped: Sequence[datetime], received_at: datetime) -> ClockCorrection | None:
    """Note what a source stamped on events received now; return a new correction of its clock, if one is due.

    A correction holds for what the source stamps from the last of these instants on, and is never changed: what was
    told before stays as it was told, listed as a contradiction where it came before its own instant.
    """
    if not stamped:
        return None
    latest = max(stamped)
    lower = milliseconds(start=received_at, end=latest)
    minute = received_at.replace(second=0, microsecond=0)
    row, is_new = ClockReading.objects.get_or_create(
        source=source, minute=minute, defaults={"at_least_ms": lower, "readings": len(stamped)}
    )
    if not is_new:
        ClockReading.objects.filter(pk=row.pk).update(
            at_least_ms=Greatest(F("at_least_ms"), lower), readings=F("readings") + len(stamped)
        )
    since = minute - timedelta(minutes=WINDOW_MINUTES)
    window = list(
        ClockReading.objects.filter(source=source, minute__gt=since, minute__lte=minute).values_list(
            "at_least_ms", "readings"
        )
    )
    ClockReading.objects.filter(source=source, minute__lt=received_at - KEEP).delete()
    applied = ClockCorrection.objects.filter(source=source).order_by("-valid_from").first()
    offset = offset_ms(at_least=[bound for bound, _ in window], applied=applied.offset_ms if applied else 0)
    if offset is None or (applied is not None and applied.valid_from >= latest):
        return None
    correction = ClockCorrection.objects.create(
        source=source, valid_from=latest, offset_ms=offset, readings=sum(count for _, count in window)
    )
    data = {"source": source, "offset_ms": offset, "valid_from": latest.isoformat()}
    audit.record(action="worktime.clock.correct", target=correction, actor_id=None, data=data)
    return correction

"""What a usual week brings, from the roll-ups of the last weeks, and the plan made of it. Needs a scope."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, ExtractMinute

from contactcenter.dashboards.models import ContactQuarter
from contactcenter.dashboards.planning import Need, Slot, Stream, Wish, milliseconds_or_none, plan
from contactcenter.dashboards.portal_months import day_bounds
from contactcenter.dashboards.rollups.queries import LIVE_CHANNELS
from contactcenter.kernel.erlang import Expectation
from contactcenter.kernel.errors import Invalid
from contactcenter.routing.models import Queue
from contactcenter.tenancy.queries import accounts_in_scope

Apart = Literal["queue", "account"]
UNMEASURED_AHT_S: Final = 180.0
"""Taken where nothing was handled yet and no handle time is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be planned: which contacts (empty: all), over which weeks, who works apart, and what is wished."""

    queue_ids: tuple[int, ...]
    account_ids: tuple[int, ...]
    channel: str
    weeks: int
    zone: ZoneInfo
    apart: Apart
    aht_s: float | None
    wish: Wish
    given: int | None


def planning(*, question: Question, at: dt.datetime) -> dict[str, Any]:
    """Return PlanningSerializer's shape, from the whole local days of the weeks before `at`.

    A usual half hour is the mean of its weekday over the weeks. Invalid where the target cannot be reached.
    """
    today = at.astimezone(question.zone).date()
    first = today - dt.timedelta(weeks=question.weeks)
    start, end = day_bounds(on=first, zone=question.zone)[0], day_bounds(on=today, zone=question.zone)[0]
    counts, measured = _brought(question, start=start, end=end)
    streams = [
        Stream(
            key=key,
            contacts={slot: count / question.weeks for slot, count in slots.items()},
            aht_s=question.aht_s or measured.get(key) or UNMEASURED_AHT_S,
        )
        for key, slots in sorted(counts.items())
    ]
    try:
        needs = plan(streams=streams, wish=question.wish, given=question.given)
    except ValueError as error:
        raise Invalid(f"This cannot be planned: {error}.", field="target_percent") from None
    names = _names(question.apart, [stream.key for stream in streams])
    return {
        "time_zone": str(question.zone),
        "first_on": first,
        "last_on": today - dt.timedelta(days=1),
        "apart": question.apart,
        "streams": [
            {
                "id": stream.key or None,
                "name": names.get(stream.key, ""),
                "contacts_a_week": round(sum(stream.contacts.values()), 1),
                "aht_ms": round(stream.aht_s * 1000),
                "measured_aht_ms": round(measured[stream.key] * 1000) if measured.get(stream.key) else None,
                "operator_hours": sum(need.dedicated.get(stream.key, 0) for need in needs) / 2,
                "most_operators": max((need.dedicated.get(stream.key, 0) for need in needs), default=0),
            }
            for stream in streams
        ],
        "slots": [_slot(need) for need in needs],
        "week": _week(needs),
    }


def _brought(
    question: Question, *, start: dt.datetime, end: dt.datetime
) -> tuple[Mapping[int, Counter[Slot]], Mapping[int, float]]:
    """Return the contacts by stream and slot (answered and abandoned), and the measured handle time in seconds."""
    rows = ContactQuarter.objects.filter(at__gte=start, at__lt=end, channel__in=LIVE_CHANNELS)
    if question.queue_ids:
        rows = rows.filter(queue_id__in=question.queue_ids)
    if question.account_ids:
        rows = rows.filter(account_id__in=question.account_ids)
    if question.channel:
        rows = rows.filter(channel=question.channel)
    key = "queue_id" if question.apart == "queue" else "account_id"
    grouped = (
        rows.order_by()
        .values_list(
            key,
            ExtractIsoWeekDay("at", tzinfo=question.zone),
            ExtractHour("at", tzinfo=question.zone),
            ExtractMinute("at", tzinfo=question.zone),
        )
        .annotate(
            came=Sum(F("answered") + F("abandoned")),
            handled=Sum("handled"),
            worked_ms=Sum(F("conversation_ms") + F("wrap_ms")),
        )
    )
    counts: dict[int, Counter[Slot]] = defaultdict(Counter)
    handled: Counter[int] = Counter()
    worked: Counter[int] = Counter()
    for stream, weekday, hour, minute, came, done, worked_ms in grouped:
        if came:
            counts[stream or 0][weekday - 1, hour * 2 + minute // 30] += came
        handled[stream or 0] += done
        worked[stream or 0] += worked_ms
    return counts, {stream: worked[stream] / handled[stream] / 1000 for stream in handled if handled[stream]}


def _names(apart: Apart, keys: Collection[int]) -> dict[int, str]:
    if apart == "queue":
        return dict(Queue.objects.filter(pk__in=keys).values_list("pk", "name"))
    return dict(accounts_in_scope().filter(pk__in=keys).values_list("pk", "name"))


def _slot(need: Need) -> dict[str, Any]:
    return {
        "weekday": need.slot[0],
        "half_hour": need.slot[1],
        "contacts": round(need.contacts, 2),
        "load_permille": round(need.load * 1000),
        "shared": _expected(need.shared),
        "shared_rostered": need.shared_rostered,
        "dedicated": sum(need.dedicated.values()),
        "dedicated_rostered": need.dedicated_rostered,
        "by_stream": [{"id": key or None, "operators": count} for key, count in need.dedicated.items()],
        "given": _expected(need.given) if need.given else None,
    }


def _expected(found: Expectation) -> dict[str, Any]:
    return {
        "operators": found.operators,
        "service_level_permille": round(found.service_level * 1000),
        "average_wait_ms": milliseconds_or_none(found.asa_s),
        "abandonment_permille": round(found.abandons * 1000),
        "occupancy_permille": round(found.occupancy * 1000),
    }


def _week(needs: list[Need]) -> dict[str, Any]:
    shared = sum(need.shared_rostered for need in needs) / 2
    dedicated = sum(need.dedicated_rostered for need in needs) / 2
    return {
        "contacts": round(sum(need.contacts for need in needs), 1),
        "shared_hours": shared,
        "dedicated_hours": dedicated,
        "saved_hours": dedicated - shared,
        "saved_permille": round((dedicated - shared) / dedicated * 1000) if dedicated else None,
        "most_shared": max((need.shared_rostered for need in needs), default=0),
        "most_dedicated": max((need.dedicated_rostered for need in needs), default=0),
    }

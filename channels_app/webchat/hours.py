"""Business hours as an endpoint's settings state them. Pure.

    {"time_zone": "Europe/Madrid", "days": {"mon": ["09:00-14:00", "15:00-18:00"], "sat": ["10:00-13:00"]}}

Local times; a day that is not named is closed; "24:00" is the end of the day. Without hours it is always open.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


def is_open(*, hours: Mapping[str, Any], at: datetime) -> bool:
    """Say whether `at` is within the hours; ValueError names what cannot be understood."""
    if not hours:
        return True
    try:
        local = at.astimezone(ZoneInfo(str(hours.get("time_zone") or "UTC")))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"hours.time_zone: {hours.get('time_zone')!r} is no time zone") from None
    days = hours.get("days")
    if not isinstance(days, Mapping) or not set(days) <= set(DAYS):
        raise ValueError(f"hours.days: expected {', '.join(DAYS)} with their spans")
    minute = local.hour * 60 + local.minute
    spans = days.get(DAYS[local.weekday()]) or ()
    return any(begins <= minute < ends for begins, ends in map(_span, spans))


def _span(text: object) -> tuple[int, int]:
    match = _SPAN.fullmatch(str(text))
    if match is None:
        raise ValueError(f"hours.days: {text!r} is no span such as 09:00-18:00")
    begins_h, begins_m, ends_h, ends_m = map(int, match.groups())
    return begins_h * 60 + begins_m, ends_h * 60 + ends_m

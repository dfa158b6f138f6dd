"""Business hours as they are stored, read for reckoning; the public holidays come from the package `holidays`."""

from __future__ import annotations

import json
from collections.abc import Container
from datetime import date
from functools import lru_cache

import holidays

from contactcenter.kernel.business_time import Hours, hours_from
from contactcenter.tickets.models import Calendar


def hours_of(calendar: Calendar | None) -> Hours | None:
    """Return the hours of a calendar; None, which is always open, without one. Raises ValueError where it is wrong."""
    if calendar is None:
        return None
    return _hours(
        calendar.time_zone,
        json.dumps(calendar.week),
        json.dumps(calendar.days),
        calendar.holiday_country,
        calendar.holiday_subdivision,
    )


@lru_cache(maxsize=256)
def _hours(time_zone: str, week: str, days: str, country: str, subdivision: str) -> Hours:
    closed_on: Container[date] = frozenset()
    if country:
        try:
            closed_on = holidays.country_holidays(country, subdiv=subdivision or None)
        except NotImplementedError:
            raise ValueError(f"no holidays are known of {country} {subdivision}".strip()) from None
    return hours_from(time_zone=time_zone, week=json.loads(week), days=json.loads(days), closed_on=closed_on)


def holiday_regions() -> dict[str, list[str]]:
    """Return the countries whose holidays are known, with their subdivisions (ISO 3166 codes)."""
    return {code: list(parts) for code, parts in holidays.list_supported_countries().items() if len(code) == 2}

"""A month of a client's contacts in figures, each beside the same stretch of the month before. From the roll-ups."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay

from billing.periods import Cycle
from contactcenter.dashboards import metrics
from contactcenter.dashboards.metrics import Answering, Formula, Handling
from contactcenter.dashboards.portal_export import csv_line
from contactcenter.dashboards.portal_figures import busiest, change_permille
from contactcenter.dashboards.portal_months import Month, day_bounds, days_of, month_bounds, same_stretch_before
from contactcenter.dashboards.rollups.queries import ContactTotals, contact_sums, days, merged, quarters, resolved_by
from contactcenter.tenancy.models import Account
from contactcenter.tenancy.service_levels import Agreement, agreement_of
from contactcenter.tickets.models import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What a stretch of time brought: by local day, and in all; `resolution` counts days whose seven days are over.

    Each day is measured by what the account's contract named on it (`agreement`).
    """

    agreement: Agreement
    by_day: dict[dt.date, ContactTotals]
    all: ContactTotals
    resolution: Handling

    def answering_on(self, on: dt.date) -> Answering:
        """How a day was answered, by its own threshold."""
        return self.by_day.get(on, ContactTotals()).within(self.agreement.on(on).seconds)

    def answering(self) -> Answering:
        """How all days were answered, each by its own threshold."""
        return metrics.total(Answering, (self.answering_on(on) for on in self.by_day))

    def level(self, *days_on: dt.date) -> int | None:
        """The service level of these days, or of all, each by its own threshold and formula, in permille."""
        parts = [(self.answering_on(on), cast(Formula, self.agreement.on(on).formula)) for on in days_on or self.by_day]
        return metrics.permille(share=metrics.pooled_service_level(parts=parts))


def stretch(*, account: Account, start: dt.datetime, end: dt.datetime, channel: str, at: dt.datetime) -> Stretch:
    """Add up [start, end) from a local midnight: whole days, and the quarters of a day that is cut off."""
    zone, agreement = ZoneInfo(account.time_zone), agreement_of(account=account)
    seconds = agreement.seconds
    cut_off = end.astimezone(zone).date()
    midnight, _ = day_bounds(on=cut_off, zone=zone)
    whole = days(first=start.astimezone(zone).date(), last=cut_off - dt.timedelta(days=1), account_ids=[account.pk])
    rest = quarters(start=midnight, end=end, account_ids=[account.pk])
    if channel:
        whole, rest = whole.filter(channel=channel), rest.filter(channel=channel)
    by_day = {on: told for (on,), told in contact_sums(rows=whole, by=("on",), seconds=seconds).items()}
    if midnight < end:
        by_day[cut_off] = merged(contact_sums(rows=rest, by=(), seconds=seconds).values())
    return Stretch(
        agreement=agreement, by_day=by_day, all=merged(by_day.values()), resolution=resolved_by(rows=whole, at=at)
    )


def heat_of(*, account: Account, start: dt.datetime, end: dt.datetime, channel: str) -> list[list[int]]:
    """Contacts by weekday (0 = Monday) and local hour: seven rows of 24."""
    zone = ZoneInfo(account.time_zone)
    rows = quarters(start=start, end=end, account_ids=[account.pk])
    if channel:
        rows = rows.filter(channel=channel)
    heat = [[0] * 24 for _ in range(7)]
    counted = (
        rows.order_by()
        .values_list(ExtractIsoWeekDay("at", tzinfo=zone), ExtractHour("at", tzinfo=zone))
        .annotate(count=Sum("contacts"))
    )
    for weekday, hour, count in counted:
        heat[weekday - 1][hour] = count
    return heat


def usage_document(*, account: Account, month: Month, channel: str, at: dt.datetime) -> dict[str, Any]:
    """Return UsageSerializer's shape, without the cost, for one month as seen at the instant `at`."""
    zone = ZoneInfo(account.time_zone)
    start, end = month_bounds(month=month, zone=zone)
    before_start, before_end = same_stretch_before(month=month, at=at, zone=zone)
    now = stretch(account=account, start=start, end=end, channel=channel, at=at)
    before = stretch(account=account, start=before_start, end=before_end, channel=channel, at=at)
    told, told_before = _figures(now), _figures(before)
    answering = now.answering()
    # what held on the last day that is shown
    terms = now.agreement.on((min(at, end) - dt.timedelta(microseconds=1)).astimezone(zone).date())
    heat = heat_of(account=account, start=start, end=end, channel=channel)
    peak = busiest(heat=heat)
    return {
        "account_id": account.pk,
        "month": str(month),
        "cycle": Cycle.MONTH if month.day is None else Cycle.DAYS_28,
        "time_zone": account.time_zone,
        "currency": account.currency,
        "as_of": min(at, end),
        "starts_at": start,
        "ends_at": end,
        "complete": at >= end,
        "contacts": {
            "value": now.all.contacts,
            "before": before.all.contacts,
            "change_permille": change_permille(now=now.all.contacts, before=before.all.contacts),
        },
        "answering": {
            "threshold_s": terms.seconds,
            "formula": terms.formula,
            "target_percent": terms.percent,
            "answered": answering.answered,
            "abandoned": answering.abandoned,
            "in_time_permille": told["service_level"],
            "before_permille": told_before["service_level"],
            "average_wait_ms": told["asa"],
            "before_wait_ms": told_before["asa"],
        },
        "figures": {
            name: {"value": told[name], "before": told_before[name]}
            for name in ("abandonment", "aht", "transfers", "fcr", "csat")
        },
        "days": [_day(now, on) for on in days_of(month=month)],
        "heat": heat,
        "busiest": {"weekday": peak[0], "hour": peak[1], "contacts": heat[peak[0]][peak[1]]} if peak else None,
    }


def _figures(told: Stretch) -> dict[str, int | None]:
    answering, handling = told.answering(), told.all.handling
    return {
        "service_level": told.level(),
        "asa": metrics.average_wait_ms(answering=answering),
        "abandonment": metrics.permille(share=metrics.abandonment(answering=answering)),
        "aht": metrics.average_handle_ms(handling=handling),
        "transfers": metrics.permille(share=metrics.transfers(handling=handling)),
        "fcr": metrics.permille(share=metrics.first_contact_resolution(handling=told.resolution)),
        "csat": metrics.permille(share=metrics.satisfaction(handling=handling)),
    }


def _day(told: Stretch, on: dt.date) -> dict[str, Any]:
    return {
        "on": on,
        "counts": told.by_day.get(on, ContactTotals()).by_channel,
        "in_time_permille": told.level(on),
        "average_wait_ms": metrics.average_wait_ms(answering=told.answering_on(on)),
    }


USAGE_COLUMNS = (
    "on",
    "contacts",
    *(str(channel) for channel in Channel),
    "answered",
    "answered_in_time",
    "abandoned",
    "abandoned_in_time",
    "service_level_permille",
    "average_wait_ms",
    "handled",
    "average_handle_ms",
    "transferred",
    "rated",
    "satisfied",
)


def usage_csv(*, account: Account, month: Month, channel: str, at: dt.datetime) -> Iterator[str]:
    """Yield the month or cycle as lines of CSV: a row a local day, then the whole of it ("month", "cycle")."""
    start, end = month_bounds(month=month, zone=ZoneInfo(account.time_zone))
    told = stretch(account=account, start=start, end=end, channel=channel, at=at)
    yield csv_line(USAGE_COLUMNS)
    for on in days_of(month=month):
        sums = told.by_day.get(on, ContactTotals())
        yield csv_line(_csv_row(str(on), sums, told.answering_on(on), told.level(on)))
    whole = "month" if month.day is None else "cycle"
    yield csv_line(_csv_row(whole, told.all, told.answering(), told.level()))


def _csv_row(name: str, told: ContactTotals, answering: Answering, level: int | None) -> Sequence[Any]:
    handling = told.handling
    row: Sequence[Any] = (
        name,
        told.contacts,
        *(told.by_channel.get(channel, 0) for channel in Channel),
        answering.answered,
        answering.answered_in_time,
        answering.abandoned,
        answering.abandoned_in_time,
        level,
        metrics.average_wait_ms(answering=answering),
        handling.handled,
        metrics.average_handle_ms(handling=handling),
        handling.transferred,
        handling.rated,
        handling.satisfied,
    )
    # nothing to divide is an empty cell, never 0
    return ["" if value is None else value for value in row]

"""An account's usage by local hour, rated by the one engine when it is collected: kept with the usage, built on first
need. Whatever asks for sums of any days of a month reads these rows and no contact.

Every function runs inside an account scope that its caller has opened.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDate

from billing.models import RatedHour, RatedShape, UsageCount, UsageLine
from billing.rating import UsageTotals, rate_usage
from billing.terms import QUANTITY_BY_KIND, TariffTerms
from billing.terms_document import parse_terms
from billing.terms_writing import terms_document
from billing.usage import FACTS, Usage, usage_from_row
from contactcenter.tenancy.models import Account

CHUNK = 5000
ROWS_AT_ONCE = 500
KEPT_UNASKED = timedelta(days=45)
UNPRICED = ""
COUNTS = ("contacts", "raw", "waived", "rounding", "billed", "connects")
# what changes the price of a quantity, and not the quantity; a staged rate prices within its stages
PRICE_FIELDS = frozenset(
    {
        *("name", "tax", "prorate", "included_for", "tiers", "connect_fee"),
        *(f"rate_per_{kind.word}" for kind in QUANTITY_BY_KIND.values()),
        *(f"included_{kind.word}s" for kind in QUANTITY_BY_KIND.values()),
    }
)


def shape_of(*, terms: TariffTerms, zone: str) -> str:
    """Return a text that differs wherever terms count usage differently; prices, fees and included units are no part
    of it.
    """
    written = terms_document(terms=terms)
    rates = [
        {name: value for name, value in component.items() if name not in PRICE_FIELDS}
        for component in written["components"][: len(terms.rates)]
    ]
    said = json.dumps([zone, written.get("holidays", []), rates], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def hour_of(*, at: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the local hour of an instant began."""
    local = at.astimezone(zone)
    return at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def usage_number(*, account: Account) -> int:
    """Return how often the account's usage changed so far."""
    return UsageCount.objects.filter(account=account).values_list("number", flat=True).first() or 0


def ready_shape(
    *, account: Account, terms: TariffTerms, since: datetime, on: date, most: int | None
) -> RatedShape | None:
    """Return the hours of an account under these terms from an instant on, built where they are not there.

    None where more than `most` usage lines would have to be read for it now.
    """
    zone = account.time_zone
    shape = shape_of(terms=terms, zone=zone)
    found = RatedShape.objects.filter(account=account, shape=shape).first()
    if found is not None and found.since is not None and found.since <= since:
        if found.asked_on < on:
            RatedShape.objects.filter(pk=found.pk).update(asked_on=on)
        return found
    if most is not None and _lines(account=account, since=since)[: most + 1].count() > most:
        return None
    return build_shape(account=account, terms=terms, since=since, on=on)


@transaction.atomic
def build_shape(*, account: Account, terms: TariffTerms, since: datetime, on: date) -> RatedShape:
    """Build the hours of an account under these terms from an instant on, a chunk of usage at a time."""
    count_usage(account_ids=[account.pk], more=0)
    shape = shape_of(terms=terms, zone=account.time_zone)
    RatedShape.objects.filter(account=account, asked_on__lt=on - KEPT_UNASKED).delete()
    row, _ = RatedShape.objects.get_or_create(
        account=account,
        shape=shape,
        defaults={"zone": account.time_zone, "document": terms_document(terms=terms), "asked_on": on},
    )
    RatedHour.objects.filter(shape=row).delete()
    row.since = None
    rows = _lines(account=account, since=since).order_by("started_at", "id").values_list(*FACTS)
    chunk: list[Usage] = []
    for values in rows.iterator(chunk_size=CHUNK):
        chunk.append(usage_from_row(values))
        if len(chunk) == CHUNK:
            _add(row, came=chunk, went=())
            chunk = []
    _add(row, came=chunk, went=())
    row.since, row.asked_on = since, on
    row.save(update_fields=["since", "asked_on"])
    return row


def note_hours(*, added: Iterable[UsageLine], dropped: Iterable[UsageLine]) -> None:
    """Bring the hours along with usage lines that came and that no longer count, in the caller's transaction."""
    usage: dict[int, tuple[list[Usage], list[Usage]]] = {}
    for index, lines in enumerate((added, dropped)):
        for line in lines:
            row = tuple(getattr(line, name) for name in FACTS)
            usage.setdefault(line.account_id, ([], []))[index].append(usage_from_row(row))
    if not usage:
        return
    count_usage(account_ids=sorted(usage), more=1)
    for shape in RatedShape.objects.filter(account__in=usage, since__isnull=False).order_by("pk"):
        came, went = usage[shape.account_id]
        _add(shape, came=came, went=went)


def totals_between(*, shape: RatedShape, since: datetime, until: datetime) -> dict[str, UsageTotals]:
    """Return the sums of [since, until) by code of the rate."""
    return {
        code: _totals(values)
        for code, *values in _hours(shape, since, until)
        .values_list("code")
        .annotate(*(Sum(name) for name in COUNTS))
        .order_by()
    }


def has_hours(*, shape: RatedShape, since: datetime, until: datetime) -> bool:
    """Say whether any contact began in [since, until)."""
    return bool(_hours(shape, since, until).filter(contacts__gt=0).exists())


def totals_by_day(*, shape: RatedShape, since: datetime, until: datetime) -> dict[str, dict[date, UsageTotals]]:
    """Return the sums of [since, until) by code of the rate and local day; days without contacts are not there."""
    found: dict[str, dict[date, UsageTotals]] = {}
    days = _hours(shape, since, until).values_list("code", TruncDate("at", tzinfo=ZoneInfo(shape.zone)))
    for code, day, *values in days.annotate(*(Sum(name) for name in COUNTS)).order_by():
        found.setdefault(code, {})[day] = _totals(values)
    return found


def contacts_by_hour(*, shape: RatedShape, since: datetime, until: datetime) -> dict[str, dict[tuple[int, int], int]]:
    """Return the contacts of [since, until) by code of the rate, weekday (0 = Monday) and local hour."""
    zone = ZoneInfo(shape.zone)
    found: dict[str, dict[tuple[int, int], int]] = {}
    hours = _hours(shape, since, until).values_list(
        "code", ExtractIsoWeekDay("at", tzinfo=zone), ExtractHour("at", tzinfo=zone)
    )
    for code, weekday, hour, contacts in hours.annotate(Sum("contacts")).order_by():
        found.setdefault(code, {})[weekday - 1, hour] = contacts
    return found


def _hours(shape: RatedShape, since: datetime, until: datetime) -> Any:
    return RatedHour.objects.filter(shape=shape, at__gte=since, at__lt=until)


def _totals(values: Sequence[Any]) -> UsageTotals:
    # a sum of whole numbers comes back as a decimal
    return UsageTotals(**dict(zip(COUNTS, map(int, values), strict=True)))


def _lines(*, account: Account, since: datetime) -> Any:
    return UsageLine.objects.filter(account=account, is_current=True, started_at__gte=since)


@lru_cache(maxsize=256)
def _terms(shape: str, document: str) -> TariffTerms:
    return parse_terms(document=json.loads(document))


def _add(shape: RatedShape, *, came: Sequence[Usage], went: Sequence[Usage]) -> None:
    """Add usage to the hours of a shape, and take some off; what lies before its hours is left out."""
    terms = _terms(shape.shape, json.dumps(shape.document))
    found: dict[tuple[datetime, str], list[int]] = {}
    for sign, usage in ((1, came), (-1, went)):
        by_hour: dict[datetime, list[Usage]] = {}
        zone = ZoneInfo(shape.zone)
        for contact in usage:
            if shape.since is None or contact.started_at >= shape.since:
                by_hour.setdefault(hour_of(at=contact.started_at, zone=zone), []).append(contact)
        for hour, contacts in by_hour.items():
            for code, totals in _rated(terms=terms, zone=shape.zone, usage=contacts).items():
                sums = found.setdefault((hour, code), [0] * len(COUNTS))
                for place, name in enumerate(COUNTS):
                    sums[place] += sign * getattr(totals, name)
    _write(shape, found)


def _rated(*, terms: TariffTerms, zone: str, usage: Sequence[Usage]) -> Mapping[str, UsageTotals]:
    rating = rate_usage(terms=terms, usage=usage, zone=zone)
    found = {rated.rate.code: rated.totals for rated in rating.rates if rated.contacts}
    if rating.unpriced:
        found[UNPRICED] = UsageTotals(contacts=len(rating.unpriced))
    return found


_ROW = f"({', '.join(['%s'] * (4 + len(COUNTS)))})"
_ADD = f"""
INSERT INTO billing_ratedhour (account_id, shape_id, at, code, {", ".join(COUNTS)}) VALUES {{rows}}
ON CONFLICT (shape_id, at, code)
DO UPDATE SET {", ".join(f"{name} = billing_ratedhour.{name} + excluded.{name}" for name in COUNTS)}
"""  # noqa: S608 - only this module's own names


def _write(shape: RatedShape, found: Mapping[tuple[datetime, str], list[int]]) -> None:
    rows = [(shape.account_id, shape.pk, at, code, *sums) for (at, code), sums in sorted(found.items()) if any(sums)]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        values: list[Any] = [value for row in some for value in row]
        with connection.cursor() as cursor:
            cursor.execute(_ADD.format(rows=", ".join([_ROW] * len(some))), values)


_COUNT = """
INSERT INTO billing_usagecount (account_id, number) SELECT id, %s FROM unnest(%s::bigint[]) AS id ORDER BY id
ON CONFLICT (account_id) DO UPDATE SET number = billing_usagecount.number + %s
"""


def count_usage(*, account_ids: Sequence[int], more: int) -> None:
    """Lock the accounts' counts, in order, until the transaction ends, and raise them."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [more, list(account_ids), more])

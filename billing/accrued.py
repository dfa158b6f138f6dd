"""What a period costs so far from its running sums; kept with the usage, built anew where contracts changed.

Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from billing.account_periods import current_period
from billing.explanation import bill_document
from billing.models import Accrual, AccrualSum, UsageLine
from billing.period_sums import INLINE_LINES, PeriodSums, period_sums
from billing.periods import Period, local_day
from billing.prepaid import Purchase, left_before, purchases
from billing.pricing import Bill, Segment
from billing.queries import (
    NothingToBill,
    PlannedPeriod,
    account_bill,
    draws_of_account,
    planned_period,
    planned_segments,
    prepaid_grants,
)
from billing.running_sums import COUNT_FIELDS, SUM_FIELDS, Sums, bill_of_sums, document_of_sums, is_summable, sums_of
from billing.terms import Timing
from billing.usage import FACTS, Usage, usage_from_row
from contactcenter.kernel.errors import DomainError
from contactcenter.tenancy.models import Account

CHUNK = 5000


def accrued_document(*, account: Account, period: Period, language: str) -> dict[str, Any]:
    """Return the bill so far as JSON values: from the running sums where they are enough, else from every contact.

    Of more than INLINE_LINES contacts the rated hours are read instead, which do not know the time by class. Raises
    what account_bill raises.
    """
    found = _from_sums(account=account, period=period)
    if found is not None:
        bill, sums = found
        return document_of_sums(bill=bill, sums=sums, language=language)
    lines = UsageLine.objects.filter(
        account=account, is_current=True, started_at__gte=period.starts_at, started_at__lt=period.ends_at
    )
    if lines[: INLINE_LINES + 1].count() > INLINE_LINES:
        told = _from_hours(account=account, period=period)
        if told is not None:
            return bill_document(bill=told.bill, language=language) | {"unpriced": told.unpriced}
    return bill_document(bill=account_bill(account=account, period=period).bill, language=language)


def accrued_bill(*, account: Account, period: Period) -> Bill:
    """Return the bill so far; from running sums its lines are without contacts. Raises what account_bill raises."""
    found = _from_sums(account=account, period=period)
    if found is not None:
        return found[0]
    told = _from_hours(account=account, period=period)
    return account_bill(account=account, period=period).bill if told is None else told.bill


def prepaid_so_far(*, account: Account, at: datetime) -> tuple[list[Purchase], dict[str, int] | None]:
    """Return what an account has bought ahead, and by reference what will be left of it once the usage that is known by
    now is invoiced; None where a bill so far cannot be made.
    """
    rows = purchases(account_id=account.pk)
    period = current_period(account=account, at=at)
    if not rows:
        return rows, {}
    try:
        left = left_before(account=account, period=period, rows=rows, draws_of=draws_of_account(account=account))
        for draw in accrued_bill(account=account, period=period).draws:
            left[draw.grant] -= draw.units
    except NothingToBill:
        pass
    except DomainError:
        return rows, None
    return rows, left


def _from_hours(*, account: Account, period: Period) -> PeriodSums | None:
    """The sums of a period by segment; None where its terms need each contact, where its hours are still to be added
    up, or where it cannot be billed: account_bill says why.
    """
    try:
        plan = planned_period(account=account, period=period)
        told = period_sums(account=account, period=period, plan=plan, on=period.starts_on)
    except DomainError:
        return None
    currencies = {segment.terms.currency for segment in (*plan.segments, *plan.following)}
    return None if told.uncovered or len(currencies) > 1 else told


def _from_sums(*, account: Account, period: Period) -> tuple[Bill, dict[str, Sums]] | None:
    segment = summed_segment(account=account, period=period)
    if segment is None:
        return None
    grants = prepaid_grants(account=account, period=period)
    if not all(grant.holds_throughout(since=period.starts_at, until=period.ends_at) for grant in grants):
        return None
    plan = plan_of(segment=segment)
    accrual = Accrual.objects.filter(account=account, period=period.label).first()
    if accrual is None or accrual.plan != plan:
        accrual = build_accrual(account=account, period=period, segment=segment)
    rows = AccrualSum.objects.filter(accrual=accrual).values_list("code", *SUM_FIELDS)
    sums = {code: Sums._make((*counts, tuple(times))) for code, *counts, times in rows}
    return bill_of_sums(segment=segment, sums=sums, grants=grants), sums


def summed_segment(*, account: Account, period: Period) -> Segment | None:
    """Return the one segment of a period whose bill running sums give.

    None where a contract or version begins or ends within it, where fees are charged in advance, or
    where its terms need each contact.
    """
    segments = planned_segments(account=account, period=period)
    if len(segments) != 1 or not is_summable(terms=segments[0].terms):
        return None
    (segment,) = segments
    if any(fee.timing is Timing.ADVANCE for fee in segment.terms.fees):
        return None
    covers = (segment.starts_on, segment.ends_on) == (period.starts_on, period.ends_on)
    return segment if covers else None


def plan_of(*, segment: Segment) -> str:
    """Return a text that differs wherever the terms or days of a period differ."""
    return PlannedPeriod(segments=(segment,)).plan


@transaction.atomic
def build_accrual(*, account: Account, period: Period, segment: Segment) -> Accrual:
    """Build the sums of a period from all of its usage, a chunk at a time."""
    accrual = _locked(account_id=account.pk, label=period.label)
    sums: dict[str, Sums] = {}
    rows = (
        UsageLine.objects.filter(
            account=account, is_current=True, started_at__gte=period.starts_at, started_at__lt=period.ends_at
        )
        .order_by("started_at", "id")
        .values_list(*FACTS)
    )
    chunk: list[Usage] = []
    for row in rows.iterator(chunk_size=CHUNK):
        chunk.append(usage_from_row(row))
        if len(chunk) == CHUNK:
            _merge(sums, segment=segment, usage=chunk, sign=1)
            chunk = []
    _merge(sums, segment=segment, usage=chunk, sign=1)
    AccrualSum.objects.filter(accrual=accrual).delete()
    _add(accrual, sums)
    accrual.plan = plan_of(segment=segment)
    accrual.save(update_fields=["plan"])
    return accrual


def note_usage(*, added: Iterable[UsageLine], dropped: Iterable[UsageLine]) -> None:
    """Bring the running sums along with usage lines that came and that no longer count, in the caller's transaction;
    their periods are touched.

    A period whose sums are unbuilt, or built for other terms, is left to be built on the next read.
    """
    accounts: dict[int, Account] = {}
    periods: dict[tuple[int, str], Period] = {}
    periods_by_day: dict[tuple[int, date], Period] = {}
    usage: dict[tuple[int, str], tuple[list[Usage], list[Usage]]] = {}
    for index, lines in enumerate((added, dropped)):
        for line in lines:
            account = accounts.setdefault(line.account_id, line.account)
            day = (account.pk, local_day(at=line.started_at, zone=account.time_zone))
            if day not in periods_by_day:
                periods_by_day[day] = current_period(account=account, at=line.started_at)
            period = periods_by_day[day]
            place = (account.pk, period.label)
            periods[place] = period
            row = tuple(getattr(line, name) for name in FACTS)
            usage.setdefault(place, ([], []))[index].append(usage_from_row(row))
    for place in sorted(usage):
        accrual = touch_period(account_id=place[0], label=place[1])
        if not accrual.plan:
            continue
        segment = summed_segment(account=accounts[place[0]], period=periods[place])
        if segment is None or accrual.plan != plan_of(segment=segment):
            Accrual.objects.filter(pk=accrual.pk).update(plan="")
            continue
        sums: dict[str, Sums] = {}
        came, went = usage[place]
        _merge(sums, segment=segment, usage=came, sign=1)
        _merge(sums, segment=segment, usage=went, sign=-1)
        _add(accrual, sums)


def touch_period(*, account_id: int, label: str) -> Accrual:
    """Lock a period's sums and say that its usage, or what is booked for it, has changed."""
    accrual = _locked(account_id=account_id, label=label)
    Accrual.objects.filter(pk=accrual.pk).update(touched=F("touched") + 1)
    return accrual


def _locked(*, account_id: int, label: str) -> Accrual:
    """Lock a period's sums, made if they are not there: of two who add or build at once the second waits."""
    Accrual.objects.bulk_create([Accrual(account_id=account_id, period=label)], ignore_conflicts=True)
    return Accrual.objects.select_for_update(of=("self",)).get(account_id=account_id, period=label)


def _merge(into: dict[str, Sums], *, segment: Segment, usage: Sequence[Usage], sign: int) -> None:
    for code, sums in sums_of(terms=segment.terms, zone=segment.zone, usage=usage).items():
        into[code] = into.get(code, Sums()).plus(sums, sign=sign)


_GROWN = ", ".join(f"{name} = billing_accrualsum.{name} + excluded.{name}" for name in COUNT_FIELDS)
_ADD = f"""
INSERT INTO billing_accrualsum (account_id, accrual_id, code, {", ".join(SUM_FIELDS)})
VALUES (%s, %s, %s, {", ".join(["%s"] * len(SUM_FIELDS))})
ON CONFLICT (accrual_id, code) DO UPDATE SET {_GROWN}, times = ARRAY(
    SELECT own + more FROM unnest(billing_accrualsum.times, excluded.times) WITH ORDINALITY AS t (own, more, place)
    ORDER BY place)
"""  # noqa: S608 - only this module's own names


def _add(accrual: Accrual, sums: dict[str, Sums]) -> None:
    with connection.cursor() as cursor:
        for code, own in sorted(sums.items()):
            cursor.execute(_ADD, [accrual.account_id, accrual.pk, code, *own.counts, list(own.times)])

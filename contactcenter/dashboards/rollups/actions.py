"""Writes of roll-ups: recompute the buckets that changed facts belong to. Needs the scope of every account.

Recomputing is idempotent: late, repeated or corrected facts give what a full rebuild gives. One process at a time (an
advisory lock), so that an older look never overwrites a newer one.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from django.db import connection, transaction

from contactcenter.dashboards.models import RollupMark
from contactcenter.dashboards.rollups import touched
from contactcenter.dashboards.rollups.levels import CONTACT_DAY, CONTACT_QUARTER, OPERATOR_DAY, OPERATOR_QUARTER
from contactcenter.kernel.intervals import require_aware
from contactcenter.routing.actions import note_queues

LOCK: Final = 7_104_330
"""Key of the advisory lock under which roll-ups are written."""
MARKS_AT_ONCE: Final = 5_000
BUCKETS_AT_ONCE: Final = 2_000
Item = TypeVar("Item")


@transaction.atomic
def fold_changes(*, limit: int = MARKS_AT_ONCE) -> int:
    """Recompute the buckets of up to `limit` changed facts; return how many changes were taken in.

    0: nothing had changed, or another process is at it. A change whose transaction commits later has its mark then.
    """
    if not _locked(wait=False):
        return 0
    ids = list(RollupMark.objects.order_by("pk").values_list("pk", flat=True)[:limit])
    if not ids:
        return 0
    changed = touched.by_marks(mark_ids=ids)
    recompute(contacts=changed.contacts, operators=changed.operators, whole_accounts=changed.accounts)
    RollupMark.objects.filter(pk__in=ids).delete()
    return len(ids)


def fold_everything() -> int:
    """Take in change after change until nothing is left (or another process is at it); return how many."""
    done = 0
    while some := fold_changes():
        done += some
    return done


def rebuild(*, start: datetime, end: datetime) -> dict[str, int]:
    """Recompute every bucket of [start, end), a UTC day at a time; return how many buckets and rows there are.

    The bounds are widened to whole UTC days. What was rolled up from facts that are gone is removed.
    """
    counts = {"contact_buckets": 0, "operator_buckets": 0}
    for first, last in utc_days(start=start, end=end):
        with transaction.atomic():
            _locked(wait=True)
            contacts = touched.contacts_between(start=first, end=last)
            operators = touched.operators_between(start=first, end=last)
            recompute(contacts=contacts, operators=operators)
        counts["contact_buckets"] += len(contacts)
        counts["operator_buckets"] += len(operators)
    return counts


def recompute(
    *,
    contacts: Iterable[tuple[int, datetime]],
    operators: Iterable[tuple[int, datetime]],
    whole_accounts: Iterable[int] = (),
) -> None:
    """Write these buckets (account or operator, quarter of an hour) and their days anew, within the caller's lock.

    `whole_accounts`: all days of these accounts, whose time zone has changed.
    """
    for some in _portions(sorted(contacts)):
        _note_queues(some)
        CONTACT_QUARTER.write(buckets=some)
        CONTACT_DAY.write(buckets=touched.local_days(buckets=some))
    for some in _portions(sorted(operators)):
        OPERATOR_QUARTER.write(buckets=some)
        OPERATOR_DAY.write(buckets=sorted({(operator_id, at.astimezone(UTC).date()) for operator_id, at in some}))
    for account_id in whole_accounts:
        days = touched.days_of_account(account_id=account_id)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM dashboards_contactday WHERE account_id = %s", [account_id])
        CONTACT_DAY.write(buckets=days)


def utc_days(*, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the UTC days that [start, end) touches, as half-open intervals."""
    day = require_aware(start).replace(hour=0, minute=0, second=0, microsecond=0)
    while day < end:
        yield day, day + timedelta(days=1)
        day += timedelta(days=1)


def _portions(items: list[Item]) -> Iterator[list[Item]]:
    for first in range(0, len(items), BUCKETS_AT_ONCE):
        yield items[first : first + BUCKETS_AT_ONCE]


def _note_queues(buckets: Sequence[tuple[int, datetime]]) -> None:
    """Say of calls which queue they belong to, once: the telephone system knows only its own names."""
    interactions, calls = touched.without_queue(buckets=buckets)
    if interactions or calls:
        note_queues(interaction_ids=interactions, call_ids=calls)


def _locked(*, wait: bool) -> bool:
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])

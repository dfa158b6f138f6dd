"""Roll-ups say what their facts say."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from contactcenter.dashboards.models import ContactQuarter, OperatorQuarter, RollupMark
from contactcenter.dashboards.rollups import touched
from contactcenter.dashboards.rollups.actions import utc_days
from contactcenter.dashboards.rollups.levels import (
    CONTACT_DAY,
    CONTACT_QUARTER,
    OPERATOR_DAY,
    OPERATOR_QUARTER,
    Level,
)
from contactcenter.dashboards.verification.checks import Check


def rollups_equal_facts() -> Check:
    """Every bucket computed again from the facts gives what is stored; days are the sums of their quarters.

    Buckets whose facts have changed and wait to be taken in are under way and no difference.
    """
    check = Check("roll-ups = facts", "every quarter of an hour computed again gives its row, every day its quarters")
    waiting = touched.by_marks(mark_ids=list(RollupMark.objects.values_list("pk", flat=True)))
    for start, end in _days_with_facts():
        for level, found, pending in (
            (CONTACT_QUARTER, touched.contacts_between(start=start, end=end), waiting.contacts),
            (OPERATOR_QUARTER, touched.operators_between(start=start, end=end), waiting.operators),
        ):
            _compare(check, level, sorted(found - pending))
    unsettled = set(touched.local_days(buckets=sorted(waiting.contacts)))
    days = set(touched.local_days(buckets=list(_stored(ContactQuarter, "account_id"))))
    _compare(check, CONTACT_DAY, [day for day in sorted(days - unsettled) if day[0] not in waiting.accounts])
    clock_days = {(whose, at.date()) for whose, at in _stored(OperatorQuarter, "operator_id")}
    _compare(check, OPERATOR_DAY, sorted(clock_days - {(whose, at.date()) for whose, at in waiting.operators}))
    return check


def _days_with_facts() -> list[tuple[datetime, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT min(at), max(at) FROM (
                SELECT started_at AS at FROM tickets_interaction UNION ALL SELECT started_at FROM tickets_call
                UNION ALL SELECT started_at FROM worktime_slice WHERE is_current
                UNION ALL SELECT ended_at FROM worktime_slice WHERE is_current
                UNION ALL SELECT at FROM dashboards_contactquarter UNION ALL SELECT at FROM dashboards_operatorquarter
            ) AS f
            """
        )
        first, last = cursor.fetchone()
    return [] if first is None else list(utc_days(start=first, end=last + timedelta(microseconds=1)))


def _stored(model: Any, whose: str) -> set[tuple[int, datetime]]:
    return set(model.objects.order_by().values_list(whose, "at").distinct())


def _compare(check: Check, level: Level, buckets: Collection[tuple[int, datetime | date]]) -> None:
    check.checked += len(buckets)
    wanted = list(buckets)
    for first in range(0, len(wanted), 2000):
        some = wanted[first : first + 2000]
        computed, stored = level.computed(buckets=some), level.stored(buckets=some)
        for key in sorted(set(computed) | set(stored), key=str):
            if computed.get(key) != stored.get(key):
                named = ", ".join(f"{name} {value}" for name, value in zip(level.key_columns, key, strict=True))
                check.differs(f"{level.table}: {named}: stored {stored.get(key)}, facts give {computed.get(key)}")

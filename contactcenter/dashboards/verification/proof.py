"""All checks in one, in the order in which a second becomes money."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from contactcenter.dashboards.models import RollupMark
from contactcenter.dashboards.verification.checks import Check
from contactcenter.dashboards.verification.fact_checks import usage_equals_facts
from contactcenter.dashboards.verification.intake_checks import (
    calls_equal_log,
    entries_equal_raw,
    failed_receipts,
    receipts_equal_entries,
)
from contactcenter.dashboards.verification.rollup_checks import rollups_equal_facts
from contactcenter.dashboards.verification.routing_checks import (
    ledger_knows_routing,
    places_are_held,
    promises_equal_clocks,
)
from contactcenter.dashboards.verification.time_checks import (
    allocations_sum_to_slices,
    ledger_follows_events,
    slices_tile_sessions,
    versions_follow,
    voice_equals_calls,
)
from contactcenter.dashboards.verification.usage_checks import (
    invoices_equal_usage,
    prepaid_is_covered,
    uncollected_sessions,
    usage_equals_allocations,
)
from contactcenter.tenancy.doors import open_every_account
from contactcenter.worktime.queries import operators_behind

NEWEST_RECEIPTS = 2000


def verify(*, at: datetime, newest_receipts: int = NEWEST_RECEIPTS) -> list[Check]:
    """Return every check; needs the scope of every account. Reads only."""
    return [
        receipts_equal_entries(at=at),
        entries_equal_raw(newest=newest_receipts),
        calls_equal_log(at=at),
        places_are_held(at=at),
        promises_equal_clocks(at=at),
        ledger_knows_routing(),
        slices_tile_sessions(),
        allocations_sum_to_slices(),
        versions_follow(),
        ledger_follows_events(at=at),
        voice_equals_calls(at=at),
        usage_equals_allocations(at=at),
        usage_equals_facts(),
        invoices_equal_usage(),
        prepaid_is_covered(),
        rollups_equal_facts(),
    ]


def prove(*, at: datetime, newest_receipts: int = NEWEST_RECEIPTS) -> dict[str, Any]:
    """Return the whole proof of one moment: {"at", "ok", "differences", "under_way", "checks"}; reads only."""
    with open_every_account(reason="proves the sums of all accounts"), _one_snapshot():
        checks = verify(at=at, newest_receipts=newest_receipts)
        under_way = {
            "operators_behind": operators_behind(),
            "sessions_to_collect": uncollected_sessions(),
            "failed_receipts": failed_receipts(),
            "rollups_behind": RollupMark.objects.count(),
        }
    differences = sum(check.differences for check in checks)
    return {
        "at": at.isoformat(),
        "ok": differences == 0,
        "differences": differences,
        "under_way": under_way,
        "checks": [asdict(check) for check in checks],
    }


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """Within: one moment of a house at work is seen, and nothing can be written."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield

"""All checks in one, in the order in which a second becomes money."""

from datetime import datetime

from contactcenter.dashboards.verification.checks import Check
from contactcenter.dashboards.verification.intake_checks import (
    calls_equal_log,
    entries_equal_raw,
    receipts_equal_entries,
)
from contactcenter.dashboards.verification.rollup_checks import rollups_equal_facts
from contactcenter.dashboards.verification.time_checks import (
    allocations_sum_to_slices,
    ledger_follows_events,
    slices_tile_sessions,
)
from contactcenter.dashboards.verification.usage_checks import invoices_equal_usage, usage_equals_allocations

NEWEST_RECEIPTS = 2000


def verify(*, at: datetime, newest_receipts: int = NEWEST_RECEIPTS) -> list[Check]:
    """Return every check; needs the scope of every account. Reads only."""
    return [
        receipts_equal_entries(at=at),
        entries_equal_raw(newest=newest_receipts),
        calls_equal_log(at=at),
        slices_tile_sessions(),
        allocations_sum_to_slices(),
        ledger_follows_events(at=at),
        usage_equals_allocations(at=at),
        invoices_equal_usage(),
        rollups_equal_facts(),
    ]

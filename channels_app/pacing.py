"""How fast an endpoint's receipts are worked off. Pure.

The generic cell rate algorithm (ITU-T I.371): `paced_until` is the instant at which, at the endpoint's rate, all that
has arrived would be done. What is less than a minute ahead of that is worked off at once, so that a minute's worth may
come in one burst; the rest waits for its turn. Nothing is ever refused.
"""

from datetime import datetime, timedelta

BURST = timedelta(minutes=1)


def turns(
    *, paced_until: datetime | None, arrived: int, per_minute: int, at: datetime
) -> tuple[list[datetime], datetime]:
    """Return when each of `arrived` receipts may be processed, in order, none before `at`; and the new mark."""
    step = timedelta(minutes=1) / per_minute
    mark = max(paced_until or at, at)
    due = []
    for _ in range(arrived):
        mark += step
        due.append(max(at, mark - BURST))
    return due, mark

"""How far another system's clock is from ours, judged from instants that both know. Pure; whole milliseconds.

Nothing is received before it happened: what a source stamped, less when we received it, is the least by which its
clock is ahead. How far a clock is behind cannot be told from a late arrival, which may have waited on the way.
"""

from collections.abc import Sequence

THRESHOLD_MS = 2000
"""Logs count whole seconds and networks take their time: a clock is left alone up to here."""
LONGEST_MS = 600_000
"""No clock runs so far ahead: what is stamped later has a wrong date or time zone, which a person must set right."""
WINDOW_MINUTES = 15
"""Clocks are judged by the readings of so many minutes."""


def offset_ms(*, at_least: Sequence[int], applied: int) -> int | None:
    """Return the offset (the source's clock less ours) to take off from now on, None if what is applied will do.

    `at_least` are the lower bounds read within the window, `applied` is what is taken off already. A clock proven
    ahead by more than the threshold beyond it is corrected by all that is proven. It is corrected no more once what it
    stamps arrives as it is stamped; what arrives later says nothing.
    """
    readings = [bound for bound in at_least if bound <= LONGEST_MS]
    if not readings:
        return None
    proven = max(readings)
    if proven > applied + THRESHOLD_MS:
        return proven
    return 0 if applied > THRESHOLD_MS and abs(proven) <= THRESHOLD_MS else None

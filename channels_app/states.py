"""Which delivery status may follow which, whatever the order in which reports arrive. Pure.

The order is total: sent < failed < delivered < read. A message shows the highest that anybody has reported, so a late
"sent" changes nothing, a failure reported after "delivered" neither, and a delivery reported after a failure (one
attempt of several had failed) corrects it.
"""

RANK: dict[str, int] = {"sent": 1, "failed": 2, "delivered": 3, "read": 4}
# not yet known to have left: only what proves that it has left counts, a failure may be an earlier attempt's
_ON_THE_WAY = frozenset({"queued", "sending"})


def advanced(*, old: str, new: str) -> str:
    """Return the status after the report `new` on a message that is `old`; `old` where the report changes nothing."""
    if old in _ON_THE_WAY:
        return old if new == "failed" else new
    if old not in RANK:
        return old
    return new if RANK[new] > RANK[old] else old

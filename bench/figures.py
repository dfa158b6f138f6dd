"""Percentiles and rates of measured durations."""

from collections.abc import Sequence


def percentile(durations_s: Sequence[float], share: float) -> float:
    """Return the duration in ms below which `share` (0..1) of the measurements lie (nearest rank)."""
    ordered = sorted(durations_s)
    rank = max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.5) - 1))
    return round(ordered[rank] * 1000, 2)


def summary(durations_s: Sequence[float], *, elapsed_s: float) -> dict[str, float]:
    """Return {"p50_ms", "p95_ms", "per_second"} of durations in seconds measured within elapsed_s."""
    return {
        "p50_ms": percentile(durations_s, 0.50),
        "p95_ms": percentile(durations_s, 0.95),
        "per_second": round(len(durations_s) / elapsed_s, 1),
    }

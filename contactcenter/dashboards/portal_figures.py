"""What the portal says about a month of contacts: trends, and the busiest hour. Pure."""

from __future__ import annotations


def change_permille(*, now: int, before: int) -> int | None:
    """The relative change in whole thousandths, half away from zero; None when there was nothing before."""
    if before <= 0:
        return None
    difference = now - before
    size = (2 * abs(difference) * 1000 + before) // (2 * before)
    return size if difference >= 0 else -size


def busiest(*, heat: list[list[int]]) -> tuple[int, int] | None:
    """Weekday (0 = Monday) and hour of the fullest cell, the earliest on a tie; None when all are empty."""
    best: tuple[int, int] | None = None
    most = 0
    for weekday, hours in enumerate(heat):
        for hour, count in enumerate(hours):
            if count > most:
                best, most = (weekday, hour), count
    return best

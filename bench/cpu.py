"""CPU time of a program and everything it started, as the kernel counts it (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """Return user and system seconds of the process and its descendants, ended ones included; steps of 10 ms."""
    spent: dict[int, float] = {}
    parent: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        # counted from the field after the name: 1 is the parent, 11 to 14 user, system and those of reaped children
        parent[int(entry.name)] = int(fields[1])
        spent[int(entry.name)] = sum(int(value) for value in fields[11:15]) / _TICKS
    family = {root}
    while more := {pid for pid, above in parent.items() if above in family and pid not in family}:
        family |= more
    return sum(spent.get(pid, 0.0) for pid in family)

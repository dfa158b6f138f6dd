"""Reads of the proof's results."""

from datetime import datetime, timedelta
from typing import Any

from contactcenter.dashboards.models import ProofRun

OVERDUE_AFTER = timedelta(hours=26)
"""The proof is made every night; so long after the last one something keeps it from being made."""
SHOWN = 30


def latest_proofs() -> list[ProofRun]:
    """Return the newest results, newest first."""
    return list(ProofRun.objects.order_by("-at", "-id")[:SHOWN])


def proof_state(*, at: datetime) -> dict[str, Any] | None:
    """Return what the wallboard shows of the last proof, None before the first one was made."""
    row = ProofRun.objects.order_by("-at", "-id").first()
    if row is None:
        return None
    return {
        "at": row.at,
        "is_ok": row.is_ok,
        "is_overdue": row.at < at - OVERDUE_AFTER,
        "differences": row.differences,
        "failed": [check["name"] for check in row.checks if check["differences"]],
        "error": row.error,
    }

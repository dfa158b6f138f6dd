"""Reads of the proof's results."""

from datetime import timedelta

from contactcenter.dashboards.models import ProofRun

OVERDUE_AFTER = timedelta(hours=26)
"""The proof is made every night; so long after the last one something keeps it from being made."""
SHOWN = 30


def latest_proofs() -> list[ProofRun]:
    """Return the newest results, newest first."""
    return list(ProofRun.objects.order_by("-at", "-id")[:SHOWN])


def last_proof() -> ProofRun | None:
    """Return the newest result, None before the first one."""
    return ProofRun.objects.order_by("-at", "-id").first()

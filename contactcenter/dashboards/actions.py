"""Writes of dashboards: the proof is made, kept, and told to the team when it fails."""

import logging
from datetime import datetime, timedelta
from time import monotonic

from django.db import Error, transaction

from contactcenter.dashboards.models import ProofRun
from contactcenter.dashboards.verification import prove
from contactcenter.kernel.jobs import enqueue_on_commit

logger = logging.getLogger(__name__)

KEEP = timedelta(days=400)


def keep_proof(*, at: datetime) -> ProofRun:
    """Prove everything as of now and keep the result; one that differs, or could not be made, is logged as an error.

    Results older than KEEP are forgotten.
    """
    began = monotonic()
    row = ProofRun(at=at, is_ok=False)
    try:
        report = prove(at=at)
    except Error as error:
        row.error = f"{type(error).__name__}: {error}".strip()[:300]
    else:
        row.is_ok, row.differences, row.checks = report["ok"], report["differences"], report["checks"]
    row.took_ms = int((monotonic() - began) * 1000)
    with transaction.atomic():
        row.save()
        ProofRun.objects.filter(at__lt=at - KEEP).delete()
    if not row.is_ok:
        failed = [check["name"] for check in row.checks if check["differences"]]
        logger.error("the proof of %s does not hold: %s", at.isoformat(), row.error or ", ".join(failed))
    return row


@transaction.atomic
def ask_proof() -> None:
    """Have a worker make the proof now."""
    enqueue_on_commit("dashboards.prove")

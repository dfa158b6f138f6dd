"""Writes of contradictions: what deriving finds is listed, what no longer holds goes, what a person saw is marked."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import NotFound
from contactcenter.worktime.contradictions import Found
from contactcenter.worktime.models import Contradiction
from contactcenter.worktime.records import to_instant


def list_contradictions(*, operator_id: int, start: datetime, end: datetime | None, found: Sequence[Found]) -> None:
    """Make the listed contradictions that begin in [start, end) those found; what still holds keeps who saw it.

    Runs in the transaction and under the lock of the derivation.
    """
    rows = Contradiction.objects.filter(operator_id=operator_id, starts_at__gte=start)
    if end is not None:
        rows = rows.filter(starts_at__lt=end)
    wanted = {(str(f.kind), to_instant(f.start), to_instant(f.end), f.subject[:200]) for f in found}
    stored = {
        (kind, begins, ends, subject): id
        for id, kind, begins, ends, subject in rows.values_list("id", "kind", "starts_at", "ends_at", "subject")
    }
    Contradiction.objects.filter(pk__in=[id for key, id in stored.items() if key not in wanted]).delete()
    Contradiction.objects.bulk_create(
        [
            Contradiction(operator_id=operator_id, kind=kind, starts_at=begins, ends_at=ends, subject=subject)
            for kind, begins, ends, subject in sorted(wanted - stored.keys())
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def see_contradiction(*, contradiction_id: int, user_id: int, at: datetime) -> Contradiction:
    """Note who looked at a contradiction first; seeing it again changes nothing. Raises NotFound."""
    seen = Contradiction.objects.filter(pk=contradiction_id, seen_at=None).update(seen_by_id=user_id, seen_at=at)
    row = Contradiction.objects.select_related("operator", "seen_by").filter(pk=contradiction_id).first()
    if row is None:
        raise NotFound("There is no such contradiction.")
    if seen:
        audit.record(action="worktime.contradiction.seen", target=row, actor_id=user_id, data={"kind": row.kind})
    return row

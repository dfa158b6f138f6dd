"""Who wants nothing more, per account and point: STOP and START of a number, a complaint of a mail address."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from contactcenter.contacts.models import PointConsent, PointKind
from contactcenter.kernel import audit

# a number is one, whether it was called or written to
_SHARED = {PointKind.PHONE: PointKind.SMS}


@transaction.atomic(savepoint=False)
def record_consent(
    *, account_id: int, kind: str, value: str, opted_out: bool, at: datetime, source: str, word: str = ""
) -> bool:
    """Keep a word of the holder of this normalised point; returns whether it changed what holds. Audited if so.

    Safe to run twice; an older word than the one that holds changes nothing.
    `source` is contact, provider or complaint.
    """
    PointConsent.objects.bulk_create(
        [PointConsent(account_id=account_id, kind=kind, value=value, source=source)], ignore_conflicts=True
    )
    row = PointConsent.objects.select_for_update(of=("self",)).get(account_id=account_id, kind=kind, value=value)
    before = row.is_opted_out
    field = "opted_out_at" if opted_out else "opted_in_at"
    known = getattr(row, field)
    if known is None or at > known:
        setattr(row, field, at)
        row.word, row.source = word[:40], source
        row.save(update_fields=[field, "word", "source"])
    if row.is_opted_out == before:
        return False
    audit.record(
        action="consent.opt_out" if row.is_opted_out else "consent.opt_in",
        target=row,
        actor_id=None,
        account_id=account_id,
        data={"kind": kind, "value": value, "word": word[:40], "source": source, "at": at.isoformat()},
    )
    return True


def is_opted_out(*, account_id: int, kind: str, value: str) -> bool:
    """Return whether the holder of this normalised point wants nothing from the account."""
    row = PointConsent.objects.filter(
        account_id=account_id, kind=_SHARED.get(PointKind(kind), kind), value=value
    ).first()
    return row is not None and row.is_opted_out


def opted_out_points(points: Iterable[tuple[int, str, str]]) -> dict[tuple[int, str, str], datetime]:
    """Return since when which of these (account id, kind, normalised value) want nothing. One query."""
    wanted = {(account_id, _SHARED.get(PointKind(kind), kind), value): kind for account_id, kind, value in points}
    rows = PointConsent.objects.filter(value__in={value for _, _, value in wanted})
    since = {
        (row.account_id, row.kind, row.value): row.opted_out_at
        for row in rows
        if row.is_opted_out and row.opted_out_at is not None
    }
    return {
        (account_id, kind, value): since[account_id, shared, value]
        for (account_id, shared, value), kind in wanted.items()
        if (account_id, shared, value) in since
    }

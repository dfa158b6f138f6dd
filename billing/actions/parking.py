"""Writes of parked bills: periods that could not be billed, and why."""

from datetime import datetime

from django.db import transaction

from billing.models import ParkedBill


@transaction.atomic
def park_bill(*, account_id: int, period: str, reason: str | None, at: datetime) -> None:
    """Note why a period of an account could not be billed; reason None: it could, the note goes."""
    if reason is None:
        ParkedBill.objects.filter(account_id=account_id, period=period).delete()
        return
    ParkedBill.objects.update_or_create(
        account_id=account_id, period=period, defaults={"reason": reason[:1000], "parked_at": at}
    )

"""The audit trail: one row for each change, written in its transaction."""

from collections.abc import Mapping
from typing import Any

from django.db import models

from contactcenter.kernel.models import AuditEntry


def record(
    *,
    action: str,
    target: models.Model,
    actor_id: int | None,
    account_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add one audit row. `actor_id` is None when the system itself acted; `data` holds what changed."""
    AuditEntry.objects.create(
        actor_id=actor_id,
        account_id=account_id,
        action=action,
        target_type=target._meta.label_lower,
        target_id=target.pk,
        data=dict(data or {}),
    )

"""The audit trail: one row for each change, written in its transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models

from contactcenter.kernel.models import AuditEntry
from contactcenter.kernel.statements import insert

_api_key: ContextVar[str | None] = ContextVar("acting_api_key", default=None)


@contextmanager
def by_api_key(label: str) -> Iterator[None]:
    """Within: what is recorded names this API key, for which no person acts."""
    token = _api_key.set(label)
    try:
        yield
    finally:
        _api_key.reset(token)


def record(
    *,
    action: str,
    target: models.Model,
    actor_id: int | None,
    account_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add one audit row. `actor_id` is None when the system or an API key acted; `data` holds what changed."""
    insert(entry(action=action, target=target, actor_id=actor_id, account_id=account_id, data=data))


def entry(
    *,
    action: str,
    target: models.Model,
    actor_id: int | None,
    account_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Return the audit row that `record` adds, for whoever inserts it together with the change."""
    label = _api_key.get()
    key = {} if label is None else {"api_key": label}
    return AuditEntry(
        actor_id=actor_id,
        account_id=account_id,
        action=action,
        target_type=target._meta.label_lower,
        target_id=target.pk,
        data={**(data or {}), **key},
    )

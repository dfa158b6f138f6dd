"""Writes of API keys: create, revoke, note their use, forget old idempotent requests."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.tenancy.key_tokens import digest, new_token
from contactcenter.tenancy.models import Account, ApiKey, ApiScope, IdempotentRequest

MAX_KEYS: Final = 50
"""Live keys an account may have at once."""
USE_NOTED_EVERY: Final = timedelta(minutes=1)
ANSWERS_KEPT: Final = timedelta(days=1)


@transaction.atomic
def create_key(
    *,
    account_id: int,
    actor_id: int,
    name: str,
    scopes: Collection[str],
    at: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Create a key of the account and return it with its token, which is kept nowhere and cannot be shown again.

    Invalid where no scope is given or the end is past; Conflict above MAX_KEYS live keys.
    """
    if not scopes or set(scopes) - set(ApiScope.values):
        raise Invalid(f"Choose at least one of {', '.join(ApiScope.values)}.", field="scopes")
    if expires_at is not None and expires_at <= at:
        raise Invalid("The key would have expired already.", field="expires_at")
    # two creations at once must not pass the limit together
    Account.objects.select_for_update(of=("self",)).get(pk=account_id)
    live = ApiKey.objects.filter(account_id=account_id, revoked_at__isnull=True)
    if live.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at)).count() >= MAX_KEYS:
        raise Conflict(f"An account has at most {MAX_KEYS} live keys. Revoke one first.")
    token, prefix = new_token()
    key = ApiKey.objects.create(
        account_id=account_id,
        name=name,
        prefix=prefix,
        sha256=digest(token),
        scopes=sorted(set(scopes)),
        created_by_id=actor_id,
        created_at=at,
        expires_at=expires_at,
    )
    audit.record(
        action="api_key.create",
        target=key,
        actor_id=actor_id,
        account_id=account_id,
        data={
            "name": name,
            "prefix": prefix,
            "scopes": key.scopes,
            "expires_at": None if expires_at is None else expires_at.isoformat(),
        },
    )
    return key, token


@transaction.atomic
def revoke_key(*, key_id: int, actor_id: int, at: datetime) -> ApiKey:
    """End a key for good, from the next request on; revoking it again changes nothing."""
    key = ApiKey.objects.select_for_update(of=("self",)).filter(pk=key_id).first()
    if key is None:
        raise NotFound("There is no such key.")
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
        audit.record(
            action="api_key.revoke",
            target=key,
            actor_id=actor_id,
            account_id=key.account_id,
            data={"name": key.name, "prefix": key.prefix},
        )
    return key


def note_use(*, key: ApiKey, at: datetime) -> None:
    """Keep when the key was last used, to the minute: at most one write a minute and key."""
    if key.last_used_at is not None and at - key.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - USE_NOTED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=at)


def forget_answers(*, at: datetime) -> int:
    """Delete idempotent requests older than a day; return how many."""
    return IdempotentRequest.objects.filter(at__lt=at - ANSWERS_KEPT).delete()[0]

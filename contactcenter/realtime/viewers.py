"""Who has a ticket on screen, and who is writing on it: kept in Valkey for seconds, nowhere else.

Without Valkey nobody is warned of anybody, and nothing else is missing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import redis
from django.conf import settings

from contactcenter.kernel import valkey
from contactcenter.kernel.push import push_passing
from contactcenter.tenancy.models import User
from contactcenter.tickets.queries import get_ticket

logger = logging.getLogger(__name__)

VIEW_S: Final = 45
"""A view lasts so long; the console's heartbeat renews it."""
TYPING_S: Final = 6
_client: redis.Redis | None = None


@dataclass(frozen=True, slots=True)
class Looking:
    """What a console has told so far: the ticket it shows, of which account, and in whose name."""

    ticket_id: int
    account_id: int
    user_id: int
    name: str


def look_at(*, ticket_id: int, user_id: int, at: datetime) -> Looking:
    """Note that the person has this ticket on screen and tell the account's consoles; NotFound outside the scope."""
    ticket = get_ticket(ticket_id=ticket_id)
    user = User.objects.select_related("operator").get(pk=user_id)
    operator = getattr(user, "operator", None)
    looking = Looking(ticket.pk, ticket.account_id, user.pk, operator.display_name if operator else user.full_name)
    renew(looking=looking, at=at)
    tell_viewers(looking=looking, at=at)
    return looking


def renew(*, looking: Looking, at: datetime) -> None:
    """Let the view last on."""
    _change(looking, at=at, seconds=VIEW_S)


def look_away(*, looking: Looking, at: datetime) -> None:
    """The person shows another ticket, or has gone."""
    _change(looking, at=at, seconds=0)
    tell_viewers(looking=looking, at=at)


def show_writing(*, looking: Looking, at: datetime) -> None:
    """The person is writing on the ticket they show."""
    client = _valkey()
    try:
        client.set(_typing_key(looking.ticket_id, looking.user_id), "1", ex=TYPING_S)
    except (redis.RedisError, OSError) as error:
        logger.warning("nobody is told who writes on ticket %s: %s", looking.ticket_id, error)
        return
    tell_viewers(looking=looking, at=at)


def viewers_of(*, ticket_id: int, at: datetime) -> list[dict[str, Any]]:
    """Return who looks at the ticket: user_id, name, whether they write; by name."""
    client = _valkey()
    try:
        client.zremrangebyscore(_key(ticket_id), "-inf", at.timestamp())
        stored = cast("list[bytes]", client.zrange(_key(ticket_id), 0, -1))
        members = [member.decode() for member in stored]
        people = [(int(user_id), name) for user_id, _, name in (member.partition(" ") for member in members)]
        keys = [_typing_key(ticket_id, user_id) for user_id, _ in people]
        writing = cast("list[bytes | None]", client.mget(keys)) if keys else []
    except (redis.RedisError, OSError) as error:
        logger.warning("nobody is told who looks at ticket %s: %s", ticket_id, error)
        return []
    rows = [
        {"user_id": user_id, "name": name, "writing": bool(flag)}
        for (user_id, name), flag in zip(people, writing, strict=True)
    ]
    return sorted(rows, key=lambda row: (row["name"], row["user_id"]))


def tell_viewers(*, looking: Looking, at: datetime) -> None:
    """Tell the account's consoles who looks at the ticket now; nothing of it is stored."""
    push_passing(
        f"account:{looking.account_id}",
        kind="ticket.viewers",
        account_id=looking.account_id,
        payload={
            "ticket_id": looking.ticket_id,
            "viewers": viewers_of(ticket_id=looking.ticket_id, at=at),
        },
        at=at,
    )


def _change(looking: Looking, *, at: datetime, seconds: int) -> None:
    client, key, member = _valkey(), _key(looking.ticket_id), f"{looking.user_id} {looking.name}"
    try:
        if seconds:
            client.zadd(key, {member: at.timestamp() + seconds})
            client.expire(key, seconds)
        else:
            client.zrem(key, member)
            client.delete(_typing_key(looking.ticket_id, looking.user_id))
    except (redis.RedisError, OSError) as error:
        logger.warning("nobody is told who looks at ticket %s: %s", looking.ticket_id, error)


def _key(ticket_id: int) -> str:
    return f"{settings.LIVE_CHANNEL}:viewers:{ticket_id}"


def _typing_key(ticket_id: int, user_id: int) -> str:
    return f"{settings.LIVE_CHANNEL}:writes:{ticket_id}:{user_id}"


def _valkey() -> redis.Redis:
    global _client
    if _client is None:
        _client = valkey.new_client()
    return _client

"""What a commit tells Valkey: live events and task messages, all of one transaction in one round trip.

Valkey may be away: what it was not told is found in the database, by cursor or by a sweeper.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

Command = tuple[str | bytes, ...]

PATIENCE_S = 1


@dataclass(slots=True)
class _Gathered:
    """What a round trip sends, each under its name, and what is called after it."""

    commands: dict[object, Command] = field(default_factory=dict)
    afterwards: dict[Callable[[], None], None] = field(default_factory=dict)


_gathered: ContextVar[_Gathered | None] = ContextVar("valkey_commands", default=None)
_client: redis.Redis | None = None


def new_client(*, patience_s: float = PATIENCE_S) -> redis.Redis:
    """Return a client that soon says when Valkey is away: a request must not wait for a server that is not there.

    The package's own way is to try again for several seconds.
    """
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=patience_s,
        socket_connect_timeout=patience_s,
        # once more, at once, over a new connection: the old one may have died with a server that is back
        retry=Retry(NoBackoff(), 1),
    )


@contextmanager
def one_round_trip() -> Iterator[None]:
    """Within: what is told by this thread is gathered, and sent at the end."""
    if _gathered.get() is not None:
        yield
        return
    gathered = _Gathered()
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
        if gathered.commands:
            _send(list(gathered.commands.values()))
        for do in gathered.afterwards:
            do()


def tell(*command: str | bytes, once: str = "") -> None:
    """Send a command whose answer nobody needs. If Valkey is out of reach, that is logged.

    `once`: of those that go by the same name only the first of a round trip is sent.
    """
    gathered = _gathered.get()
    if gathered is None:
        _send([command])
    else:
        gathered.commands.setdefault(once or object(), command)


def afterwards(do: Callable[[], None]) -> None:
    """Call this once what is told in this round trip has been sent; asked for twice it is called once."""
    gathered = _gathered.get()
    if gathered is None:
        do()
    else:
        gathered.afterwards.setdefault(do)


def _send(commands: list[Command]) -> None:
    global _client
    if _client is None:
        _client = new_client()
    try:
        with _client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
            pipeline.execute()
    except (redis.RedisError, OSError) as error:
        logger.warning("Valkey was not told of %s changes, sweepers and cursors find them: %s", len(commands), error)

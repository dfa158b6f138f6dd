"""How often a key may ask: a count a minute in Valkey. Without Valkey nothing is counted and everything is let in."""

import logging
from datetime import datetime
from functools import cache
from typing import Final

import redis
from django.conf import settings

from contactcenter.kernel import valkey

logger = logging.getLogger(__name__)

WINDOW_S: Final = 60


@cache
def _client() -> redis.Redis:
    return valkey.new_client(patience_s=0.5)


def wait_s(*, key_id: int, at: datetime) -> int | None:
    """Count one request of the key and return None if it may pass, else after how many seconds to ask again."""
    # held here: two threads that come first make two clients, and the one not kept closes when let go
    client = _client()
    second = int(at.timestamp())
    name = f"api-key:{key_id}:{second // WINDOW_S}"
    try:
        with client.pipeline(transaction=False) as pipeline:
            pipeline.incr(name)
            pipeline.expire(name, 2 * WINDOW_S)
            used = int(pipeline.execute()[0])
    except (redis.RedisError, OSError) as error:
        logger.warning("requests of API key %s are not counted, Valkey is out of reach: %s", key_id, error)
        return None
    return None if used <= settings.API_KEY_REQUESTS_PER_MINUTE else WINDOW_S - second % WINDOW_S

"""Sends what is due: several at once in threads, the database from one. One pump runs at a time, for a while.

Only one process of the workers is ever kept by slow endpoints, and within it each subscription has its own small share.
"""

import logging
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from django.db.models import Q

from channels_app.contract import AdapterError
from channels_app.outbound import send_request
from channels_app.subscriptions.feed import READER
from channels_app.subscriptions.sending import Claimed, Outcome, claim_due, record_outcome
from channels_app.subscriptions.signing import headers
from contactcenter.kernel.models import EventReader

logger = logging.getLogger(__name__)

AT_ONCE: Final = 16
TIMEOUT_S: Final = 5.0
RUNS_FOR_S: Final = 20.0
# longer than a run and the slowest request after it
HELD_FOR: Final = timedelta(seconds=90)
SHOWN: Final = 500
Clock = Callable[[], datetime]


def pump(*, clock: Clock) -> int:
    """Send what is due until nothing is, or the time is up; return how many attempts were made.

    0 at once where another pump runs. Needs every account's scope. A killed pump blocks the next for HELD_FOR.
    """
    if not _take(at=clock()):
        return 0
    try:
        return _run(clock)
    finally:
        EventReader.objects.filter(name=READER).update(busy_until=None)


def _take(*, at: datetime) -> bool:
    free = Q(busy_until__isnull=True) | Q(busy_until__lte=at)
    return EventReader.objects.filter(free, name=READER).update(busy_until=at + HELD_FOR) == 1


def _run(clock: Clock) -> int:
    attempts = 0
    until = monotonic() + RUNS_FOR_S
    running: dict[Future[Outcome], Claimed] = {}
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="webhook") as threads:
        while True:
            if monotonic() < until:
                busy = [claimed.subscription_id for claimed in running.values()]
                for claimed in claim_due(at=clock(), busy=busy, limit=AT_ONCE - len(running)):
                    running[threads.submit(_attempt, claimed, clock)] = claimed
            if not running:
                return attempts
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                record_outcome(delivery_id=running.pop(future).delivery_id, outcome=future.result())
                attempts += 1


def _attempt(claimed: Claimed, clock: Clock) -> Outcome:
    """Make one request; never raises, for what goes wrong is an outcome. Touches no database."""
    at, started = clock(), monotonic()

    def outcome(*, status: int | None = None, error: str = "", answer: str = "") -> Outcome:
        duration_ms = round((monotonic() - started) * 1000)
        return Outcome(at=at, duration_ms=duration_ms, status=status, error=error, answer=answer)

    try:
        answer = send_request(
            method="POST",
            url=claimed.url,
            content=claimed.body.encode(),
            headers={
                "content-type": "application/json; charset=utf-8",
                "user-agent": "contactcenter-webhooks/1",
                **headers(
                    secrets_in_use=claimed.secrets,
                    message_id=claimed.message_id,
                    timestamp=int(at.timestamp()),
                    body=claimed.body,
                ),
            },
            timeout_s=TIMEOUT_S,
            refuse_errors=False,
        )
    except AdapterError as error:
        return outcome(error=str(error))
    except Exception as error:
        # a door to the outside: one strange endpoint must not end the pump for all
        logger.exception("webhook delivery %s broke", claimed.delivery_id)
        return outcome(error=f"{type(error).__name__}: {error}")
    return outcome(status=answer.status, answer=answer.text[:SHOWN])

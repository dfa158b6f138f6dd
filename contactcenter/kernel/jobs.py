"""Background work asked for by name, after commit. A lost broker costs latency, never work."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

JobHandler = Callable[[str, dict[str, Any]], None]
_handler: ContextVar[JobHandler | None] = ContextVar("job_handler", default=None)


@contextmanager
def hand_jobs_to(handler: JobHandler) -> Iterator[None]:
    """Within: jobs asked for by this thread go to the handler after their commit, not to the broker.

    For a simulation, which does the work itself at its own instant.
    """
    token = _handler.set(handler)
    try:
        yield
    finally:
        _handler.reset(token)


def enqueue_on_commit(task_name: str, *, countdown: float | None = None, **ids: Any) -> None:
    """Send the Celery task of this name once the surrounding transaction has committed.

    Only ids travel. If the broker is out of reach the loss is logged: every kind of work has a sweeper that
    finds it again in the database (settings.CELERY_BEAT_SCHEDULE).
    """
    transaction.on_commit(lambda: _send(task_name, countdown=countdown, ids=ids))


def _send(task_name: str, *, countdown: float | None, ids: dict[str, Any]) -> None:
    handler = _handler.get()
    if handler is not None:
        handler(task_name, ids)
        return
    from celery import current_app

    try:
        if current_app.conf.task_always_eager:
            # send_task by name ignores eager mode; tests run the task where it stands
            task = current_app.tasks.get(task_name)
            if task is not None:
                task.apply(kwargs=ids)
            return
        current_app.send_task(task_name, kwargs=ids, countdown=countdown, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("broker out of reach, %s %s is left to the sweeper: %s", task_name, ids, error)

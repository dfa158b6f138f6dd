"""Background work asked for by name, after commit. A lost broker costs latency, never work."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from socket import gethostname
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contactcenter.kernel import valkey

_ORIGIN = f"contactcenter@{gethostname()}"
JobHandler = Callable[[str, dict[str, Any]], None]
_handler: ContextVar[JobHandler | None] = ContextVar("job_handler", default=None)
_left_out: ContextVar[str] = ContextVar("job_left_out", default="")
_done_here: dict[str, Callable[[], None]] = {}


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


@contextmanager
def leave_out(task_name: str) -> Iterator[None]:
    """Within: the job of this name (one without ids) is not sent; whoever leaves it out does the same afterwards."""
    token = _left_out.set(task_name)
    try:
        yield
    finally:
        _left_out.reset(token)


def do_here(task_name: str, *, wake: Callable[[], None] | None) -> None:
    """From now on this process sees to the job of this name (one without ids) itself; None: no longer.

    After a commit that asked for it, and after what the commit told Valkey, `wake` is called in place of sending the
    job; it must return at once. Whoever cannot do it then hands it on by `send_job`.
    """
    if wake is None:
        _done_here.pop(task_name, None)
    else:
        _done_here[task_name] = wake


def enqueue_on_commit(task_name: str, *, countdown: float | None = None, **ids: Any) -> None:
    """Send the Celery task of this name once the surrounding transaction has committed.

    Only ids travel, of all tasks and live events of the transaction at once; a task asked for twice is sent once. If
    the broker is out of reach the loss is logged: every kind of work has a sweeper that finds it in the database
    (settings.CELERY_BEAT_SCHEDULE).
    """
    transaction.on_commit(lambda: _send(task_name, countdown=countdown, ids=ids))


def _send(task_name: str, *, countdown: float | None, ids: dict[str, Any]) -> None:
    is_plain = countdown is None and not ids
    if is_plain and task_name == _left_out.get():
        return
    handler = _handler.get()
    if handler is not None:
        handler(task_name, ids)
        return
    from celery import current_app

    if current_app.conf.task_always_eager:
        # eager mode knows tasks only; tests run the one of this name where it stands
        task = current_app.tasks.get(task_name)
        if task is not None:
            task.apply(kwargs=ids)
        return
    wake = _done_here.get(task_name)
    if wake is not None and is_plain:
        valkey.afterwards(wake)
    else:
        send_job(task_name, countdown=countdown, **ids)


def send_job(task_name: str, *, countdown: float | None = None, **ids: Any) -> None:
    """Send the task of this name to the workers now, whatever this process does itself."""
    queue = settings.CELERY_TASK_ROUTES.get(task_name, {}).get("queue", settings.CELERY_TASK_DEFAULT_QUEUE)
    message = _message(task_name, ids, countdown, queue=queue)
    valkey.tell("LPUSH", queue, message, once=f"{task_name} {countdown} {ids}")


def _message(task_name: str, ids: dict[str, Any], countdown: float | None, *, queue: str) -> str:
    """Return the task as Celery's protocol 2 in kombu's envelope for Redis, as `send_task` would put it there.

    Celery's own publishing costs a round trip and a third of a millisecond for each; here they leave with the commit.
    https://docs.celeryq.dev/en/stable/internals/protocol.html
    """
    task_id = str(uuid4())
    eta = None if countdown is None else (timezone.now() + timedelta(seconds=countdown)).isoformat()
    body = json.dumps([[], ids, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
    return json.dumps(
        {
            "body": b64encode(body.encode()).decode("ascii"),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {
                "lang": "py",
                "task": task_name,
                "id": task_id,
                "shadow": None,
                "eta": eta,
                "expires": None,
                "group": None,
                "group_index": None,
                "retries": 0,
                "timelimit": [None, None],
                "root_id": task_id,
                "parent_id": None,
                "argsrepr": "()",
                "kwargsrepr": repr(ids)[:1024],
                "origin": _ORIGIN,
                "ignore_result": None,
                "replaced_task_nesting": 0,
                "stamped_headers": None,
                "stamps": {},
            },
            "properties": {
                "correlation_id": task_id,
                "reply_to": None,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": queue},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid4()),
            },
        }
    )

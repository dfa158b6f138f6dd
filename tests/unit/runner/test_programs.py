"""The programs that `make run` supervises."""

from pathlib import Path

from django.conf import settings

from contactcenter.runner.__main__ import _children


def queues_served() -> dict[str, str]:
    programs = _children(logs=Path("/tmp/logs"), host="127.0.0.1", port=8000, bridges=[])
    return {
        child.name: child.command[child.command.index("--queues") + 1]
        for child in programs
        if "--queues" in child.command
    }


def test_each_queue_has_a_worker_of_its_own() -> None:
    assert queues_served() == {"worker": "default", "heavy worker": "heavy"}
    assert {queue.name for queue in settings.CELERY_TASK_QUEUES} == set(queues_served().values())

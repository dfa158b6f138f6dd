"""A real web server on loopback, and a logged-in person for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from contactcenter.tenancy.sessions import SessionStore


class Web(NamedTuple):
    """Where it listens, and its first process."""

    port: int
    pid: int


@contextmanager
def web_process(application: str = "contactcenter.asgi:application", *, processes: int | None = None) -> Iterator[Web]:
    """Run the web (or another ASGI application) as `make run` does, a process a core unless told how many."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable, "-m", "uvicorn", application, "--host", "127.0.0.1", "--port", str(port),
        "--lifespan", "off", "--no-access-log", "--log-level", "error", "--ws-max-size", "65536",
        "--timeout-graceful-shutdown", "2", "--workers", str(processes or os.cpu_count() or 1),
        "--timeout-worker-healthcheck", "60",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=Path(__file__).parent.parent)
    try:
        for _ in range(600):
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=0.2):
                    break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError("the web process ended while starting") from None
                time.sleep(0.1)
        else:
            raise RuntimeError("the web process did not answer within a minute")
        yield Web(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def session_cookies(user_id: int) -> dict[str, str]:
    """Return the cookies of a new session of this person."""
    from contactcenter.tenancy.models import User

    user = User.objects.get(pk=user_id)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"sessionid": str(session.session_key), "csrftoken": "a" * 32}

"""What is checked before anything starts; each problem is a sentence that says what to do."""

import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contactcenter.runner.servers import ServerProblem

NEEDED_BYTES = 500_000_000


@contextmanager
def only_one_run(var: Path) -> Iterator[None]:
    """Hold the lock of this checkout. The kernel drops it with the process, so it is never stale."""
    path = var / "run.lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise ServerProblem(f"This is already running (process {holder}). Stop it with Ctrl-C there.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def check_disk(var: Path) -> None:
    """Refuse to start on a disk that is nearly full or not writable."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        probe = var / ".writable"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ServerProblem(f"The disk of {var} is full. Free some space, then try again.") from None
        raise ServerProblem(
            f"{var} cannot be written: {error.strerror}. Set VAR_DIR to a directory of yours."
        ) from None
    free = shutil.disk_usage(var).free
    if free < NEEDED_BYTES:
        raise ServerProblem(
            f"The disk of {var} has {free // 1_000_000} MB left; {NEEDED_BYTES // 1_000_000} MB are needed. "
            "Free some space, or set VAR_DIR to another disk."
        )


def check_port(*, host: str, port: int, variable: str) -> None:
    """Refuse a port that somebody else listens on, or that this user may not open."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                other = f"{variable}={port + 1} make run"
                problem = f"Port {port} is taken by another program. Stop it, or choose another: {other}"
            elif error.errno == errno.EACCES:
                problem = f"Port {port} needs root. Choose one above 1023: {variable}=8000 make run"
            else:
                problem = f"{host}:{port} cannot be opened: {error.strerror}. Check HOST and {variable}."
            raise ServerProblem(problem) from None

"""`make run`: servers, database, demo, web, worker, beat and mail door under one supervisor."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from django.core.exceptions import ImproperlyConfigured

from contactcenter import environment
from contactcenter.runner.preflight import check_disk, check_port, only_one_run
from contactcenter.runner.servers import EmbeddedServer, ServerProblem, start_postgres, start_valkey
from contactcenter.runner.supervisor import Child, GaveUp, Supervisor

FIRST = ("web", "worker")
ROOT = Path(__file__).resolve().parent.parent.parent


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Stopping(Exception):
    """Ctrl-C or SIGTERM arrived."""


def _on_signal(number: int, frame: FrameType | None) -> None:
    raise Stopping


def _secret_key(var: Path) -> str:
    path = var / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


def _prepare(var: Path) -> dict[str, list[str]]:
    """Bring database, static files and demo to their state, progress shown; return what was found there."""
    state = var / "start.json"
    command = [sys.executable, "-W", "ignore", "-m", "contactcenter.runner.prepare", str(state)]
    result = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        said = [line for line in result.stderr.splitlines() if line and not line[0].isspace()]
        raise ServerProblem(f"The database cannot be prepared: {said[-1] if said else 'no reason was given'}")
    found: dict[str, list[str]] = json.loads(state.read_text())
    return found


def _start_servers(var: Path) -> list[EmbeddedServer]:
    servers = []
    try:
        if not os.environ.get("DATABASE_URL"):
            say("Starting PostgreSQL ...")
            servers.append(start_postgres(var / "postgresql"))
            os.environ["DATABASE_URL"] = servers[-1].url
        if not os.environ.get("REDIS_URL"):
            say("Starting Valkey ...")
            servers.append(start_valkey(var / "valkey"))
            os.environ["REDIS_URL"] = servers[-1].url
    except BaseException:
        for server in reversed(servers):
            server.stop()
        raise
    return servers


def _children(*, logs: Path, host: str, port: int, bridges: Sequence[str]) -> list[Child]:
    python = sys.executable
    workers = environment.integer("WEB_WORKERS", default=min(os.cpu_count() or 1, 4), minimum=1, maximum=64)
    concurrency = environment.integer("WORKER_CONCURRENCY", default=2, minimum=1, maximum=64)
    heavy_concurrency = environment.integer("HEAVY_WORKER_CONCURRENCY", default=1, minimum=1, maximum=64)
    programs: dict[str, list[str]] = {
        "web": [
            python, "-m", "uvicorn", "contactcenter.asgi:application", "--host", host, "--port", str(port),
            "--workers", str(workers), "--lifespan", "off", "--no-access-log", "--ws-max-size", "65536",
            "--timeout-graceful-shutdown", "3", "--timeout-worker-healthcheck", "60",
        ],
        "worker": _worker(queue="default", concurrency=concurrency),
        "heavy worker": _worker(queue="heavy", concurrency=heavy_concurrency),
        "beat": [
            python, "-m", "celery", "-A", "contactcenter", "beat", "--loglevel", "WARNING",
            "--schedule", str(logs.parent / "beat-schedule"), "--pidfile", "",
        ],
        "mail door": [python, str(ROOT / "manage.py"), "smtp_listener", "--host", host, "--imap"],
    }  # fmt: skip
    for command in bridges:
        programs[command.replace("_", " ")] = [python, str(ROOT / "manage.py"), command, "--all"]
    return [
        Child(
            name=name,
            command=command,
            environment={"PYTHONPATH": str(ROOT)},
            log=logs / f"{name.replace(' ', '-')}.log",
        )
        for name, command in programs.items()
    ]


def _worker(*, queue: str, concurrency: int) -> list[str]:
    return [
        sys.executable, "-m", "celery", "-A", "contactcenter", "worker", "--loglevel", "WARNING", "--queues", queue,
        "--hostname", f"{queue}@%h", "--concurrency", str(concurrency), "--without-gossip", "--without-mingle",
    ]  # fmt: skip


def _server_children(servers: list[EmbeddedServer], logs: Path) -> list[Child]:
    """Let the supervisor restart an embedded server that was killed, with the very command it was started with."""
    children = []
    for server in servers:
        log = logs / f"{server.name}.log"
        child = Child(name=server.name, command=server.command, environment={}, log=log, run_as=server.run_as)
        child.process, child.started_at = server.process, time.monotonic()
        children.append(child)
    return children


def _wait_until_ready(*, host: str, port: int, supervisor: Supervisor, seconds: float = 180.0) -> None:
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else shown}:{port}/healthz"  # noqa: S104
    deadline = time.monotonic() + seconds
    while True:
        supervisor.tend()
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise ServerProblem(f"The web process does not answer at {address}. See the logs.") from None
            time.sleep(0.2)


def _run(var: Path) -> None:
    host = environment.text("HOST", "127.0.0.1")
    port = environment.integer("PORT", default=8000, minimum=1, maximum=65535)
    smtp_port = environment.integer("SMTP_LISTEN_PORT", default=2525, minimum=1, maximum=65535)
    check_disk(var)
    with only_one_run(var):
        check_port(host=host, port=port, variable="PORT")
        check_port(host=host, port=smtp_port, variable="SMTP_LISTEN_PORT")
        logs = var / "logs"
        logs.mkdir(exist_ok=True)
        os.environ.setdefault("VAR_DIR", str(var))
        os.environ.setdefault("SECRET_KEY", _secret_key(var))
        own_servers = bool(os.environ.get("DATABASE_URL"))
        os.environ.setdefault("DEMO", "no" if own_servers else "yes")
        servers = _start_servers(var)
        supervisor = Supervisor([], say=say)
        try:
            say("Preparing the database ...")
            prepared = _prepare(var)
            supervisor.children = [
                *_server_children(servers, logs),
                *_children(logs=logs, host=host, port=port, bridges=prepared["bridges"]),
            ]
            say("Starting web, worker, beat and the mail door ...")
            # all of them at once would compete for the processors with those that somebody waits for
            supervisor.start(only=FIRST)
            _wait_until_ready(host=host, port=port, supervisor=supervisor)
            supervisor.start()
            _greet(host=host, port=port, logs=logs, logins=prepared["logins"])
            while True:
                supervisor.tend()
                time.sleep(0.25)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            say("Stopping ...")
            supervised = {child.name for child in supervisor.children}
            supervisor.stop(but={server.name for server in servers})
            for server in reversed(servers):
                if server.name in supervised:
                    process = next(c.process for c in supervisor.children if c.name == server.name)
                    server.process = process or server.process
                server.stop()
            say("Stopped.")


def _greet(*, host: str, port: int, logs: Path, logins: Sequence[str]) -> None:
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else host  # noqa: S104
    say(f"\nReady: http://{shown}:{port}/   (logs: {logs}; stop with Ctrl-C)")
    if logins:
        say("\n".join(["", "Logins of the demo:", *logins]))


def main() -> int:
    """Run until stopped; return the exit code."""
    signal.signal(signal.SIGINT, _on_signal)
    signal.signal(signal.SIGTERM, _on_signal)
    var = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
    try:
        _run(var)
    except Stopping:
        return 0
    except (ServerProblem, GaveUp, ImproperlyConfigured) as problem:
        say(f"\nCannot run: {problem}")
        return 1
    except OSError as error:
        say(f"\nCannot run: {error.strerror or error}{f' ({error.filename})' if error.filename else ''}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

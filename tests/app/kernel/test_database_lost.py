"""While PostgreSQL is away every address says so at once, in the API's own shape."""

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from contactcenter.tenancy import sessions
from contactcenter.tickets import lists
from tests.app.factories import make_account, make_operator

pytestmark = pytest.mark.django_db
UNAVAILABLE = {"error": {"code": "unavailable", "message": "The database does not answer. Try again in a moment."}}


@pytest.fixture
def client():
    client = Client(raise_request_exception=False)
    client.force_login(make_operator(make_account()).user)
    return client


def lose(monkeypatch, module, name, error):
    def lost(*arguments, **named):
        raise error("connection to server failed: secret.internal")

    monkeypatch.setattr(module, name, lost)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_lost_database_before_the_view_is_503_and_not_500(client, monkeypatch, error):
    lose(monkeypatch, sessions, "rows_from", error)
    answer = client.get("/api/v1/tickets/")
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, UNAVAILABLE, "5")


def test_a_lost_database_within_the_view_is_503_and_not_500(client, monkeypatch):
    lose(monkeypatch, lists, "rows_of", OperationalError)
    answer = client.get("/api/v1/tickets/")
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, UNAVAILABLE, "5")


def test_a_mistake_of_ours_is_500_without_its_details(client, monkeypatch):
    lose(monkeypatch, lists, "rows_of", ValueError)
    answer = client.get("/api/v1/tickets/")
    assert answer.status_code == 500
    assert answer.json() == {"error": {"code": "internal", "message": "Something went wrong here. It has been logged."}}

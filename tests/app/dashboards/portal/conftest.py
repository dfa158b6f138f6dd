"""A client in Madrid and one of its viewers, logged in. Imports wait until Django is set up."""

from typing import Any

import pytest


@pytest.fixture
def account(db: None) -> Any:
    from tests.app.factories import make_account

    return make_account("Azul Pay", time_zone="Europe/Madrid", currency="EUR", ticket_prefix="AZ")


@pytest.fixture
def client(account: Any) -> Any:
    from django.test import Client

    from tests.app.factories import make_user

    browser = Client()
    browser.force_login(make_user("client_viewer", account))
    return browser

"""What tests of the tickets API stand on: an account, an operator who serves it, and the operator signed in."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def every_account() -> Iterator[None]:
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a test looks into the database"):
        yield


@pytest.fixture
def account() -> Any:
    from tests.app.factories import make_account

    return make_account(ticket_prefix="MT")


@pytest.fixture
def operator(account: Any) -> Any:
    from tests.app.factories import make_operator

    return make_operator(account)


@pytest.fixture
def client(operator: Any) -> Any:
    from tests.app.factories import signed_in

    return signed_in(operator.user)

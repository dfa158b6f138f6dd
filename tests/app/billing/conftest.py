"""An account with an operator, and every account in scope, as billing's tasks and commands run."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def every_account(db: None) -> Iterator[None]:
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a billing test"):
        yield


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Logging in is tested elsewhere; here a strong hash would only cost time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def account() -> Any:
    from tests.app.factories import make_account

    return make_account("Green Clinic", time_zone="Europe/Madrid", currency="EUR", legal_name="Green Clinic S.L.")


@pytest.fixture
def operator(account: Any) -> Any:
    from tests.app.factories import make_operator

    return make_operator(account)


@pytest.fixture
def serve(account: Any, operator: Any) -> Callable[..., Any]:
    """Handle one contact of the account by the operator; rows.handle says with what."""
    from tests.app.billing.rows import handle

    def serve_contact(**given: Any) -> Any:
        return handle(**{"account": account, "operator": operator, **given})

    return serve_contact

"""An account with an operator, and every account in scope, as billing's tasks and commands run."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def every_account(db: None) -> Iterator[None]:
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a billing test"):
        yield


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


@pytest.fixture
def invoice(account: Any) -> Any:
    """June of a client who pays a flat fee: 121.00, issued."""
    from tests.app.billing.money import FLAT, issue
    from tests.app.billing.rows import sign, version_in_force

    account.billing_email = "bills@clinic.example"
    account.save(update_fields=["billing_email"])
    sign(account, version_in_force(FLAT))
    return issue(account)

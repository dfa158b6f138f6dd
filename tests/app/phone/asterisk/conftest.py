"""A shop with a telephone system, whose operator Anna has a telephone. Imports wait until Django is set up."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def every_account(db: None) -> Iterator[None]:
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="the test looks at everything"):
        yield


@pytest.fixture
def shop() -> Any:
    from tests.app.factories import make_account

    return make_account("Shop")


@pytest.fixture
def anna(shop: Any) -> Any:
    from contactcenter.operators.models import OperatorAlias
    from tests.app.factories import make_operator

    operator = make_operator(shop)
    OperatorAlias.objects.create(operator=operator, name="Anna Kovacs")
    OperatorAlias.objects.create(operator=operator, name="PJSIP/101")
    return operator


@pytest.fixture
def pbx(shop: Any) -> Any:
    from channels_app.models import Endpoint

    return Endpoint.objects.create(
        account=shop, kind="voice", address="pbx-1", name="Main telephone system", language="en",
        settings={"ami_host": "127.0.0.1", "ami_username": "bridge", "call_prefix": "9", "region": "GB",
                  "remote_hold": True, "listening": True, "accounts": {f"code:{shop.slug}": shop.slug}},
    )  # fmt: skip


@pytest.fixture
def ticket(shop: Any) -> Any:
    from contactcenter.contacts.actions import find_or_create_contact
    from tests.app.factories import make_ticket
    from tests.app.phone.asterisk.talk import NUMBER

    contact, _ = find_or_create_contact(account_id=shop.pk, kind="phone", value=NUMBER, name="Olga", language="en")
    return make_ticket(shop, contact)

"""What tests of webhooks stand on: an account with its owner, and a client's server that answers."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def every_account(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    from channels_app.subscriptions import feed
    from contactcenter.kernel import push
    from contactcenter.kernel.models import EventReader
    from contactcenter.tenancy.doors import open_every_account

    settings.WEBHOOKS_ALLOW_HTTP = True
    # a test is one transaction, which never ends: its events would stay above the horizon
    monkeypatch.setattr(push, "horizon", lambda: 2**62)
    EventReader.objects.create(name=feed.READER, transaction=0, event_id=0)
    with open_every_account(reason="a test looks into the database"):
        yield


@pytest.fixture
def account() -> Any:
    from tests.app.factories import make_account

    return make_account(ticket_prefix="MT")


@pytest.fixture
def owner(account: Any) -> Any:
    from contactcenter.tenancy.models import Role
    from tests.app.factories import make_user

    return make_user(Role.CLIENT_ADMIN, account)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Any]:
    from tests.app.channels.gateways import gateway

    with gateway(settings) as served:
        yield served

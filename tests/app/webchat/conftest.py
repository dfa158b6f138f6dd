"""A shop with a chat. Imports wait until Django is set up."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from channels_app.models import Endpoint
    from contactcenter.tenancy.models import Account
    from tests.app.webchat.visitor import Visitor

IDENTITY_SECRET = "a secret of the shop, kept on its server"


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Path) -> Path:
    """Attachments and outgoing mails of a test go to its own folder."""
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.EMAIL_URL = ""
    return tmp_path


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test pays for what another has sent."""
    from channels_app.webchat import consumers, files
    from channels_app.webchat.limits import Limiter

    monkeypatch.setattr(files, "_limiter", Limiter())
    monkeypatch.setattr(consumers, "_limiter", Limiter())


class Clock:
    """A clock that stands until the test moves it, in seconds."""

    def __init__(self) -> None:
        self.at_s = 1_000.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time by which visitors' messages and files are counted."""
    from channels_app.webchat import consumers, files

    clock = Clock()
    monkeypatch.setattr(files, "monotonic", clock)
    monkeypatch.setattr(consumers, "monotonic", clock)
    return clock


@pytest.fixture(autouse=True)
def give_connections_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close each thread's connection after use, so that the test database can be dropped."""
    from django.db import connections

    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


@pytest.fixture
def shop(db: None) -> "Account":
    """An account whose tickets are numbered SH-..."""
    from tests.app.factories import make_account

    return make_account("Shop", ticket_prefix="SH", language="en")


@pytest.fixture
def chat(shop: "Account") -> "Endpoint":
    """shop-chat, with an identity secret, and the shop's mailbox."""
    from channels_app.models import Endpoint, EndpointKind
    from contactcenter.kernel.sealing import seal
    from contactcenter.tenancy.doors import open_account

    with open_account(shop.pk):
        Endpoint.objects.create(
            account=shop, kind=EndpointKind.EMAIL, address="help@shop.example", name="Mail", language="en"
        )
        return Endpoint.objects.create(
            account=shop,
            kind=EndpointKind.WEBCHAT,
            address="shop-chat",
            name="Chat",
            language="en",
            secrets_sealed=seal({"identity_secret": IDENTITY_SECRET}),
        )


@pytest.fixture
def endpoint(transactional_db: None) -> "Endpoint":
    """medtech-chat, Russian."""
    from channels_app.models import Endpoint, EndpointKind
    from contactcenter.tenancy.doors import open_every_account
    from contactcenter.tenancy.models import Account

    account = Account.objects.create(name="МедТех", slug="medtech", language="ru", ticket_prefix="MT")
    with open_every_account(reason="test"):
        return Endpoint.objects.create(
            account=account, kind=EndpointKind.WEBCHAT, address="medtech-chat", name="Chat", language="ru"
        )


@pytest.fixture
async def visitor(endpoint: "Endpoint") -> AsyncIterator["Visitor"]:
    """A visitor of medtech-chat who has not connected yet."""
    from tests.app.webchat.visitor import Visitor

    socket = Visitor()
    yield socket
    await socket.disconnect()

"""A shop with a mailbox, and a place for files. Imports wait until Django is set up."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.mail_servers import Dovecot, Postfix, running_dovecot, running_postfix

if TYPE_CHECKING:
    from channels_app.contract import EndpointInfo
    from contactcenter.tenancy.models import Account


@pytest.fixture(autouse=True)
def files(settings, tmp_path: Path) -> Path:
    """Attachments and outgoing mails of a test go to its own folder."""
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.EMAIL_URL = ""
    return tmp_path


@pytest.fixture
def shop(db) -> "Account":
    """An account whose tickets are numbered SH-..."""
    from tests.app.factories import make_account

    return make_account("Shop", ticket_prefix="SH")


@pytest.fixture
def mailbox(shop: "Account") -> "EndpointInfo":
    """support@shop.example, English."""
    from tests.app.channels.mailboxes import make_mailbox

    return make_mailbox(shop, "support@shop.example", language="en")


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    """A real IMAP server."""
    with running_dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def dovecot_behind_postfix() -> Iterator[Dovecot]:
    """The IMAP server to which Postfix delivers."""
    with running_dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def postfix(dovecot_behind_postfix: Dovecot) -> Iterator[Postfix]:
    """A real mail server; mails to shop.example and customer.example end in Dovecot."""
    lmtp = f"lmtp:inet:127.0.0.1:{dovecot_behind_postfix.lmtp_port}"
    with running_postfix(routes={"shop.example": lmtp, "customer.example": lmtp}) as server:
        yield server

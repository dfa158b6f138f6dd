"""What the product reaches outside, for the tests of this folder: a telephone system and a client's consent."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e import conftest as product
from tests.e2e.standins import Telephones

LINE = "outside-line"
SETTINGS = {
    "ami_host": "127.0.0.1", "ami_username": "bridge", "call_prefix": "9", "region": "RU", "remote_hold": True,
    "listening": True, "accounts": {"queue:clinic": "medtech"}, "languages": {"queue:clinic": "ru"},
}  # fmt: skip
MAKE_LINE = """
from channels_app.models import Endpoint
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
with open_every_account(reason="the test sets up a telephone system"):
    Endpoint.objects.update_or_create(
        address={address!r},
        defaults={{
            "account": Account.objects.get(slug="medtech"), "kind": "voice", "name": "Clinic", "language": "ru",
            "secrets_sealed": seal({{"ami_secret": {secret!r}}}), "settings": {settings!r},
        }},
    )
"""


@pytest.fixture(scope="package", autouse=True)
def consent(site: product.Site) -> Iterator[None]:
    """The clinic's consent to machine translation, in this folder only: it changes to whom tickets are offered."""
    change = "UPDATE tenancy_account SET allows_machine_translation = %s WHERE slug = %s"
    site.set_back(change, True, "medtech")
    yield
    site.set_back(change, False, "medtech")


@pytest.fixture(scope="package")
def telephones(site: product.Site) -> Iterator[Telephones]:
    """The clinic's telephone system, with the product's bridge connected to it."""
    with Telephones() as system:
        settings = {**SETTINGS, "ami_port": system.port}
        made = site.manage(
            "shell", "-c", MAKE_LINE.format(address=LINE, secret=system.server.secret, settings=settings)
        )
        assert made.returncode == 0, made.stderr.decode()
        bridge = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(product.ROOT / "manage.py"), "asterisk_bridge", "--endpoint", LINE],
            env={**site.environment, **site.servers()}, cwd=product.ROOT, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            system.wait_for_bridge()
            yield system
        finally:
            bridge.terminate()
            bridge.wait(30)
            # a line without its bridge would be told as broken in later tests
            site.set_back("UPDATE channels_app_endpoint SET is_active = false WHERE address = %s", LINE)

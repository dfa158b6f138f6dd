"""The product beside what it reaches outside: a telephone system and a translation service on loopback.

It ends with the last test of this folder: the machine is for the next product then.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import conftest as product
from tests.e2e.outside.standins import Telephones, TranslationService

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


@pytest.fixture(scope="package")
def translator() -> Iterator[TranslationService]:
    """A translation service of the house's own."""
    with TranslationService() as service:
        yield service


@pytest.fixture(scope="package")
def site(translator: TranslationService) -> Iterator[product.Site]:
    """The product with a translation service, one for the tests of this folder."""
    var = Path(tempfile.mkdtemp(prefix="cc-e2e-"))
    running = product.start_site(
        var,
        TRANSLATION_PROVIDER="libretranslate",
        TRANSLATION_URL=f"http://{translator.host}",
        OUTBOUND_ALLOWED_HOSTS=translator.host,
    )
    running.set_back("UPDATE tenancy_account SET allows_machine_translation = true WHERE slug = %s", "medtech")
    yield running
    code = product.stop_site(running)
    shutil.rmtree(var, ignore_errors=True)
    assert code == 0, "".join(running.output[-20:])


@pytest.fixture(scope="package")
def passwords(site: product.Site) -> dict[str, str]:
    """Return {e-mail address: password} of the demo people."""
    result = site.manage("load_demo")
    assert result.returncode == 0, result.stderr.decode()
    return {login["email"]: login["password"] for login in json.loads(result.stdout)["logins"]}


@pytest.fixture(scope="package")
def sessions() -> dict[str, Any]:
    """What a browser keeps of people who have logged in once, at this product."""
    return {}


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

"""Secrets at rest: only keys of SECRETS_KEYS open them, and keys can be changed."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from channels_app.models import Endpoint
from contactcenter.kernel.sealing import Unreadable, seal, unseal
from contactcenter.tenancy.models import Account
from tests.app.channels.providers import make_endpoint

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_sealed_document_opens_again_and_says_nothing(settings) -> None:
    settings.SECRETS_KEYS = [OLD]
    sealed = seal({"password": "hunter2"})
    assert "hunter2" not in sealed
    assert unseal(sealed) == {"password": "hunter2"}
    assert (seal({}), unseal("")) == ("", {})


def test_other_key_does_not_open_it(settings) -> None:
    settings.SECRETS_KEYS = [OLD]
    sealed = seal({"password": "hunter2"})
    settings.SECRETS_KEYS = [NEW]
    with pytest.raises(Unreadable):
        unseal(sealed)


@pytest.mark.django_db
def test_rotated_secrets_need_the_new_key_only(settings, shop: Account, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SECRETS_KEYS = [OLD]
    make_endpoint(shop, secrets_sealed=seal({"token": "t"}))
    settings.SECRETS_KEYS = [NEW, OLD]
    call_command("rotate_secrets")
    assert capsys.readouterr().out == "1 endpoints sealed anew, 0 webhooks.\n"
    settings.SECRETS_KEYS = [NEW]
    assert unseal(Endpoint._base_manager.get().secrets_sealed) == {"token": "t"}


@pytest.mark.django_db
def test_rotation_leaves_alone_what_it_cannot_read(settings, shop: Account) -> None:
    settings.SECRETS_KEYS = [OLD]
    make_endpoint(shop, secrets_sealed=seal({"token": "t"}))
    settings.SECRETS_KEYS = [NEW]
    with pytest.raises(CommandError):
        call_command("rotate_secrets")
    settings.SECRETS_KEYS = [OLD]
    assert unseal(Endpoint._base_manager.get().secrets_sealed) == {"token": "t"}

"""Mailboxes that log in by access tokens: a local token server, a real Dovecot, an SMTP server that shows the bytes."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from channels_app.contract import AdapterError, EndpointInfo
from channels_app.email import authorization
from channels_app.email.authorization import Authorization, authorization_of
from channels_app.email.imap_client import ImapClient, MailboxProblem
from channels_app.email.mailbox import check_mailbox, mailbox_of
from channels_app.email.transport import transport_for
from channels_app.email.xoauth2 import initial_response, refusal
from channels_app.endpoint_actions import rotate_secrets
from channels_app.health import check_endpoint
from channels_app.models import Endpoint, MailAuthorization
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account, open_every_account
from tests.app.channels.gateways import Gateway, gateway
from tests.app.channels.mailboxes import make_mailbox
from tests.app.channels.mails import raw_mail
from tests.app.factories import AT
from tests.mail_servers import Dovecot, free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(settings) -> Iterator[Gateway]:
    """A token server that hands out access-1."""
    with gateway(settings) as server:
        server.go_on.set()
        server.say(200, json.dumps({"access_token": "access-1", "expires_in": 3600, "token_type": "Bearer"}))
        yield server


def _mailbox(shop, tokens: Gateway, *, address: str = "support@shop.example", **secrets: str) -> EndpointInfo:
    return make_mailbox(
        shop,
        address,
        settings={"oauth_provider": "other", "oauth_client_id": "app-7", "oauth_url": f"{tokens.url}/token"},
        secrets={"oauth_refresh_token": "refresh-1", "oauth_client_secret": "s3cret", **secrets},
    )


def _source(endpoint: EndpointInfo, *, at=AT) -> Authorization:
    found = authorization_of(endpoint)
    assert found is not None
    return Authorization(endpoint=endpoint, client=found.client, now=lambda: at)


def _forms(tokens: Gateway) -> list[dict[str, str]]:
    return [{name: values[0] for name, values in parse_qs(asked.body.decode()).items()} for asked in tokens.asked]


def _row(endpoint: EndpointInfo) -> MailAuthorization:
    with open_account(endpoint.account_id):
        return MailAuthorization.objects.get()


def test_initial_response_is_as_google_documents_it() -> None:
    # https://developers.google.com/gmail/imap/xoauth2-protocol
    assert (
        initial_response(user="someuser@example.com", access_token="ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")
        == "user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01"
    )
    assert refusal(b'{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}') == (
        "401 https://mail.google.com/"
    )


def test_token_is_asked_for_once_and_kept_sealed_until_it_nears_its_end(shop, tokens: Gateway) -> None:
    endpoint = _mailbox(shop, tokens)
    assert [_source(endpoint, at=AT + timedelta(minutes=minutes)).access_token() for minutes in (0, 1, 54)] == [
        "access-1"
    ] * 3
    assert _forms(tokens) == [
        {"grant_type": "refresh_token", "client_id": "app-7", "client_secret": "s3cret", "refresh_token": "refresh-1"}
    ]
    tokens.say(200, json.dumps({"access_token": "access-2", "expires_in": 3600}))
    assert _source(endpoint, at=AT + timedelta(minutes=56)).access_token() == "access-2"
    row = _row(endpoint)
    assert row.expires_at == AT + timedelta(minutes=116)
    assert "access" not in row.sealed


def test_replaced_refresh_token_is_used_from_then_on_and_survives_new_keys(shop, tokens: Gateway, settings) -> None:
    endpoint = _mailbox(shop, tokens)
    tokens.say(200, json.dumps({"access_token": "access-1", "expires_in": 60, "refresh_token": "refresh-2"}))
    _source(endpoint).access_token()
    settings.SECRETS_KEYS = ["Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMTI=", *settings.SECRETS_KEYS]
    with open_every_account(reason="a test"):
        rotate_secrets()
    settings.SECRETS_KEYS = settings.SECRETS_KEYS[:1]
    _source(endpoint, at=AT + timedelta(hours=1)).access_token()
    assert [form["refresh_token"] for form in _forms(tokens)] == ["refresh-1", "refresh-2"]


def test_new_refresh_token_of_the_admin_counts_at_once(shop, tokens: Gateway) -> None:
    endpoint = _mailbox(shop, tokens)
    _source(endpoint).access_token()
    with open_account(shop.pk):
        Endpoint.objects.update(secrets_sealed=seal({"oauth_refresh_token": "refresh-9"}))
    tokens.say(200, json.dumps({"access_token": "access-9"}))
    changed = EndpointInfo(**{**_fields(endpoint), "secrets": {"oauth_refresh_token": "refresh-9"}})
    assert _source(changed).access_token() == "access-9"
    assert _forms(tokens)[1] == {"grant_type": "refresh_token", "client_id": "app-7", "refresh_token": "refresh-9"}


def _fields(endpoint: EndpointInfo) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in EndpointInfo.__dataclass_fields__}


@pytest.mark.django_db(transaction=True)
def test_of_many_that_need_a_token_at_once_one_asks(shop, tokens: Gateway) -> None:
    endpoint = _mailbox(shop, tokens)
    tokens.go_on.clear()
    got: list[str] = []
    threads = [threading.Thread(target=_take, args=(endpoint, got)) for _ in range(4)]
    for thread in threads:
        thread.start()
    tokens.go_on.set()
    for thread in threads:
        thread.join(20)
    assert got == ["access-1"] * 4
    assert len(tokens.asked) == 1


def _take(endpoint: EndpointInfo, got: list[str]) -> None:
    from django.db import connection

    try:
        got.append(_source(endpoint).access_token())
    finally:
        connection.close()


def test_withdrawn_authorisation_is_said_on_the_endpoint_and_the_provider_left_alone(shop, tokens: Gateway) -> None:
    endpoint = _mailbox(shop, tokens, imap_url="imap://127.0.0.1:1", smtp_url="smtp://127.0.0.1:1")
    tokens.say(400, json.dumps({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}))
    said = (
        "The token server no longer accepts the authorisation of support@shop.example (invalid_grant: Token has been "
        "expired or revoked.). Authorise the mailbox anew and put the new oauth_refresh_token in."
    )
    with open_account(shop.pk):
        assert check_endpoint(endpoint_id=endpoint.id, at=AT) == (False, said)
        assert Endpoint.objects.get().last_error == f"The connection test failed: {said}"
        with pytest.raises(AdapterError, match="no longer accepts") as raised:
            check_mailbox(endpoint)
    assert not raised.value.permanent
    assert len(tokens.asked) == 1
    refused_at = _row(endpoint).refused_at
    assert refused_at is not None
    tokens.say(200, json.dumps({"access_token": "access-2"}))
    assert _source(endpoint, at=refused_at + timedelta(minutes=16)).access_token() == "access-2"
    assert _row(endpoint).error == ""


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, "try later", "The token server answered 503: no access token in the answer"),
        (200, "<html>", "no access token in the answer"),
        (401, '{"error": "invalid_client"}', "refuses the app of support@shop.example (invalid_client)"),
    ],
)
def test_what_the_token_server_says_is_told_and_tried_again(
    shop, tokens: Gateway, status: int, body: str, said: str
) -> None:
    endpoint = _mailbox(shop, tokens)
    tokens.say(status, body)
    with pytest.raises(AdapterError) as raised:
        _source(endpoint).access_token()
    assert said in str(raised.value)
    assert not raised.value.permanent
    assert _row(endpoint).refreshing_until is None
    assert (_row(endpoint).refused_at is not None) == (status == 401)


@pytest.mark.parametrize(
    ("settings_of", "said"),
    [
        ({}, "oauth_provider: expected google, microsoft or other."),
        ({"oauth_provider": "google"}, "oauth_client_id: not set."),
        ({"oauth_provider": "other", "oauth_client_id": "x"}, "oauth_url: not set."),
    ],
)
def test_missing_setting_is_named(shop, settings_of: dict[str, str], said: str) -> None:
    endpoint = make_mailbox(
        shop, "a@shop.example", settings=settings_of, secrets={"oauth_refresh_token": "r", "imap_url": "imap://x"}
    )
    with pytest.raises(AdapterError, match=said) as raised:
        mailbox_of(endpoint)
    assert raised.value.permanent


@pytest.mark.parametrize(
    ("settings_of", "url"),
    [
        ({"oauth_provider": "google"}, "https://oauth2.googleapis.com/token"),
        ({"oauth_provider": "microsoft"}, "https://login.microsoftonline.com/common/oauth2/v2.0/token"),
        (
            {"oauth_provider": "microsoft", "oauth_tenant": "shop.example"},
            "https://login.microsoftonline.com/shop.example/oauth2/v2.0/token",
        ),
    ],
)
def test_token_addresses_are_the_documented_ones(shop, settings_of: dict[str, str], url: str) -> None:
    settings_of = {**settings_of, "oauth_client_id": "x"}
    endpoint = make_mailbox(shop, "a@shop.example", settings=settings_of, secrets={"oauth_refresh_token": "r"})
    found = authorization_of(endpoint)
    assert found is not None
    assert found.client.token_url == url


def test_dovecot_lets_the_owner_of_the_token_in(shop, tokens: Gateway, dovecot: Dovecot, settings) -> None:
    user = dovecot.new_user()
    url = f"imap://127.0.0.1:{dovecot.port}"
    endpoint = _mailbox(shop, tokens, address=f"{user}@shop.example", imap_url=url)
    dovecot.deliver(user, raw_mail())
    with gateway(settings, port=dovecot.token_port) as introspection:
        introspection.go_on.set()
        introspection.say(200, json.dumps({"email": user, "expires_in": 300}))
        assert check_mailbox(endpoint).startswith(f"127.0.0.1:{dovecot.port} lets {user}@shop.example read (INBOX 1)")
        assert introspection.asked[0].path == "/tokeninfo?access_token=access-1"


def test_token_that_dovecot_refuses_is_renewed_at_the_next_attempt(
    shop, tokens: Gateway, dovecot: Dovecot, settings
) -> None:
    user = dovecot.new_user()
    endpoint = _mailbox(
        shop, tokens, address=f"{user}@shop.example", imap_url=f"imap://{user}@127.0.0.1:{dovecot.port}"
    )
    mailbox = mailbox_of(endpoint)
    assert mailbox is not None
    tokens.say(200, json.dumps({"access_token": "withdrawn", "expires_in": 3600}))
    with gateway(settings, port=dovecot.token_port) as introspection:
        introspection.go_on.set()
        introspection.say(401, "{}")
        with pytest.raises(MailboxProblem, match=f"refuses the access token of {user}: "), ImapClient(mailbox.server):
            pass
        tokens.say(200, json.dumps({"access_token": "fresh", "expires_in": 3600}))
        introspection.say(200, json.dumps({"email": user, "expires_in": 300}))
        with ImapClient(mailbox.server) as client:
            assert client.select("INBOX") > 0
    assert len(tokens.asked) == 2


class _TokenSmtp:
    """Takes one token; keeps what it was sent."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.mails = 0

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        from base64 import b64decode, b64encode

        self.said.append(b64decode(args[1]))
        if self.said[-1] == b"user=support@shop.example\x01auth=Bearer access-1\x01\x01":
            return AuthResult(success=True)
        await server.push("334 " + b64encode(b'{"status":"400","schemes":"Bearer"}').decode())
        await server._reader.readline()
        return AuthResult(success=False, handled=False, message="535 5.7.8 Username and Password not accepted")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails += 1
        return "250 OK"


@pytest.fixture
def smtp() -> Iterator[tuple[_TokenSmtp, int]]:
    """An SMTP server that lets nobody in but by token."""
    handler, port = _TokenSmtp(), free_port()
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=port,
        auth_require_tls=False,
        auth_required=True,
        auth_exclude_mechanism=["PLAIN", "LOGIN"],
    )
    controller.start()
    yield handler, port
    controller.stop()


def test_mail_leaves_by_a_login_with_the_token(shop, tokens: Gateway, smtp: tuple[_TokenSmtp, int]) -> None:
    handler, port = smtp
    endpoint = _mailbox(shop, tokens, smtp_url=f"smtp://127.0.0.1:{port}")
    transport = transport_for(endpoint.secrets, address=endpoint.address, tokens=authorization_of(endpoint))
    transport.send(
        mail=b"Subject: x\r\n\r\nhello\r\n", sender=endpoint.address, recipients=["olga@example.org"], name="m1"
    )
    assert handler.mails == 1
    assert handler.said == [b"user=support@shop.example\x01auth=Bearer access-1\x01\x01"]
    assert transport.check() == f"127.0.0.1:{port} takes mail as support@shop.example, without encryption."


def test_smtp_server_that_refuses_the_token_is_quoted_and_the_token_renewed(
    shop, tokens: Gateway, smtp: tuple[_TokenSmtp, int]
) -> None:
    _, port = smtp
    tokens.say(200, json.dumps({"access_token": "withdrawn", "expires_in": 3600}))
    endpoint = _mailbox(shop, tokens, smtp_url=f"smtp://127.0.0.1:{port}")
    transport = transport_for(endpoint.secrets, address=endpoint.address, tokens=authorization_of(endpoint))
    with pytest.raises(
        AdapterError, match=r"refuses the access token of support@shop\.example: 400 535 5\.7\.8"
    ) as raised:
        transport.check()
    assert not raised.value.permanent
    tokens.say(200, json.dumps({"access_token": "access-1", "expires_in": 3600}))
    transport.check()
    assert len(tokens.asked) == 2


def test_password_in_the_address_goes_before_the_token(shop, tokens: Gateway, dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    endpoint = _mailbox(shop, tokens, address=f"{user}@shop.example", imap_url=dovecot.url(user))
    assert "lets" in check_mailbox(endpoint)
    assert tokens.asked == []
    assert timedelta(minutes=15) == authorization.REFUSED_FOR

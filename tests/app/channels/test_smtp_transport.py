"""Outgoing mail over a real SMTP conversation on loopback."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from channels_app.contract import AdapterError
from channels_app.email.servers import MailServer
from channels_app.email.transport import Outbox, Smtp, transport_for


class _Server:
    """Answers as told; keeps what it took."""

    def __init__(self) -> None:
        self.answer = "250 OK"
        self.taken: list[tuple[str, list[str], bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return self.answer

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(port: int) -> Iterator[_Server]:
    handler = _Server()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler
    controller.stop()


def _send(port: int, recipient: str = "olga@example.org") -> None:
    transport_for({"smtp_url": f"smtp://127.0.0.1:{port}"}).send(
        mail=b"Subject: x\r\n\r\nhello\r\n",
        sender="support@shop.example",
        recipients=[recipient],
        name="m1@shop.example",
    )


def test_mail_is_handed_to_the_server(server: _Server, port: int) -> None:
    _send(port)
    assert server.taken == [("support@shop.example", ["olga@example.org"], b"Subject: x\r\n\r\nhello\r\n")]


def test_refused_recipient_is_permanent_and_quotes_the_server(server: _Server, port: int) -> None:
    with pytest.raises(AdapterError, match=r"550 5\.1\.1 no such user") as raised:
        _send(port, recipient="nobody@example.org")
    assert raised.value.permanent


@pytest.mark.parametrize(("answer", "permanent"), [("451 try later", False), ("554 no thanks", True)])
def test_answer_of_the_server_says_whether_to_try_again(
    server: _Server, port: int, answer: str, permanent: bool
) -> None:
    server.answer = answer
    with pytest.raises(AdapterError) as raised:
        _send(port)
    assert raised.value.permanent is permanent


def test_server_out_of_reach_is_tried_again(port: int) -> None:
    with pytest.raises(AdapterError, match="out of reach") as raised:
        _send(port)
    assert not raised.value.permanent


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer(host="mail.example", port=25, security="none")),
        (
            "smtp://u%40x:p@mail.example?tls=starttls",
            MailServer(host="mail.example", port=587, user="u@x", password="p", security="starttls"),
        ),
        ("smtps://mail.example:4650", MailServer(host="mail.example", port=4650, security="tls")),
    ],
)
def test_url_names_server_login_and_encryption(url: str, server: MailServer) -> None:
    assert transport_for({"smtp_url": url}) == Smtp(server=server)


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "smtp://mail.example?tls=maybe"])
def test_bad_url_names_the_field(url: str) -> None:
    with pytest.raises(AdapterError, match="smtp_url") as raised:
        transport_for({"smtp_url": url})
    assert raised.value.permanent


def test_without_a_server_mails_are_files_in_the_outbox(tmp_path: Path) -> None:
    assert transport_for({}) == Outbox(directory=tmp_path / "outbox")
    transport_for({}).send(mail=b"x", sender="a@b", recipients=["c@d"], name="../../m1@shop.example")
    assert [path.name for path in (tmp_path / "outbox").iterdir()] == [".._.._m1@shop.example.eml"]

"""Requests that leave: refused where they may not go, bounded, and honest about what went wrong."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from channels_app.contract import AdapterError
from channels_app.outbound import PrivateAddress, send_request
from tests.app.channels.gateways import Gateway, gateway


@pytest.fixture
def server(settings) -> Iterator[Gateway]:
    with gateway(settings) as running:
        yield running


def test_request_arrives_as_it_was_asked_for(server: Gateway) -> None:
    server.say(200, '{"id": "1"}', Content_Type="application/json")
    answer = send_request(
        method="POST", url=f"{server.url}/send?a=1", params={"b": "2"}, form={"text": "Привет"}, auth=("me", "secret")
    )
    assert (answer.status, answer.json()) == (200, {"id": "1"})
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/send?a=1&b=2")
    assert asked.body == b"text=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82"
    assert asked.headers["authorization"] == "Basic bWU6c2VjcmV0"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"])
def test_private_address_is_never_connected_to(settings, server: Gateway, host: str) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = frozenset()
    with pytest.raises(AdapterError) as raised:
        send_request(method="GET", url=f"http://{host}:{server.host_port[1]}/")
    assert raised.value.permanent or "not known" in str(raised.value)
    assert server.asked == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(PrivateAddress, match=r"two\.example is a private address"):
        send_request(method="GET", url="http://two.example/")


def test_connection_goes_to_the_address_that_was_checked(
    settings, server: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is asked for once: a second answer (DNS rebinding) would not be seen."""
    port = server.host_port[1]
    asked: list[str] = []

    def resolve(host: str, *_: object, **__: object) -> list:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("channels_app.outbound.socket.getaddrinfo", resolve)
    settings.OUTBOUND_ALLOWED_HOSTS = frozenset({("gateway.example", port)})
    send_request(method="GET", url=f"http://gateway.example:{port}/")
    assert [host for host in asked if host == "gateway.example"] == ["gateway.example"]
    assert server.asked[0].headers["host"] == f"gateway.example:{port}"


def test_redirect_is_not_followed(server: Gateway) -> None:
    server.say(302, Location=f"{server.url}/other")
    with pytest.raises(AdapterError, match="answered 302") as raised:
        send_request(method="GET", url=server.url)
    assert raised.value.permanent
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        *[(status, True) for status in (400, 401, 403, 404, 410, 422)],
        *[(status, False) for status in (408, 409, 425, 429, 500, 502, 503)],
    ],
)
def test_status_says_whether_to_try_again(server: Gateway, status: int, permanent: bool) -> None:
    server.say(status, "because")
    with pytest.raises(AdapterError, match=f"127.0.0.1 answered {status}: because") as raised:
        send_request(method="POST", url=server.url)
    assert raised.value.permanent is permanent


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("Mon, 15 Jun 2026 09:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 15 Jun 2026 08:00:00 GMT", timedelta(0)),
        ("99999999999", timedelta(days=1)),
        ("soon", None),
    ],
)
def test_retry_after_is_passed_on(server: Gateway, header: str, wait: timedelta | None) -> None:
    server.say(429, Retry_After=header)
    with (
        time_machine.travel(datetime(2026, 6, 15, 9, 0, tzinfo=UTC), tick=False),
        pytest.raises(AdapterError) as raised,
    ):
        send_request(method="GET", url=server.url)
    assert raised.value.retry_after == wait


def test_endless_answer_is_cut(server: Gateway) -> None:
    server.say(200, b"x" * 1001)
    with pytest.raises(AdapterError, match="longer than 1000 bytes") as raised:
        send_request(method="GET", url=server.url, limit=1000)
    assert raised.value.permanent


def test_silent_server_is_given_up(server: Gateway) -> None:
    server.go_on.clear()
    with pytest.raises(AdapterError, match=r"did not answer in 0\.2 s") as raised:
        send_request(method="GET", url=server.url, timeout_s=0.2)
    assert not raised.value.permanent


def test_closed_port_and_unknown_name_may_be_tried_again(settings, server: Gateway) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = frozenset({("127.0.0.1", 1)})
    for url in ("http://127.0.0.1:1/", "http://nothing.invalid/"):
        with pytest.raises(AdapterError, match="out of reach") as raised:
            send_request(method="GET", url=url)
        assert not raised.value.permanent


@pytest.mark.parametrize("url", ["ftp://example.org/", "file:///etc/passwd", "nonsense", "http://", "http://a:b/"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(AdapterError) as raised:
        send_request(method="GET", url=url)
    assert raised.value.permanent


def test_cookies_of_one_answer_are_not_sent_with_the_next(server: Gateway) -> None:
    server.say(200, Set_Cookie="session=1; Path=/")
    for _ in range(2):
        send_request(method="GET", url=server.url)
    assert "cookie" not in server.asked[1].headers


def test_answer_that_is_no_json_may_be_tried_again(server: Gateway) -> None:
    server.say(200, "<html>Bad gateway</html>")
    with pytest.raises(AdapterError, match="no JSON") as raised:
        send_request(method="GET", url=server.url).json()
    assert not raised.value.permanent

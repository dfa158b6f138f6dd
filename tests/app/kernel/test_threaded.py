"""HTTP in threads: the answers of Django's own request cycle, carried over ASGI."""

import asyncio

import pytest

from contactcenter.kernel.threaded import ThreadedHandler


@pytest.fixture
def handler():
    return ThreadedHandler(threads=2, max_body_bytes=1_000)


class Client:
    """An ASGI server's side of one request."""

    def __init__(self, path: str, *parts: bytes, method: str = "GET", leaves: bool = False) -> None:
        self.scope = {
            "type": "http", "method": method, "path": path, "query_string": b"", "http_version": "1.1",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        }  # fmt: skip
        self.incoming = [
            {"type": "http.request", "body": part, "more_body": index + 1 < len(parts) or leaves}
            for index, part in enumerate(parts or (b"",))
        ]
        self.sent: list[dict] = []

    async def receive(self) -> dict:
        return self.incoming.pop(0) if self.incoming else {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        self.sent.append(message)

    async def asks(self, handler: ThreadedHandler) -> None:
        await handler(self.scope, self.receive, self.send)

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])


async def test_an_answer_is_one_head_and_one_body_with_the_security_headers(handler):
    client = Client("/healthz")
    await client.asks(handler)
    assert [message["type"] for message in client.sent] == ["http.response.start", "http.response.body"]
    assert (client.status, client.body) == (200, b'{"status": "ok"}')
    assert client.headers[b"X-Frame-Options"] == b"DENY"
    assert client.headers[b"Content-Security-Policy"].startswith(b"default-src 'self'")


async def test_a_page_sets_its_csrf_cookie(handler, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.FRONTEND_DIST = tmp_path
    (tmp_path / "index.html").write_text("<p>Welcome</p>")
    client = Client("/login")
    await client.asks(handler)
    assert (client.status, client.body) == (200, b"<p>Welcome</p>")
    assert client.headers[b"Set-Cookie"].startswith(b"csrftoken=")


async def test_a_body_larger_than_any_address_takes_is_refused_before_a_view_sees_it(handler):
    client = Client("/api/v1/tickets/", b"x" * 600, b"x" * 600, method="POST")
    await client.asks(handler)
    assert client.status == 413


async def test_a_client_that_leaves_before_its_body_has_arrived_gets_nothing(handler):
    client = Client("/api/v1/tickets/", b"{", method="POST", leaves=True)
    await client.asks(handler)
    assert client.sent == []


async def test_a_file_is_sent_in_parts_and_closed(handler, settings, tmp_path):
    settings.WIDGET_DIST = tmp_path
    content = bytes(range(256)) * 1_000
    (tmp_path / "widget.js").write_bytes(content)
    client = Client("/widget.js")
    client.receive = waits_after(client)
    await client.asks(handler)
    assert (client.status, client.body) == (200, content)
    parts = client.sent[1:]
    assert [len(part["body"]) for part in parts] == [65_536, 65_536, 65_536, 59_392, 0]
    assert [part.get("more_body", False) for part in parts] == [True, True, True, True, False]


def waits_after(client: Client):
    """Return a receive that gives the body and then waits, as a client does that reads what it asked for."""

    async def receive() -> dict:
        if client.incoming:
            return client.incoming.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("never reached")

    return receive

"""Small HTTP servers on loopback that stand for providers: they keep what they get and give recorded answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Asked:
    """One request that arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Gateway:
    """A running server. `answers` are given in order, the last one for ever: (status, headers, body)."""

    url: str
    host_port: tuple[str, int]
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=lambda: [(200, {}, b"")])
    asked: list[Asked] = field(default_factory=list)
    # held back until set: a server that does not answer
    go_on: threading.Event = field(default_factory=threading.Event)

    def say(self, status: int, body: bytes | str = b"", **headers: str) -> None:
        """Give this answer from now on, once if another follows."""
        content = body.encode() if isinstance(body, str) else body
        self.answers = [(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)]


@contextmanager
def gateway(settings, *, port: int = 0) -> Iterator[Gateway]:
    """Serve on a free port of 127.0.0.1 (or this one), opened in OUTBOUND_ALLOWED_HOSTS, until left."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            served.asked.append(
                Asked(
                    method=self.command,
                    path=self.path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                )
            )
            served.go_on.wait(10)
            status, headers, body = served.answers[0] if len(served.answers) == 1 else served.answers.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    port = server.server_address[1]
    served = Gateway(url=f"http://127.0.0.1:{port}", host_port=("127.0.0.1", port))
    served.go_on.set()
    settings.OUTBOUND_ALLOWED_HOSTS = settings.OUTBOUND_ALLOWED_HOSTS | frozenset({served.host_port})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.go_on.set()
        server.shutdown()
        server.server_close()

"""What the product reaches outside, on loopback: a telephone system told by a test, and a translation service."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Coroutine
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from tests.app.phone.ami_server import AnsweringServer


class Telephones:
    """A manager interface that a test speaks through: what the telephones do, and what they were told to do."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.server = AnsweringServer()

    def __enter__(self) -> Telephones:
        self._thread.start()
        self._run(self.server.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self._run(self.server.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def port(self) -> int:
        return self.server.login().port

    def wait_for_bridge(self) -> None:
        self._run(asyncio.wait_for(self.server.connected.wait(), 60))

    def tell(self, *events: tuple[str, dict[str, str]]) -> None:
        """Tell the product of events, each as it happens now."""
        for name, headers in events:
            lines = [
                f"Event: {name}",
                f"Timestamp: {time.time():.6f}",
                *(f"{key}: {said}" for key, said in headers.items()),
            ]
            self._run(self.server.send("\n".join(lines)))

    def told(self, action: str) -> dict[str, str]:
        """Return the next action of this name that the product asked for, waiting for it."""
        return self._run(self.server.action(action))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(90)


class LiveCall:
    """A caller of their own number, who waits in the queue and speaks with the operator of this telephone and name."""

    def __init__(self, telephones: Telephones, *, phone: str, name: str) -> None:
        own = f"{time.time():.3f}"
        self.number = f"+7495{uuid4().int % 10**7:07d}"
        self.telephones = telephones
        self.caller = {
            "Channel": f"PJSIP/trunk-{own}", "Uniqueid": f"{own}.1", "Linkedid": f"{own}.1",
            "CallerIDNum": self.number,
        }  # fmt: skip
        self.phone = {
            "Channel": f"{phone}-{own}", "Uniqueid": f"{own}.2", "Linkedid": f"{own}.1",
            "CallerIDNum": phone.partition("/")[2],
        }  # fmt: skip
        self.member = {
            **self.caller, "Queue": "clinic", "MemberName": name, "Interface": phone,
            "DestChannel": self.phone["Channel"], "DestUniqueid": f"{own}.2", "DestLinkedid": f"{own}.1",
        }  # fmt: skip

    @property
    def shown(self) -> str:
        """The number as people read it: +7 495 123-45-67."""
        return f"+7 495 {self.number[5:8]}-{self.number[8:10]}-{self.number[10:]}"

    def ring(self) -> None:
        self.telephones.tell(
            ("Newchannel", {**self.caller, "Exten": "100", "ChannelStateDesc": "Ring"}),
            ("QueueCallerJoin", {**self.caller, "Queue": "clinic"}),
            ("AgentCalled", self.member),
        )
        self._rang = time.monotonic()

    def answer(self) -> None:
        waited = str(round(time.monotonic() - self._rang))
        self.telephones.tell(
            ("AgentConnect", {**self.member, "HoldTime": waited, "RingTime": waited}),
            ("BridgeEnter", {**self.caller, "BridgeUniqueid": "b1"}),
            ("BridgeEnter", {**self.phone, "BridgeUniqueid": "b1"}),
        )
        self._waited, self._answered = waited, time.monotonic()

    def hold(self) -> None:
        self.telephones.tell(("Hold", self.phone))

    def resume(self) -> None:
        self.telephones.tell(("Unhold", self.phone))

    def end(self) -> None:
        talked = str(round(time.monotonic() - self._answered))
        self.telephones.tell(
            ("AgentComplete", {**self.member, "HoldTime": self._waited, "TalkTime": talked, "Reason": "agent"}),
            ("Hangup", {**self.phone, "Cause": "16"}),
            ("Hangup", {**self.caller, "Cause": "16"}),
        )


class TranslationService:
    """LibreTranslate's POST /translate over a list of known texts; `is_down` lets it fail in words of its own."""

    WORDS = "worker pool exhausted (trace 0x7f)"

    def __init__(self) -> None:
        self.is_down = False
        self.known: dict[str, str] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = {"error": service.WORDS} if service.is_down else {"translatedText": service.known[asked["q"]]}
                self.send_response(503 if service.is_down else 200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> TranslationService:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

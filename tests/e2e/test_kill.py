"""kill -9 of Valkey, worker, web and PostgreSQL in turn while a day is simulated and mails, chats and texts come in.

What a door acknowledged is there afterwards, once; the books add up; collecting and billing again adds nothing.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import psycopg
import pytest
import websockets

from tests.e2e.conftest import ROOT, Site, start_site, stop_site

pytestmark = pytest.mark.kill
SETTLE_SECONDS = 180
HOOK = "/hooks/of-the-gateway-that-is-killed/"


class Sender:
    """Sends until told to stop, tries again what was not acknowledged, keeps what was."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.acknowledged: list[str] = []
        self.refusals = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)

    def work(self) -> None:
        raise AssertionError("a sender of one kind does this")

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(60)


class MailSender(Sender):
    """A mail server that hands over mails by SMTP and, like all of them, keeps what was not taken."""

    def work(self) -> None:
        while not self.stopping.is_set():
            identity = f"<{uuid4()}@sender.example>"
            mail = (
                f"From: {uuid4().hex[:8]}@sender.example\r\nTo: help@northwind.example\r\nSubject: Late parcel\r\n"
                f"Message-ID: {identity}\r\n\r\nGood morning, where is my parcel? It was due on Tuesday.\r\n"
            )
            while True:
                try:
                    with smtplib.SMTP("127.0.0.1", self.site.smtp_port, timeout=10) as server:
                        server.sendmail("x@sender.example", ["help@northwind.example"], mail)
                    self.acknowledged.append(identity.strip("<>"))
                    break
                except (OSError, smtplib.SMTPException):
                    self.refusals += 1
                    if self.stopping.wait(0.3):
                        return
            self.stopping.wait(0.1)


class ChatSender(Sender):
    """A widget: one chat after another, each message sent again until it is acknowledged."""

    def work(self) -> None:
        asyncio.run(self._chat())

    async def _chat(self) -> None:
        session: dict[str, str] = {}
        waiting: str | None = None
        while not self.stopping.is_set():
            try:
                address = f"ws://127.0.0.1:{self.site.port}/ws/chat/shop-chat/"
                async with websockets.connect(address, origin=self.site.url, open_timeout=5) as socket:  # type: ignore[arg-type]
                    await socket.send(json.dumps({"type": "hello", "language": "en", **session}))
                    while not self.stopping.is_set():
                        frame = json.loads(await asyncio.wait_for(socket.recv(), 10))
                        if frame["type"] == "welcome":
                            session = {"session": frame["session"], "token": frame["token"]}
                        elif frame["type"] == "ack":
                            self.acknowledged.append(frame["uuid"])
                            waiting = None
                            await asyncio.sleep(0.5)
                        else:
                            continue
                        waiting = waiting or str(uuid4())
                        await socket.send(json.dumps({"type": "message", "uuid": waiting, "text": "Is anybody there?"}))
            except (OSError, TimeoutError, websockets.WebSocketException):
                self.refusals += 1
                await asyncio.sleep(0.3)


class WebhookSender(Sender):
    """An SMS gateway that throws each message again until it hears the word."""

    def work(self) -> None:
        while not self.stopping.is_set():
            identity = str(uuid4())
            form = urlencode({"id": identity, "from": "12025550100", "to": "12025550199", "content": "Where is it?"})
            while True:
                try:
                    with urllib.request.urlopen(f"{self.site.url}{HOOK}", form.encode(), timeout=10) as answer:
                        assert answer.read() == b"ACK/Jasmin"
                    self.acknowledged.append(identity)
                    break
                except OSError:
                    self.refusals += 1
                    if self.stopping.wait(0.3):
                        return
            self.stopping.wait(0.4)


def _open_hook(site: Site) -> None:
    with psycopg.connect(site.servers()["DATABASE_URL"]) as connection:
        connection.execute(
            "INSERT INTO channels_app_endpoint (account_id, kind, provider, address, name, language, settings,"
            " secrets_sealed, public_token, is_active, last_error)"
            " SELECT account_id, 'sms', 'jasmin', '+12025550199', 'Short messages', 'en', '{}', '', %s, true, ''"
            " FROM channels_app_endpoint WHERE kind = 'webchat' LIMIT 1",
            [HOOK.split("/")[2]],
        )


@pytest.fixture
def own_site() -> Iterator[Site]:
    """A site that may be damaged."""
    var = Path(tempfile.mkdtemp(prefix="cc-kill-"))
    site = start_site(var)
    yield site
    stop_site(site)
    shutil.rmtree(var, ignore_errors=True)


def _is_ready(site: Site) -> bool:
    try:
        with urllib.request.urlopen(f"{site.url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _wait_until_ready(site: Site) -> None:
    deadline = time.monotonic() + 90
    while not _is_ready(site):
        assert time.monotonic() < deadline, "the site did not come back:\n" + "".join(site.output[-20:])
        time.sleep(0.5)


def _kill(site: Site, name: str) -> None:
    pids = site.pids(name)
    assert pids, f"no process of {name} found"
    for pid in pids[:1] if name in {"postgresql", "valkey"} else pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    time.sleep(1)
    _wait_until_ready(site)


def _rows(site: Site, statement: str) -> list[tuple]:
    with psycopg.connect(site.servers()["DATABASE_URL"]) as connection:
        return connection.execute(statement.encode()).fetchall()


def _bill(site: Site, *, period: str) -> list[dict[str, str]]:
    result = site.manage("run_invoices", "--period", period)
    assert result.returncode == 0, result.stderr.decode()
    return list(json.loads(result.stdout)["accounts"])


# what a usage line is of, and by which columns there is one current line of it; a line is of exactly one of them
KEYS_OF_USAGE = {"interaction_id": "interaction_id", "call_id": "call_id", "session_id": "session_id, account_id, day"}
MS_OF_USAGE = (
    "talk_ms + hold_ms + wrap_ms + focus_ms + open_ms + patched_ms + ivr_ms + idle_ms + operator_ms + interpreter_ms"
)


def _usage_totals(site: Site) -> list[tuple]:
    return _rows(site, f"SELECT count(*), sum({MS_OF_USAGE}), sum(messages + segments) FROM billing_usageline")


def _assert_nothing_is_counted_twice(site: Site) -> None:
    current = "FROM billing_usageline WHERE is_current"
    counted = {}
    for origin, key in KEYS_OF_USAGE.items():
        of_it = f"{current} AND {origin} IS NOT NULL"
        twice = _rows(site, f"SELECT {key}, count(*) {of_it} GROUP BY {key} HAVING count(*) > 1")
        assert twice == [], origin
        ((counted[origin],),) = _rows(site, f"SELECT count(*) {of_it}")
    assert counted["interaction_id"] > 0
    assert counted["session_id"] > 0
    assert [(sum(counted.values()),)] == _rows(site, f"SELECT count(*) {current}"), "lines of no origin, or of two"
    # across lines, where no constraint of the database looks
    on_two_days = _rows(
        site,
        "SELECT line.account_id, source.slice_id, count(*) FROM billing_usagesource source"
        " JOIN billing_usageline line ON line.id = source.usage_line_id"
        " WHERE line.is_current AND line.session_id IS NOT NULL"
        " GROUP BY line.account_id, source.slice_id HAVING count(*) > 1",
    )
    assert on_two_days == []
    menus_of_handled_calls = _rows(
        site,
        "SELECT line.call_id FROM billing_usageline line WHERE line.is_current AND line.ivr_ms > 0 AND EXISTS"
        " (SELECT 1 FROM tickets_callsegment s WHERE s.call_id = line.call_id AND s.interaction_id IS NOT NULL)",
    )
    assert menus_of_handled_calls == []


def test_killed_processes_lose_no_acknowledged_message_and_bill_nothing_twice(own_site: Site):
    site = own_site
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    _open_hook(site)
    # three at once: their messages share commits
    senders = [MailSender(site), ChatSender(site), *(WebhookSender(site) for _ in range(3))]
    for sender in senders:
        sender.thread.start()
    simulation = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(ROOT / "manage.py"), "simulate_day", "--date", day, "--contacts", "150"],
        env={**site.environment, **site.servers()}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    time.sleep(8)
    running = []
    for name in ("valkey", "worker", "web", "postgresql"):
        running.append(simulation.poll() is None)
        _kill(site, name)
        time.sleep(2)
    output, errors = simulation.communicate(timeout=300)
    for sender in senders:
        sender.stop()
    assert simulation.returncode == 0, errors.decode()[-600:] + "".join(site.output[-20:])
    assert running[-1], "the day was over before everything had been killed"
    assert json.loads(output)["day"] == day

    deadline = time.monotonic() + SETTLE_SECONDS
    while _rows(site, "SELECT 1 FROM channels_app_receipt WHERE state = 'pending' LIMIT 1"):
        assert time.monotonic() < deadline, "receipts are still pending"
        time.sleep(1)

    mails, chats = senders[0].acknowledged, senders[1].acknowledged
    assert len(mails) > 20
    assert len(chats) > 5
    texts = [identity for sender in senders[2:] for identity in sender.acknowledged]
    assert len(texts) > 30
    stored = Counter(key for (key,) in _rows(site, "SELECT external_id FROM tickets_message WHERE direction = 'in'"))
    by_mail = {identity: sum(n for key, n in stored.items() if identity in key) for identity in mails}
    assert {identity: n for identity, n in by_mail.items() if n != 1} == {}
    by_chat = {uuid: sum(n for key, n in stored.items() if uuid in key) for uuid in set(chats)}
    assert {uuid: n for uuid, n in by_chat.items() if n != 1} == {}

    assert {identity: stored[identity] for identity in texts if stored[identity] != 1} == {}

    _wait_until_ready(site)
    verified = site.manage("verify")
    assert verified.returncode == 0, verified.stdout.decode()[-3000:] + verified.stderr.decode()[-1000:]
    _assert_nothing_is_counted_twice(site)
    before = _usage_totals(site)
    first, second = (_bill(site, period=re.sub(r"-\d\d$", "", day)) for _ in range(2))
    assert {outcome["outcome"] for outcome in first} == {"created"}
    assert {outcome["outcome"] for outcome in second} == {"unchanged"}
    assert [(o["invoice"], o["total"], o["hash"]) for o in first] == [
        (o["invoice"], o["total"], o["hash"]) for o in second
    ]
    after = _usage_totals(site)
    assert before == after

"""Webhooks: acknowledgements per second over HTTP, signed by the provider, beside the same receipt by plain SQL.

Each request is one new message of a Twilio number; it is answered after the commit. Product and baseline take turns in
blocks with the same number of clients at once, so that both meet the same disk; the baseline is one INSERT and commit
a message over a connection of its own, without HTTP. What the clients themselves cost is told: they share the cores.
"""

import os
import threading
import time
import uuid
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlencode

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone

from bench.cpu import cpu_seconds
from bench.figures import summary
from bench.web import web_process
from channels_app.models import Endpoint
from channels_app.sms.twilio import signature_of
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account

CLIENTS = 8
BLOCK = 50


def _by_http(*, port: int, path: str) -> Callable[[], None]:
    client = HTTPConnection("127.0.0.1", port, timeout=30)

    def send() -> None:
        fields = {"MessageSid": f"SM{uuid.uuid4().hex}", "From": "+12025550100", "To": "+12025550101", "Body": "Hello"}
        signature = signature_of(url=f"{settings.PUBLIC_URL}{path}", fields=fields.items(), auth_token="bench-token")  # noqa: S106
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        client.request("POST", path, urlencode(fields), headers)
        response = client.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"the webhook answered {response.status}")

    return send


def _by_plain_sql(*, account_id: int, endpoint_id: int) -> Callable[[], None]:
    database = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor})

    def insert() -> None:
        at = timezone.now()
        database.execute(
            "INSERT INTO channels_app_receipt (account_id, endpoint_id, external_id, raw, received_at, state, attempts,"
            " error, outcome) VALUES (%s, %s, %s, %s, %s, 'pending', 0, '', '{}')",
            [account_id, endpoint_id, f"plain-{uuid.uuid4()}", b"MessageSid=SM1&Body=Hello" * 8, at],
        )
        database.commit()

    return insert


def _block(calls: list[Callable[[], None]]) -> tuple[list[float], float]:
    """Let every client make BLOCK calls at the same time; returns the durations and how long it took."""
    durations: list[list[float]] = [[] for _ in calls]

    def work(call: Callable[[], None], kept: list[float]) -> None:
        for _ in range(BLOCK):
            started = time.perf_counter()
            call()
            kept.append(time.perf_counter() - started)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(calls, durations, strict=True)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    if any(len(kept) != BLOCK for kept in durations):
        raise RuntimeError("a client gave up")
    return [item for kept in durations for item in kept], elapsed


def run(*, quick: bool) -> dict[str, object]:
    """Return {"product", "baseline"} with p50_ms, p95_ms, per_second, and their ratio (the goal: 0.33)."""
    account = Account.objects.create(name="Bench webhooks", slug=f"bench-{uuid.uuid4().hex[:8]}")
    with open_account(account.pk):
        endpoint = Endpoint.objects.create(
            account=account,
            kind="sms",
            provider="twilio",
            address=f"+1202{uuid.uuid4().int % 10**7:07}",
            name="Bench",
            secrets_sealed=seal({"auth_token": "bench-token"}),
        )
    path = f"/hooks/{endpoint.public_token}/"
    product: list[float] = []
    baseline: list[float] = []
    product_s = baseline_s = 0.0
    spent = [0.0, 0.0, 0.0]
    with web_process() as web:
        sends = [_by_http(port=web.port, path=path) for _ in range(CLIENTS)]
        inserts = [_by_plain_sql(account_id=account.pk, endpoint_id=endpoint.pk) for _ in range(CLIENTS)]
        _block(sends)  # the first requests load what later ones have
        for _ in range(2 if quick else 10):
            before = _cpu(web.pid)
            durations, elapsed = _block(sends)
            spent = [total + late - early for total, late, early in zip(spent, _cpu(web.pid), before, strict=True)]
            product, product_s = product + durations, product_s + elapsed
            durations, elapsed = _block(inserts)
            baseline, baseline_s = baseline + durations, baseline_s + elapsed
    results = {
        "product": summary(product, elapsed_s=product_s),
        "baseline": summary(baseline, elapsed_s=baseline_s),
    }
    ratio = results["product"]["per_second"] / results["baseline"]["per_second"]
    cpu = dict(zip(("web", "postgresql", "clients"), (round(s * 1000 / len(product), 2) for s in spent), strict=True))
    return {**results, "ratio": round(ratio, 2), "clients": CLIENTS, "cpu_ms_per_request": cpu}


def _cpu(web_pid: int) -> tuple[float, float, float]:
    """Return the CPU seconds so far of the web, of PostgreSQL and of this process, whose threads are the clients."""
    return cpu_seconds(web_pid), cpu_seconds(int(os.environ["BENCH_POSTGRES_PID"])), time.process_time()

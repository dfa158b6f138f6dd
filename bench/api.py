"""50,000 tickets through the API: list, detail, search and creation, 8 clients against a real web process on loopback.

The baseline of each is bare SQL for the same rows in the same run: 8 threads, one prepared connection each. One client
alone shows what a request takes when nobody else asks, and what it costs: CPU time of the web processes, of PostgreSQL,
and of this client, which takes its share of the same cores.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg

from bench import api_rows as rows
from bench.cpu import cpu_seconds
from bench.figures import summary
from bench.web import session_cookies, web_process

Request = Callable[[random.Random], tuple[str, str, dict[str, Any] | None]]
Bare = Callable[[Any, random.Random], None]

CLIENTS = 8
WARM_UP = 25


def run(*, quick: bool) -> dict[str, object]:
    """Return p50, p95 and rate per operation, each beside its bare SQL."""
    account_id = rows.fill()
    user_id = _operator(account_id)
    cookies = session_cookies(user_id)
    repeats = 20 if quick else 100
    with web_process() as web:
        for _, request, _bare in _operations(account_id):  # until every process has loaded what it needs
            _clients(_caller(web.port, cookies, request), WARM_UP)
        measured = {
            name: {
                "api": _clients(_caller(web.port, cookies, request), repeats),
                "one_client": _alone(_caller(web.port, cookies, request), web.pid, repeats * 2),
                "sql": _clients(_sql(bare), repeats),
            }
            for name, request, bare in _operations(account_id)
        }
    return {"tickets": rows.TICKETS, "clients": CLIENTS, "requests_per_client": repeats, **measured}


def _operations(account_id: int) -> Iterator[tuple[str, Request, Bare]]:
    """Yield (name, request of a client, the same rows by SQL)."""

    def any_ticket(dice: random.Random) -> int:
        return rows.FIRST + dice.randint(1, rows.TICKETS)

    def bare_list(cursor: Any, dice: random.Random) -> None:
        cursor.execute(rows.LIST, [account_id])
        cursor.fetchall()

    def bare_detail(cursor: Any, dice: random.Random) -> None:
        cursor.execute(rows.DETAIL, [any_ticket(dice)])
        cursor.fetchall()

    def bare_timeline(cursor: Any, dice: random.Random) -> None:
        cursor.execute(rows.TIMELINE, [any_ticket(dice)])
        cursor.fetchall()

    def bare_search(cursor: Any, dice: random.Random) -> None:
        cursor.execute(rows.SEARCH, [f"%{_wanted(dice)}%"] * 2)
        cursor.fetchall()

    def bare_creation(cursor: Any, dice: random.Random) -> None:
        rows.create_ticket(cursor, account_id=account_id)

    def creation(dice: random.Random) -> tuple[str, str, dict[str, Any] | None]:
        body = {
            "account_id": account_id,
            "channel": "email",
            "subject": "New order",
            "contact": {"kind": "email", "value": f"{uuid4().hex}@example.org", "name": "New"},
            "text": "Hello",
        }
        return "POST", "/api/v1/tickets/", body

    yield "list", lambda dice: ("GET", "/api/v1/tickets/?view=all", None), bare_list
    yield "detail", lambda dice: ("GET", f"/api/v1/tickets/{any_ticket(dice)}/", None), bare_detail
    yield "timeline", lambda dice: ("GET", f"/api/v1/tickets/{any_ticket(dice)}/timeline/", None), bare_timeline
    yield "search", lambda dice: ("GET", f"/api/v1/tickets/?q={_wanted(dice)}", None), bare_search
    yield "creation", creation, bare_creation


def _wanted(dice: random.Random) -> str:
    """A number that few subjects hold: what people look for is rare."""
    return f"55-{dice.randint(100, 999)}"


def _clients(work: Callable[[random.Random], Callable[[], None]], repeats: int) -> dict[str, float]:
    """Run the work in CLIENTS threads at once; each prepares first."""
    durations: list[float] = []
    failures: list[BaseException] = []
    ready = threading.Barrier(CLIENTS + 1)

    def client(number: int) -> None:
        try:
            step = work(random.Random(number))
            step()
            ready.wait(30)
            for _ in range(repeats):
                began = time.perf_counter()
                step()
                durations.append(time.perf_counter() - began)
        except BaseException as error:
            failures.append(error)
            ready.abort()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        ready.wait(30)
    except threading.BrokenBarrierError:
        raise RuntimeError(f"a client failed: {failures}") from None
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    if failures:
        raise RuntimeError(f"a client failed: {failures[0]}") from failures[0]
    return summary(durations, elapsed_s=elapsed)


def _alone(work: Callable[[random.Random], Callable[[], None]], web_pid: int, repeats: int) -> dict[str, object]:
    """Run the work in this thread; return its figures and the CPU time of each side per request."""
    step = work(random.Random(0))
    for _ in range(WARM_UP):
        step()
    postgres_pid = int(os.environ["BENCH_POSTGRES_PID"])
    durations: list[float] = []
    before = cpu_seconds(web_pid), cpu_seconds(postgres_pid), time.process_time()
    for _ in range(repeats):
        began = time.perf_counter()
        step()
        durations.append(time.perf_counter() - began)
    after = cpu_seconds(web_pid), cpu_seconds(postgres_pid), time.process_time()
    spent = [round((late - early) * 1000 / repeats, 2) for early, late in zip(before, after, strict=True)]
    return {
        **summary(durations, elapsed_s=sum(durations)),
        "cpu_ms_per_request": dict(zip(("web", "postgresql", "client"), spent, strict=True)),
    }


def _caller(port: int, cookies: dict[str, str], request: Request) -> Callable[[random.Random], Callable[[], None]]:
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": cookies["csrftoken"],
        "Content-Type": "application/json",
    }

    def prepare(dice: random.Random) -> Callable[[], None]:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

        def step() -> None:
            method, path, body = request(dice)
            link.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
            answer = link.getresponse()
            text = answer.read()
            if answer.status not in {200, 201}:
                raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")

        return step

    return prepare


def _sql(bare: Bare) -> Callable[[random.Random], Callable[[], None]]:
    def prepare(dice: random.Random) -> Callable[[], None]:
        cursor = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True).cursor()
        return lambda: bare(cursor, dice)

    return prepare


def _operator(account_id: int) -> int:
    """Return the user of an operator who serves the account of the rows."""
    from contactcenter.operators.models import Operator
    from contactcenter.tenancy.models import Membership, Role, User

    user = User.objects.filter(email="bench@example.org").first()
    if user is None:
        user = User.objects.create_user("bench@example.org", None, full_name="Bench", role=Role.OPERATOR)
        Membership.objects.create(user=user, account_id=account_id)
        Operator.objects.create(user=user, display_name="Bench")
    return user.pk

"""From a free operator to the offer on their own websocket, with the real web and the real worker.

Tickets wait, and every operator is at work and full. One after the other wraps up a chat; measured is the time from
before that commit to the frame on that operator's socket: the decision, made by a thread of the process that committed
as in every web process, and the live event. The worker does the other jobs of each commit meanwhile.
Each offer is accepted by the real action before the next operator is freed, so that everybody is full again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final

import redis

from bench.consoles import PATIENCE_S, Consoles
from bench.figures import percentile
from bench.routing_floor import Floor
from bench.web import session_cookies, web_process

WARM_UP: Final = 4
"""So many offers at first are not counted: processes open connections and read profiles."""


def latency(floor: Floor, *, waiting: int, samples: int, sockets: int) -> dict[str, object]:
    """Free one operator after the other; return the percentiles in ms."""
    from contactcenter.routing.at_once import match_here

    floor.clear()
    floor.fill_up()
    floor.wait(count=waiting)
    floor.settle()
    # as every web process does, of which this one takes the part
    match_here()
    watched = floor.operators[:sockets]
    with _worker(), web_process() as web:
        cookies = {one.pk: session_cookies(one.user_id) for one in watched}
        times, asked = _measure(port=web.port, cookies=cookies, samples=samples + WARM_UP)
    return {
        "samples": len(times),
        "p50_ms": percentile(times, 0.50),
        "p95_ms": percentile(times, 0.95),
        "p99_ms": percentile(times, 0.99),
        "of_which_until_matching_begins": {"p50_ms": percentile(asked, 0.50), "p95_ms": percentile(asked, 0.95)},
        "sockets": sockets,
    }


@contextmanager
def _worker() -> Iterator[None]:
    """Run the worker as `make run` does, and nothing of what earlier benches asked for."""
    redis.Redis.from_url(os.environ["REDIS_URL"]).delete("default", "unacked", "unacked_index")
    process = subprocess.Popen(
        [
            sys.executable, "-m", "celery", "-A", "contactcenter", "worker", "--loglevel", "ERROR",
            "--queues", "default", "--concurrency", "2", "--without-gossip", "--without-mingle",
        ],
        cwd=Path(__file__).parent.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _measure(*, port: int, cookies: dict[int, dict[str, str]], samples: int) -> tuple[list[float], list[float]]:
    """Return the seconds from commit to frame, and those of them until matching looked."""
    times: list[float] = []
    asked: list[float] = []
    people = list(cookies)
    with closing(Consoles(port=port, cookies=cookies)) as consoles, _beat():
        for number in range(samples):
            pk = people[number % len(people)]
            _until_nothing_is_asked()
            began = _free(pk)
            at, offer = consoles.next_offer(pk)
            times.append(at - began)
            asked.append(_seconds(offer["offered_at"]) - began)
            _accept(offer_id=offer["id"], operator_id=pk)
    return times[WARM_UP:], asked[WARM_UP:]


def _free(operator_id: int) -> float:
    """Let the operator be done with a chat; return the instant just before the commit."""
    from django.db import transaction
    from django.utils import timezone

    from contactcenter.routing import actions
    from contactcenter.routing.models import Assignment
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a bench"):
        served = Assignment.objects.filter(operator_id=operator_id, state="active", channel="chat").earliest("pk")
        with transaction.atomic():
            actions.wrap_up(
                ticket_id=served.ticket_id,
                operator_id=operator_id,
                at=timezone.now(),
                disposition=None,
                status="solved",
            )
            return time.time()


def _accept(*, offer_id: int, operator_id: int) -> None:
    from django.utils import timezone

    from contactcenter.routing import actions
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a bench"):
        actions.accept_offer(offer_id=offer_id, operator_id=operator_id, at=timezone.now())


@contextmanager
def _beat() -> Iterator[None]:
    """Let what a run found held by somebody be looked at again every second, as the beat does (routing.expire)."""
    from django.db import connection

    from contactcenter.kernel.jobs import send_job

    done = Event()

    def tick() -> None:
        while not done.wait(1):
            if _is_asked():
                send_job("routing.match")
        connection.close()

    ticking = Thread(target=tick)
    ticking.start()
    try:
        yield
    finally:
        done.set()
        ticking.join()


def _until_nothing_is_asked() -> None:
    """Wait until every change was looked at: the next offer is then the answer to the next one."""
    give_up_at = time.monotonic() + PATIENCE_S
    while _is_asked():
        if time.monotonic() > give_up_at:
            raise TimeoutError("marks are left")
        time.sleep(0.02)


def _is_asked() -> bool:
    from contactcenter.routing.models import MatchMark

    return MatchMark.objects.exists()


def _seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()

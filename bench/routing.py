"""Routing: decisions a second beside a bare claim, and the time from a free operator to the offer on their socket.

Decisions: 500 operators and a backlog, everything offered with every rule applied, stored, put into the ledger and
pushed, by WORKERS processes that call the real action. The baseline is a claim without any rule by as many processes in
the same run: SELECT ... FOR UPDATE SKIP LOCKED LIMIT 1, then UPDATE, then COMMIT, over a plain connection. The rounds
of both alternate, and the ratio is that of the medians.

Latency: see bench/routing_latency.py.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from typing import Final

import psycopg

from bench.routing_floor import Floor
from bench.routing_latency import latency

WORKERS: Final = 4
CLAIMS: Final = 4_000
SHARE: Final = 4
"""So many times every operator is given a ticket in a round of decisions."""


def run(*, quick: bool) -> dict[str, object]:
    """Return the rates, their ratio, and p50, p95 and p99 of the latency."""
    operators, waiting = (60, 400) if quick else (500, 5_000)
    floor = Floor(operators=operators)
    decisions: list[float] = []
    claims: list[float] = []
    for _ in range(1 if quick else 3):
        decisions.append(_decide(floor))
        claims.append(_claim(count=CLAIMS))
    mine, bare = statistics.median(decisions), statistics.median(claims)
    return {
        "operators": operators,
        "workers": WORKERS,
        "decisions_per_second": round(mine, 1),
        "bare_claims_per_second": round(bare, 1),
        "ratio": round(mine / bare, 3),
        "all_rounds": {"decisions": [round(one, 1) for one in decisions], "claims": [round(one, 1) for one in claims]},
        "waiting": waiting,
        "free_to_offer_frame": latency(
            floor, waiting=waiting, samples=20 if quick else 200, sockets=10 if quick else 50
        ),
    }


def _decide(floor: Floor) -> float:
    """Offer something to every operator as often as they have room for a chat; return the decisions a second."""
    floor.clear()
    floor.settle()
    made = 0
    elapsed_s = 0.0
    floor.wait(count=len(floor.operators) * SHARE * 2)
    with multiprocessing.get_context("fork").Pool(WORKERS, initializer=_ready) as pool:
        pool.map(time.sleep, [0.1] * WORKERS)
        for _ in range(SHARE):
            began = time.perf_counter()
            made += sum(pool.map(_match, range(WORKERS)))
            elapsed_s += time.perf_counter() - began
            floor.take_offers_away()
    return made / elapsed_s


def _ready() -> None:
    """A forked process opens a connection of its own and reads the profiles, as a worker has long since done."""
    from django.db import connections
    from django.utils import timezone

    from contactcenter.routing.models import MatcherState
    from contactcenter.routing.profiles import book_of
    from contactcenter.tenancy.doors import open_every_account

    for link in connections.all(initialized_only=True):
        # the socket is the parent's: it is let go of, not closed
        link.connection = None
    with open_every_account(reason="a bench"):
        book_of(state=MatcherState.objects.get().profiles, on=timezone.now().date())


def _match(_: int) -> int:
    from django.utils import timezone

    from contactcenter.kernel.jobs import hand_jobs_to
    from contactcenter.routing import actions
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a bench"), hand_jobs_to(lambda name, ids: None):
        return actions.match_waiting(at=timezone.now())


def _claim(*, count: int) -> float:
    """So many rows claimed by WORKERS processes, one a transaction; return the claims a second."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
        link.execute("DROP TABLE IF EXISTS bench_claim")
        link.execute("CREATE TABLE bench_claim (id bigserial PRIMARY KEY, operator_id bigint)")
        link.execute("CREATE INDEX ON bench_claim (id) WHERE operator_id IS NULL")
        link.execute("INSERT INTO bench_claim (operator_id) SELECT NULL FROM generate_series(1, %s)", [count])
        link.execute("VACUUM ANALYZE bench_claim")
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        pool.map(time.sleep, [0.1] * WORKERS)
        began = time.perf_counter()
        claimed = sum(pool.map(_claim_all, [os.environ["DATABASE_URL"]] * WORKERS, chunksize=1))
        return claimed / (time.perf_counter() - began)


def _claim_all(url: str) -> int:
    claimed = 0
    with psycopg.connect(url) as link:
        while True:
            row = link.execute(
                "SELECT id FROM bench_claim WHERE operator_id IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
            ).fetchone()
            if row is None:
                return claimed
            link.execute("UPDATE bench_claim SET operator_id = %s WHERE id = %s", [os.getpid(), row[0]])
            link.commit()
            claimed += 1

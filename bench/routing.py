"""Routing: decisions a second beside a bare claim, and the time from a free operator to the offer on their socket.

Decisions: 500 operators and a backlog, everything offered with every rule applied, stored, put into the ledger and
pushed, by WORKERS processes that call the real action. The baseline is a claim without any rule by as many processes in
the same run: SELECT ... FOR UPDATE SKIP LOCKED LIMIT 1, then UPDATE, then COMMIT, over a plain connection. The rounds
of both alternate, and the ratio is that of the medians. On a machine that others use as well one process at matching
gets a smaller share than four at claiming; the CPU time of each (all processes and PostgreSQL) is told beside.

Latency: see bench/routing_latency.py.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from multiprocessing.synchronize import Barrier, Lock
from typing import Final

import psycopg

from bench.cpu import cpu_seconds
from bench.routing_floor import Floor
from bench.routing_latency import latency

WORKERS: Final = 4
CLAIMS: Final = 4_000
READY_WITHIN_S: Final = 60
"""A process that fails before it is ready must not be waited for for ever."""
SHARE: Final = 4
"""So many times every operator is given a ticket in a round of decisions."""


def run(*, quick: bool) -> dict[str, object]:
    """Return the rates, their ratio, and p50, p95 and p99 of the latency."""
    operators, waiting = (60, 400) if quick else (500, 5_000)
    floor = Floor(operators=operators)
    decisions: list[tuple[float, float]] = []
    claims: list[tuple[float, float]] = []
    for _ in range(1 if quick else 3):
        decisions.append(_decide(floor))
        claims.append(_claim(count=CLAIMS))
    mine, bare = (statistics.median(rate for rate, _ in rounds) for rounds in (decisions, claims))
    mine_ms, bare_ms = (statistics.median(cpu_ms for _, cpu_ms in rounds) for rounds in (decisions, claims))
    return {
        "operators": operators,
        "workers": WORKERS,
        "decisions_per_second": round(mine, 1),
        "bare_claims_per_second": round(bare, 1),
        "ratio": round(mine / bare, 3),
        "cpu_ms": {"decision": round(mine_ms, 3), "claim": round(bare_ms, 3), "ratio": round(bare_ms / mine_ms, 3)},
        "all_rounds": {
            "decisions": [round(rate, 1) for rate, _ in decisions],
            "claims": [round(rate, 1) for rate, _ in claims],
        },
        "waiting": waiting,
        "free_to_offer_frame": latency(
            floor, waiting=waiting, samples=20 if quick else 200, sockets=10 if quick else 50
        ),
    }


def _decide(floor: Floor) -> tuple[float, float]:
    """Offer something to every operator as often as they have room for a chat.

    Returns the decisions a second, and the milliseconds of CPU of each.
    """
    floor.clear()
    floor.settle()
    made = 0
    elapsed_s = spent_s = 0.0
    floor.wait(count=len(floor.operators) * (SHARE * 2 + WORKERS))
    context = multiprocessing.get_context("fork")
    turn, all_ready = context.Lock(), context.Barrier(WORKERS + 1)
    with context.Pool(WORKERS, initializer=_ready, initargs=(floor, turn, all_ready)) as pool:
        all_ready.wait(READY_WITHIN_S)
        for _ in range(SHARE):
            began, spent = time.perf_counter(), cpu_seconds(os.getpid())
            made += sum(pool.map(_match, range(WORKERS)))
            elapsed_s += time.perf_counter() - began
            spent_s += cpu_seconds(os.getpid()) - spent
            floor.take_offers_away()
    return made / elapsed_s, 1000 * spent_s / made


def _ready(floor: Floor, turn: Lock, all_ready: Barrier) -> None:
    """A forked process opens a connection of its own, is spared, and has matched before, as a worker has long been."""
    from django.db import connections

    from contactcenter.celery import spare_the_collector

    for link in connections.all(initialized_only=True):
        # the socket is the parent's: it is let go of, not closed
        link.connection = None
    # one after the other: matching turns away whom it meets
    with turn:
        _match(0)
        floor.take_offers_away()
    spare_the_collector()
    all_ready.wait(READY_WITHIN_S)


def _match(_: int) -> int:
    from django.utils import timezone

    from contactcenter.kernel.jobs import hand_jobs_to
    from contactcenter.routing import actions
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a bench"), hand_jobs_to(lambda name, ids: None):
        return actions.match_waiting(at=timezone.now())


def _claim(*, count: int) -> tuple[float, float]:
    """So many rows claimed by WORKERS processes, one a transaction; return as _decide does."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
        link.execute("DROP TABLE IF EXISTS bench_claim")
        link.execute("CREATE TABLE bench_claim (id bigserial PRIMARY KEY, operator_id bigint)")
        link.execute("CREATE INDEX ON bench_claim (id) WHERE operator_id IS NULL")
        link.execute("INSERT INTO bench_claim (operator_id) SELECT NULL FROM generate_series(1, %s)", [count])
        link.execute("VACUUM ANALYZE bench_claim")
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        pool.map(time.sleep, [0.1] * WORKERS)
        began, spent = time.perf_counter(), cpu_seconds(os.getpid())
        claimed = sum(pool.map(_claim_all, [os.environ["DATABASE_URL"]] * WORKERS, chunksize=1))
        return claimed / (time.perf_counter() - began), 1000 * (cpu_seconds(os.getpid()) - spent) / claimed


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

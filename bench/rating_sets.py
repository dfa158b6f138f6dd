"""Bills of a thousand accounts from ten million contacts, beside a hand-written statement in PostgreSQL and DuckDB.

All three read the same rows, made by the same formulas, and give the same contacts, billed time and money. The
product's run is a process of its own, so that its peak memory is its own: `python -m bench.rating_sets FILE ACCOUNTS`.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

INCLUDED_MINUTES = 2000
# the tariffs differ from account to account; prices in ten-thousandths
IN_RATE = "5000 + account % 50 * 37"
OUT_RATE = "9000 + account % 7 * 111"
CHAT_RATE = "19000 + account % 3 * 500"

ROWS = """
SELECT CAST(n % {accounts} AS integer) AS account,
    CASE WHEN n % 5 = 0 THEN 'chat' ELSE 'voice' END AS channel,
    CASE WHEN n % 3 = 0 THEN 'out' ELSE 'in' END AS direction,
    CAST(CASE WHEN n % 10 = 0 THEN 0 ELSE n * 104729 % 600000 END AS integer) AS talk_ms,
    CAST(CASE WHEN n % 10 = 5 THEN n * 7907 % 60000 ELSE 0 END AS integer) AS hold_ms
"""
# One statement for both databases, written by hand for these three components. Whole numbers throughout: cents are
# halves up of charged x ten-thousandths / (60,000 ms x 100).
STATEMENT = """
SELECT sum(contacts), sum(billed), sum(cents) FROM (
    SELECT account, part, contacts, billed, CASE part
        WHEN 0 THEN (2 * greatest(0, billed - {included}) * ({in_rate}) + 6000000) / 12000000
        WHEN 1 THEN (2 * billed * ({out_rate}) + 6000000) / 12000000
        ELSE (2 * contacts * ({chat_rate}) + 100) / 200 END AS cents
    FROM (
        SELECT account, part, CAST(count(*) AS bigint) AS contacts,
            CAST(sum(CASE WHEN part = 2 THEN 1 WHEN raw = 0 THEN 0
                WHEN part = 0 THEN 60000 + (greatest(0, raw - 60000) + 5999) / 6000 * 6000
                ELSE 6000 + (greatest(0, raw - 6000) + 5999) / 6000 * 6000 END) AS bigint) AS billed
        FROM (
            SELECT account, CASE WHEN channel <> 'voice' THEN 2 WHEN direction = 'in' THEN 0 ELSE 1 END AS part,
                CASE WHEN direction = 'in' THEN talk_ms + hold_ms ELSE talk_ms END AS raw
            FROM {table}
        ) AS contacts GROUP BY account, part
    ) AS sums
) AS lines
"""
TABLE = "bench_contacts"


def run(*, quick: bool) -> dict[str, object]:
    """Return seconds of each, the ratios to the two baselines, and the peak memory of the product's run."""
    contacts, accounts, rounds = (200_000, 100, 1) if quick else (10_000_000, 1000, 3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "usage.parquet"
        _write_parquet(path, contacts=contacts, accounts=accounts)
        _fill_table(contacts=contacts, accounts=accounts)
        sql, duck, ours = [], [], []
        for _ in range(rounds):
            # interleaved, so that what else the machine does falls on all alike
            sql.append(_timed(_postgresql))
            duck.append(_timed(lambda: _duckdb(path)))
            ours.append(_own_process(path, accounts))
    found = {tuple(part["sums"]) for part in (*sql, *duck, *ours)}
    if len(found) != 1:
        raise AssertionError(f"the three disagree: {found}")
    product_s, postgresql_s, duckdb_s = (median(part["seconds"] for part in parts) for parts in (ours, sql, duck))
    return {
        "contacts": contacts,
        "accounts": accounts,
        "billed_ms": sql[0]["sums"][1],
        "cents": sql[0]["sums"][2],
        "product_s": round(product_s, 2),
        "product_cpu_s": round(median(part["cpu_s"] for part in ours), 2),
        "product_peak_mib": max(part["peak_mib"] for part in ours),
        "postgresql_s": round(postgresql_s, 2),
        "duckdb_s": round(duckdb_s, 2),
        "times_postgresql": round(product_s / postgresql_s, 2),
        "times_duckdb": round(product_s / duckdb_s, 2),
    }


def _timed(work: Callable[[], list[int]]) -> dict[str, Any]:
    started = perf_counter()
    sums = work()
    return {"seconds": perf_counter() - started, "sums": sums}


def _statement(*, table: str, division: str) -> str:
    text = STATEMENT.format(
        table=table,
        included=INCLUDED_MINUTES * 60_000,
        in_rate=IN_RATE,
        out_rate=OUT_RATE,
        chat_rate=CHAT_RATE,
    )
    return text.replace(" / ", f" {division} ")


def _write_parquet(path: Path, *, contacts: int, accounts: int) -> None:
    import duckdb

    rows = f"{ROWS.format(accounts=accounts)} FROM range(1, {contacts + 1}) AS numbers(n)"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")


def _duckdb(path: Path) -> list[int]:
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute(_statement(table=f"'{path}'", division="//")).fetchone()
    return list(map(int, found or ()))


def _fill_table(*, contacts: int, accounts: int) -> None:
    from django.db import connection

    rows = f"{ROWS.format(accounts=accounts)} FROM generate_series(1::bigint, {contacts}) AS n"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE UNLOGGED TABLE {TABLE} AS {rows}".replace("%", "%%"), [])
        cursor.execute(f"ANALYZE {TABLE}")


def _postgresql() -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_statement(table=TABLE, division="/").replace("%", "%%"), [])
        return list(map(int, cursor.fetchone()))


def _own_process(path: Path, accounts: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.rating_sets", str(path), str(accounts)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _price(*, path: Path, accounts: int) -> dict[str, Any]:
    import polars

    from billing.pricing import Segment
    from billing.set_rating import price_sets

    segments = {account: Segment(terms=_terms(account), usage=()) for account in range(accounts)}
    started, cpu = perf_counter(), process_time()
    bills = price_sets(usage=polars.scan_parquet(path), segments=segments)
    totals = [line.totals for bill in bills.values() for line in bill.lines if line.totals is not None]
    return {
        "seconds": perf_counter() - started,
        "cpu_s": process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "sums": [
            sum(sums.contacts for sums in totals),
            sum(sums.billed for sums in totals),
            sum(bill.net_units for bill in bills.values()),
        ],
    }


def _terms(account: int) -> Any:
    from billing.terms_document import parse_terms

    def rate(formula: str) -> str:
        base, rest = formula.split(" + account % ")
        count, step = map(int, rest.split(" * "))
        units = int(base) + account % count * step
        return f"{units // 10_000}.{units % 10_000:04d}"

    spoken = {"kind": "per_minute", "match": {"channel": "voice"}}
    return parse_terms(
        document={
            "name": "Bench",
            "currency": "EUR",
            "components": [
                {
                    **spoken,
                    "code": "in",
                    "match": {"channel": "voice", "direction": "in"},
                    "basis": "talk_hold",
                    "rounding": {"first_s": 60, "step_s": 6},
                    "rate_per_minute": rate(IN_RATE),
                    "included_minutes": INCLUDED_MINUTES,
                },
                {**spoken, "code": "out", "basis": "talk", "rounding": "6s", "rate_per_minute": rate(OUT_RATE)},
                {"code": "chat", "kind": "per_contact", "rate_per_contact": rate(CHAT_RATE)},
            ],
        }
    )


if __name__ == "__main__":
    print(json.dumps(_price(path=Path(sys.argv[1]), accounts=int(sys.argv[2]))))

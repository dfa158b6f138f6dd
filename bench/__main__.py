"""Starts servers of its own, runs the benches one after another, prints one JSON document.

Usage: python -m bench [--quick] [NAME ...]
"""

import argparse
import importlib
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from contactcenter.runner.servers import EmbeddedServer, start_postgres, start_valkey

NAMES = (
    "intake",
    "webhooks",
    "chat",
    "rating",
    "rating_sets",
    "invoices",
    "forecast",
    "ledger",
    "ledger_month",
    "api",
    "language",
    "rollups",
    "routing",
    "fan_out",
    "screen_pop",
)


def _start(directory: Path) -> list[EmbeddedServer]:
    # defaults of PostgreSQL: every commit reaches the disk, as in production
    servers = [start_postgres(directory, options=["shared_buffers=512MB"]), start_valkey(directory)]
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = servers[0].url, servers[1].url
    os.environ["BENCH_POSTGRES_PID"] = str(servers[0].process.pid)
    os.environ["VAR_DIR"] = str(directory)
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ["DJANGO_SETTINGS_MODULE"] = "contactcenter.settings"
    return servers


def main() -> int:
    """Run the benches named (all by default); return 0, or 1 if one could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)} (all by default)")
    parser.add_argument("--quick", action="store_true", help="fewer rows and repetitions: shows that it runs")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f"unknown bench: {', '.join(unknown)}; there are {', '.join(NAMES)}")

    directory = Path(tempfile.mkdtemp(prefix="cc-bench-"))
    servers: list[EmbeddedServer] = []
    took_s: dict[str, int] = {}
    results: dict[str, object] = {
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()},
        "quick": options.quick,
        "took_s": took_s,
    }
    failed = False
    try:
        servers = _start(directory)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        for name in options.names or NAMES:
            sys.stderr.write(f"bench {name} ...\n")
            began = perf_counter()
            try:
                results[name] = importlib.import_module(f"bench.{name}").run(quick=options.quick)
            except Exception as error:
                failed = True
                results[name] = {"error": f"{type(error).__name__}: {error}"}
            took_s[name] = round(perf_counter() - began)
    finally:
        for server in reversed(servers):
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)
    print(json.dumps(results, indent=2, ensure_ascii=False, default=str))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

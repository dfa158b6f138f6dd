"""The priced examples of public documents (cases/billing), and manage.py rate run on them."""

import json
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

CASES = Path(os.environ.get("CASES_DIR", Path(__file__).resolve().parents[3] / "shared" / "cases")) / "billing"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason=f"the folder of cases is absent: {CASES}")


def every_case() -> list[dict[str, Any]]:
    """All cases of the folder."""
    found: list[dict[str, Any]] = json.loads((CASES / "cases.json").read_text("utf-8"), parse_float=Decimal)["cases"]
    return found


def case(identity: str) -> dict[str, Any]:
    return next(entry for entry in every_case() if entry["id"] == identity)


def vectors(*identities: str, where: Callable[[Any], bool] = lambda given: True) -> Iterator[Any]:
    """The vectors of the cases that `where` takes, each a row named by its case and place."""
    if not CASES.is_dir():
        return
    for identity in identities:
        entry = case(identity)
        for number, vector in enumerate(entry["vectors"]):
            if where(vector["in"]):
                yield pytest.param(entry["params"], vector["in"], vector["expect"], id=f"{identity}-{number}")


class Bill:
    """What manage.py rate printed, by kind of record."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self.lines = {record["code"]: record for record in records if record["record"] == "line"}
        self.contacts = [record for record in records if record["record"] == "contact"]
        self.taxes = [record for record in records if record["record"] == "tax"]
        (self.total,) = [record for record in records if record["record"] == "total"]

    def exact(self, code: str) -> Any:
        """A line's exact amount, before its rounding."""
        return self.lines[code]["explanation"]["exact"]


def run_rate(
    folder: Path,
    *components: dict[str, Any],
    usage: list[dict[str, Any]] | None = None,
    tax: str | None = None,
    **options: Any,
) -> Bill:
    """Price usage under a tariff of these components through the command; options of the document by their name."""
    document: dict[str, Any] = {"name": "case", "currency": options.pop("currency", "EUR"), "components": components}
    for field in ("cycle", "holidays", "taxes"):
        if field in options:
            document[field] = options.pop(field)
    if tax is not None:
        document["taxes"] = [{"code": "vat", "percent": tax}]
    tariff, contacts, out = folder / "tariff.json", folder / "usage.jsonl", StringIO()
    tariff.write_text(json.dumps(document), encoding="utf-8")
    rows = [
        {"id": f"c{n}", "started_at": f"2026-06-01T09:{n % 60:02d}:00Z", **row} for n, row in enumerate(usage or [])
    ]
    contacts.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    call_command("rate", tariff=tariff, usage=contacts, stdout=out, **options)
    return Bill([json.loads(line) for line in out.getvalue().splitlines()])


def minutes(rate_per_minute: str = "1", **more: Any) -> dict[str, Any]:
    return {"code": "phone", "kind": "per_minute", "rate_per_minute": rate_per_minute, "basis": "talk", **more}


def fee(amount: str, code: str = "fee", kind: str = "recurring", **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": kind, "amount": amount, **more}

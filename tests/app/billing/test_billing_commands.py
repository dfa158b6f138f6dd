"""manage.py rate and manage.py run_invoices as people run them: output, exit codes, bad input."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.models import Invoice
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import sign, version_in_force

Serve = Callable[..., Interaction]
ROOT = Path(__file__).resolve().parents[3]
TARIFF = """
name: Care
currency: EUR
taxes: [{code: vat, percent: 21}]
components:
  - {code: monthly, kind: recurring, amount: 31}
  - {code: start, kind: set_up, amount: 50}
  - {code: phone, kind: per_minute, rate_per_minute: 1.00, basis: talk, rounding: 6s, match: {channel: voice}}
"""
CSV = """id,started_at,channel,direction,talk_s,hold_ms,label
a,2026-06-01T09:00:00Z,voice,in,85,1000,Olga
b,2026-06-30T22:30:00Z,voice,in,60,,Ivan
c,2026-06-02T09:00:00+02:00,chat,in,10,,
"""


def rate(folder: Path, tariff: str = TARIFF, usage: str = CSV, **options: Any) -> list[dict[str, Any]]:
    (folder / "tariff.yaml").write_text(tariff, encoding="utf-8")
    (folder / "usage.csv").write_text(usage, encoding="utf-8")
    out = StringIO()
    call_command("rate", tariff=folder / "tariff.yaml", usage=folder / "usage.csv", stdout=out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_rate_prints_lines_contacts_misfits_taxes_and_the_total(tmp_path: Path) -> None:
    records = rate(tmp_path)
    assert [record["record"] for record in records] == [
        "line",
        "line",
        "contact",
        "contact",
        "unpriced",
        "tax",
        "total",
    ]
    # 85 s in steps of 6 s is 90 s, 1.50; 60 s is 1.00; with the fee 33.50 and 21 % of it, 7.035, so 7.04
    assert [record["amount"] for record in records[:4]] == ["31.00", "2.50", "1.50", "1.00"]
    assert records[2]["raw_ms_by_class"] == {"talk": 85_000, "hold": 1000, "wrap": 0, "focus": 0, "open": 0}
    assert (records[4]["id"], records[4]["channel"]) == ("c", "chat")
    assert records[-1] == {
        "record": "total",
        "currency": "EUR",
        "net": "33.50",
        "tax": "7.04",
        "total": "40.54",
        "unpriced": 1,
    }


def test_rate_bills_the_contacts_of_a_local_month_from_the_contracts_first_day(tmp_path: Path) -> None:
    from datetime import date

    # 22:30 UTC on 30 June is July in Madrid; a contract from 16 June pays 15 of 30 days and the set-up fee
    records = rate(tmp_path, period="2026-06", zone="Europe/Madrid", starts_on=date(2026, 6, 16))
    amounts = {record["code"]: record["amount"] for record in records if record["record"] == "line"}
    assert amounts == {"monthly": "15.50", "phone": "0.00", "start": "50.00"}
    assert [record["id"] for record in records if record["record"] == "outside"] == ["a", "b", "c"]
    july = rate(tmp_path, period="2026-07", zone="Europe/Madrid")
    assert [record["id"] for record in july if record["record"] == "contact"] == ["b"]


@pytest.mark.parametrize(
    ("tariff", "usage", "options", "message"),
    [
        (
            TARIFF.replace("1.00", "-1"),
            CSV,
            {},
            "tariff.yaml: components[2].rate_per_minute: must not be negative, but is -1",
        ),
        ("{", CSV, {}, "tariff.yaml: line 1: neither JSON nor YAML"),
        (
            TARIFF,
            CSV.replace("85", "-85"),
            {},
            "usage.csv: line 2: talk_s: must be a number that is not negative, not -85",
        ),
        (TARIFF, CSV.replace("85", "eighty"), {}, "usage.csv: line 2: talk_s: must be a number, not 'eighty'"),
        (TARIFF, CSV.replace("85", "1.0001"), {}, "usage.csv: line 2: talk_s: must be whole milliseconds, not 1.0001"),
        (TARIFF, CSV.replace("85", "99999999"), {}, "usage.csv: line 2: talk_s: is longer than 400 days: 99999999"),
        (TARIFF, CSV.replace("09:00:00Z", "09:00:00"), {}, "usage.csv: line 2: started_at: has no zone"),
        (TARIFF, CSV.replace("2026-06-01", "June 1"), {}, "usage.csv: line 2: started_at: must be an ISO 8601 instant"),
        (
            TARIFF,
            CSV.replace("voice,in,85", "fax,up,85"),
            {},
            "usage.csv: line 2: direction: must be one of in, out, not 'up'",
        ),
        (TARIFF, CSV.replace("label", "lable"), {}, "usage.csv: line 2: lable: is not a field of usage"),
        (
            TARIFF,
            CSV + "d,2026-06-01T09:00:00Z,voice,in,1,,x,too,many\n",
            {},
            "line 5: has more cells than the header names",
        ),
        (
            TARIFF,
            CSV + "a,2026-06-01T09:00:00Z,voice,in,1,,\n",
            {},
            "usage.csv: the id 'a' stands for two different contacts",
        ),
        (TARIFF, '{"started_at": "2026-06-01T09:00:00Z"}\n{oops\n[1]', {}, "usage.csv: line 2: is not JSON"),
        (
            TARIFF,
            '{"started_at": "2026-06-01T09:00:00Z", "talk_s": 1, "talk_ms": 1}',
            {},
            "line 1: talk_ms: is given beside talk_s",
        ),
        (TARIFF, CSV, {"period": "2026-13"}, "a period is written YYYY-MM"),
        (TARIFF, CSV, {"period": "2026-06", "zone": "Nowhere"}, "'Nowhere' is not a time zone"),
    ],
)
def test_rate_names_file_field_and_cause_of_bad_input(
    tmp_path: Path, tariff: str, usage: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(CommandError) as refused:
        rate(tmp_path, tariff, usage, **options)
    assert message in str(refused.value)
    assert refused.value.returncode == 2


def test_rate_reads_json_lines_with_exact_numbers(tmp_path: Path) -> None:
    usage = '{"id": 1, "started_at": "2026-06-01T09:00:00Z", "talk_s": 0.1, "label": "x"}\n\n'
    (contact,) = [record for record in rate(tmp_path, usage=usage) if record["record"] == "contact"]
    assert (contact["raw"], contact["billed_s"], contact["exact"]) == (100, "6", "0.1")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["rate", "--tariff", "missing.yaml", "--usage", "usage.csv"], "missing.yaml: cannot be read: No such file"),
        (["rate", "--tariff", "binary.yaml", "--usage", "usage.csv"], "binary.yaml: is not UTF-8 text"),
        (["rate"], "give --tariff and --usage, or --replay"),
        (["run_invoices", "--period", "June"], "--period: a period is written YYYY-MM"),
    ],
)
def test_commands_refuse_what_they_cannot_read_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], error: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "usage.csv").write_text(CSV, encoding="utf-8")
    with pytest.raises(CommandError, match=re.escape(error)) as refused:
        call_command(*arguments)
    assert refused.value.returncode == 2


@pytest.mark.parametrize(
    ("tariff", "code", "error"), [("tariff.yaml", 0, ""), ("none.yaml", 2, "none.yaml: cannot be")]
)
def test_rate_needs_no_database_and_ends_with_its_exit_code_and_no_traceback(
    tmp_path: Path, tariff: str, code: int, error: str
) -> None:
    (tmp_path / "tariff.yaml").write_text(TARIFF, encoding="utf-8")
    (tmp_path / "usage.csv").write_text(CSV, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "rate", "--tariff", tariff, "--usage", "usage.csv"],
        cwd=tmp_path,
        env={**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == code, result.stderr
    assert error in result.stderr
    assert "Traceback" not in result.stderr


def run_invoices(**options: Any) -> tuple[dict[str, Any], int]:
    out = StringIO()
    try:
        call_command("run_invoices", stdout=out, **options)
    except SystemExit as ended:
        return json.loads(out.getvalue()), int(ended.code or 0)
    return json.loads(out.getvalue()), 0


def test_run_invoices_reports_each_account_and_is_idempotent(account: Account, serve: Serve) -> None:
    sign(account, version_in_force())
    serve(talk=70, hold=15)
    dry, code = run_invoices(period="2026-06", dry_run=True)
    assert (code, dry["dry_run"], Invoice.objects.count()) == (0, True, 0)
    report, code = run_invoices(period="2026-06", issue=True)
    assert (code, report["counts"]) == (0, {"issued": 1})
    (told,) = report["accounts"]
    assert (told["slug"], told["net"], told["total"], told["contacts"], told["late"]) == (
        account.slug,
        "1.00",
        "1.21",
        1,
        0,
    )
    again, code = run_invoices(period="2026-06", issue=True)
    assert (code, again) == (0, report)


def test_run_invoices_takes_one_account_and_exits_1_where_it_is_parked(account: Account, serve: Serve) -> None:
    serve(talk=70)
    report, code = run_invoices(period="2026-06", account=account.slug)
    assert (code, report["counts"]) == (1, {"parked": 1})
    assert "days without a tariff" in report["accounts"][0]["reason"]
    by_id, _ = run_invoices(period="2026-06", account=str(account.pk))
    assert by_id["accounts"][0]["slug"] == account.slug


def test_run_invoices_refuses_an_unknown_account() -> None:
    with pytest.raises(CommandError, match="there is no account 'nobody'"):
        run_invoices(period="2026-06", account="nobody")

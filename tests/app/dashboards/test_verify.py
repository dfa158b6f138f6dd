"""manage.py verify: exits 0 on an honest house, 1 where something differs; the result is kept and told."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from billing import actions as billing
from billing.models import Invoice, UsageLine
from contactcenter.dashboards.actions import keep_proof
from contactcenter.dashboards.rollups.actions import fold_changes
from contactcenter.dashboards.wallboard_queries import Board, wallboard
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import CallSegment, Interaction
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.events import EventInput
from contactcenter.worktime.models import AllocationRun, Contradiction, Session, Slice
from tests.app.dashboards.verified_house import NINE, ONE_SLICE, E, alter, build_house, verify
from tests.app.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path: Path):
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    with open_every_account(reason="the test looks at everything"):
        yield


@pytest.fixture
def house(tmp_path: Path):
    return build_house(tmp_path)


def test_honest_house_adds_up(house):
    code, report = verify()
    assert [check for check in report["checks"] if check["differences"]] == []
    assert (code, report["ok"], report["differences"]) == (0, True, 0)
    assert report["under_way"] == {
        "operators_behind": 0,
        "sessions_to_collect": 0,
        "failed_receipts": 0,
        "rollups_behind": 0,
    }
    assert {check["name"]: check["checked"] for check in report["checks"]} == {
        "receipts = entries": 1,
        "entries = raw": 1,
        "calls = telephone log": 1,
        # the mail waits; nobody was offered anything by routing, nothing is promised
        "places = answers": 1,
        "promises = clocks": 0,
        "events = offers": 0,
        "slices = sessions": 1,
        "allocations = slices": Slice.objects.count(),
        "versions = decisions": 1,
        "ledger = events": 12,
        "voice = calls": 1,
        "usage = allocations": 3 + 2,
        "usage = facts": 3,
        "invoices = usage": 1,
        "prepaid = drawn + left": 0,
        # an hour of Anna's: four quarters, a day; two quarters of the shop, one of the clinic, a day of each
        "roll-ups = facts": 4 + 1 + 3 + 2,
    }


def test_voice_may_differ_where_a_contradiction_is_listed(house):
    alter("UPDATE tickets_callsegment SET ended_at = ended_at + interval '3 seconds' WHERE interaction_id IS NOT NULL")
    assert verify()[0] == 1
    segment = CallSegment.objects.get(interaction__isnull=False)
    Contradiction.objects.create(
        operator_id=segment.interaction.operator_id,
        kind="two_calls",
        starts_at=segment.answered_at,
        ends_at=segment.ended_at,
    )
    assert verify()[0] == 0


def proof_alerts(at: datetime) -> list[tuple[str, bool, str]]:
    board = wallboard(board=Board(at=at, zone=ZoneInfo("UTC")))
    return [
        (alert["kind"], alert["is_grave"], alert["detail"])
        for alert in board["alerts"]
        if alert["kind"].startswith("proof_")
    ]


def test_proof_is_kept_and_the_wallboard_tells_when_it_fails(house, caplog):
    at = timezone.now()
    assert proof_alerts(at) == []
    assert keep_proof(at=at).is_ok
    assert proof_alerts(at + timedelta(hours=25)) == []
    assert proof_alerts(at + timedelta(hours=27)) == [("proof_missing", True, "")]
    alter(f"UPDATE worktime_slice SET reason = 'x' WHERE {ONE_SLICE}")
    keep_proof(at=at + timedelta(hours=1))
    assert proof_alerts(at + timedelta(hours=1)) == [("proof_failed", True, "ledger = events")]
    assert "does not hold: ledger = events" in caplog.text


def test_results_of_the_proof_are_read_newest_first_and_made_anew_when_asked(house):
    at = timezone.now()
    for hours in (2, 1):
        keep_proof(at=at - timedelta(hours=hours))
    client = APIClient()
    client.force_login(make_user("admin"))
    rows = client.get("/api/v1/admin/proofs/").json()["results"]
    assert [row["is_ok"] for row in rows] == [True, True]
    assert rows[0]["at"] > rows[1]["at"]
    assert {check["name"] for check in rows[0]["checks"]} >= {"slices = sessions", "voice = calls"}
    assert client.post("/api/v1/admin/proofs/").status_code == 202


def test_altered_row_is_named_by_its_id(house):
    piece = Slice.objects.filter(kind="talk").get()
    alter(f"UPDATE worktime_slice SET ms = ms + 1 WHERE id = {piece.pk}")
    _, report = verify()
    examples = [example for check in report["checks"] for example in check["examples"]]
    assert f"slice {piece.pk} of session {piece.session_id}: lasts 97000 ms, says 97001 ms" in examples


def test_usage_line_with_altered_milliseconds_is_named_by_its_id(house):
    line = UsageLine.objects.get(channel="voice")
    alter(f"UPDATE billing_usageline SET talk_ms = talk_ms + 1 WHERE id = {line.pk}")
    _, report = verify()
    examples = [example for check in report["checks"] for example in check["examples"]]
    assert any(example.startswith(f"usage line {line.pk} ") for example in examples)


def test_work_under_way_is_no_difference(house):
    record_events(
        operator_id=house.anna.pk,
        events=[EventInput(kind=E.PRESENCE_BREAK, at=NINE + timedelta(seconds=2000), source="test", source_key="late")],
    )
    code, report = verify()
    assert (code, report["under_way"]["operators_behind"]) == (0, 1)
    derive_operator(operator_id=house.anna.pk, at=NINE + timedelta(days=20))
    code, report = verify()
    # the new slices wait to be taken into the roll-ups
    assert report["under_way"].pop("rollups_behind") > 0
    assert (code, report["under_way"]) == (0, {"operators_behind": 0, "sessions_to_collect": 1, "failed_receipts": 0})
    assert AllocationRun.objects.filter(session=Session.objects.get()).count() == 2
    billing.collect_pending(at=NINE + timedelta(days=20))
    code, report = verify()
    fold_changes()
    code, report = verify()
    assert (code, set(report["under_way"].values())) == (0, {0})


def test_events_that_nobody_derives_are_a_difference(house):
    record_events(
        operator_id=house.anna.pk,
        events=[EventInput(kind=E.PRESENCE_BREAK, at=NINE + timedelta(seconds=2000), source="test", source_key="late")],
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE worktime_underivedstretch SET recorded_at = now() - interval '1 hour'")
    code, report = verify()
    assert code == 1
    [check] = [check for check in report["checks"] if check["differences"]]
    assert check["examples"] == [f"operator {house.anna.pk}: 1 recorded events are not in the ledger"]


def test_verifying_changes_nothing(house):
    before = list(Invoice.objects.values_list("pk", "built_at")), Slice.objects.count()
    verify()
    assert (list(Invoice.objects.values_list("pk", "built_at")), Slice.objects.count()) == before


def test_negative_number_of_receipts_is_refused():
    err = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("verify", "--newest-receipts=-1", stderr=err)
    assert end.value.code == 2
    assert "--newest-receipts: expected 0 or more, got -1" in err.getvalue()


def test_running_simulation_is_not_verified(house, monkeypatch):
    from contactcenter.dashboards.management.commands import verify as command

    monkeypatch.setattr(command, "clock_is_held", lambda: True)
    err = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("verify", stderr=err)
    assert end.value.code == 2
    assert "A simulation is running" in err.getvalue()


def test_interaction_that_ended_just_now_is_under_way(house):
    UsageLine.objects.filter(account=house.clinic, interaction__isnull=False).delete()
    assert verify()[0] == 1
    Interaction.objects.filter(account=house.clinic).update(ended_at=timezone.now())
    assert verify()[0] == 0

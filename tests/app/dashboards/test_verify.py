"""manage.py verify: exits 0 on an honest house, and 1 naming whatever was altered by hand."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from billing import actions as billing
from billing.models import Invoice, UsageLine
from channels_app.models import Endpoint
from channels_app.receipts import process_receipt, store_receipt
from contactcenter.dashboards.actions import keep_proof
from contactcenter.dashboards.rollups.actions import fold_changes
from contactcenter.dashboards.wallboard_queries import Board, wallboard
from contactcenter.operators.models import OperatorAlias
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import CallSegment, Channel, Direction, Interaction, Message
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.models import AllocationRun, Contradiction, IdlePolicy, Session, Slice
from tests.app.factories import make_account, make_operator, make_user

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
E = EventKind
MAIL = (
    b"From: Olga Petrova <olga@example.org>\r\nTo: help@shop.example\r\nSubject: Where is my order?\r\n"
    b"Message-ID: <one@example.org>\r\nDate: Mon, 15 Jun 2026 09:00:00 +0000\r\n\r\n"
    b"I ordered a lamp two weeks ago and it has not come. Could you look where it is?\r\n"
)
TARIFF = {
    "name": "All work",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}],
    "components": [
        {
            "code": "work",
            "kind": "per_minute",
            "name": "Work",
            "basis": "all_work",
            "rounding": "6s",
            "rate_per_minute": "1",
        }
    ],
}


@pytest.fixture(autouse=True)
def _files(settings, tmp_path: Path):
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    with open_every_account(reason="the test looks at everything"):
        yield


@pytest.fixture
def house(tmp_path: Path):
    """A morning: a mail, a call from a telephone log, two chats at once, a break; usage collected, a draft built."""
    shop, clinic = make_account("Shop", currency="EUR"), make_account("Clinic", currency="EUR")
    anna = make_operator(shop, clinic)
    IdlePolicy.objects.create(operator=anna, kind="equal")
    OperatorAlias.objects.create(operator=anna, name="Anna")
    mailbox = Endpoint.objects.create(account=shop, kind="email", address="help@shop.example", name="Help")
    Endpoint.objects.create(account=shop, kind="voice", address="pbx", name="Telephone system")
    stored = store_receipt(endpoint_id=mailbox.pk, external_id="one@example.org", raw=MAIL, at=NINE, enqueue=False)
    assert process_receipt(receipt_id=stored.receipt_id).state == "processed"
    ticket = Message.objects.get(receipt__pk=stored.receipt_id).ticket

    def chat(account, start: int, end: int) -> list[EventInput]:
        opened, closed = NINE + timedelta(seconds=start), NINE + timedelta(seconds=end)
        interaction = Interaction.objects.create(
            account=account,
            ticket=ticket if account == shop else _ticket(account),
            operator=anna,
            channel=Channel.CHAT,
            direction=Direction.INBOUND,
            started_at=opened,
            ended_at=closed,
        )
        return [
            EventInput(
                kind=kind,
                at=at,
                source="test",
                source_key=f"{interaction.pk} {kind}",
                account_id=account.pk,
                interaction_id=interaction.pk,
                channel="chat",
            )
            for kind, at in ((E.CHAT_OPENED, opened), (E.CHAT_CLOSED, closed))
        ]

    def presence(second: int, kind: EventKind) -> EventInput:
        return EventInput(kind=kind, at=NINE + timedelta(seconds=second), source="test", source_key=f"{second} {kind}")

    record_events(
        operator_id=anna.pk,
        events=[
            presence(0, E.SESSION_STARTED),
            *chat(shop, 60, 361),
            *chat(clinic, 200, 500),
            presence(600, E.PRESENCE_BREAK),
            presence(900, E.PRESENCE_AVAILABLE),
            presence(3600, E.SESSION_ENDED),
        ],
    )
    log = tmp_path / "queue_log"
    begin = int(NINE.timestamp()) + 1000
    log.write_text(
        f"{begin}|{begin}.1|sales|NONE|ENTERQUEUE||+442079460009|1\n"
        f"{begin + 3}|{begin}.1|sales|Anna|CONNECT|3|{begin}.2|3\n"
        f"{begin + 100}|{begin}.1|sales|Anna|COMPLETECALLER|3|97|1\n"
    )
    call_command("import_calls", str(log), "--format", "asterisk-queue-log", "--endpoint", "pbx", stdout=StringIO())
    later = NINE + timedelta(days=20)
    assert derive_operator(operator_id=anna.pk, at=later)
    assert billing.collect_pending(at=later).added == 3
    version = billing.add_tariff(name="All work", document=TARIFF, at=NINE, actor_id=None)
    billing.put_in_force(version_id=version.pk, effective_from=date(2026, 1, 1), at=NINE, actor_id=None)
    billing.sign_contract(
        account_id=shop.pk,
        tariff_id=version.tariff_id,
        starts_on=date(2026, 1, 1),
        ends_on=None,
        at=NINE,
        actor_id=None,
    )
    billing.build_draft(account_id=shop.pk, period="2026-06", at=later, actor_id=None)
    while fold_changes():
        pass
    with connection.cursor() as cursor:
        # what a commit would check is checked here: the tests alter committed rows
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return SimpleNamespace(shop=shop, clinic=clinic, anna=anna, ticket=ticket)


def _ticket(account):
    from tests.app.factories import make_ticket

    return make_ticket(account)


def verify() -> tuple[int, dict[str, Any]]:
    out = StringIO()
    code = 0
    try:
        call_command("verify", stdout=out)
    except SystemExit as end:
        code = int(str(end.code))
    return code, json.loads(out.getvalue())


def alter(query: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query)
        assert cursor.rowcount == 1


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
        "slices = sessions": 1,
        "allocations = slices": Slice.objects.count(),
        "ledger = events": 12,
        "voice = calls": 1,
        "usage = allocations": 3,
        "invoices = usage": 1,
        # an hour of Anna's: four quarters, a day; two quarters of the shop, one of the clinic, a day of each
        "roll-ups = facts": 4 + 1 + 3 + 2,
    }


ONE_SLICE = "id = (SELECT min(id) FROM worktime_slice WHERE kind = 'talk')"
ONE_QUARTER = "id = (SELECT min(id) FROM dashboards_contactquarter)"
ONE_ALLOCATION = "id = (SELECT min(id) FROM worktime_allocation WHERE kind = 'open')"


ALTERATIONS = [
    (f"UPDATE worktime_slice SET ms = ms + 1 WHERE {ONE_SLICE}", "slices = sessions"),
    (
        f"UPDATE worktime_slice SET ended_at = ended_at - interval '1 second', ms = ms - 1000 WHERE {ONE_SLICE}",
        "slices = sessions",
    ),
    (f"UPDATE worktime_slice SET account_id = NULL WHERE {ONE_SLICE}", "allocations = slices"),
    (f"UPDATE worktime_slice SET kind = 'hold' WHERE {ONE_SLICE}", "allocations = slices"),
    (f"UPDATE worktime_slice SET interaction_id = 0 WHERE {ONE_SLICE}", "allocations = slices"),
    (f"UPDATE worktime_slice SET reason = 'x' WHERE {ONE_SLICE}", "ledger = events"),
    ("UPDATE worktime_session SET ended_at = ended_at - interval '1 second'", "slices = sessions"),
    ("UPDATE worktime_session SET started_at = started_at - interval '1 second'", "slices = sessions"),
    (f"UPDATE worktime_allocation SET ms = ms + 1 WHERE {ONE_ALLOCATION}", "allocations = slices"),
    (f"UPDATE worktime_allocation SET interaction_id = 0 WHERE {ONE_ALLOCATION}", "allocations = slices"),
    (f"DELETE FROM worktime_allocation WHERE {ONE_ALLOCATION}", "allocations = slices"),
    ("DELETE FROM worktime_operatorevent WHERE kind = 'presence.break'", "ledger = events"),
    ("UPDATE worktime_allocationrun SET is_current = false", "allocations = slices"),
    (
        "UPDATE billing_usageline SET talk_ms = talk_ms + 1000 WHERE talk_ms > 0",
        "usage = allocations",
    ),
    ("UPDATE billing_usagesource SET ms = ms - 1 WHERE kind = 'talk'", "usage = allocations"),
    ("UPDATE billing_usageline SET is_current = false WHERE talk_ms > 0", "usage = allocations"),
    ("DELETE FROM billing_usagesource WHERE kind = 'talk'", "usage = allocations"),
    ("UPDATE billing_invoiceline SET amount = amount + 1", "invoices = usage"),
    ("UPDATE billing_invoice SET net = net + 1, total = total + 1", "invoices = usage"),
    ("UPDATE billing_invoice SET content_hash = 'x'", "invoices = usage"),
    ("UPDATE billing_invoice SET buyer = '{}'", "invoices = usage"),
    ("UPDATE channels_app_receipt SET state = 'pending', next_attempt_at = now()", "receipts = entries"),
    ("UPDATE channels_app_receipt SET message_id = NULL", "receipts = entries"),
    ("UPDATE channels_app_receipt SET outcome = '{}'", "receipts = entries"),
    ("DELETE FROM channels_app_receipt", "receipts = entries"),
    (
        "UPDATE channels_app_receipt SET raw = convert_to(replace(convert_from(raw, 'UTF8'), 'lamp', 'desk'), 'UTF8')",
        "entries = raw",
    ),
    ("UPDATE tickets_message SET text = 'Send me a desk.' WHERE direction = 'in'", "entries = raw"),
    (
        "UPDATE channels_app_receipt SET state = 'pending', message_id = NULL, processed_at = NULL, "
        "next_attempt_at = now() - interval '1 hour'",
        "receipts = entries",
    ),
    ("UPDATE tickets_call SET external_id = 'x', external_ids = '[]'", "calls = telephone log"),
    (f"UPDATE dashboards_contactquarter SET contacts = contacts + 1 WHERE {ONE_QUARTER}", "roll-ups = facts"),
    (f"DELETE FROM dashboards_contactquarter WHERE {ONE_QUARTER}", "roll-ups = facts"),
    ("DELETE FROM dashboards_operatorday WHERE account_id IS NULL", "roll-ups = facts"),
    (
        "UPDATE tickets_callsegment SET ended_at = ended_at + interval '3 seconds' WHERE interaction_id IS NOT NULL",
        "voice = calls",
    ),
]


def test_whatever_is_altered_by_hand_is_named(house):
    # one house for all: each alteration is rolled back before the next
    unnoticed = {}
    for query, expected in ALTERATIONS:
        with transaction.atomic():
            alter(query)
            code, report = verify()
            named = {check["name"] for check in report["checks"] if check["differences"] and check["examples"]}
            if (code, report["ok"]) != (1, False) or expected not in named:
                unnoticed[query] = named
            transaction.set_rollback(True)
    assert unnoticed == {}
    assert verify()[0] == 0


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
    UsageLine.objects.filter(account=house.clinic).delete()
    assert verify()[0] == 1
    Interaction.objects.filter(account=house.clinic).update(ended_at=timezone.now())
    assert verify()[0] == 0

"""manage.py verify exits 1 and names whatever was altered by hand."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from contactcenter.dashboards.verification.time_checks import versions_follow
from contactcenter.tenancy.doors import open_every_account
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.events import EventInput
from tests.app.dashboards.verified_house import NINE, ONE_SLICE, E, alter, build_house, number_of, verify

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path: Path):
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    with open_every_account(reason="the test looks at everything"):
        yield


@pytest.fixture
def house(tmp_path: Path):
    return build_house(tmp_path)


ONE_SOURCE = "id = (SELECT min(id) FROM billing_usagesource WHERE kind = 'talk')"
ONE_SESSION_LINE = "id = (SELECT min(id) FROM billing_usageline WHERE session_id IS NOT NULL)"
ONE_CONTACT_LINE = "id = (SELECT min(id) FROM billing_usageline WHERE interaction_id IS NOT NULL)"
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
    (f"UPDATE billing_usagesource SET ms = ms - 1 WHERE {ONE_SOURCE}", "usage = allocations"),
    ("UPDATE billing_usageline SET is_current = false WHERE talk_ms > 0", "usage = allocations"),
    (f"DELETE FROM billing_usagesource WHERE {ONE_SOURCE}", "usage = allocations"),
    (f"UPDATE billing_usageline SET idle_ms = idle_ms + 1 WHERE {ONE_SESSION_LINE}", "usage = allocations"),
    (f"UPDATE billing_usageline SET is_current = false WHERE {ONE_SESSION_LINE}", "usage = allocations"),
    (f"UPDATE billing_usageline SET orders = 1 WHERE {ONE_CONTACT_LINE}", "usage = facts"),
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


# where another row is named than the altered one: which
NAMED = {
    "UPDATE billing_usageline SET is_current = false WHERE talk_ms > 0": (
        "SELECT interaction_id FROM billing_usageline WHERE talk_ms > 0"
    ),
    "DELETE FROM channels_app_receipt": "SELECT message_id FROM channels_app_receipt",
    f"UPDATE worktime_slice SET ended_at = ended_at - interval '1 second', ms = ms - 1000 WHERE {ONE_SLICE}": (
        "SELECT id FROM worktime_session"
    ),
    f"UPDATE worktime_allocation SET ms = ms + 1 WHERE {ONE_ALLOCATION}": (
        f"SELECT slice_id FROM worktime_allocation WHERE {ONE_ALLOCATION}"
    ),
    f"DELETE FROM worktime_allocation WHERE {ONE_ALLOCATION}": (
        f"SELECT slice_id FROM worktime_allocation WHERE {ONE_ALLOCATION}"
    ),
    "DELETE FROM worktime_operatorevent WHERE kind = 'presence.break'": (
        "SELECT id FROM worktime_slice WHERE kind = 'break'"
    ),
    "UPDATE worktime_allocationrun SET is_current = false": "SELECT id FROM worktime_session",
    f"DELETE FROM billing_usagesource WHERE {ONE_SOURCE}": (
        f"SELECT usage_line_id FROM billing_usagesource WHERE {ONE_SOURCE}"
    ),
    f"UPDATE billing_usageline SET is_current = false WHERE {ONE_SESSION_LINE}": (
        f"SELECT session_id FROM billing_usageline WHERE {ONE_SESSION_LINE}"
    ),
    "UPDATE billing_invoiceline SET amount = amount + 1": "SELECT invoice_id FROM billing_invoiceline",
    f"UPDATE dashboards_contactquarter SET contacts = contacts + 1 WHERE {ONE_QUARTER}": (
        f"SELECT account_id FROM dashboards_contactquarter WHERE {ONE_QUARTER}"
    ),
    f"DELETE FROM dashboards_contactquarter WHERE {ONE_QUARTER}": (
        f"SELECT account_id FROM dashboards_contactquarter WHERE {ONE_QUARTER}"
    ),
    "DELETE FROM dashboards_operatorday WHERE account_id IS NULL": "SELECT operator_id FROM worktime_session",
    "UPDATE tickets_callsegment SET ended_at = ended_at + interval '3 seconds' WHERE interaction_id IS NOT NULL": (
        "SELECT interaction_id FROM tickets_callsegment WHERE interaction_id IS NOT NULL"
    ),
}


def test_whatever_is_altered_by_hand_is_named(house):
    # one house for all: each alteration is rolled back before the next
    unnoticed = {}
    for query, expected in ALTERATIONS:
        with transaction.atomic():
            named = number_of(NAMED[query]) if query in NAMED else None
            altered = alter(query)
            number = altered if named is None else named
            code, report = verify()
            [check] = [check for check in report["checks"] if check["name"] == expected]
            is_named = any(re.search(rf"\b{number}\b", example) for example in check["examples"])
            if (code, report["ok"]) != (1, False) or not is_named:
                unnoticed[query] = check["examples"]
            transaction.set_rollback(True)
    assert unnoticed == {}, json.dumps(unnoticed, indent=1)
    assert verify()[0] == 0


ONE_FORMER = (
    "id = (SELECT min(a.id) FROM worktime_allocation a JOIN worktime_allocationrun r ON r.id = a.run_id "
    "WHERE r.version = 1 AND a.kind = 'talk')"
)
VERSIONS = [
    # what is altered, and which run or session is named for it
    ("UPDATE worktime_allocationrun SET version = 3 WHERE version = 2", "SELECT max(id) FROM worktime_allocationrun"),
    ("DELETE FROM worktime_allocationrun WHERE version = 1", "SELECT max(id) FROM worktime_allocationrun"),
    ("DELETE FROM worktime_allocationrun WHERE version = 2", "SELECT id FROM worktime_session"),
    ("UPDATE worktime_allocationrun SET is_current = false WHERE is_current", "SELECT id FROM worktime_session"),
    (f"DELETE FROM worktime_allocation WHERE {ONE_FORMER}", "SELECT min(id) FROM worktime_allocationrun"),
    (
        "UPDATE worktime_slice SET started_at = started_at + interval '1 ms' WHERE NOT is_current",
        "SELECT min(id) FROM worktime_slice WHERE NOT is_current",
    ),
]


def test_altered_version_of_an_allocation_is_named(house):
    event = EventInput(kind=E.PRESENCE_BREAK, at=NINE + timedelta(seconds=2000), source="test", source_key="late")
    record_events(operator_id=house.anna.pk, events=[event])
    derive_operator(operator_id=house.anna.pk, at=NINE + timedelta(days=20))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    honest = versions_follow()
    assert (honest.checked, honest.differences) == (2, 0)
    unnoticed = {}
    for query, named in VERSIONS:
        with transaction.atomic(), connection.cursor() as cursor:
            number = number_of(named)
            cursor.execute(query)
            found = versions_follow()
            if not any(re.search(rf"\b{number}\b", example) for example in found.examples):
                unnoticed[query] = found.examples
            transaction.set_rollback(True)
    assert unnoticed == {}, json.dumps(unnoticed, indent=1)

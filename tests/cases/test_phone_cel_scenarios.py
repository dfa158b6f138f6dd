"""Call logs of another project's CEL tests: 35 scenarios, of which 32 assert something of a call.

Compared are the properties a call has here too. Not compared: what that project takes from its own directory and event
types (user and tenant ids, voicemail, recordings, tags, names under FROM_ITS_DIRECTORY).
"""

import csv
import io
import json
import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from channels_app.phone.asterisk_cel import read_cel
from channels_app.phone.calls import Call
from channels_app.phone.reducer import reduce_events

FILE = Path(os.environ.get("CASES_DIR") or Path(__file__).parents[2].parent / "shared" / "cases") / (
    "phone/asterisk_cel_scenarios.json"
)
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason=f"scenarios are not at {FILE}")

COLUMNS = [
    *("eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "-", "-", "exten", "context", "channame"),
    *("appname", "appdata", "-", "-", "uniqueid", "linkedid", "peer", "-", "-", "extra"),
]
FROM_ITS_DIRECTORY = {
    "test_when_incall_and_unreachable_phone_then_call_log_contains_no_source_user_uuid": {
        "source_name",
        "destination_name",
    },
    "test_noanswer_forward_to_internal_unanswered": {"destination_name"},
    "test_incoming_call_to_user_no_answer_then_voicemail": {"destination_name"},
}
DIFFER = {
    "test_originate_from_mobile": "the name is the channel's first (xivo); that project takes a later, empty one",
    "test_answered_incoming_call_on_s": "the national number stands in the row of a later bridge only",
    "test_conference_has_a_destination_name": "a telephone alone in a conference made no call",
}


def _scenarios():
    return json.loads(FILE.read_text())["scenarios"] if FILE.is_file() else []


def _rows(scenario) -> bytes:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([row.get(column) or "" for column in COLUMNS] for row in scenario["cel"])
    return table.getvalue().encode()


def _interface(row) -> str:
    return row["channame"].rsplit("-", 1)[0]


def _phones(scenario):
    """The house's telephones: every channel that neither came from a trunk nor is plumbing nor called in."""
    rows = scenario["cel"]
    called_in = any(row["eventtype"] == "XIVO_INCALL" for row in rows)
    return {
        _interface(row): ""
        for position, row in enumerate(rows)
        if row["eventtype"] == "CHAN_START"
        and "extern" not in (row.get("context") or "")
        and not row["channame"].startswith("Local/")
        and not (called_in and _interface(row) == _interface(rows[0]))
        and not (called_in and position == 0)
    }


def _properties(call: Call):
    last = call.segments[-1] if call.segments else None
    called = last.rings[-1] if last is not None and last.kind == "outbound" else last
    return {
        "date": call.started_at,
        "date_answer": call.answered_at,
        "date_end": call.ended_at,
        "source_exten": call.from_number,
        "source_name": call.from_name,
        "requested_exten": call.to_number,
        "direction": str(call.direction),
        "destination_line_identity": called.interface.lower() if called else None,
        "destination_name": (called.operator_name if called else "") or None,
    }


def _same(expected, said) -> bool:
    if isinstance(expected, str) and expected.startswith("@datetime.fromisoformat"):
        expected = datetime.fromisoformat(expected.split("'")[1])
        return said is not None and abs((expected - said).total_seconds()) <= 1
    return said == (expected or None)


def _differences(scenario, call: Call) -> list[str]:
    expected = scenario["expected"][0]
    skipped = FROM_ITS_DIRECTORY.get(scenario["test"], set())
    return [
        name
        for name, said in _properties(call).items()
        if name in expected
        and name not in skipped
        and not (isinstance(expected[name], str) and expected[name].startswith("@") and "fromiso" not in expected[name])
        and not _same(expected[name], said or None)
    ]


def test_29_of_32_scenarios_agree_and_the_others_have_a_reason():
    asserting = [scenario for scenario in _scenarios() if scenario["expected"]]
    differ = set()
    for scenario in asserting:
        events = [event for entry in read_cel(_rows(scenario), time_zone=ZoneInfo("UTC")) for event in entry.events]
        calls = reduce_events(events, phones=_phones(scenario))
        if not calls or _differences(scenario, calls[0]):
            differ.add(scenario["test"])
    assert differ == DIFFER.keys()
    assert (len(asserting), len(_scenarios())) == (32, 35)


def test_every_row_of_the_scenarios_is_understood_or_named():
    rejected = [
        entry.rejected
        for scenario in _scenarios()
        for entry in read_cel(_rows(scenario), time_zone=ZoneInfo("UTC"))
        if entry.rejected
    ]
    assert rejected == []

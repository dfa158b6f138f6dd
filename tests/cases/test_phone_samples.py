"""Records and events of FreeSWITCH, Twilio and other call logs, as other projects keep them: what the files state."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from channels_app.phone.asterisk_cdr import read_cdr
from channels_app.phone.asterisk_cel import read_cel
from channels_app.phone.calls import Direction, HungUpBy, Outcome
from channels_app.phone.events import EventKind
from channels_app.phone.freeswitch import read_freeswitch
from channels_app.phone.reducer import reduce_events
from channels_app.phone.table import read_table
from channels_app.phone.table_mapping import TableMapping
from channels_app.phone.twilio_voice import read_twilio

PHONE = Path(os.environ.get("CASES_DIR") or Path(__file__).parents[2].parent / "shared" / "cases") / "phone"
pytestmark = pytest.mark.skipif(not (PHONE / "cgrates").is_dir(), reason=f"samples are not at {PHONE}")

TELEPHONES = {"sofia/internal/1001": "Anna", "sofia/internal/1002": "Ben"}


def _freeswitch(name, phones=TELEPHONES):
    (entry,) = read_freeswitch((PHONE / "cgrates" / name).read_bytes())
    assert entry.rejected == ""
    return reduce_events(entry.events, phones=phones)


def test_json_cdr_is_a_call_with_the_times_of_its_variables():
    (call,) = _freeswitch("fscdr_body.json", {"sofia/internal/1002": "Ben"})
    # start_uepoch, answer_uepoch, end_uepoch; progress_uepoch to answer; answermsec 3420 of which progressmsec 60
    assert call.started_at == datetime(2018, 1, 11, 10, 25, 44, 534355, tzinfo=UTC)
    assert call.answered_at == datetime(2018, 1, 11, 10, 25, 47, 954373, tzinfo=UTC)
    assert call.ended_at == datetime(2018, 1, 11, 10, 26, 55, 494269, tzinfo=UTC)
    assert (call.ring_ms, call.talk_ms) == (3360, 67539)
    assert (call.direction, call.from_number, call.to_number) == (Direction.INBOUND, "1001", "1002")
    assert (call.outcome, call.operator_name) == (Outcome.ANSWERED, "Ben")
    # the caller was sent the BYE (send_bye): the other side hung up
    assert call.hung_up_by is HungUpBy.OPERATOR


def test_json_cdr_and_the_event_of_the_same_hangup_are_one_call():
    (posted,) = _freeswitch("fsevent_body.json")
    (heard,) = _freeswitch("fsevent_hangUp.txt")
    for call in (posted, heard):
        assert (call.external_id, call.account_hint) == ("5a3a1d91-90d3-4db4-af5c-cc3ae15d93a4", "1001")
        # billmsec 20600 from answer to end, hold_accum_ms 15486, recv_bye: the caller hung up
        assert (call.talk_ms, call.hold_ms, call.hung_up_by) == (20599, 15486, HungUpBy.OPERATOR)
    # the event knows when the other leg was made, the record only when it was told to ring
    assert (posted.ring_ms, heard.ring_ms) == (9650, 9719)
    both = [
        event
        for name in ("fsevent_body.json", "fsevent_hangUp.txt")
        for entry in read_freeswitch((PHONE / "cgrates" / name).read_bytes())
        for event in entry.events
    ]
    (call,) = reduce_events(both, phones=TELEPHONES)
    assert (call.talk_ms, call.hold_ms, call.flags) == (20599, 15486, ())


def test_events_of_the_socket_are_understood_or_passed_over():
    (scheduled,) = read_freeswitch((PHONE / "cgrates/fsevent_body_4.txt").read_bytes())
    assert (scheduled.rejected, scheduled.events) == ("", ())
    (hangup,) = _freeswitch("fsevent_hangupEv.txt", {})
    assert (hangup.from_number, hangup.to_number, hangup.talk_ms) == ("1001", "1003", 65039)
    found = {}
    for case in json.loads((PHONE / "freeswitch_esl/esl_events.json").read_text())["events"]:
        entries = list(read_freeswitch(case["raw"].encode()))
        found[case["test"]] = [(entry.rejected, [event.kind for event in entry.events]) for entry in entries]
    assert found == {
        "test_event": [("", [])],
        "test_event_socket_data": [("", [])],
        "test_event_with_multiline_channel_variables_content": [("", [EventKind.CHANNEL_CREATED])],
        # no event but the words of a test
        "test_process_events_with_custom_name": [("neither a call record (variables) nor an event (Event-Name)", [])],
    }


def test_call_resources_of_twilio_say_when_the_call_was():
    calls = json.loads((PHONE / "twilio/api_resources.json").read_text())["resources"]["test_call"]
    entries = [entry for each in calls.values() for entry in read_twilio(json.dumps(each).encode())]
    assert [entry.rejected for entry in entries if entry.rejected] == []
    (inbound,) = reduce_events(next(read_twilio(json.dumps(calls["test_create_response"]).encode())).events)
    assert (inbound.from_number, inbound.to_number) == ("+14158675308", "+14158675309")
    assert inbound.started_at == datetime(2010, 8, 31, 20, 36, 29, tzinfo=UTC)
    assert inbound.ended_at == datetime(2010, 8, 31, 20, 36, 44, tzinfo=UTC)
    (leg,) = reduce_events(next(read_twilio(json.dumps(calls["test_fetch_response"]).encode())).events)
    assert (leg.external_id, leg.talk_ms) == ("CAdeadbeefdeadbeefdeadbeefdeadbeef", 4000)


def test_table_of_cdr_stats_with_a_mapping():
    mapping = """
        time_zone: UTC
        columns: {id: callid, started: starting_date, duration: duration, talk: billsec,
                  from: caller_id_number, from_name: caller_id_name, to: destination_number,
                  outcome: hangup_cause_id, direction: direction, account: accountcode}
        values: {direction: {"1": inbound, "2": outbound}, outcome: {"16": answered}}
    """
    data = (PHONE / "cdr_stats/addons__samples__cdrimport__CDRImport-2015-10-26.csv").read_bytes()
    entries = list(read_table(data, mapping=TableMapping.from_text(mapping)))
    assert [entry.rejected for entry in entries if entry.rejected] == []
    calls = reduce_events(event for entry in entries for event in entry.events)
    assert len(calls) == len(data.splitlines()) - 1
    first = calls[0]
    assert first.started_at == datetime(2015, 10, 21, 12, 13, 10, tzinfo=UTC)
    assert (first.from_number, first.to_number, first.account_hint) == ("904151440", "+34798400122", "1000")
    assert (first.talk_ms, first.ring_ms, first.outcome) == (50_000, 5_000, Outcome.ANSWERED)


def test_rows_of_the_asterisk_test_suite_are_understood():
    folder = PHONE / "asterisk_testsuite"
    rows = [
        entry
        for name in (
            "asttest__self-tests__cdrlib__good.csv",
            "lib__python__asterisk__self_test__Master.csv",
            "lib__python__asterisk__self_test__Master2.csv",
        )
        for entry in read_cdr((folder / name).read_bytes(), time_zone=ZoneInfo("UTC"))
    ]
    assert [entry.rejected for entry in rows if entry.rejected] == []
    assert len(rows) == 8
    cel = list(read_cel((folder / "lib__python__asterisk__self_test__CELMaster2.csv").read_bytes()))
    assert [entry.rejected for entry in cel if entry.rejected] == []

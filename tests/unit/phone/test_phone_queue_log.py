"""Reading queue_log lines, good and bad."""

from datetime import UTC, datetime

import pytest

from channels_app.phone.asterisk_queue_log import MAX_LINE_BYTES, read_queue_log
from channels_app.phone.events import EventKind


def _only(line: str):
    (entry,) = read_queue_log(line.encode())
    return entry


def test_entry_names_queue_caller_and_second():
    (event,) = _only("1700000000|1700000000.1|sales|NONE|ENTERQUEUE||+442079460999|1").events
    assert event.kind is EventKind.QUEUE_ENTERED
    assert event.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (event.channel_id, event.queue, event.number) == ("1700000000.1", "sales", "+442079460999")


def test_connect_counts_seconds_and_missed_rings_count_milliseconds():
    (connect,) = _only("1700000005|1.1|sales|Anna|CONNECT|5|1.2|3").events
    (missed,) = _only("1700000005|1.1|sales|Anna|RINGNOANSWER|6000").events
    assert (connect.wait_ms, connect.ring_ms, connect.peer_id) == (5000, 3000, "1.2")
    assert missed.ring_ms == 6000


@pytest.mark.parametrize(
    "parameters", ["BRIDGE|4ac79964|2|9|1", "LINK|Local/_attended@transfer-0;1|Local/_attended@transfer-0;2|2|9|1"]
)
def test_both_shapes_of_attended_transfer_give_the_same_times(parameters):
    completed, moved = _only(f"1700000011|1.1|sales|Anna|ATTENDEDTRANSFER|{parameters}").events
    assert (completed.wait_ms, completed.talk_ms) == (2000, 9000)
    assert moved.kind is EventKind.ATTENDED_TRANSFERRED


def test_exit_by_key_states_its_wait_after_the_key():
    (left,) = _only("1700000011|1.1|sales|NONE|EXITWITHKEY|0|1|1|11").events
    assert (left.reason, left.wait_ms) == ("pressed_key", 11000)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("garbage", "1 fields, a queue_log entry has at least 5 (epoch|callid|queue|agent|event)"),
        ("yesterday|1.1|sales|NONE|ENTERQUEUE||+44|1", "field 1 (time): not an epoch time: 'yesterday'"),
        (
            "99999999999999|1.1|sales|NONE|ENTERQUEUE||+44|1",
            "field 1 (time): epoch time out of range: '99999999999999'",
        ),
        ("1700000000||sales|NONE|ENTERQUEUE||+44|1", "field 2 (callid): ENTERQUEUE without a call id"),
        ("1700000000|1.1|NONE|NONE|ABANDON|1|1|8", "field 3 (queue): ABANDON without a queue"),
        ("1700000000|1.1|sales|Anna|CONNECT|two|1.2|2", "CONNECT parameter 1: 'two' is not a whole number"),
        ("1700000000|1.1|sales|Anna|COMPLETEAGENT|2", "COMPLETEAGENT with 1 parameters, at least 2 are needed"),
        ("1700000000|1.1|sales|Anna|TELEPORT|2", "field 5 (event): 'TELEPORT' is not known"),
    ],
)
def test_bad_line_is_kept_raw_with_field_and_cause(line, reason):
    entry = _only(line)
    assert (entry.rejected, entry.events, entry.raw) == (reason, (), line.encode())


def test_endless_line_is_refused_by_its_length():
    entry = _only("1" * (MAX_LINE_BYTES + 1))
    assert entry.rejected == "line of 8193 bytes, at most 8192 are read"


def test_one_bad_line_blocks_no_other_and_lines_are_counted():
    data = b"1700000000|1.1|sales|NONE|ENTERQUEUE||+44|1\r\n\n\xff\xfe\n1700000002|1.1|sales|NONE|ABANDON|1|1|2\n"
    entries = list(read_queue_log(data))
    assert [(entry.line, bool(entry.rejected)) for entry in entries] == [(1, False), (3, True), (4, False)]


def test_a_caller_name_that_is_not_utf8_costs_no_event():
    (entry,) = read_queue_log(b"1700000000|1.1|sales|NONE|ENTERQUEUE||+34910000001|1|Jos\xe9")
    assert entry.events[0].name == "Jos\ufffd"
    assert entry.raw.endswith(b"Jos\xe9")


def test_pauses_and_log_ins_are_no_calls():
    for line in (
        "1|NONE|NONE|Anna|PAUSEALL|coffee",
        "1|MANAGER|sales|PJSIP/101|ADDMEMBER|",
        "1|NONE|NONE|NONE|CONFIGRELOAD|",
    ):
        entry = _only(line)
        assert (entry.events, entry.rejected) == ((), "")

"""Twilio Voice callbacks: legs, answers and ends, in any order and repeated."""

import itertools
import json
from datetime import UTC, datetime

import pytest

from channels_app.phone.calls import Direction, Flag, Outcome, SegmentKind
from channels_app.phone.reducer import reduce_events
from channels_app.phone.twilio_voice import read_twilio

CALLER, CLIENT, NUMBER = "+442079460101", "client:anna", "+13125550101"
PHONES = {CLIENT: "Anna"}


def _callback(second, status, *, sid="CA1", parent="", sequence=0, **more):
    values = {
        "CallSid": sid,
        "CallStatus": status,
        "From": CALLER,
        "To": CLIENT if parent else NUMBER,
        "Direction": "outbound-dial" if parent else "inbound",
        "Timestamp": f"Tue, 24 Nov 2026 15:00:{second:02} +0000",
        "SequenceNumber": str(sequence),
        **more,
    }
    return values | ({"ParentCallSid": parent} if parent else {})


ANSWERED = [
    _callback(0, "ringing", sequence=0),
    _callback(1, "in-progress", sequence=1),
    _callback(2, "initiated", sid="CA2", parent="CA1", sequence=0),
    _callback(3, "ringing", sid="CA2", parent="CA1", sequence=1),
    _callback(9, "in-progress", sid="CA2", parent="CA1", sequence=2),
    _callback(40, "completed", sid="CA2", parent="CA1", sequence=3, CallDuration="31"),
    _callback(41, "completed", sequence=2, CallDuration="40"),
]


def _calls(callbacks, phones=PHONES):
    data = "\n".join(json.dumps(each) for each in callbacks).encode()
    entries = list(read_twilio(data))
    assert [entry.rejected for entry in entries] == [""] * len(callbacks)
    return reduce_events([event for entry in entries for event in entry.events], phones=phones)


def test_dialled_client_answers_an_inbound_call():
    (call,) = _calls(ANSWERED)
    assert (call.direction, call.from_number, call.to_number) == (Direction.INBOUND, CALLER, NUMBER)
    assert (call.operator_name, call.outcome, call.hung_up_by) == ("Anna", Outcome.ANSWERED, None)
    assert call.started_at == datetime(2026, 11, 24, 15, 0, 0, tzinfo=UTC)
    assert call.ended_at == datetime(2026, 11, 24, 15, 0, 41, tzinfo=UTC)
    assert (call.ring_ms, call.talk_ms, call.hold_ms) == (6000, 31000, None)
    assert [part.kind for part in call.segments] == [SegmentKind.DIRECT]
    assert call.flags == ()


def test_order_and_repetition_of_callbacks_change_nothing():
    once = _calls(ANSWERED)
    for order in itertools.islice(itertools.permutations(ANSWERED), 0, 5040, 240):
        assert _calls([*order, order[0]]) == once


def test_lost_callback_of_the_answer_is_told_by_the_duration():
    (call,) = _calls([each for each in ANSWERED if each["CallStatus"] != "in-progress"])
    assert (call.answered_at, call.talk_ms) == (datetime(2026, 11, 24, 15, 0, 9, tzinfo=UTC), 31000)


def test_duration_that_contradicts_the_instants_is_flagged_and_not_believed():
    (call,) = _calls(
        [*ANSWERED[:5], _callback(40, "completed", sid="CA2", parent="CA1", CallDuration="12"), ANSWERED[6]]
    )
    assert (call.talk_ms, call.flags) == (31000, (Flag.TALK_MISMATCH,))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("busy", Outcome.BUSY),
        ("no-answer", Outcome.UNANSWERED),
        ("canceled", Outcome.CANCELED),
        ("failed", Outcome.FAILED),
    ],
)
def test_client_who_does_not_answer_leaves_a_missed_call(status, outcome):
    (call,) = _calls([*ANSWERED[:4], _callback(20, status, sid="CA2", parent="CA1"), _callback(21, "completed")])
    assert (call.outcome, call.answered_at, call.talk_ms) == (outcome, None, 0)
    assert [(ring.operator_name, ring.ring_ms, ring.answered) for ring in call.segments[0].rings] == [
        ("Anna", 17000, False)
    ]


def test_click_to_call_rings_the_operator_first():
    operator = {"From": NUMBER, "To": CLIENT, "Direction": "outbound-api"}
    outside = {"From": NUMBER, "To": CALLER}
    (call,) = _calls(
        [
            _callback(0, "initiated") | operator,
            _callback(2, "in-progress") | operator,
            _callback(3, "ringing", sid="CA2", parent="CA1") | outside,
            _callback(8, "in-progress", sid="CA2", parent="CA1") | outside,
            _callback(18, "completed", sid="CA2", parent="CA1", CallDuration="10") | outside,
            _callback(18, "completed") | operator,
        ]
    )
    assert (call.direction, call.operator_name) == (Direction.OUTBOUND, "Anna")
    assert (call.from_number, call.to_number) == (NUMBER, CALLER)
    assert (call.ring_ms, call.talk_ms) == (5000, 10000)


def test_same_sequence_number_is_the_same_callback_whatever_else_it_carries():
    first, second = read_twilio(json.dumps([ANSWERED[0], ANSWERED[0] | {"StirVerstat": "A"}]).encode())
    assert first.identity == second.identity == "CA1 0"


@pytest.mark.parametrize(
    ("callback", "reason"),
    [
        (_callback(0, "ringing", sid=""), "CallSid: '' is no id"),
        (_callback(0, "ringing") | {"Timestamp": "noon"}, "Timestamp: 'noon' is no RFC 2822 date"),
        (_callback(0, "sleeping"), "CallStatus: 'sleeping' is not known"),
        (_callback(0, "completed", CallDuration="long"), "CallDuration: 'long' is not a whole number of seconds"),
    ],
)
def test_bad_callback_is_kept_raw_with_its_cause(callback, reason):
    (entry,) = read_twilio(json.dumps(callback).encode())
    assert (entry.rejected, entry.events) == (reason, ())

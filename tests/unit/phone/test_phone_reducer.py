"""The reducer on made-up logs: figures worked out by hand, and its laws under permutation, repetition and loss."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from channels_app.phone.asterisk_ami import read_ami
from channels_app.phone.asterisk_queue_log import read_queue_log
from channels_app.phone.calls import Call, Direction, Flag, HungUpBy, Outcome, Segment, SegmentKind
from channels_app.phone.reducer import reduce_events

PHONES = {"PJSIP/101": "Anna", "PJSIP/102": "Ben"}

QUEUE_LOG = """\
1700000000|1700000000.1|sales|NONE|ENTERQUEUE||+442079460001|1
1700000006|1700000000.1|sales|Anna|RINGNOANSWER|6000
1700000009|1700000000.1|sales|Ben|CONNECT|9|1700000007.3|2
1700000039|1700000000.1|sales|Ben|BLINDTRANSFER|6001|from-internal|9|30|1
1700000039|1700000000.1|sales|NONE|ENTERQUEUE||+442079460001|1
1700000042|1700000000.1|sales|Anna|CONNECT|3|1700000039.4|3
1700000102|1700000000.1|sales|Anna|COMPLETECALLER|3|60|1
1700000050|1700000050.7|sales|NONE|ENTERQUEUE||anonymous|1
1700000055|1700000050.7|sales|NONE|ABANDON|1|1|5
1700000060|1700000060.8|sales|NONE|ENTERQUEUE||+442079460002|1
1700000080|1700000060.8|sales|NONE|EXITWITHTIMEOUT|1|1|20
1700000110|1700000110.9|sales|NONE|ENTERQUEUE||+442079460003|1
1700000111|1700000110.9|sales|Ben|CONNECT|1|1700000110.10|1
1700000900|NONE|NONE|NONE|QUEUESTART|
"""


def _frame(event: str, at: str, **headers: str) -> str:
    lines = [f"Event: {event}", f"Timestamp: 17000{at}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines) + "\r\n\r\n"


def _channel(number: int, *, linked: int | None = None, channel: str = "", caller: str = "") -> dict[str, str]:
    return {
        "Channel": channel,
        "CallerIDNum": caller or "<unknown>",
        "Uniqueid": f"1700000000.{number}",
        "Linkedid": f"1700000000.{linked or number}",
    }


TRUNK = _channel(21, channel="PJSIP/trunk-00000001", caller="+442079460009")
PHONE = _channel(22, linked=21, channel="PJSIP/101-00000002", caller="101")
TO_PHONE = {"DestUniqueid": "1700000000.22", "DestChannel": "PJSIP/101-00000002"}
AT_QUEUE = {"Queue": "sales", "MemberName": "Anna", "Interface": "PJSIP/101"}
HELD_CALL = "".join(
    [
        _frame("Newchannel", "00000.000000", **TRUNK, Exten="+13125550101", ChannelStateDesc="Ring"),
        _frame("QueueCallerJoin", "00000.250000", **TRUNK, Queue="sales", AccountCode="acme"),
        _frame("Newchannel", "00000.300000", **PHONE, Exten="s", ChannelStateDesc="Down"),
        _frame("AgentCalled", "00000.500000", **TRUNK, **TO_PHONE, **AT_QUEUE),
        _frame("DialBegin", "00000.500100", **TRUNK, **TO_PHONE, DialString="PJSIP/101"),
        _frame("DialEnd", "00003.000000", **TRUNK, **TO_PHONE, DialStatus="ANSWER"),
        _frame("AgentConnect", "00003.000000", **TRUNK, **TO_PHONE, **AT_QUEUE, HoldTime="2", RingTime="2"),
        _frame("BridgeEnter", "00003.000100", **PHONE, BridgeUniqueid="b1"),
        _frame("BridgeEnter", "00003.000200", **TRUNK, BridgeUniqueid="b1"),
        _frame("Unhold", "00004.000000", **PHONE),
        _frame("Hold", "00010.000000", **PHONE),
        _frame("Unhold", "00014.500000", **PHONE),
        _frame("Hold", "00020.000000", **PHONE),
        _frame("HangupRequest", "00021.250000", **TRUNK, Cause="16"),
        _frame(
            "AgentComplete",
            "00021.250400",
            **TRUNK,
            **TO_PHONE,
            **AT_QUEUE,
            HoldTime="2",
            TalkTime="18",
            Reason="caller",
        ),
        _frame("BridgeLeave", "00021.250500", **TRUNK, BridgeUniqueid="b1"),
        _frame("BridgeLeave", "00021.250600", **PHONE, BridgeUniqueid="b1"),
        _frame("Hangup", "00021.250700", **PHONE, Cause="16"),
        _frame("Hangup", "00021.250800", **TRUNK, Cause="16"),
    ]
)


def _queue_log_events(text=QUEUE_LOG):
    return [event for entry in read_queue_log(text.encode()) for event in entry.events]


def _ami_events(text=HELD_CALL):
    entries = list(read_ami(text.encode()))
    assert [entry.rejected for entry in entries if entry.rejected] == []
    return [event for entry in entries for event in entry.events]


def _at(second, microsecond=0):
    return datetime.fromtimestamp(1700000000 + second, tz=UTC).replace(microsecond=microsecond)


def test_transfer_back_into_the_same_queue_in_one_second_makes_two_stays():
    call = reduce_events(_queue_log_events())[0]
    first, second = call.segments
    assert (first.operator_name, first.wait_ms, first.ring_ms, first.talk_ms) == ("Ben", 9000, 2000, 30000)
    assert (second.operator_name, second.wait_ms, second.ring_ms, second.talk_ms) == ("Anna", 3000, 3000, 60000)
    assert (first.outcome, second.outcome, call.outcome) == (Outcome.TRANSFERRED, Outcome.ANSWERED, Outcome.ANSWERED)
    assert (call.wait_ms, call.talk_ms, call.hung_up_by) == (12000, 90000, HungUpBy.CUSTOMER)
    assert [(move.kind, move.from_operator, move.to) for move in call.transfers] == [("blind", "Ben", "6001")]


def test_queue_log_says_unknown_where_it_cannot_know():
    answered, abandoned, timed_out, _ = reduce_events(_queue_log_events())
    assert (answered.hold_ms, answered.to_number, answered.account_hint) == (None, "", "")
    assert (abandoned.outcome, abandoned.hung_up_by, abandoned.wait_ms) == (Outcome.ABANDONED, HungUpBy.CUSTOMER, 5000)
    assert (timed_out.outcome, timed_out.hung_up_by) == (Outcome.TIMED_OUT, None)
    assert timed_out.flags == (Flag.CONTINUES_UNSEEN,)


def test_call_that_a_crash_swallowed_ends_at_the_next_start_and_says_so():
    lost = reduce_events(_queue_log_events())[3]
    assert lost.ended_at == _at(900)
    assert set(lost.flags) >= {Flag.END_ESTIMATED, Flag.PBX_RESTARTED}
    assert lost.hung_up_by is HungUpBy.PBX


def test_holds_are_summed_and_the_open_one_ends_with_the_call():
    (call,) = reduce_events(_ami_events())
    (segment,) = call.segments
    assert (call.direction, call.from_number, call.to_number) == (Direction.INBOUND, "+442079460009", "+13125550101")
    assert (segment.kind, segment.operator_name) == (SegmentKind.QUEUE, "Anna")
    # waited 0.25 to 3.0, rang 0.5 to 3.0, talked 3.0 to 21.2504; held 10.0 to 14.5 and 20.0 to the end
    assert (segment.wait_ms, segment.ring_ms, segment.talk_ms, segment.hold_ms) == (2750, 2500, 18250, 4500 + 1250)
    assert (call.outcome, call.hung_up_by, call.account_hint) == (Outcome.ANSWERED, HungUpBy.CUSTOMER, "acme")
    assert call.ended_at == _at(21, 250800)


def test_two_sources_of_one_call_are_one_call_with_the_finer_instants():
    log = """\
1700000000|1700000000.21|sales|NONE|ENTERQUEUE||+442079460009|1
1700000003|1700000000.21|sales|Anna|CONNECT|3|1700000000.22|3
1700000021|1700000000.21|sales|Anna|COMPLETECALLER|3|18|1
"""
    assert reduce_events(_ami_events() + _queue_log_events(log)) == reduce_events(_ami_events())


def test_hang_up_that_the_connection_missed_is_taken_from_queue_log():
    seen, _, _ = HELD_CALL.partition("Event: HangupRequest")
    log = """\
1700000000|1700000000.21|sales|NONE|ENTERQUEUE||+442079460009|1
1700000003|1700000000.21|sales|Anna|CONNECT|3|1700000000.22|3
1700000021|1700000000.21|sales|Anna|COMPLETECALLER|3|18|1
"""
    (alone,) = reduce_events(_ami_events(seen))
    (call,) = reduce_events(_ami_events(seen) + _queue_log_events(log))
    assert (alone.ended_at, alone.talk_ms) == (None, None)
    assert (call.ended_at, call.talk_ms, call.hung_up_by) == (_at(21), 18000, HungUpBy.CUSTOMER)


def test_claimed_times_that_contradict_the_instants_are_flagged():
    log = QUEUE_LOG.splitlines()[0] + "\n1700000009|1700000000.1|sales|Ben|CONNECT|9|1.3|2\n"
    log += "1700000039|1700000000.1|sales|Ben|COMPLETEAGENT|9|300|1\n"
    (call,) = reduce_events(_queue_log_events(log))
    assert call.talk_ms == 30000
    assert call.flags == (Flag.TALK_MISMATCH,)


def test_entry_that_was_rotated_away_is_derived_from_the_claims():
    (call,) = reduce_events(_queue_log_events("1700000039|1.1|sales|Ben|COMPLETEAGENT|9|30|1\n"))
    (segment,) = call.segments
    assert (segment.enqueued_at, segment.answered_at) == (_at(0), _at(9))
    assert (call.wait_ms, call.talk_ms, call.hung_up_by) == (9000, 30000, HungUpBy.OPERATOR)
    assert call.flags == (Flag.ENTRY_UNSEEN,)


def test_operators_extension_in_a_queue_is_an_internal_call():
    log = "1700000000|1.1|sales|NONE|ENTERQUEUE||101|1\n1700000005|1.1|sales|NONE|ABANDON|1|1|5\n"
    (known,) = reduce_events(_queue_log_events(log), phones=PHONES)
    (unknown,) = reduce_events(_queue_log_events(log))
    assert (known.direction, unknown.direction) == (Direction.INTERNAL, Direction.INBOUND)


def test_lost_connection_makes_the_holds_unknown_not_zero():
    frames = HELD_CALL.split("\r\n\r\n")
    kept = [frame for frame in frames if not frame.startswith(("Event: Hold", "Event: Unhold"))]
    booted = _frame("FullyBooted", "00015.000000", Status="Fully Booted")
    (call,) = reduce_events(_ami_events("\r\n\r\n".join(kept) + booted))
    assert call.hold_ms is None
    assert call.flags == (Flag.CONNECTION_LOST,)
    assert call.talk_ms == 18250


EVENTS = [*_queue_log_events(), *_ami_events()]


@settings(max_examples=80, deadline=None)
@given(order=st.permutations(range(len(EVENTS))), again=st.lists(st.integers(0, len(EVENTS) - 1), max_size=20))
def test_permuted_and_repeated_events_give_the_same_calls(order, again):
    shuffled = [EVENTS[index] for index in [*order, *again]]
    assert reduce_events(shuffled, phones=PHONES) == reduce_events(EVENTS, phones=PHONES)


@settings(max_examples=80, deadline=None)
@given(kept=st.sets(st.integers(0, len(EVENTS) - 1)))
def test_no_loss_of_events_raises_or_gives_a_negative_time(kept):
    for call in reduce_events([EVENTS[index] for index in kept], phones=PHONES):
        parts: list[Call | Segment] = [call, *call.segments]
        for part in parts:
            assert all(
                value is None or value >= 0 for value in (part.wait_ms, part.ring_ms, part.talk_ms, part.hold_ms)
            )


def test_an_end_once_reached_is_never_taken_back_as_events_come_in():
    ordered = sorted(EVENTS, key=lambda event: event.order)
    ended: dict[str, datetime] = {}
    for count in range(1, len(ordered) + 1):
        for call in reduce_events(ordered[:count], phones=PHONES):
            if call.external_id in ended:
                assert call.ended_at == ended[call.external_id]
            elif call.ended_at is not None and Flag.CONTINUES_UNSEEN not in call.flags:
                ended[call.external_id] = call.ended_at
    assert len(ended) == 4  # not the one that timed out: it may go on elsewhere

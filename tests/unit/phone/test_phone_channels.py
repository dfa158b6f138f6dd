"""Calls that only the channels tell of: outbound, transfers, colleagues, members behind Local, queues left."""

from channels_app.phone.asterisk_ami import read_ami
from channels_app.phone.calls import Direction, Flag, HungUpBy, Outcome, SegmentKind
from channels_app.phone.reducer import reduce_events
from tests.unit.phone.ami_frames import Channel, about, between, frame

TRUNK = Channel(id="1.1", linked="1.1", name="PJSIP/trunk-01", number="+442079460009")
ANNA = Channel(id="1.2", linked="1.1", name="PJSIP/101-02", number="101")
MEMBER = {"Queue": "sales", "MemberName": "Anna", "Interface": "PJSIP/101"}
PHONES = {"PJSIP/101": "Anna", "PJSIP/102": "Ben"}


def _reduce(*frames):
    entries = list(read_ami("".join(frames).encode()))
    assert [entry.rejected for entry in entries if entry.rejected] == []
    return reduce_events([event for entry in entries for event in entry.events], phones=PHONES)


def _joined(second, bridge, *channels):
    return "".join(about("BridgeEnter", second, channel, BridgeUniqueid=bridge) for channel in channels)


def _parted(second, bridge, *channels):
    return "".join(about("BridgeLeave", second, channel, BridgeUniqueid=bridge) for channel in channels)


def _answered_by_anna():
    return "".join(
        [
            about("Newchannel", 0, TRUNK, Exten="+13125550101", ChannelStateDesc="Ring"),
            about("QueueCallerJoin", 1, TRUNK, Queue="sales", AccountCode="acme"),
            between("AgentCalled", 1, TRUNK, ANNA, **MEMBER),
            between("AgentConnect", 3, TRUNK, ANNA, **MEMBER, HoldTime="2", RingTime="2"),
            _joined(3, "b1", ANNA, TRUNK),
        ]
    )


def _outbound(*rest):
    anna = Channel(id="1.1", linked="1.1", name="PJSIP/101-01", number="101")
    shown = Channel(id="1.1", linked="1.1", name="PJSIP/101-01", number="+13125550101")
    callee = Channel(id="1.2", linked="1.1", name="PJSIP/trunk-02")
    start = [
        about("Newchannel", 0, anna, Exten="81+442079460902", ChannelStateDesc="Ring"),
        about("NewAccountCode", 0, anna, AccountCode="acme"),
        between("DialBegin", 1, shown, callee, DialString="PJSIP/+442079460902@trunk"),
    ]
    return shown, callee, start


def test_outbound_call_knows_operator_shown_number_and_the_number_without_its_prefix():
    anna, callee, start = _outbound()
    (call,) = _reduce(
        *start,
        between("DialEnd", 4, anna, callee, DialStatus="ANSWER"),
        _joined(4, "b1", callee, anna),
        about("Hold", 5, anna),
        about("Unhold", 7, anna),
        about("HangupRequest", 9, callee, Cause="16"),
        _parted(9, "b1", callee, anna),
        about("Hangup", 9, callee, Cause="16"),
        about("Hangup", 9.5, anna, Cause="16"),
    )
    assert (call.direction, call.operator_name, call.account_hint) == (Direction.OUTBOUND, "Anna", "acme")
    assert (call.from_number, call.to_number) == ("+13125550101", "+442079460902")
    assert (call.wait_ms, call.ring_ms, call.talk_ms, call.hold_ms) == (None, 3000, 5000, 2000)
    assert (call.outcome, call.hung_up_by) == (Outcome.ANSWERED, HungUpBy.CALLEE)


def test_busy_and_given_up_are_told_apart():
    anna, callee, start = _outbound()
    (busy,) = _reduce(
        *start,
        about("HangupRequest", 2, callee, Cause="17"),
        between("DialEnd", 2, anna, callee, DialStatus="BUSY"),
        about("Hangup", 2, callee, Cause="17"),
        about("Hangup", 2.1, anna, Cause="17"),
    )
    (canceled,) = _reduce(
        *start,
        about("HangupRequest", 6, anna, Cause="127"),
        between("DialEnd", 6, anna, callee, DialStatus="CANCEL"),
        about("Hangup", 6, anna, Cause="127"),
        about("Hangup", 6, callee, Cause="127"),
    )
    assert (busy.outcome, busy.hung_up_by, busy.ring_ms, busy.talk_ms) == (Outcome.BUSY, HungUpBy.CALLEE, 1000, 0)
    assert (canceled.outcome, canceled.hung_up_by, canceled.ring_ms) == (Outcome.CANCELED, HungUpBy.OPERATOR, 5000)


def test_click_to_dial_rings_the_operator_first_and_counts_from_the_callees_answer():
    anna, callee, start = _outbound()
    ringing = frame("DialBegin", 0.5, **anna.headers("Dest"), DialString="101")
    (call,) = _reduce(
        *start,
        ringing,
        between("DialEnd", 4, anna, callee, DialStatus="ANSWER"),
        _joined(4, "b1", callee, anna),
        _parted(9, "b1", callee, anna),
        about("Hangup", 9, callee, Cause="16"),
        about("Hangup", 9, anna, Cause="16"),
    )
    assert (call.talk_ms, call.flags, call.hung_up_by) == (5000, (Flag.CLICK_TO_DIAL,), HungUpBy.PBX)


def test_attended_transfer_ends_the_operators_part_and_the_second_operators_begins():
    consult = Channel(id="2.1", linked="2.1", name="PJSIP/101-03", number="101")
    ben = Channel(id="2.2", linked="2.1", name="PJSIP/102-04", number="102")
    ben_later = Channel(id="2.2", linked="1.1", name="PJSIP/102-04", number="102")
    customer, consultation = _reduce(
        _answered_by_anna(),
        about("Hold", 6, ANNA),
        about("Newchannel", 7, consult, Exten="102", ChannelStateDesc="Ring"),
        between("DialBegin", 7, consult, ben, DialString="102"),
        between("DialEnd", 9, consult, ben, DialStatus="ANSWER"),
        _joined(9, "b2", consult, ben),
        about("Unhold", 12, ANNA),
        about("Unhold", 12, consult),
        _parted(12, "b2", ben),
        _parted(12, "b1", ANNA),
        _joined(12, "b1", ben_later),
        _parted(12.01, "b2", consult),
        frame(
            "AttendedTransfer", 12.02, Result="Success", **TRUNK.headers("Transferee"),
            **ANNA.headers("OrigTransferer"), **consult.headers("SecondTransferer"),
        ),
        about("AgentComplete", 12.02, TRUNK, **MEMBER, HoldTime="2", TalkTime="9", Reason="transfer"),
        about("Hangup", 12.03, ANNA, Cause="16"),
        about("Hangup", 12.03, consult, Cause="16"),
        about("HangupRequest", 20, ben_later, Cause="16"),
        _parted(20, "b1", ben_later, TRUNK),
        about("Hangup", 20, ben_later, Cause="16"),
        about("Hangup", 20, TRUNK, Cause="16"),
    )  # fmt: skip
    first, second = customer.segments
    assert (first.operator_name, first.talk_ms, first.hold_ms) == ("Anna", 9020, 6000)
    assert (first.outcome, second.kind, second.operator_name) == (Outcome.TRANSFERRED, SegmentKind.DIRECT, "Ben")
    assert (second.talk_ms, customer.hung_up_by) == (8000, HungUpBy.OPERATOR)
    assert [(move.kind, move.from_operator, move.to) for move in customer.transfers] == [("attended", "Anna", "Ben")]
    assert (consultation.direction, consultation.outcome) == (Direction.INTERNAL, Outcome.TRANSFERRED)
    assert (consultation.ring_ms, consultation.talk_ms, consultation.hung_up_by) == (2000, 3000, HungUpBy.TRANSFER)


def test_blind_transfer_to_an_outside_number_makes_an_external_part():
    outside = Channel(id="1.3", linked="1.1", name="PJSIP/trunk-05", number="+442079460901")
    (call,) = _reduce(
        _answered_by_anna(),
        frame(
            "BlindTransfer", 8, Result="Success", Extension="+442079460901",
            **TRUNK.headers("Transferee"), **ANNA.headers("Transferer"),
        ),
        between("AgentComplete", 8, TRUNK, ANNA, **MEMBER, HoldTime="2", TalkTime="5", Reason="transfer"),
        _parted(8, "b1", ANNA, TRUNK),
        about("Hangup", 8, ANNA, Cause="16"),
        between("DialBegin", 8.5, TRUNK, outside, DialString="PJSIP/+442079460901@trunk"),
        between("DialEnd", 10, TRUNK, outside, DialStatus="ANSWER"),
        _joined(10, "b2", outside, TRUNK),
        about("HangupRequest", 15, outside, Cause="16"),
        _parted(15, "b2", outside, TRUNK),
        about("Hangup", 15, outside, Cause="16"),
        about("Hangup", 15, TRUNK, Cause="16"),
    )  # fmt: skip
    first, second = call.segments
    assert (first.talk_ms, first.outcome) == (5000, Outcome.TRANSFERRED)
    assert (second.kind, second.operator_name, second.ring_ms, second.talk_ms) == (SegmentKind.EXTERNAL, "", 1500, 5000)
    assert call.hung_up_by is HungUpBy.CALLEE
    assert [(move.kind, move.from_operator, move.to) for move in call.transfers] == [("blind", "Anna", "+442079460901")]


def test_member_behind_a_local_channel_is_found_with_the_holds():
    near = Channel(id="1.3", linked="1.1", name="Local/101@agents-01;1")
    far = Channel(id="1.4", linked="1.1", name="Local/101@agents-01;2")
    (call,) = _reduce(
        about("Newchannel", 0, TRUNK, Exten="+13125550101", ChannelStateDesc="Ring"),
        about("QueueCallerJoin", 1, TRUNK, Queue="sales"),
        frame("LocalBridge", 1, **near.headers("LocalOne"), **far.headers("LocalTwo")),
        between("AgentCalled", 1, TRUNK, near, Queue="sales", MemberName="Anna", Interface="Local/101@agents/n"),
        between("DialBegin", 1, far, ANNA, DialString="PJSIP/101"),
        between("DialEnd", 3, far, ANNA, DialStatus="ANSWER"),
        _joined(3, "b2", ANNA, far),
        between("AgentConnect", 3, TRUNK, near, Queue="sales", MemberName="Anna", Interface="Local/101@agents/n"),
        _joined(3, "b1", near, TRUNK),
        about("Hold", 5, ANNA),
        about("Unhold", 6, ANNA),
        about("HangupRequest", 8, ANNA, Cause="16"),
        _parted(8, "b2", ANNA, far),
        _parted(8, "b1", near, TRUNK),
        about("Hangup", 8, ANNA, Cause="16"),
        about("Hangup", 8, TRUNK, Cause="16"),
    )
    (segment,) = call.segments
    assert (segment.operator_name, segment.interface) == ("Anna", "PJSIP/101")
    # no AgentComplete here: the end is where the telephones parted
    assert (segment.ring_ms, segment.talk_ms, segment.hold_ms) == (2000, 5000, 1000)
    assert call.hung_up_by is HungUpBy.OPERATOR


def _left_queue(status):
    return _reduce(
        about("Newchannel", 0, TRUNK, Exten="+13125550101", ChannelStateDesc="Ring"),
        about("Newexten", 1, TRUNK, Application="Queue", AppData="sales,,,,8"),
        about("QueueCallerJoin", 1, TRUNK, Queue="sales"),
        about("QueueCallerAbandon", 9, TRUNK, Queue="sales", HoldTime="8"),
        *([about("VarSet", 9, TRUNK, Variable="QUEUESTATUS", Value=status)] if status else []),
        about("Hangup", 11, TRUNK, Cause="16"),
    )


def test_why_a_caller_left_the_queue_comes_from_the_dialplan():
    outcomes = {status: _left_queue(status)[0].outcome for status in ("TIMEOUT", "LEAVEEMPTY", "CONTINUE", "")}
    assert outcomes == {
        "TIMEOUT": Outcome.TIMED_OUT,
        "LEAVEEMPTY": Outcome.LEFT_EMPTY,
        "CONTINUE": Outcome.PRESSED_KEY,
        # without dialplan events: who did not hang up was put out
        "": Outcome.TIMED_OUT,
    }
    (call,) = _left_queue("TIMEOUT")
    assert (call.wait_ms, call.talk_ms, call.hung_up_by) == (8000, 0, HungUpBy.PBX)


def test_queue_that_takes_nobody_is_a_stay_of_no_length():
    (call,) = _reduce(
        about("Newchannel", 0, TRUNK, Exten="+13125550101", ChannelStateDesc="Ring"),
        about("Newexten", 1, TRUNK, Application="Queue", AppData="sales"),
        about("VarSet", 1, TRUNK, Variable="QUEUESTATUS", Value="JOINEMPTY"),
        about("Hangup", 3, TRUNK, Cause="16"),
    )
    (segment,) = call.segments
    assert (segment.queue, segment.wait_ms, segment.outcome) == ("sales", 0, Outcome.NOT_JOINED)


def test_caller_who_hangs_up_in_the_menu_never_waited():
    (call,) = _reduce(
        about("Newchannel", 0, TRUNK, Exten="+13125550100", ChannelStateDesc="Ring"),
        about("HangupRequest", 4, TRUNK),
        about("Hangup", 4, TRUNK, Cause="0"),
    )
    assert (call.outcome, call.hung_up_by, call.segments) == (Outcome.ABANDONED_IN_MENU, HungUpBy.CUSTOMER, ())
    assert (call.wait_ms, call.talk_ms) == (None, 0)


def test_clean_restart_is_nobodys_hang_up():
    waiting, talking = (
        _reduce(
            about("Newchannel", 0, TRUNK, Exten="+13125550101", ChannelStateDesc="Ring"),
            about("QueueCallerJoin", 1, TRUNK, Queue="sales"),
            about("SoftHangupRequest", 5, TRUNK, Cause="4"),
            about("QueueCallerAbandon", 5, TRUNK, Queue="sales", HoldTime="4"),
            about("Hangup", 5, TRUNK, Cause="0"),
            frame("Shutdown", 6),
        ),
        _reduce(
            _answered_by_anna(),
            about("SoftHangupRequest", 5, TRUNK, Cause="4"),
            between("AgentComplete", 5, TRUNK, ANNA, **MEMBER, HoldTime="2", TalkTime="2", Reason="agent"),
            about("Hangup", 5, TRUNK, Cause="16"),
        ),
    )
    assert [(call.outcome, call.hung_up_by, call.flags) for call in (*waiting, *talking)] == [
        (Outcome.CUT_OFF, HungUpBy.PBX, (Flag.PBX_RESTARTED,)),
        (Outcome.ANSWERED, HungUpBy.PBX, (Flag.PBX_RESTARTED,)),
    ]


def test_operators_telephone_that_reached_nobody_made_no_call():
    feature = Channel(id="5.1", linked="5.1", name="PJSIP/101-09", number="101")
    assert _reduce(
        about("Newchannel", 0, feature, Exten="*45", ChannelStateDesc="Ring"),
        about("Hangup", 2, feature, Cause="16"),
    ) == []  # fmt: skip


def test_call_still_going_on_has_no_end_and_no_durations():
    (call,) = _reduce(_answered_by_anna())
    (segment,) = call.segments
    assert (call.ended_at, call.hung_up_by, call.outcome) == (None, None, Outcome.ANSWERED)
    assert (segment.wait_ms, segment.talk_ms, segment.hold_ms, segment.outcome) == (2000, None, None, None)


def test_call_whose_beginning_was_missed_is_told_from_what_is_left():
    (call,) = _reduce(
        between("AgentComplete", 100, TRUNK, ANNA, **MEMBER, HoldTime="2", TalkTime="60", Reason="caller"),
        about("Hangup", 100, TRUNK, Cause="16"),
    )
    assert (call.wait_ms, call.talk_ms, call.hung_up_by) == (2000, 60000, HungUpBy.CUSTOMER)
    assert call.flags == (Flag.ENTRY_UNSEEN,)

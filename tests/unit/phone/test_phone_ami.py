"""Reading an AMI connection: frames, instants, escapes, bad input."""

from datetime import UTC, datetime

import pytest

from channels_app.phone.asterisk_ami import ArrivalClock, read_ami
from channels_app.phone.events import EventKind

JOIN = (
    "Event: QueueCallerJoin\r\nPrivilege: agent,all\r\n{clock}Channel: PJSIP/trunk-00000011\r\n"
    "CallerIDNum: +442079460107\r\nCallerIDName: Moira O\\'Neill\r\nUniqueid: 1700000000.1\r\n"
    "Linkedid: 1700000000.1\r\nQueue: sales\r\nPosition: 1\r\n\r\n"
)
TIMED = JOIN.format(clock="Timestamp: 1700000000.705714\r\n")
UNTIMED = JOIN.format(clock="")


def test_timestamp_header_is_kept_to_the_microsecond():
    (entry,) = read_ami(TIMED.encode())
    assert entry.events[0].at == datetime(2023, 11, 14, 22, 13, 20, 705714, tzinfo=UTC)
    assert entry.events[0].kind is EventKind.QUEUE_ENTERED


def test_names_lose_their_backslashes():
    doubly = TIMED.replace("Moira O\\'Neill", 'A|B, \\\\\\"C\\\\\\"; D=E: 100% <x>')
    assert [e.events[0].name for e in read_ami((TIMED + doubly).encode())] == [
        "Moira O'Neill",
        'A|B, "C"; D=E: 100% <x>',
    ]


def test_without_timestamp_the_arrival_of_the_last_byte_counts():
    greeting = "Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n"
    half = len(greeting) + len(UNTIMED) // 2
    clock = ArrivalClock.from_csv(f"byte_offset,received_epoch\n0,1700000000.1\n{half},1700000000.250\n".encode())
    hello, join = read_ami((greeting + UNTIMED).encode(), arrival=clock)
    assert hello.events == ()
    assert join.events[0].at == datetime(2023, 11, 14, 22, 13, 20, 250000, tzinfo=UTC)


def test_without_any_clock_an_event_about_calls_is_rejected_not_guessed():
    (entry,) = read_ami(UNTIMED.encode())
    assert entry.rejected == "QueueCallerJoin without Timestamp and without an arrival clock"
    assert entry.events == ()


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("\x00\x01garbage\r\n\r\n", "line 1 of the frame is no `Name: value` header: '\ufffd\\x01garbage'"),
        ("Channel: x\r\n\r\n", "frame with neither Event nor Response"),
        ("Event: Hold\r\nTimestamp: noon\r\nUniqueid: 1.1\r\n\r\n", "header Timestamp: not an epoch time: 'noon'"),
        ("Event: Hold\r\nTimestamp: 1700000000.1\r\n\r\n", "Hold without Uniqueid"),
        (
            "Event: AgentRingNoAnswer\r\nTimestamp: 1.0\r\nUniqueid: 1.1\r\nQueue: s\r\nRingTime: long\r\n\r\n",
            "header RingTime: 'long' is not a whole number",
        ),
        (
            "Event: Hold\r\nTimestamp: 1.0\r\nUniqueid: 1.1\r\n",
            "frame cut off: the file ends before the empty line that closes it",
        ),
    ],
)
def test_bad_frame_is_kept_raw_with_its_cause(frame, reason):
    (entry,) = read_ami(frame.encode())
    assert (entry.rejected, entry.events) == (reason, ())
    assert entry.raw == frame.encode().strip(b"\r\n")


def test_a_bad_frame_blocks_no_other_and_lines_are_counted():
    entries = list(read_ami(("nonsense\r\n\r\n" + TIMED).encode()))
    assert [(entry.line, bool(entry.rejected)) for entry in entries] == [(1, True), (3, False)]


def test_a_clock_with_a_bad_line_names_it():
    with pytest.raises(ValueError, match="line 3: byte offsets must ascend"):
        ArrivalClock.from_csv(b"byte_offset,received_epoch\n10,1700000000\n5,1700000001\n")


def test_queue_members_name_the_operators_telephones():
    frame = (
        "Event: QueueMember\r\nQueue: es\r\nName: Ben Ortiz\r\nLocation: Local/102@agents/n\r\n"
        "StateInterface: PJSIP/102\r\n\r\n"
    )
    (entry,) = read_ami(frame.encode())
    assert [(phone.interface, phone.operator_name) for phone in entry.phones] == [("PJSIP/102", "Ben Ortiz")]

"""Reading CEL rows, good and bad, and what they imply."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from channels_app.phone.asterisk_cel import read_cel
from channels_app.phone.calls import HungUpBy, Outcome
from channels_app.phone.reducer import reduce_events

CUSTOMER = ("+442079460009", "PJSIP/trunk-01", "1.1")
OPERATOR = ("101", "PJSIP/101-02", "1.2")


def _row(kind, at, leg, *, app="", data="", defined="", extra=""):
    number, channel, uniqueid = leg
    quoted = extra.replace('"', '""')
    fields = [
        kind,
        f"17000000{at}",
        "",
        number,
        "",
        "",
        "",
        "+13125550101",
        "from-trunk",
        channel,
        app,
        data,
        "3",
        "acme",
    ]
    return ",".join(f'"{field}"' for field in [*fields, uniqueid, "1.1", "", "", defined, quoted]) + "\n"


IN_QUEUE = {"app": "Queue", "data": "sales,t"}
RUNG = {"app": "AppQueue", "data": "(Outgoing Line)"}
BRIDGE = '{"bridge_id":"b1"}'
BY_OPERATOR = '{"hangupcause":16,"hangupsource":"PJSIP/101-02","dialstatus":""}'
CALL = "".join(
    [
        _row("CHAN_START", "00.000000", CUSTOMER),
        _row("STREAM_BEGIN", "00.500000", CUSTOMER, **IN_QUEUE, defined="MOH_STREAM_BEGIN"),
        _row("CHAN_START", "01.000000", OPERATOR),
        _row("ANSWER", "03.990000", OPERATOR, **RUNG),
        _row("STREAM_END", "03.995000", CUSTOMER, **IN_QUEUE, defined="MOH_STREAM_END"),
        _row("BRIDGE_ENTER", "03.998000", OPERATOR, **RUNG, extra=BRIDGE),
        _row("BRIDGE_ENTER", "04.000000", CUSTOMER, **IN_QUEUE, extra=BRIDGE),
        _row("STREAM_BEGIN", "10.000000", CUSTOMER, **IN_QUEUE, defined="MOH_STREAM_BEGIN"),
        _row("STREAM_END", "12.250000", CUSTOMER, **IN_QUEUE, defined="MOH_STREAM_END"),
        _row("BRIDGE_EXIT", "20.000000", OPERATOR, **RUNG, extra=BRIDGE),
        _row("BRIDGE_EXIT", "20.001000", CUSTOMER, **IN_QUEUE, extra=BRIDGE),
        _row("HANGUP", "20.002000", OPERATOR, **RUNG, extra=BY_OPERATOR),
        _row("HANGUP", "20.003000", CUSTOMER, extra=BY_OPERATOR),
    ]
)


def _reduce(text):
    entries = list(read_cel(text.encode()))
    assert [entry.rejected for entry in entries if entry.rejected] == []
    return reduce_events([event for entry in entries for event in entry.events])


def test_rows_imply_queue_ring_answer_hold_and_who_hung_up():
    (call,) = _reduce(CALL)
    (segment,) = call.segments
    assert (segment.queue, segment.interface) == ("sales", "PJSIP/101")
    # in the queue from 0.5, rang from 1.0, joined 4.0 to 20.0, music while joined 10.0 to 12.25
    assert (segment.wait_ms, segment.ring_ms, segment.talk_ms, segment.hold_ms) == (3500, 3000, 16000, 2250)
    assert (call.outcome, call.hung_up_by, call.account_hint) == (Outcome.ANSWERED, HungUpBy.OPERATOR, "acme")


def test_order_of_rows_does_not_matter():
    assert _reduce("".join(reversed(CALL.splitlines(keepends=True)))) == _reduce(CALL)


def test_local_times_need_the_zone_of_the_telephone_system():
    row = _row("CHAN_START", "00.000000", CUSTOMER).replace("1700000000.000000", "2026-11-23 09:21:00")
    (unknown,) = read_cel(row.encode())
    (known,) = read_cel(row.encode(), time_zone=ZoneInfo("America/Chicago"))
    assert unknown.rejected == (
        "column 2 (eventtime): '2026-11-23 09:21:00' is a local time; set time_zone in the settings of the endpoint"
    )
    assert known.at == datetime(2026, 11, 23, 15, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("garbage\n", "1 columns, a CEL row has 20"),
        (
            '"CHAN_START","noon' + '","' * 18 + '"\n',
            "column 2 (eventtime): 'noon' is neither epoch seconds nor a date and time",
        ),
        ('"open quote\n', "not CSV: unexpected end of data"),
        (_row("TELEPORT", "00.000000", CUSTOMER), "column 1 (eventtype): 'TELEPORT' is not known"),
        (_row("HANGUP", "00.000000", CUSTOMER, extra="{broken"), "column 20 (extra): not JSON: "),
        (_row("BRIDGE_ENTER", "00.000000", CUSTOMER, extra="{broken"), "column 20 (extra): not JSON: "),
        (_row("CHAN_START", "00.000000", ("1", "PJSIP/1-1", "")), "column 15 (uniqueid): '' is no id"),
    ],
)
def test_bad_row_is_kept_raw_with_its_cause(row, reason):
    (entry,) = read_cel(row.encode())
    assert entry.rejected.startswith(reason)
    assert (entry.events, entry.raw) == ((), row.rstrip("\n").encode())

"""CDR rows, good and bad: columns, local times, clocks that change, names."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from channels_app.phone.asterisk_cdr import read_cdr
from channels_app.phone.calls import Flag, Outcome
from channels_app.phone.reducer import reduce_events

CHICAGO = ZoneInfo("America/Chicago")


def _row(
    *,
    start="2026-11-23 09:00:00",
    answer="2026-11-23 09:00:01",
    end="2026-11-23 09:00:31",
    duration=31,
    billsec=30,
    clid='""James Whitfield"" <+442079460101>',
    peer="PJSIP/101-00000002",
    app="Dial",
    data="PJSIP/101,20",
    disposition="ANSWERED",
    unique="1795446000.1",
    tail='"did:+13125550101","","1795446000.1",1',
):
    head = f'"acme","+442079460101","101","from-trunk","{clid}","PJSIP/trunk-00000001","{peer}","{app}","{data}"'
    times = (
        f'"{start}","{answer}","{end}",{duration},{billsec}' if answer else f'"{start}",,"{end}",{duration},{billsec}'
    )
    return f'{head},{times},"{disposition}","DOCUMENTATION","{unique}"{"," + tail if tail else ""}\n'


def _only(text, zone=CHICAGO):
    (entry,) = read_cdr(text.encode(), time_zone=zone)
    return entry


def test_row_of_all_column_variants_is_one_leg():
    full, with_userfield, bare = _row(), _row(tail='"did:+13125550101"'), _row(tail="")
    for text, dialled in ((full, "+13125550101"), (with_userfield, "+13125550101"), (bare, "101")):
        (event,) = _only(text).events
        assert event.at == datetime(2026, 11, 23, 15, 0, 0, tzinfo=UTC)
        assert event.answered_at == event.at + timedelta(seconds=1)
        assert event.ended_at == event.at + timedelta(seconds=31)
        assert (event.linked_id, event.extension, event.name) == ("1795446000.1", dialled, "James Whitfield")


def test_dialled_row_is_a_call_with_ring_and_talk():
    (call,) = reduce_events(_only(_row()).events, phones={"PJSIP/101": "Anna"})
    assert (call.operator_name, call.to_number, call.outcome) == ("Anna", "+13125550101", Outcome.ANSWERED)
    assert (call.ring_ms, call.talk_ms, call.hold_ms, call.hung_up_by) == (1000, 30_000, None, None)
    assert call.flags == ()


def test_unanswered_row_is_a_missed_call():
    text = _row(answer="", end="2026-11-23 09:00:20", duration=20, billsec=0, disposition="NO ANSWER")
    (call,) = reduce_events(_only(text).events, phones={"PJSIP/101": "Anna"})
    assert (call.outcome, call.talk_ms, call.ring_ms) == (Outcome.UNANSWERED, 0, 20_000)


def test_row_across_the_change_of_clocks_lasts_as_long_as_it_counted():
    # 2026-11-01 02:00 CDT became 01:00 CST
    text = _row(
        start="2026-11-01 01:59:50", answer="2026-11-01 01:59:55", end="2026-11-01 01:00:25", duration=35, billsec=30
    )
    (event,) = _only(text).events
    assert event.ended_at == event.at + timedelta(seconds=35)
    assert event.answered_at == event.at + timedelta(seconds=5)


@pytest.mark.parametrize(("made", "hour"), [(1793514600, 6), (1793518200, 7)])
def test_repeated_hour_is_told_apart_by_the_channels_id(made, hour):
    text = _row(start="2026-11-01 01:30:00", answer="", end="2026-11-01 01:30:10", duration=10, unique=f"{made}.1")
    (event,) = _only(text).events
    assert event.at == datetime(2026, 11, 1, hour, 30, tzinfo=UTC)


def test_wrong_time_zone_is_flagged_because_no_row_begins_before_its_channel():
    (call,) = reduce_events(_only(_row(), ZoneInfo("Europe/Moscow")).events)
    assert Flag.CLOCKS_DIFFER in call.flags


def test_stored_row_is_read_again_without_the_zone():
    entry = _only(_row())
    (again,) = read_cdr(entry.raw, known_at=entry.at)
    assert again.events == entry.events


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("garbage\n", "1 columns, a CDR row with uniqueid has 17, 18 or 21"),
        (_row(start="noon"), "column 10 (start): 'noon' is no date and time"),
        (_row(duration="x"), "column 13 (duration): 'x' is not a whole number"),
        (_row(unique=""), "column 17 (uniqueid): '' is no id"),
    ],
)
def test_bad_row_is_kept_raw_with_its_cause(text, reason):
    entry = _only(text)
    assert (entry.rejected, entry.events, entry.raw) == (reason, (), text.rstrip("\n").encode())


def test_local_time_without_a_zone_is_refused_with_what_to_do():
    assert _only(_row(), None).rejected == (
        "column 10 (start): 2026-11-23 09:00:00 is a local time; set time_zone in the settings of the endpoint"
    )

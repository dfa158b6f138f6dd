"""Tables of calls by a mapping of their columns."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from channels_app.phone.calls import Direction, Outcome, SegmentKind
from channels_app.phone.reducer import reduce_events
from channels_app.phone.table import NoHeading, read_table, reread_row
from channels_app.phone.table_mapping import BadMapping, TableMapping

MAPPING = """
delimiter: ";"
time_format: "%d.%m.%Y %H:%M:%S"
time_zone: Europe/Moscow
columns: {id: No, started: Begin, from: A, to: B, duration: Total, talk: Talk, operator: Who, queue: Line,
          direction: Dir, outcome: How}
values:
  direction: {"1": inbound, "2": outbound}
  outcome: {OK: answered, NA: unanswered}
"""
TABLE = """\
No;Begin;A;B;Total;Talk;Who;Line;Dir;How
1;23.11.2026 18:00:00;+79161112233;+74950000201;70;60;Anna;sales;1;OK
2;23.11.2026 18:05:00;+79161112244;+74950000201;25;0;;sales;1;NA
3;23.11.2026 18:10:00;+74950000201;+79161112255;50;40;Anna;;2;OK
"""


def _calls(text, mapping=MAPPING):
    entries = list(read_table(text.encode(), mapping=TableMapping.from_text(mapping)))
    assert [entry.rejected for entry in entries] == [""] * len(entries)
    again = [event for entry in entries for event in reread_row(entry.raw).events]
    events = [event for entry in entries for event in entry.events]
    assert again == events
    return reduce_events(events)


def test_rows_become_calls_with_their_times():
    answered, missed, outbound = _calls(TABLE)
    assert (answered.external_id, answered.direction) == ("1", Direction.INBOUND)
    assert answered.started_at == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert (answered.queue, answered.operator_name, answered.outcome) == ("sales", "Anna", Outcome.ANSWERED)
    assert (answered.wait_ms, answered.talk_ms, answered.hold_ms) == (10_000, 60_000, None)
    assert (missed.outcome, missed.talk_ms, missed.answered_at) == (Outcome.TIMED_OUT, 0, None)
    assert (outbound.direction, outbound.operator_name) == (Direction.OUTBOUND, "Anna")
    assert (outbound.from_number, outbound.to_number) == ("+74950000201", "+79161112255")
    assert (outbound.ring_ms, outbound.talk_ms) == (10_000, 40_000)
    assert [part.kind for part in outbound.segments] == [SegmentKind.OUTBOUND]


def test_row_without_an_id_is_known_by_its_content():
    mapping = "columns: {started: 1, from: 2, to: 3, duration: 4, talk: 5}"
    line = "2026-11-23T15:00:00Z,+79161112233,+74950000201,70,60\n"
    one, again, other = read_table(
        (line * 2 + line.replace("70", "71")).encode(), mapping=TableMapping.from_text(mapping)
    )
    assert one.identity == again.identity != other.identity
    assert one.events == again.events


def test_local_time_needs_a_zone_and_the_rest_of_the_table_is_read():
    mapping = TableMapping.from_text("columns: {started: at}")
    data = b"at\n2026-11-23 15:00:00\nnoon\n1795445655\n"
    local, bad, epoch = read_table(data, mapping=mapping)
    assert local.rejected == "started: '2026-11-23 15:00:00' is a local time; time_zone is needed"
    assert bad.rejected == "started: 'noon' is no time (ISO 8601 or epoch seconds)"
    assert (bad.raw, bad.line) == (b"noon", 3)
    assert epoch.at == datetime(2026, 11, 23, 14, 54, 15, tzinfo=UTC)
    zoned = next(read_table(data, mapping=mapping, time_zone=ZoneInfo("Europe/Moscow")))
    assert zoned.at == datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1;23.11.2026 18:00:00;a;b;-1;0;;;1;OK", "duration: '-1' is no duration in s"),
        (
            "1;23.11.2026 18:00:00;a;b;1;0;;;7;OK",
            "direction: '7' is none of inbound, outbound; map it under values.direction",
        ),
        ("1;23.11.2026 18:00:00;a", "to: the row has only 3 columns"),
    ],
)
def test_bad_row_is_kept_raw_with_the_column_and_the_cause(row, reason):
    (entry,) = read_table(f"{TABLE.splitlines()[0]}\n{row}\n".encode(), mapping=TableMapping.from_text(MAPPING))
    assert (entry.rejected, entry.raw, entry.events) == (reason, row.encode(), ())


def test_missing_column_is_named_with_those_there_are():
    mapping = TableMapping.from_text("columns: {started: when}")
    with pytest.raises(NoHeading, match=r"columns\.started: the table has no column 'when'; it has at, b"):
        list(read_table(b"at,b\n1,2\n", mapping=mapping))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("columns: {from: a}", "columns.started: needed"),
        ("columns: {started: a, colour: b}", "columns.colour: not known"),
        ("columns: {started: a, to: 2}", "columns: either headings or numbers, not both"),
        ("columns: {started: a}\nunit: parsec", "unit: 'parsec' is none of hms, ms, s"),
        ("columns: {started: a}\ntime_zone: Mars/Base", "time_zone: 'Mars/Base' is not a known zone"),
        ("columns: {started: a}\nvalues: {outcome: {x: great}}", "values.outcome: 'great' is none of"),
        ("{broken", "neither YAML nor JSON"),
        ("- 1", "not an object"),
    ],
)
def test_mapping_that_makes_no_sense_is_refused_with_the_key(text, message):
    with pytest.raises(BadMapping) as caught:
        TableMapping.from_text(text)
    assert str(caught.value).startswith(message)

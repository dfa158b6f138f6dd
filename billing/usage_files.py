"""Usage from files: CSV with a header or JSON lines, for the pure rating command. Every bad row is named by its line
and field; none is guessed.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.matching import Channel, Direction
from billing.terms import TimeClass
from billing.usage import Usage

TIME_FIELDS = {f"{time_class}_ms": 1 for time_class in TimeClass} | {
    f"{time_class}_s": 1000 for time_class in TimeClass
}
COUNT_FIELDS = ("messages", "segments", "orders")
TEXT_FIELDS = ("language", "queue", "campaign", "label")
KNOWN_FIELDS = {"id", "started_at", "channel", "direction", *TIME_FIELDS, *COUNT_FIELDS, *TEXT_FIELDS}
LONGEST_MS = 400 * 86_400_000
MOST_COUNTED = 1_000_000_000
NO_CHANNEL = "none"
"""What a file writes for time that belongs to no contact; in CSV an empty cell is a missing value."""


class UsageFileError(ValueError):
    """The file holds rows that are no usage; problems names each by line, field and cause."""

    def __init__(self, *, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read_usage(*, text: str) -> list[Usage]:
    """Return the contacts of a file; UsageFileError naming every row at fault.

    JSON lines where the first character is an opening brace, else CSV. Fields: id (default: the line number),
    started_at (ISO 8601 with zone; needed), channel (default voice; "none" for time of no contact), direction (default
    in), per class of time talk_ms or talk_s (decimal seconds), hold_, wrap_, focus_, open_, patched_, ivr_, idle_,
    operator_ likewise, the counts messages, segments, orders, and the texts language, queue, campaign, label.
    """
    rows = _json_rows(text) if text.lstrip()[:1] == "{" else _csv_rows(text)
    problems: list[str] = []
    usage: list[Usage] = []
    for number, row in rows:
        if isinstance(row, str):
            problems.append(f"line {number}: {row}")
            continue
        found = _usage(row=row, number=number, problems=problems)
        if found is not None:
            usage.append(found)
    if problems:
        raise UsageFileError(problems=problems)
    return usage


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_float=Decimal)
        except (json.JSONDecodeError, RecursionError) as error:
            yield number, f"is not JSON: {error}"
            continue
        yield number, row if isinstance(row, dict) else "is not a JSON object"


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    try:
        for row in reader:
            if None in row:
                yield reader.line_num, "has more cells than the header names"
            else:
                yield reader.line_num, {key: value for key, value in row.items() if value not in (None, "")}
    except csv.Error as error:
        yield reader.line_num, f"is not CSV: {error}"


def _usage(*, row: Mapping[str, Any], number: int, problems: list[str]) -> Usage | None:
    before = len(problems)

    def refuse(field: str, cause: str) -> None:
        problems.append(f"line {number}: {field}: {cause}")

    for field in row:
        if field not in KNOWN_FIELDS:
            refuse(str(field), f"is not a field of usage; known are {', '.join(sorted(KNOWN_FIELDS))}")
    started_at = _instant(row.get("started_at"), refuse=lambda cause: refuse("started_at", cause))
    channel, direction = row.get("channel", "voice"), row.get("direction", "in")
    if channel not in [*Channel, NO_CHANNEL]:
        refuse("channel", f"must be one of {', '.join([*Channel, NO_CHANNEL])}, not {channel!r}")
    if direction not in list(Direction):
        refuse("direction", f"must be one of {', '.join(Direction)}, not {direction!r}")
    milliseconds = dict.fromkeys(TimeClass, 0)
    for time_class in TimeClass:
        given = [field for field in (f"{time_class}_ms", f"{time_class}_s") if row.get(field) is not None]
        if len(given) > 1:
            refuse(given[0], f"is given beside {given[1]}; give one of them")
        for field in given[:1]:
            milliseconds[time_class] = _milliseconds(row[field], field=field, refuse=refuse)
    counts = {field: _count(row.get(field, 0), field=field, refuse=refuse) for field in COUNT_FIELDS}
    if len(problems) > before:
        return None
    facts: dict[str, Any] = {
        **{f"{time_class}_ms": value for time_class, value in milliseconds.items()},
        **counts,
        **{field: str(row.get(field, "")) for field in TEXT_FIELDS},
    }
    return Usage(
        id=str(row.get("id", number)),
        started_at=started_at,
        channel="" if channel == NO_CHANNEL else str(channel),
        direction=str(direction),
        **facts,
    )


def _count(value: object, *, field: str, refuse: Callable[[str, str], None]) -> int:
    try:
        exact = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        refuse(field, f"must be a number, not {value!r}")
        return 0
    if exact.denominator == 1 and 0 <= exact <= MOST_COUNTED:
        return exact.numerator
    refuse(field, f"must be a whole number from 0 to {MOST_COUNTED}, not {value}")
    return 0


def _instant(value: object, *, refuse: Callable[[str], None]) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    if not isinstance(value, str):
        refuse("is missing" if value is None else "must be an ISO 8601 text")
        return epoch
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        refuse(f"must be an ISO 8601 instant such as 2026-06-01T09:00:00Z, not {value!r}")
        return epoch
    if instant.tzinfo is None:
        refuse(f"has no zone: {value!r}; write Z or an offset")
        return epoch
    return instant.astimezone(UTC)


def _milliseconds(value: object, *, field: str, refuse: Callable[[str, str], None]) -> int:
    try:
        exact = Fraction(str(value)) * TIME_FIELDS[field]
    except (ValueError, ZeroDivisionError):
        refuse(field, f"must be a number, not {value!r}")
        return 0
    if exact < 0:
        refuse(field, f"must be a number that is not negative, not {value}")
    elif exact > LONGEST_MS:
        refuse(field, f"is longer than 400 days: {value}")
    elif exact.denominator != 1:
        refuse(field, f"must be whole milliseconds, not {value}")
    else:
        return exact.numerator
    return 0

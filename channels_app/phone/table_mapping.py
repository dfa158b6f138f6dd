"""What the columns of a table of calls mean: a mapping file (YAML or JSON), checked. Pure.

columns:            which column holds what; only `started` is needed
  id: callid
  started: starting_date
  from: caller_id_number
  to: destination_number
  duration: duration          # from start to end
  talk: billsec               # from answer to end
time_format: "%d.%m.%Y %H:%M:%S"   # default: ISO 8601, or epoch seconds
time_zone: Europe/Moscow           # of times without a zone (default: the endpoint's)
unit: s                            # of durations: s, ms or hms (1:02:03)
delimiter: ";"
values:                            # what the values of a column mean
  direction: {"1": inbound, "2": outbound}
  outcome: {"16": answered, "17": busy}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

COLUMNS = frozenset(
    {
        "id", "started", "answered", "ended", "duration", "talk", "wait", "from", "from_name", "to", "direction",
        "operator", "queue", "account", "outcome",
    }
)  # fmt: skip
UNITS = frozenset({"s", "ms", "hms"})
DIRECTIONS = frozenset({"inbound", "outbound"})
OUTCOMES = frozenset({"answered", "busy", "unanswered", "canceled", "failed", "abandoned"})
_KEYS = frozenset({"columns", "time_format", "time_zone", "unit", "delimiter", "values"})


class BadMapping(ValueError):
    """The mapping makes no sense; the message names the key and the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """A checked mapping. `columns` maps our names to the table's; a number counts columns from 1 (no heading)."""

    columns: Mapping[str, str | int]
    time_format: str = ""
    time_zone: ZoneInfo | None = None
    unit: str = "s"
    delimiter: str = ","
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def has_heading(self) -> bool:
        """Whether the first line names the columns."""
        return any(isinstance(column, str) for column in self.columns.values())

    @classmethod
    def from_text(cls, text: str) -> "TableMapping":
        """Read YAML or JSON; BadMapping names what is wrong."""
        try:
            # every scalar is a text: a column may be called No
            found = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  makes texts only
        except (ValueError, yaml.YAMLError, RecursionError) as error:
            raise BadMapping(f"neither YAML nor JSON: {str(error).splitlines()[0]}") from None
        if not isinstance(found, dict):
            raise BadMapping("not an object with the key columns")
        unknown = sorted(str(key) for key in found.keys() - _KEYS)
        if unknown:
            raise BadMapping(f"{unknown[0]}: not known; known are {', '.join(sorted(_KEYS))}")
        columns = _columns(found.get("columns"))
        unit, delimiter = found.get("unit", "s"), found.get("delimiter", ",")
        if unit not in UNITS:
            raise BadMapping(f"unit: {unit!r} is none of {', '.join(sorted(UNITS))}")
        if not isinstance(delimiter, str) or len(delimiter) != 1:
            raise BadMapping(f"delimiter: {delimiter!r} is not one character")
        time_format = found.get("time_format", "")
        if not isinstance(time_format, str):
            raise BadMapping("time_format: not a text")
        return cls(
            columns=columns,
            time_format=time_format,
            time_zone=_zone(found.get("time_zone")),
            unit=unit,
            delimiter=delimiter,
            values=_values(found.get("values", {})),
        )


def _columns(found: Any) -> dict[str, str | int]:
    if not isinstance(found, dict) or not found:
        raise BadMapping("columns: an object that says which column holds what is needed")
    unknown = sorted(str(name) for name in found.keys() - COLUMNS)
    if unknown:
        raise BadMapping(f"columns.{unknown[0]}: not known; known are {', '.join(sorted(COLUMNS))}")
    if "started" not in found:
        raise BadMapping("columns.started: needed")
    for name, column in found.items():
        is_number = isinstance(column, int) and not isinstance(column, bool) and column > 0
        if not is_number and not (isinstance(column, str) and column):
            raise BadMapping(f"columns.{name}: {column!r} is neither a heading nor a number from 1")
    numbers = [str(column).isascii() and str(column).isdigit() for column in found.values()]
    if any(numbers) and not all(numbers):
        raise BadMapping("columns: either headings or numbers, not both")
    return {name: int(column) if numbers[0] else column for name, column in found.items()}


def _zone(name: Any) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise BadMapping(f"time_zone: {name!r} is not a known zone") from None


def _values(found: Any) -> dict[str, dict[str, str]]:
    if not isinstance(found, dict):
        raise BadMapping("values: not an object")
    allowed = {"direction": DIRECTIONS, "outcome": OUTCOMES}
    result: dict[str, dict[str, str]] = {}
    for name, table in found.items():
        if name not in allowed or not isinstance(table, dict):
            raise BadMapping(f"values.{name}: only direction and outcome have values to map")
        for value in table.values():
            if value not in allowed[name]:
                raise BadMapping(f"values.{name}: {value!r} is none of {', '.join(sorted(allowed[name]))}")
        result[name] = {str(key): value for key, value in table.items()}
    return result

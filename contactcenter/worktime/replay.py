"""Replay written-down sessions through the ledger and compare the buckets with what is expected. Pure.

A file is {"tolerance": {...}, "cases": [{"id", "session": [start, end], "segments": [{"start", "end", "kind",
"account"}], "policy": {"idle", "open", "open_weights": {account: part}, ...}, "expect": {"account/kind": units}}]};
"expect" may be absent. Time without an account is "unallocated/kind". The file counts in seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contactcenter.worktime.allocation import IdleKind, OpenKind, Policy, allocate, totals
from contactcenter.worktime.ledger import Kind, Segment, slice_session

NOBODY = "unallocated"
SECONDS_OF_AN_HOUR = 3600
SEGMENT_KINDS = [kind for kind in Kind if kind is not Kind.IDLE]
SPLIT_KINDS = frozenset({Kind.OPEN, Kind.IDLE})


class BadCase(ValueError):
    """A file that cannot be replayed; the message names the field and the cause."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The buckets of one case and where they differ from what was expected: bucket -> [expected, got]."""

    id: str
    buckets: dict[str, int]
    sum: int
    differences: dict[str, list[int]] = field(default_factory=dict)


def replay(*, document: object, scale: int = 1) -> list[Outcome]:
    """Return the outcome of every case; `scale` multiplies all times and expectations (1000: seconds as milliseconds).

    Buckets of open and idle time may differ by the file's tolerance (in the file's unit: its splits are whole there),
    all others must be equal, and so must the sum and the session. Raises BadCase.
    """
    top = _mapping(document, "file")
    tolerance = _mapping(top.get("tolerance", {}), "tolerance")
    slack = _whole(tolerance.get("buckets that share a split", 0), "tolerance.buckets that share a split") * scale
    return [
        _replay_case(_mapping(case, f"cases[{index}]"), f"cases[{index}]", scale=scale, slack=slack)
        for index, case in enumerate(_list(top.get("cases"), "cases"))
    ]


def _replay_case(case: Mapping[str, Any], where: str, *, scale: int, slack: int) -> Outcome:
    bounds = _list(case.get("session"), f"{where}.session")
    if len(bounds) != 2:
        raise BadCase(f"{where}.session: expected [start, end]")
    start, end = (_whole(bound, f"{where}.session") * scale for bound in bounds)
    raw = [
        _mapping(item, f"{where}.segments[{index}]")
        for index, item in enumerate(_list(case.get("segments"), f"{where}.segments"))
    ]
    settings = _mapping(case.get("policy", {}), f"{where}.policy")
    expected = _expectation(case.get("expect"), where, scale)
    names = sorted(_names(raw, settings))
    numbers = {name: number for number, name in enumerate(names, start=1)}
    segments = [_segment(item, f"{where}.segments[{index}]", numbers, scale) for index, item in enumerate(raw)]
    policy = _policy(settings, f"{where}.policy", numbers)
    try:
        slices = slice_session(start=start, end=end, segments=segments)
    except ValueError as error:
        raise BadCase(f"{where}.{error}") from error
    sums = totals(shares=allocate(slices=slices, policy=policy, hour=SECONDS_OF_AN_HOUR * scale))
    buckets = {
        f"{NOBODY if account is None else names[account - 1]}/{kind}": units for (account, kind), units in sums.items()
    }
    differences = {} if expected is None else _differences(expected, buckets, slack)
    if sum(buckets.values()) != end - start:
        differences["sum"] = [end - start, sum(buckets.values())]
    return Outcome(str(case.get("id", where)), dict(sorted(buckets.items())), sum(buckets.values()), differences)


def _differences(expected: Mapping[str, int], buckets: Mapping[str, int], slack: int) -> dict[str, list[int]]:
    found = {}
    for name in sorted(expected.keys() | buckets.keys()):
        allowed = slack if name.rpartition("/")[2] in SPLIT_KINDS else 0
        wanted, got = expected.get(name, 0), buckets.get(name, 0)
        if abs(wanted - got) > allowed:
            found[name] = [wanted, got]
    if sum(expected.values()) != sum(buckets.values()):
        found["sum"] = [sum(expected.values()), sum(buckets.values())]
    return found


def _expectation(raw: object, where: str, scale: int) -> dict[str, int] | None:
    if raw is None:
        return None
    place = f"{where}.expect"
    return {name: _whole(units, f"{place}.{name}") * scale for name, units in _mapping(raw, place).items()}


def _segment(item: Mapping[str, Any], where: str, numbers: Mapping[str, int], scale: int) -> Segment:
    start, end = (_whole(item.get(name), f"{where}.{name}") for name in ("start", "end"))
    if end < start:
        raise BadCase(f"{where}.end: {end} is before start {start}")
    kind, account = item.get("kind"), item.get("account")
    if kind not in SEGMENT_KINDS:
        raise BadCase(f"{where}.kind: expected one of {', '.join(SEGMENT_KINDS)}, got {kind!r}")
    if account is None and kind != Kind.BREAK:
        raise BadCase(f"{where}.account: missing, only a break may have none")
    number = None if account is None else numbers[_text(account, f"{where}.account")]
    name = str(item.get("id") or f"{kind} {start} {end} {account}")
    return Segment(start * scale, end * scale, Kind(kind), number, None, name)


def _policy(settings: Mapping[str, Any], where: str, numbers: Mapping[str, int]) -> Policy:
    idle = settings.get("idle", IdleKind.NONE)
    if idle not in list(IdleKind):
        raise BadCase(f"{where}.idle: expected one of {', '.join(IdleKind)}, got {idle!r}")
    weights: dict[str, int] = {}
    if idle in (IdleKind.HOME, IdleKind.DEDICATED):
        weights = {_text(settings.get(idle), f"{where}.{idle}"): 1}
    elif idle == IdleKind.PERCENT:
        parts = _mapping(settings.get("percent"), f"{where}.percent")
        weights = {name: _whole(part, f"{where}.percent.{name}") for name, part in parts.items()}
    elif idle == IdleKind.EQUAL:
        eligible = _list(settings.get("eligible"), f"{where}.eligible")
        weights = {_text(name, f"{where}.eligible"): 1 for name in eligible}
    opened = settings.get("open", OpenKind.EQUAL)
    if opened not in list(OpenKind):
        raise BadCase(f"{where}.open: expected one of {', '.join(OpenKind)}, got {opened!r}")
    place = f"{where}.open_weights"
    raw = _mapping(settings.get("open_weights", {}), place)
    open_weights = {name: _whole(part, f"{place}.{name}") for name, part in raw.items()}
    try:
        return Policy(
            IdleKind(idle), _parts(weights, numbers), OpenKind(opened), open_weights=_parts(open_weights, numbers)
        )
    except ValueError as error:
        raise BadCase(f"{where}.{error}") from error


def _parts(weights: Mapping[str, int], numbers: Mapping[str, int]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((numbers[name], part) for name, part in weights.items()))


def _names(segments: list[Mapping[str, Any]], settings: Mapping[str, Any]) -> set[str]:
    names = {item["account"] for item in segments if isinstance(item.get("account"), str)}
    for value in settings.values():
        listed = value if isinstance(value, (list, dict)) else [value]
        names |= {name for name in listed if isinstance(name, str)}
    return names


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadCase(f"{where}: expected an object, got {type(value).__name__}")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadCase(f"{where}: expected a list, got {type(value).__name__}")
    return value


def _whole(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadCase(f"{where}: expected a whole number, got {value!r}")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise BadCase(f"{where}: expected a name, got {value!r}")
    return value

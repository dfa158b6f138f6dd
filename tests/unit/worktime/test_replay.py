"""Written-down sessions: good ones give buckets, bad ones a sentence that names the field."""

import copy
from typing import Any

import pytest

from contactcenter.worktime.replay import BadCase, replay

GOOD: dict[str, Any] = {
    "tolerance": {"buckets that share a split": 1},
    "cases": [
        {
            "id": "one",
            "session": [0, 100],
            "segments": [
                {"start": 10, "end": 30, "kind": "talk", "account": "A"},
                {"start": 50, "end": 55, "kind": "break"},
            ],
            "policy": {"idle": "equal", "eligible": ["A", "B"]},
            "expect": {"A/talk": 20, "unallocated/break": 5, "A/idle": 38, "B/idle": 37},
        }
    ],
}


def changed(path: tuple[Any, ...], value: object) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    place: Any = document["cases"][0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


def test_buckets_of_a_shared_split_may_differ_by_the_tolerance() -> None:
    [outcome] = replay(document=GOOD)
    assert outcome.buckets == {"A/idle": 37, "A/talk": 20, "B/idle": 38, "unallocated/break": 5}
    assert outcome.differences == {}


def test_without_tolerance_the_same_case_differs() -> None:
    [outcome] = replay(document={"cases": GOOD["cases"]})
    assert outcome.differences == {"A/idle": [38, 37], "B/idle": [37, 38]}


def test_a_bucket_of_one_owner_must_be_equal() -> None:
    [outcome] = replay(document=changed(("expect", "A/talk"), 21))
    assert outcome.differences == {"A/talk": [21, 20], "sum": [101, 100]}


def test_milliseconds_give_the_same_answer() -> None:
    [outcome] = replay(document=GOOD, scale=1000)
    assert outcome.buckets == {"A/idle": 37500, "A/talk": 20000, "B/idle": 37500, "unallocated/break": 5000}
    assert outcome.differences == {}


def test_a_case_without_expectation_only_gives_buckets() -> None:
    [outcome] = replay(document=changed(("expect",), None))
    assert outcome.sum == 100
    assert outcome.differences == {}


@pytest.mark.parametrize(
    ("path", "value", "cause"),
    [
        (("session",), [0], r"cases\[0\]\.session: expected \[start, end\]"),
        (("session",), [9, 3], r"cases\[0\]\.session: ends at 3, before it starts at 9"),
        (("segments",), None, r"cases\[0\]\.segments: expected a list"),
        (("segments", 0, "start"), "x", r"segments\[0\]\.start: expected a whole number, got 'x'"),
        (("segments", 0, "start"), 1.5, r"segments\[0\]\.start: expected a whole number, got 1.5"),
        (("segments", 0, "end"), 1, r"segments\[0\]\.end: 1 is before start 10"),
        (("segments", 0, "kind"), "nap", r"segments\[0\]\.kind: expected one of .*, got 'nap'"),
        (("segments", 0, "account"), None, r"segments\[0\]\.account: missing"),
        (("segments", 0, "account"), ["A"], r"segments\[0\]\.account: expected a name"),
        (("policy", "idle"), "mine", r"policy\.idle: expected one of none, home, .*, got 'mine'"),
        (("policy", "idle"), "home", r"policy\.home: expected a name, got None"),
        (("policy", "eligible"), [3], r"policy\.eligible: expected a name, got 3"),
        (("policy",), {"idle": "percent", "percent": {"A": -1}}, r"policy\.weights: a part must not be negative"),
        (("expect", "A/talk"), "20", r"expect\.A/talk: expected a whole number"),
    ],
)
def test_bad_case_is_refused_with_field_and_cause(path: tuple[Any, ...], value: object, cause: str) -> None:
    with pytest.raises(BadCase, match=cause):
        replay(document=changed(path, value))


@pytest.mark.parametrize("document", [None, [], {}, {"cases": {}}, {"cases": [1]}])
def test_file_of_another_shape_is_refused(document: object) -> None:
    with pytest.raises(BadCase, match=r"file|cases"):
        replay(document=document)

"""manage.py replay_worktime FILE: exit codes 0, 1, 2 and JSON, without a database."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

CASE = {
    "id": "one",
    "session": [0, 60],
    "segments": [{"start": 10, "end": 30, "kind": "talk", "account": "A"}],
    "expect": {"A/talk": 20, "unallocated/idle": 40},
}


def run(path: Path, *options: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("replay_worktime", str(path), *options, stdout=out, stderr=err)
    except SystemExit as end:
        code = int(str(end.code))
    return code, out.getvalue(), err.getvalue()


def test_file_that_comes_out_as_expected_exits_0(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [CASE]}))
    code, out, _ = run(path)
    assert code == 0
    assert json.loads(out) == {
        "passed": 1,
        "failed": 0,
        "cases": [{"id": "one", "buckets": {"A/talk": 20, "unallocated/idle": 40}, "sum": 60, "differences": {}}],
    }


def test_difference_exits_1_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [CASE | {"expect": {"A/talk": 21, "unallocated/idle": 39}}]}))
    code, out, _ = run(path)
    assert code == 1
    assert json.loads(out)["cases"][0]["differences"] == {"A/talk": [21, 20], "unallocated/idle": [39, 40]}


@pytest.mark.parametrize(
    ("content", "options", "cause"),
    [
        (b"{", (), "Expecting property name"),
        (b"\xff\xfe", (), "can't decode"),
        (b"[" * 100_000, (), "recursion"),
        (b'{"cases": 3}', (), "cases: expected a list, got int"),
        (b'{"cases": []}', ("--scale", "0"), "--scale: expected at least 1, got 0"),
    ],
)
def test_bad_file_exits_2_with_a_sentence(tmp_path: Path, content: bytes, options: tuple[str, ...], cause: str) -> None:
    path = tmp_path / "cases.json"
    path.write_bytes(content)
    code, out, err = run(path, *options)
    assert (code, out) == (2, "")
    assert cause in err


def test_missing_file_exits_2(tmp_path: Path) -> None:
    code, _, err = run(tmp_path / "none.json")
    assert code == 2
    assert "No such file" in err

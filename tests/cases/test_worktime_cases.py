"""The sessions of cases/worktime, whose buckets come from an independent oracle."""

import json
import os
from pathlib import Path

import pytest

from contactcenter.worktime.replay import replay

FILE = (
    Path(os.environ.get("CASES_DIR", Path(__file__).parents[2] / ".." / "shared" / "cases")) / "worktime" / "cases.json"
)
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="CASES_DIR has no worktime/cases.json")


@pytest.mark.parametrize("scale", [1, 1000], ids=["seconds", "milliseconds"])
def test_every_case_gives_the_expected_buckets(scale: int) -> None:
    outcomes = replay(document=json.loads(FILE.read_text()), scale=scale)
    assert len(outcomes) >= 44
    assert {outcome.id: outcome.differences for outcome in outcomes if outcome.differences} == {}


def test_in_seconds_even_the_shared_buckets_are_equal() -> None:
    document = json.loads(FILE.read_text())
    expected = {case["id"]: dict(sorted(case["expect"].items())) for case in document["cases"]}
    assert {outcome.id: outcome.buckets for outcome in replay(document=document)} == expected

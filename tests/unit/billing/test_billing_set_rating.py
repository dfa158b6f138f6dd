"""Rating set by set in Polars gives the bills of the single call, on random tariffs and random usage."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.explanation import bill_document
from billing.pricing import Bill, price_period
from billing.rating import Usage
from billing.rounding import DurationRule, TimeRule, billed_time, round_duration, whole_steps
from billing.set_rating import is_set_rateable, price_sets
from billing.terms import TariffTerms
from billing.terms_document import parse_terms
from tests.unit.billing.strategies import segment, tariffs, usages

EASY = tariffs(
    leave_out=frozenset({"surcharge", "time", "holiday", "stages", "cap_per_contact", "grace_contacts"})
).filter(lambda terms: is_set_rateable(terms=terms))
rules = st.builds(
    DurationRule,
    first_ms=st.integers(0, 120_000),
    step_ms=st.integers(0, 120_000),
    grace_ms=st.integers(0, 30_000),
    least_ms=st.integers(0, 120_000),
    rule=st.sampled_from(TimeRule),
)


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=20), rules)
def test_a_rounding_rule_means_the_same_for_one_duration_and_for_a_column(
    durations: list[int], rule: DurationRule
) -> None:
    frame = pl.DataFrame({"d": durations}, schema={"d": pl.Int64})
    column = frame.select(billed_time(duration=pl.col("d"), rule=rule)).to_series().to_list()
    assert column == [round_duration(duration_ms=duration, rule=rule) for duration in durations]


@pytest.mark.parametrize(
    ("rule", "expected"),
    # steps of 10: what 4, 5, 6, 10 and 15 become, worked by hand
    [
        (TimeRule.UP, [10, 10, 10, 10, 20]),
        (TimeRule.HALF_UP, [0, 10, 10, 10, 20]),
        (TimeRule.HALF_DOWN, [0, 0, 10, 10, 10]),
        (TimeRule.DOWN, [0, 0, 0, 10, 10]),
    ],
)
def test_steps_by_each_rule(rule: TimeRule, expected: list[int]) -> None:
    values = [4, 5, 6, 10, 15]
    assert [whole_steps(value=value, step=10, rule=rule) for value in values] == expected
    column = pl.DataFrame({"v": values}, schema={"v": pl.Int64}).select(
        whole_steps(value=pl.col("v"), step=10, rule=rule)
    )
    assert column.to_series().to_list() == expected


def frame(rows: Sequence[tuple[str, Usage]], *, narrow: bool = False) -> pl.LazyFrame:
    columns: dict[str, list[Any]] = {"account": [account for account, _ in rows]}
    for name in [name for name in Usage._fields[2:] if name != "spans"]:
        columns[name] = [getattr(usage, name) for _, usage in rows]
    whole = pl.Int32 if narrow else pl.Int64
    texts = {"account", "channel", "direction", "language", "queue", "campaign", "label"}
    return pl.LazyFrame(columns, schema={name: pl.String if name in texts else whole for name in columns})


def without_recorded_classes(bill: Bill) -> dict[str, Any]:
    """What the totals of a set do not know: how the raw time parts into classes."""
    document = bill_document(bill=bill)
    for line in document["lines"]:
        line["explanation"].pop("raw_ms_by_class", None)
    return document | {"unpriced": 0}


@settings(max_examples=50)
@given(st.lists(EASY, min_size=1, max_size=2), usages, usages)
def test_sets_give_the_bills_of_the_single_call(
    terms: list[TariffTerms], first: list[Usage], second: list[Usage]
) -> None:
    usage = {"a": first, "b": second, "c": []}
    segments = {
        account: segment(terms[index % len(terms)], contacts) for index, (account, contacts) in enumerate(usage.items())
    }
    rows = [(account, contact) for account, contacts in usage.items() for contact in contacts]
    bills = price_sets(usage=frame(rows), segments=segments)
    for account, part in segments.items():
        single = price_period(segments=[part])
        assert without_recorded_classes(bills[account]) == without_recorded_classes(single)


def test_narrow_columns_do_not_wrap() -> None:
    # 3,000 contacts of 2,000,000 ms are 6e9 ms, beyond 2^31
    document = {"code": "phone", "kind": "per_minute", "rate_per_minute": "0.06", "basis": "talk"}
    terms = parse_terms(document={"name": "Care", "currency": "EUR", "components": [document]})
    contact = Usage("1", None, "voice", "in", talk_ms=2_000_000)  # type: ignore[arg-type]
    (bill,) = price_sets(usage=frame([("a", contact)] * 3000, narrow=True), segments={"a": segment(terms, [])}).values()
    # 6e9 ms = 100,000 min x 0.06
    assert str(bill.lines[0].amount) == "6000.00"


def test_terms_that_need_each_contact_are_refused() -> None:
    document = {
        "code": "phone",
        "kind": "per_minute",
        "rate_per_minute": "1",
        "match": {"time": {"from": "08:00", "to": "18:00"}},
    }
    terms = parse_terms(document={"name": "Care", "currency": "EUR", "components": [document]})
    with pytest.raises(ValueError, match="must be rated contact by contact"):
        price_sets(usage=frame([]), segments={"a": segment(terms, [])})


CARE = {
    "name": "Care",
    "currency": "EUR",
    "components": [
        {
            "code": "phone",
            "kind": "per_minute",
            "match": {"channel": "voice"},
            "basis": "talk",
            "rate_per_minute": "0.6",
        },
        {"code": "least", "kind": "minimum", "amount": "10"},
    ],
}


def rated(folder: Path, columns: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    tariff, usage, out = folder / "tariff.json", folder / "usage.parquet", StringIO()
    tariff.write_text(json.dumps(CARE), encoding="utf-8")
    pl.DataFrame(columns).write_parquet(usage)
    call_command("rate", tariff=tariff, usage=usage, stdout=out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def at(day: int) -> datetime:
    return datetime(2026, 6, day, tzinfo=UTC)


def test_a_table_is_rated_for_its_totals_and_what_no_rate_fits_is_told(tmp_path: Path) -> None:
    # 100 s and 200 s at 0.60 a minute: 3.00; the chat fits no rate; the call of July is outside.
    columns = {
        "started_at": [at(1), at(2), at(3), datetime(2026, 7, 1, tzinfo=UTC)],
        "channel": ["voice", "voice", "chat", "voice"],
        "talk_ms": [100_000, 200_000, 0, 60_000],
    }
    phone, least, _, total = rated(tmp_path, columns, period="2026-06")
    assert (phone["amount"], phone["explanation"]["contacts"]) == ("3.00", 2)
    assert least["amount"] == "7.00"
    assert (total["total"], total["unpriced"]) == ("10.00", 1)


def test_a_table_with_bad_columns_is_refused_by_their_names(tmp_path: Path) -> None:
    columns = {"started_at": [datetime(2026, 6, 1)], "talk_s": [1], "talk_ms": ["x"]}  # noqa: DTZ001
    with pytest.raises(CommandError) as refused:
        rated(tmp_path, columns)
    text = str(refused.value)
    assert "talk_s: is not a field of usage" in text
    assert "started_at: must be an instant with a zone" in text
    assert "talk_ms: must be whole numbers" in text
    assert "channel: is missing" in text
    with pytest.raises(CommandError, match="talk_ms is negative in 1 rows"):
        rated(tmp_path, {"started_at": [at(1)], "channel": ["voice"], "talk_ms": [-1]})

"""Contacts that cross the border of a time band, worked by hand: the split is where the time was spent, not where it
would lie end to end.
"""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given

from billing.pricing import Segment, price_period
from billing.rating import Usage, rate_usage
from billing.terms import TariffTerms, TimeClass
from billing.terms_document import parse_terms
from billing.time_bands import stretches
from billing.usage import Span, spans_from, told_spans
from billing.usage_spans import Stretch, spans_of
from tests.unit.billing.strategies import laid_usages

MADRID = "Europe/Madrid"
# Madrid, 10 June 2026, local times: talk 21:55 to 21:59, hold to 22:01, talk to 22:03, wrap-up to 22:05.
CALL = Usage(
    "1",
    datetime.fromisoformat("2026-06-10T19:55Z"),
    "voice",
    "in",
    talk_ms=360_000,
    hold_ms=120_000,
    wrap_ms=120_000,
    spans=(
        Span("talk", 0, 240_000, 240_000),
        Span("hold", 240_000, 120_000, 120_000),
        Span("talk", 360_000, 120_000, 120_000),
        Span("wrap", 480_000, 120_000, 120_000),
    ),
)


def bands(basis: Any, **more: Any) -> TariffTerms:
    """2.00 a minute by day, 1.00 from 22:00 to 08:00."""
    common = {"kind": "per_minute", "basis": basis, **more}
    night = {
        "code": "night",
        "rate_per_minute": "1",
        "match": {"time": {"from": "22:00", "to": "08:00"}, "weight": 10},
        **common,
    }
    return parse_terms(
        document={
            "name": "Care",
            "currency": "EUR",
            "components": [night, {"code": "day", "rate_per_minute": "2", **common}],
        }
    )


def billed(terms: TariffTerms, *usage: Usage, zone: str = MADRID) -> dict[str, tuple[int, int, str]]:
    """By rate: seconds recorded and billed, and the amount."""
    bill = price_period(segments=[Segment(terms=terms, usage=usage, zone=zone)])
    return {
        line.component.code: (
            sum(contact.rated.raw for contact in line.contacts) // 1000,
            sum(contact.rated.billed for contact in line.contacts) // 1000,
            str(line.amount),
        )
        for line in bill.lines
    }


@pytest.mark.parametrize(
    ("basis", "day", "night"),
    [
        # talk alone: 4 min before 22:00 and 2 after; laid end to end it would be 5 and 1
        ("talk", (240, 240, "8.00"), (120, 120, "2.00")),
        # with the hold, of which a minute lies on either side
        ("talk_hold", (300, 300, "10.00"), (180, 180, "3.00")),
        ("all_work", (300, 300, "10.00"), (300, 300, "5.00")),
    ],
)
def test_a_call_with_hold_and_wrap_up_is_split_where_the_band_begins(basis: str, day: Any, night: Any) -> None:
    assert billed(bands(basis), CALL) == {"day": day, "night": night}


def test_wrap_up_alone_lies_behind_the_border() -> None:
    # all of it is spent after 22:00, though the call began before
    assert billed(bands(["wrap"]), CALL) == {"night": (120, 120, "2.00"), "day": (0, 0, "0.00")}


def test_what_rounding_adds_falls_on_the_end() -> None:
    # 480 s of talk and hold in steps of 100 s are 500: 20 s more by night
    rounded = bands("talk_hold", rounding={"step_s": 100})
    assert billed(rounded, CALL) == {"day": (300, 300, "10.00"), "night": (180, 200, "3.33")}


def test_a_limited_wrap_up_counts_from_its_beginning_and_a_fixed_one_where_it_began() -> None:
    # 30 s of 120; then 60 s from 22:03 on: 300 s by day and 180 + 30, or 180 + 60, by night
    assert billed(bands("all_work", wrap={"most_s": 30}), CALL)["night"] == (210, 210, "3.50")
    assert billed(bands("all_work", wrap={"fixed_s": 60}), CALL)["night"] == (240, 240, "4.00")


def test_a_stretch_shared_among_chats_is_split_in_proportion() -> None:
    # open from 21:58 to 22:02, a third of it this chat's: 40 s on either side
    chat = Usage(
        "1",
        datetime.fromisoformat("2026-06-10T19:58Z"),
        "chat",
        "in",
        open_ms=80_000,
        spans=(Span("open", 0, 240_000, 80_000),),
    )
    assert billed(bands("all_work"), chat) == {"day": (40, 40, "1.33"), "night": (40, 40, "0.67")}


def test_a_pause_over_midnight_into_a_holiday_moves_no_time() -> None:
    # talk 23:58 to 23:59, a gap, talk 00:01 to 00:04 on 25 December: 1 min at 1, 3 min at 3
    call = Usage(
        "1",
        datetime.fromisoformat("2026-12-24T22:58Z"),
        "voice",
        "in",
        talk_ms=240_000,
        spans=(Span("talk", 0, 60_000, 60_000), Span("talk", 180_000, 180_000, 180_000)),
    )
    rates: list[dict[str, Any]] = [
        {"code": "feast", "rate_per_minute": "3", "match": {"holiday": True, "weight": 1}},
        {"code": "plain", "rate_per_minute": "1"},
    ]
    document = {
        "name": "Care",
        "currency": "EUR",
        "holidays": ["12-25"],
        "components": [{"kind": "per_minute", "basis": "talk", **rate} for rate in rates],
    }
    assert billed(parse_terms(document=document), call) == {
        "feast": (180, 180, "9.00"),
        "plain": (60, 60, "1.00"),
    }


def test_a_hold_through_the_hour_that_the_clock_leaves_out() -> None:
    # Madrid, 29 March 2026, 02:00 becomes 03:00 (01:00 UTC); night ends at 08:00 CEST (06:00 UTC). Talk 05:50 to 05:55
    # UTC, hold to 06:05, talk to 06:10: 10 min by night, 10 by day.
    start = datetime.fromisoformat("2026-03-29T05:50Z")
    spans = (Span("talk", 0, 300_000, 300_000), Span("hold", 300_000, 600_000, 600_000))
    call = Usage("1", start, "voice", "in", talk_ms=600_000, hold_ms=600_000)
    call = call._replace(spans=(*spans, Span("talk", 900_000, 300_000, 300_000)))
    assert billed(bands("talk_hold"), call) == {"night": (600, 600, "10.00"), "day": (600, 600, "20.00")}
    # the band that ends at 03:00 ends when the clock jumps: talk from 00:58 UTC, hold over it, talk until 01:04
    early = Usage("2", datetime.fromisoformat("2026-03-29T00:58Z"), "voice", "in", talk_ms=240_000, hold_ms=120_000)
    early = early._replace(spans=spans_from([["talk", 0, 60_000, 60_000], ["hold", 60_000, 120_000, 120_000],
                                             ["talk", 180_000, 180_000, 180_000]]))  # fmt: skip
    terms = parse_terms(
        document={
            "name": "Care",
            "currency": "EUR",
            "components": [
                {"code": "early", "kind": "per_minute", "rate_per_minute": "1", "basis": "talk",
                 "match": {"time": {"to": "03:00"}, "weight": 1}},
                {"code": "late", "kind": "per_minute", "rate_per_minute": "2", "basis": "talk"},
            ],
        }
    )  # fmt: skip
    assert billed(terms, early) == {"early": (60, 60, "1.00"), "late": (180, 180, "6.00")}


def test_spans_that_are_not_all_of_the_time_are_laid_end_to_end() -> None:
    partly = CALL._replace(spans=CALL.spans[:1])
    assert billed(bands("talk"), partly) == {"day": (300, 300, "10.00"), "night": (60, 60, "1.00")}


@given(laid_usages)
def test_a_split_changes_no_total(usage: list[Usage]) -> None:
    for contact in usage:
        for basis in ("talk", "talk_hold", "all_work"):
            banded, plain = bands(basis), bands(basis).rates[1]
            raw = sum(contact.ms_by_class()[time_class] for time_class in plain.basis)
            assert sum(piece.raw for piece in stretches(rate=plain, usage=contact, raw=raw)) == raw
            rating = rate_usage(terms=banded, usage=[contact], zone=MADRID)
            assert sum(part.billed for rated in rating.rates for part in rated.contacts) == (
                raw if contact.channel else 0
            )


def test_neighbours_of_a_class_are_one_span_and_shared_ones_stay_apart() -> None:
    def at(second: int) -> datetime:
        return datetime.fromisoformat(f"2026-06-10T09:00:{second:02d}Z")

    found = spans_of(
        started_at=at(10),
        stretches=[
            Stretch(TimeClass.TALK, at(20), at(30), 10_000),
            Stretch(TimeClass.TALK, at(10), at(20), 10_000),
            Stretch(TimeClass.OPEN, at(30), at(40), 5_000),
            Stretch(TimeClass.OPEN, at(40), at(50), 5_000),
            Stretch(TimeClass.IVR, at(0), at(10), 10_000),
        ],
    )
    assert found == (
        Span("ivr", -10_000, 10_000, 10_000),
        Span("talk", 0, 20_000, 20_000),
        Span("open", 20_000, 10_000, 5_000),
        Span("open", 30_000, 10_000, 5_000),
    )
    assert spans_from(told_spans(spans=found)) == found

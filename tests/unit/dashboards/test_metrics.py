"""The figures by their published or hand-made values, and their definitions in one wording everywhere."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.dashboards.metrics import (
    FORMULAS,
    METRICS,
    Answering,
    Formula,
    Handling,
    WallClock,
    abandonment,
    average_handle_ms,
    average_wait_ms,
    first_contact_resolution,
    occupancy,
    permille,
    satisfaction,
    service_level,
    total,
    transfers,
)
from contactcenter.tenancy.models import SERVICE_LEVEL_SECONDS, ServiceLevelFormula

ROOT = Path(__file__).resolve().parents[3]
# callcentrehelper.com, "How to calculate service level"
PUBLISHED = Answering(answered=1000, answered_in_time=860, abandoned=60, abandoned_in_time=20)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("abandons_within_met", 830),
        ("answered_only", 860),
        ("strict", 811),
        ("short_abandons_dropped", 827),
    ],
)
def test_service_level_gives_the_published_figures(formula: Formula, expected: int) -> None:
    assert permille(share=service_level(answering=PUBLISHED, formula=formula)) == expected


def test_figures_of_nothing_are_unknown_and_neither_0_nor_100() -> None:
    for formula in FORMULAS:
        assert service_level(answering=Answering(), formula=formula) is None
    # nobody but one who gave up early: left out, so that nothing remains
    assert (
        service_level(answering=Answering(abandoned=1, abandoned_in_time=1), formula="short_abandons_dropped") is None
    )
    assert abandonment(answering=Answering()) is None
    assert average_wait_ms(answering=Answering(abandoned=5)) is None
    assert average_handle_ms(handling=Handling()) is None
    assert transfers(handling=Handling()) is None
    assert first_contact_resolution(handling=Handling(handled=3)) is None
    assert satisfaction(handling=Handling(handled=3)) is None
    assert occupancy(clock=WallClock(break_ms=1000, offer_ms=1000)) is None
    assert permille(share=None) is None


def test_average_wait_counts_the_answered_and_rounds_half_up() -> None:
    assert average_wait_ms(answering=Answering(answered=2, wait_ms=3)) == 2
    assert average_wait_ms(answering=Answering(answered=3, wait_ms=69_000)) == 23_000


def test_handle_time_has_talk_hold_and_wrap_up() -> None:
    # two contacts: 120 s and 30 s wrap-up, 600 s and 15 s wrap-up: 765 s / 2
    assert average_handle_ms(handling=Handling(handled=2, conversation_ms=720_000, wrap_ms=45_000)) == 382_500


def test_occupancy_leaves_offers_and_breaks_out() -> None:
    # the golden ledger case: 252+120+30+253+60+258+30+120+15 s with contacts, 1850 s idle, 12 s offer, 600 s break
    clock = WallClock(
        talk_ms=498_000,
        hold_ms=30_000,
        focus_ms=60_000,
        wrap_ms=45_000,
        open_ms=505_000,
        offer_ms=12_000,
        break_ms=600_000,
        idle_ms=1_850_000,
    )
    assert occupancy(clock=clock) == Fraction(1138, 2988)


@given(st.builds(WallClock, **{f"{name}_ms": st.integers(0, 10**9) for name in ("talk", "hold", "wrap", "idle")}))
def test_occupancy_never_passes_100_percent(clock: WallClock) -> None:
    share = occupancy(clock=clock)
    assert share is None or 0 <= share <= 1


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_service_level_is_a_share_and_strict_is_the_hardest(a: int, b: int, c: int, d: int) -> None:
    answering = Answering(answered=a + b, answered_in_time=a, abandoned=c + d, abandoned_in_time=c)
    shares = {formula: service_level(answering=answering, formula=formula) for formula in FORMULAS}
    assert all(share is None or 0 <= share <= 1 for share in shares.values())
    strict = shares["strict"]
    assert strict is None or all(share is None or share >= strict for share in shares.values())


def test_shares_of_contacts() -> None:
    handling = Handling(handled=8, transferred=1, inbound=4, repeated=1, rated=3, satisfied=2)
    assert transfers(handling=handling) == Fraction(1, 8)
    assert first_contact_resolution(handling=handling) == Fraction(3, 4)
    assert satisfaction(handling=handling) == Fraction(2, 3)
    assert abandonment(answering=PUBLISHED) == Fraction(60, 1060)


def test_permille_rounds_half_up() -> None:
    assert permille(share=Fraction(1, 2000)) == 1
    assert permille(share=Fraction(9306, 10000)) == 931


def test_total_adds_field_by_field() -> None:
    assert total(Answering, []) == Answering()
    assert total(Answering, [Answering(answered=1, wait_ms=5), Answering(answered=2, abandoned=3)]) == Answering(
        answered=3, abandoned=3, wait_ms=5
    )


def test_every_figure_is_defined_on_the_screens_in_each_language_and_the_docs_say_the_same() -> None:
    docs = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    for language in ("en", "ru", "es"):
        told = json.loads((ROOT / "frontend" / "src" / "locales" / language / "metrics.json").read_text("utf-8"))
        assert sorted(key for key, value in told.items() if isinstance(value, dict)) == sorted(METRICS)
        if language == "en":
            for key in METRICS:
                assert f"# {told[key]['name']}\n{told[key]['definition']}\n" in docs, key


def test_accounts_choose_among_the_formulas_that_exist() -> None:
    assert tuple(ServiceLevelFormula.values) == FORMULAS
    assert 20 in SERVICE_LEVEL_SECONDS
    assert list(SERVICE_LEVEL_SECONDS) == sorted(set(SERVICE_LEVEL_SECONDS))

from __future__ import annotations

from fractions import Fraction

import pytest

from contactcenter.dashboards.portal_figures import (
    Answering,
    Formula,
    average_wait_ms,
    busiest,
    change_permille,
    permille,
    service_level,
)

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


def test_service_level_of_nothing_is_unknown() -> None:
    assert service_level(answering=Answering()) is None
    assert permille(share=None) is None


def test_average_wait_counts_the_answered_and_rounds_half_up() -> None:
    assert average_wait_ms(answering=Answering(answered=2, wait_ms=3)) == 2
    assert average_wait_ms(answering=Answering(answered=3, wait_ms=69_000)) == 23_000
    assert average_wait_ms(answering=Answering(abandoned=5)) is None


def test_change_is_relative_to_before() -> None:
    assert change_permille(now=104, before=100) == 40
    assert change_permille(now=96, before=100) == -40
    assert change_permille(now=5, before=0) is None


def test_change_rounds_half_away_from_zero() -> None:
    assert change_permille(now=2001, before=2000) == 1
    assert change_permille(now=1999, before=2000) == -1


def test_permille_rounds_half_up() -> None:
    assert permille(share=Fraction(1, 2000)) == 1
    assert permille(share=Fraction(9306, 10000)) == 931


def test_busiest_cell_is_the_earliest_of_the_fullest() -> None:
    heat = [[0] * 24 for _ in range(7)]
    heat[1][10] = heat[4][11] = 9

    assert busiest(heat=heat) == (1, 10)
    assert busiest(heat=[[0] * 24 for _ in range(7)]) is None

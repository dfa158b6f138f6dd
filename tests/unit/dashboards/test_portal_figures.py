from __future__ import annotations

from contactcenter.dashboards.portal_figures import busiest, change_permille


def test_change_is_relative_to_before() -> None:
    assert change_permille(now=104, before=100) == 40
    assert change_permille(now=96, before=100) == -40
    assert change_permille(now=5, before=0) is None


def test_change_rounds_half_away_from_zero() -> None:
    assert change_permille(now=2001, before=2000) == 1
    assert change_permille(now=1999, before=2000) == -1


def test_busiest_cell_is_the_earliest_of_the_fullest() -> None:
    heat = [[0] * 24 for _ in range(7)]
    heat[1][10] = heat[4][11] = 9

    assert busiest(heat=heat) == (1, 10)
    assert busiest(heat=[[0] * 24 for _ in range(7)]) is None

"""Prepaid grants are drawn from their first instant on and not at their last."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.wallet import Drawer, Grant

BEGINS, ENDS = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "taken"), [(BEGINS - INSTANT, 0), (BEGINS, 60), (ENDS - INSTANT, 60), (ENDS, 0)], ids=str
)
def test_grant_serves_contacts_that_start_while_it_is_valid(at: datetime, taken: int) -> None:
    drawer = Drawer(grants=[Grant("june", 100, BEGINS, ENDS)])
    assert drawer.draw(units=60, code="phone", unit="ms", taker="1", at=at) == taken
    assert drawer.left(grant="june") == 100 - taken

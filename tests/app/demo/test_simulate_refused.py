"""When no day is simulated, and which days are: nothing of this needs a day that was driven."""

from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from contactcenter.dashboards.demo.load import load_demo
from contactcenter.dashboards.demo.simulate import CannotSimulate, history_days, sum_up
from contactcenter.kernel.clock import ClockHold, ClockTaken, clock_is_held
from contactcenter.operators.models import Operator
from contactcenter.routing.actions import set_presence
from contactcenter.tenancy.doors import open_every_account
from tests.app.demo.days import AT, everything, simulate


@pytest.fixture
def loaded_demo(db: None) -> None:
    load_demo(accounts=3, operators=6, at=AT)


def test_nobody_may_be_at_work_in_the_present(loaded_demo: None) -> None:
    operator = Operator.objects.earliest("pk")
    with open_every_account(reason="the test signs in"):
        set_presence(operator_id=operator.pk, state="available", at=timezone.now())
    before = everything()
    with pytest.raises(CannotSimulate, match="Anna Orlova"):
        simulate()
    assert everything() == before


def test_a_missing_demo_is_named(loaded_demo: None) -> None:
    Operator.objects.filter(display_name="Mateo Vidal").update(user=_nobody())
    with pytest.raises(CannotSimulate, match=r"mateo@demo\.example.*load_demo"):
        simulate()


def _nobody() -> Any:
    from contactcenter.tenancy.models import Role, User

    return User.objects.create_user("nobody@example.org", None, full_name="Nobody", role=Role.OPERATOR)


def test_only_one_simulation_drives_the_clock(db: None) -> None:
    assert not clock_is_held()
    with ClockHold():
        assert clock_is_held()
        with pytest.raises(ClockTaken):
            simulate()
    assert not clock_is_held()


def test_the_command_refuses_a_day_that_is_not_over() -> None:
    with pytest.raises(CommandError, match="a day that is over"):
        call_command("simulate_day", "--date", "2999-01-01")


def test_the_history_is_the_working_days_from_the_month_before() -> None:
    days = history_days(until=date(2026, 11, 4))
    assert (days[0], days[-1], len(days)) == (date(2026, 10, 1), date(2026, 11, 3), 24)


def test_summaries_add_up() -> None:
    total = sum_up([{"day": "a", "chat": 2, "seconds": 1.5}, {"day": "b", "chat": 3, "seconds": 1.0}])
    assert total == {"days": 2, "chat": 5, "seconds": 2.5}

"""A small simulated day, proven by the same command that proves a real one."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from billing.models import UsageLine
from contactcenter.dashboards.demo import drive, steps
from contactcenter.dashboards.demo.load import load_demo
from contactcenter.routing.models import OperatorState
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Interaction, Message, Ticket
from contactcenter.worktime.models import Allocation, Session
from tests.app.demo.days import AT, DAY, everything, simulate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def loaded_demo(transactional_db: None, settings: Any, tmp_path: Path) -> None:
    settings.OUTBOX_DIR = tmp_path / "outbox"
    load_demo(accounts=3, operators=6, at=AT)


def verify() -> dict[str, Any]:
    answer = StringIO()
    call_command("verify", stdout=answer)
    report: dict[str, Any] = json.loads(answer.getvalue())
    return report


def assert_one_usage_line_for_each_source(summary: dict[str, Any]) -> None:
    """A line for each interaction; one for each account's part of a session; no call ended in the menu."""
    with open_every_account(reason="the test counts"):
        lines = UsageLine.objects.filter(is_current=True)
        contacts = Counter(lines.filter(interaction__isnull=False).values_list("interaction_id", flat=True))
        hours = Counter(lines.filter(session_id__isnull=False).values_list("session_id", "account_id", "day"))
        given = Allocation.objects.filter(until_version=None, account__isnull=False, ms__gt=0)
        parts = {(*part, DAY) for part in given.values_list("run__session_id", "account_id")}
        assert contacts == Counter(Interaction.objects.values_list("pk", flat=True))
        assert hours == Counter(parts)
        assert not lines.filter(call__isnull=False).exists()
    assert contacts.total() == summary["interactions"]
    assert {session_id for session_id, _, _ in hours} == set(Session.objects.values_list("pk", flat=True))
    assert summary["usage_lines"] == contacts.total() + hours.total()


def test_a_simulated_day_adds_up_ends_tidily_and_is_simulated_once() -> None:
    answer = StringIO()
    call_command("simulate_day", "--contacts", "24", "--seed", "5", "--date", DAY.isoformat(), stdout=answer)
    summary = json.loads(answer.getvalue())
    assert summary["contacts"] == 24
    assert summary["voice"] + summary["email"] + summary["chat"] == 24
    assert summary["sessions"] == 6
    assert summary["offers_accepted"] >= 6
    assert summary["wrapped_up"] == summary["offers_accepted"]
    assert summary["interactions"] > summary["wrapped_up"]
    assert_one_usage_line_for_each_source(summary)

    report = verify()
    assert report["ok"]
    assert not any(report["under_way"].values())

    assert set(OperatorState.objects.values_list("presence", flat=True)) == {"offline"}
    assert not Session.objects.filter(ended_at=None).exists()
    with open_every_account(reason="the test looks at all"):
        assert set(Message.objects.filter(direction="out").values_list("status", flat=True)) <= {
            "sent",
            "delivered",
            "read",
        }
        assert set(Ticket.objects.values_list("language", flat=True)) <= {"ru", "en", "es"}

    before = everything()
    assert "skipped" in simulate()
    assert everything() == before


def test_an_outage_of_the_database_loses_and_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([True, True, False, True] + [False] * 10_000)
    real: Callable[..., Any] = drive.tickets.send_reply

    def away_after_the_commit(**arguments: Any) -> Any:
        message = real(**arguments)
        if next(failures):
            raise OperationalError("server closed the connection unexpectedly")
        return message

    monkeypatch.setattr(drive.tickets, "send_reply", away_after_the_commit)
    monkeypatch.setattr(steps, "OUTAGE_PAUSE_S", 0.01)
    summary = simulate(contacts=12)
    assert summary["outages"] == 2
    with open_every_account(reason="the test counts"):
        assert Message.objects.filter(direction="out").count() == summary["replies"]
    assert verify()["ok"]


def test_a_simulation_that_was_cut_off_is_tidied_up_and_the_next_day_can_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def cut_off(**_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(drive.tickets, "send_reply", cut_off)
        with pytest.raises(KeyboardInterrupt):
            simulate(contacts=12)
    assert OperatorState.objects.filter(presence="available").exists()
    assert simulate(contacts=6, day=date(2026, 11, 19))["contacts"] == 6
    assert verify()["ok"]

"""Roll-ups are proven and rebuilt from their facts, and seen by their account only."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from contactcenter.dashboards.models import ContactDay, ContactQuarter
from contactcenter.dashboards.verification.rollup_checks import rollups_equal_facts
from contactcenter.tenancy.doors import open_account, open_every_account
from tests.app.dashboards.rollup_facts import fold, serve
from tests.app.factories import make_account, make_operator, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _every_account():
    with open_every_account(reason="roll-ups add up all accounts"):
        yield


def test_verify_names_a_row_altered_by_hand_and_passes_over_what_waits_to_be_taken_in():
    account, operator = make_account(), make_operator()
    ticket = make_ticket(account)
    serve(ticket, operator)
    assert rollups_equal_facts().differences == 0  # nothing is rolled up, and marked so
    fold()
    assert rollups_equal_facts().differences == 0
    assert rollups_equal_facts().checked > 0
    ContactQuarter.objects.update(wait_ms=1)

    found = rollups_equal_facts()

    assert found.differences == 2  # the quarter, and the day that is no longer its sum
    assert f"account_id {account.pk}" in found.examples[0]
    out = StringIO()
    call_command("rebuild_rollups", "--from", "2026-06-15", "--to", "2026-06-15", stdout=out)
    assert json.loads(out.getvalue()) == {
        "from": "2026-06-15",
        "to": "2026-06-15",
        "contact_buckets": 1,
        "operator_buckets": 1,
    }
    assert rollups_equal_facts().differences == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from", "June"], "--from: expected a day as YYYY-MM-DD, got 'June'"),
        (["--from", "2026-06-15", "--to", "2026-06-14"], "--to: 2026-06-14 is before 2026-06-15"),
    ],
)
def test_rebuild_refuses_days_that_are_none(arguments, told):
    error = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rebuild_rollups", *arguments, stderr=error)
    assert ended.value.code == 2
    assert error.getvalue().strip() == told


def test_roll_ups_of_another_account_are_out_of_reach():
    mine, theirs = make_account(), make_account()
    for account in (mine, theirs):
        serve(make_ticket(account), make_operator())
    fold()
    with open_account(mine.pk):
        assert set(ContactQuarter.objects.values_list("account_id", flat=True)) == {mine.pk}
        assert set(ContactDay.objects.values_list("account_id", flat=True)) == {mine.pk}

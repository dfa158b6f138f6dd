"""A period is allocated again as a new version; a dry run only tells the difference."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from contactcenter.kernel.errors import Invalid
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.models import Allocation, AllocationRun, IdlePolicy, Reallocation, Session, Slice
from contactcenter.worktime.proof import ledger_differences
from contactcenter.worktime.reallocation_actions import ask_reallocation, run_reallocation
from tests.app.factories import make_operator, make_user
from tests.app.worktime.golden import GOLDEN, at, buckets, golden

pytestmark = pytest.mark.django_db
NOW = at(9000)


@pytest.fixture
def operator(accounts):
    operator = make_operator(*accounts)
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=NOW)
    return operator


def ask(policy, *, dry_run: bool, **fields) -> Reallocation:
    given = {"starts_at": at(0), "ends_at": at(0) + timedelta(days=1), "reason": "the contract says so"} | fields
    return ask_reallocation(
        policy=policy, is_dry_run=dry_run, author_id=make_user("admin").pk, at=NOW, in_background=False, **given
    )


def done(row: Reallocation) -> Reallocation:
    assert run_reallocation(reallocation_id=row.pk, at=NOW)
    row.refresh_from_db()
    return row


def changed(row: Reallocation) -> dict:
    return {
        (line["account"], line["kind"]): (line["before_ms"], line["after_ms"])
        for line in row.differences
        if line["before_ms"] != line["after_ms"]
    }


def test_dry_run_tells_the_difference_and_writes_no_version(accounts, operator):
    c = accounts[2]
    row = done(ask({"kind": "home", "settings": {"account_id": c.pk}}, dry_run=True))
    assert (row.sessions, row.changed_sessions) == (1, 1)
    assert changed(row) == {(None, "idle"): (1_850_000, 0), (c.pk, "idle"): (0, 1_850_000)}
    assert sum(line["before_ms"] for line in row.differences) == 3_600_000
    assert sum(line["after_ms"] for line in row.differences) == 3_600_000
    assert AllocationRun.objects.get().version == 1


def test_new_version_leaves_facts_and_the_former_version(accounts, operator):
    a, b, _ = accounts
    slices = list(Slice.objects.order_by("pk").values_list("pk", "ms", "is_current"))
    first = list(Allocation.objects.order_by("pk").values_list("pk", "account_id", "ms"))
    row = done(ask({"kind": "leads_to", "open_kind": "last_focused"}, dry_run=False))
    session = Session.objects.get()
    assert buckets(session) == GOLDEN | {
        ("A", "open"): 150_000,
        ("B", "open"): 355_000,
        ("A", "idle"): 450_000,
        ("B", "idle"): 200_000,
        ("unallocated", "idle"): 1_200_000,
    }
    assert changed(row)[a.pk, "open"] == (252_500, 150_000)
    assert changed(row)[b.pk, "open"] == (252_500, 355_000)
    assert list(Slice.objects.order_by("pk").values_list("pk", "ms", "is_current")) == slices
    assert list(Allocation.objects.filter(run__version=1).order_by("pk").values_list("pk", "account_id", "ms")) == first
    assert list(AllocationRun.objects.order_by("version").values_list("is_current", "reallocation")) == [
        (False, None),
        (True, row.pk),
    ]
    assert list(ledger_differences(at=NOW)) == []


def test_a_crash_in_the_middle_leaves_one_version_and_the_whole_difference(accounts, operator):
    row = ask({"kind": "leads_to"}, dry_run=False)
    done(row)
    Reallocation.objects.update(finished_at=None, claimed_at=None, differences=[])
    again = done(row)
    assert AllocationRun.objects.count() == 2
    assert changed(again)[None, "idle"] == (1_850_000, 1_200_000)


def test_only_one_process_is_at_it(operator):
    row = ask({"kind": "none"}, dry_run=True)
    done(row)
    Reallocation.objects.update(finished_at=None)
    assert not run_reallocation(reallocation_id=row.pk, at=NOW)


def test_without_a_policy_each_operators_own_holds(accounts, operator):
    IdlePolicy.objects.create(operator=operator, kind="equal")
    row = done(ask({}, dry_run=True))
    assert {key[0]: after for key, (_, after) in changed(row).items()} == {
        None: 0,
        accounts[0].pk: 616_666,
        accounts[1].pk: 616_667,
        accounts[2].pk: 616_667,
    }


def test_sessions_outside_the_period_are_left_alone(operator):
    row = done(ask({"kind": "leads_to"}, dry_run=False, ends_at=at(0), starts_at=at(-10)))
    assert (row.sessions, AllocationRun.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    ("policy", "fields", "field"),
    [
        ({"kind": "percent", "settings": {}}, {}, "policy"),
        ({"kind": "unheard of"}, {}, "policy"),
        ({"kind": "none", "open_kind": "unheard of"}, {}, "policy"),
        ({}, {"ends_at": at(0)}, "ends_at"),
        ({}, {"reason": " "}, "reason"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(policy, fields, field):
    with pytest.raises(Invalid) as refused:
        ask(policy, dry_run=False, **fields)
    assert refused.value.field == field
    assert not Reallocation.objects.exists()


def test_command_prints_the_difference(accounts, operator):
    out = StringIO()
    call_command(
        "reallocate",
        "--from=2026-06-15",
        "--to=2026-06-16",
        "--policy=home",
        f'--parts={{"account_id": {accounts[0].pk}}}',
        "--dry-run",
        stdout=out,
    )
    report = json.loads(out.getvalue())
    assert (report["sessions"], report["dry_run"]) == (1, True)
    assert report["differences"] == [
        {"account": None, "kind": "idle", "before_ms": 1_850_000, "after_ms": 0},
        {"account": accounts[0].pk, "kind": "idle", "before_ms": 0, "after_ms": 1_850_000},
    ]


def test_command_names_what_is_missing(operator, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("reallocate", "--from=2026-06-15", "--to=2026-06-16")
    assert ended.value.code == 2
    assert "reason: To allocate again needs a reason." in capsys.readouterr().err

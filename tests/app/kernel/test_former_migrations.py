"""Databases that were made by the migrations from before the first release."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from contactcenter.kernel.former_migrations import refuse_half_way
from contactcenter.runner.prepare import _migrate

pytestmark = pytest.mark.django_db

FIRST = "0001_first_release"


def test_a_database_at_the_end_of_the_former_migrations_has_nothing_to_apply() -> None:
    recorder = MigrationRecorder(connection)
    for app, name in list(recorder.applied_migrations()):
        if name == FIRST:
            recorder.record_unapplied(app, name)
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    call_command("migrate", verbosity=0)
    applied = MigrationRecorder(connection).applied_migrations()
    assert sum(name == FIRST for _, name in applied) == 11


@pytest.mark.parametrize("begin", [_migrate, lambda: call_command("migrate", verbosity=0)], ids=["runner", "command"])
def test_a_database_in_the_middle_of_them_is_refused_with_what_it_lacks_and_not_touched(begin) -> None:
    recorder = MigrationRecorder(connection)
    # nothing depends on billing: Django itself would find nothing to do
    recorder.record_unapplied("billing", "0029_prepaid_units_kept")
    recorder.record_unapplied("tenancy", "0007_service_level")
    recorder.record_unapplied("tenancy", "0008_former_service_level")
    before = set(recorder.applied_migrations())
    with pytest.raises(CommandError, match=r"only a part of .* \(billing 28 of 29, tenancy 6 of 8\)"):
        begin()
    assert set(recorder.applied_migrations()) == before


@pytest.mark.parametrize("known", [set(), {"tenancy"}], ids=["empty", "cut off after an app"])
def test_a_database_with_all_or_none_of_each_app_goes_on_where_it_is(known: set[str]) -> None:
    MigrationRecorder(connection).migration_qs.exclude(app__in=known).delete()
    refuse_half_way(connection)
    executor = MigrationExecutor(connection)
    planned = {one.app_label for one, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())}
    assert {"billing", "dashboards", "kernel", "worktime"} <= planned
    assert ("tenancy" in planned) == (not known)

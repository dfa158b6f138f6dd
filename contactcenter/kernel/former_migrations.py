"""Databases that were made by the many migrations from before the first release, which 0001_first_release replaces."""

from django.core.management import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def refuse_half_way(connection: BaseDatabaseWrapper) -> None:
    """Raise CommandError if the database has some of an app's former migrations, but not all.

    Django would say that a node is missing, or, of an app on which no other depends, that all is well.
    """
    files = MigrationLoader(None)
    applied = MigrationRecorder(connection).applied_migrations()
    half_way = []
    for (app, _), migration in files.replacements.items():
        former = [name for name in migration.replaces if name not in files.disk_migrations]
        known = sum(name in applied for name in former)
        if 0 < known < len(former):
            half_way.append(f"{app} {known} of {len(former)}")
    if half_way:
        lacking = ", ".join(sorted(half_way))
        raise CommandError(
            f"This database has only a part of the migrations from before the first release ({lacking}). "
            "Bring it up with the last version that has them (docs/adr/0031-one-first-migration.md), "
            "or start with an empty one."
        )

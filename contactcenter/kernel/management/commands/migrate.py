"""Django's `migrate`, which does not touch a database that it would leave half made."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from contactcenter.kernel.former_migrations import refuse_half_way


class Command(migrate.Command):
    """Refuse a database in the middle of the former migrations, then migrate."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate. CommandError: the database is in the middle of the former migrations."""
        refuse_half_way(connections[options["database"]])
        super().handle(*args, **options)

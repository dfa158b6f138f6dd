"""The migrated database has every constraint and index that the models declare."""

import pytest
from django.apps import apps
from django.db import connection

from contactcenter.kernel.statements import rows_from

pytestmark = pytest.mark.django_db

IN_FORCE = """
SELECT conrelid::regclass::text, conname::text FROM pg_constraint WHERE conrelid <> 0
UNION SELECT indrelid::regclass::text, relname::text FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indisvalid
"""


def models():
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]


def test_what_models_declare_by_name_is_in_force() -> None:
    found = set(rows_from(IN_FORCE, []))
    declared = {
        (model._meta.db_table, one.name)
        for model in models()
        for one in (*model._meta.constraints, *model._meta.indexes)
    }
    assert len(declared) > 200
    assert declared - found == set()


def test_what_fields_declare_is_in_force() -> None:
    missing = []
    with connection.cursor() as cursor:
        for model in models():
            table = model._meta.db_table
            known = connection.introspection.get_constraints(cursor, table).values()
            for field in model._meta.local_fields:
                own = [one for one in known if one["columns"] == [field.column]]
                if field.unique and not any(one["unique"] for one in own):
                    missing.append(f"{table}.{field.column} is not unique")
                if field.remote_field and field.db_constraint and not any(one["foreign_key"] for one in own):
                    missing.append(f"{table}.{field.column} refers to nothing")
                if field.db_index and not any(one["index"] or one["unique"] or one["primary_key"] for one in own):
                    missing.append(f"{table}.{field.column} has no index")
    assert missing == []

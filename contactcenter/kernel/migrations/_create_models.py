"""Many tables of one migration at once: Django renders every related model anew for each table, a tenth of a second."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class CreateModels(Operation):
    """Create the tables of `models` in their order; the models are rendered once, when all of them are known."""

    def __init__(self, models: Sequence[CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # a state without rendered models adds to its descriptions alone
        state.__dict__.pop("apps", None)
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any) -> None:
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, *states)

    def describe(self) -> str:
        return f"Create {', '.join(model.name for model in self.models)}"

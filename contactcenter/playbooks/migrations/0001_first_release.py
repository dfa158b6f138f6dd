"""What operators say and note down: scripts, answers, phrases, dispositions."""

import django.db.models.deletion
from django.db import migrations, models

from contactcenter.kernel.migrations._create_models import CreateModels
from contactcenter.kernel.migrations._same_account import same_account

TABLES = [
    migrations.CreateModel(
        name="AnswerPhrase",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("language", models.CharField(max_length=8)),
            ("text", models.CharField(max_length=300)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("account", "language"), name="answer_phrase_once")],
        },
    ),
    migrations.CreateModel(
        name="Disposition",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40)),
            ("name", models.CharField(max_length=80)),
            ("is_active", models.BooleanField(default=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("account", "code"), name="disposition_once")],
        },
    ),
    migrations.CreateModel(
        name="FaqEntry",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("language", models.CharField(max_length=8)),
            ("question", models.CharField(max_length=300)),
            ("answer", models.TextField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["account", "language"], name="faq_language")],
        },
    ),
    migrations.CreateModel(
        name="Script",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("language", models.CharField(max_length=8)),
            ("reason", models.CharField(max_length=80)),
            ("title", models.CharField(max_length=160)),
            ("body", models.TextField()),
            ("version", models.PositiveIntegerField(default=1)),
            ("is_current", models.BooleanField(default=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("account", "language", "reason", "version"), name="script_version_once"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("is_current", True)),
                    fields=("account", "language", "reason"),
                    name="script_current_once",
                ),
            ],
        },
    ),
]
# tables whose rows others of their account point at
KEYS = [
    "playbooks_disposition",
]


class Migration(migrations.Migration):
    replaces = [("playbooks", "0001_initial"), ("playbooks", "0002_initial"), ("playbooks", "0003_same_account")]

    initial = True

    dependencies = [
        ("tenancy", "0001_first_release"),
    ]

    operations = [
        CreateModels(TABLES),
        *same_account(keys=KEYS, references=()),
    ]

"""Contacts, the addresses they are reached at, their consent, and which of them are one person."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

from contactcenter.kernel.migrations._create_models import CreateModels
from contactcenter.kernel.migrations._same_account import same_account

TABLES = [
    migrations.CreateModel(
        name="Contact",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(blank=True, max_length=200)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "merged_into",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contact"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["account", "-id"], name="contact_newest"),
                django.contrib.postgres.indexes.GinIndex(
                    django.contrib.postgres.indexes.OpClass(
                        django.db.models.functions.text.Upper("name"), name="gin_trgm_ops"
                    ),
                    name="contact_words",
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("merged_into__isnull", True),
                        models.Q(("merged_into", models.F("id")), _negated=True),
                        _connector="OR",
                    ),
                    name="contact_not_its_own",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ContactPoint",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("phone", "Phone"),
                        ("email", "E-mail"),
                        ("chat", "Web chat"),
                        ("social", "Social network"),
                        ("sms", "SMS"),
                    ],
                    max_length=10,
                ),
            ),
            ("value", models.CharField(max_length=320)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "contact",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="points", to="contacts.contact"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["contact"], name="contact_point_contact"),
                django.contrib.postgres.indexes.GinIndex(
                    django.contrib.postgres.indexes.OpClass(
                        django.db.models.functions.text.Upper("value"), name="gin_trgm_ops"
                    ),
                    name="contact_point_words",
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("account", "kind", "value"), name="contact_point_once")],
        },
    ),
    migrations.CreateModel(
        name="ContactMerge",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField()),
            ("moved", models.JSONField(default=dict)),
            ("filled", models.JSONField(default=dict)),
            ("undone_at", models.DateTimeField(null=True)),
            ("stayed", models.JSONField(default=dict)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "actor",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "kept",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="merges", to="contacts.contact"
                ),
            ),
            (
                "merged",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contact"),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["kept", "-id"], name="contact_merge_kept")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("undone_at__isnull", True)), fields=("merged",), name="contact_merged_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="PointConsent",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("phone", "Phone"),
                        ("email", "E-mail"),
                        ("chat", "Web chat"),
                        ("social", "Social network"),
                        ("sms", "SMS"),
                    ],
                    max_length=10,
                ),
            ),
            ("value", models.CharField(max_length=320)),
            ("opted_out_at", models.DateTimeField(null=True)),
            ("opted_in_at", models.DateTimeField(null=True)),
            ("word", models.CharField(blank=True, max_length=40)),
            ("source", models.CharField(max_length=20)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("account", "kind", "value"), name="point_consent_once")],
        },
    ),
]
# tables whose rows others of their account point at
KEYS = [
    "contacts_contact",
    "contacts_contactpoint",
]
# (table, column, table pointed at)
REFERENCES = [
    ("contacts_contact", "merged_into_id", "contacts_contact"),
    ("contacts_contactpoint", "contact_id", "contacts_contact"),
    ("contacts_contactmerge", "kept_id", "contacts_contact"),
    ("contacts_contactmerge", "merged_id", "contacts_contact"),
]


class Migration(migrations.Migration):
    replaces = [
        ("contacts", "0001_initial"),
        ("contacts", "0002_initial"),
        ("contacts", "0003_same_account"),
        ("contacts", "0004_search_words"),
        ("contacts", "0005_merges"),
        ("contacts", "0006_merges_same_account"),
        ("contacts", "0007_point_consent"),
    ]

    initial = True

    dependencies = [
        ("tenancy", "0001_first_release"),
    ]

    operations = [
        # search for parts of names and addresses: icontains asks UPPER(column) LIKE UPPER(pattern)
        TrigramExtension(),
        CreateModels(TABLES),
        *same_account(keys=KEYS, references=REFERENCES),
    ]

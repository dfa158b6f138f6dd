"""Accounts, the people and keys that act for them, and the service level they were promised."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

from contactcenter.kernel.migrations._create_models import CreateModels
from contactcenter.kernel.migrations._same_account import same_account

TABLES = [
    migrations.CreateModel(
        name="Account",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=120)),
            ("slug", models.SlugField(max_length=60, unique=True)),
            ("brand_color", models.CharField(default="#3350C4", max_length=7)),
            ("time_zone", models.CharField(default="UTC", max_length=60)),
            (
                "language",
                models.CharField(
                    choices=[("en", "English"), ("ru", "Русский"), ("es", "Español")], default="en", max_length=8
                ),
            ),
            ("currency", models.CharField(default="EUR", max_length=3)),
            ("ticket_prefix", models.CharField(default="T", max_length=6)),
            ("legal_name", models.CharField(blank=True, max_length=200)),
            ("legal_address", models.TextField(blank=True)),
            ("tax_id", models.CharField(blank=True, max_length=40)),
            ("billing_email", models.EmailField(blank=True, max_length=254)),
            ("is_active", models.BooleanField(default=True)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("allows_interpreter", models.BooleanField(default=False)),
            ("allows_machine_translation", models.BooleanField(default=False)),
            (
                "service_level_formula",
                models.CharField(
                    choices=[
                        ("abandons_within_met", "Early abandons count as met"),
                        ("answered_only", "Answered only"),
                        ("strict", "Strict"),
                        ("short_abandons_dropped", "Early abandons left out"),
                    ],
                    default="abandons_within_met",
                    max_length=24,
                ),
            ),
            ("service_level_percent", models.PositiveSmallIntegerField(default=80)),
            (
                "service_level_seconds",
                models.PositiveSmallIntegerField(
                    choices=[
                        (5, "5 s"),
                        (10, "10 s"),
                        (15, "15 s"),
                        (20, "20 s"),
                        (30, "30 s"),
                        (40, "40 s"),
                        (45, "45 s"),
                        (60, "60 s"),
                        (90, "90 s"),
                        (120, "120 s"),
                        (180, "180 s"),
                        (300, "300 s"),
                        (600, "600 s"),
                    ],
                    default=20,
                ),
            ),
        ],
        options={
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "service_level_formula__in",
                            ["abandons_within_met", "answered_only", "strict", "short_abandons_dropped"],
                        )
                    ),
                    name="account_service_level_formula_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("service_level_seconds__in", (5, 10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 300, 600))
                    ),
                    name="account_service_level_seconds_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("service_level_percent__range", (1, 100))), name="account_service_level_percent"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="User",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("password", models.CharField(max_length=128, verbose_name="password")),
            ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
            (
                "is_superuser",
                models.BooleanField(
                    default=False,
                    help_text="Designates that this user has all permissions without explicitly assigning them.",
                    verbose_name="superuser status",
                ),
            ),
            ("email", models.EmailField(max_length=254, unique=True)),
            ("full_name", models.CharField(max_length=120)),
            (
                "role",
                models.CharField(
                    choices=[
                        ("operator", "Operator"),
                        ("supervisor", "Supervisor"),
                        ("billing_admin", "Billing admin"),
                        ("admin", "Admin"),
                        ("client_viewer", "Client viewer"),
                        ("client_admin", "Client admin"),
                    ],
                    max_length=20,
                ),
            ),
            (
                "language",
                models.CharField(
                    choices=[("en", "English"), ("ru", "Русский"), ("es", "Español")], default="en", max_length=8
                ),
            ),
            ("is_active", models.BooleanField(default=True)),
            ("is_staff", models.BooleanField(default=False)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            (
                "groups",
                models.ManyToManyField(
                    blank=True,
                    help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                    related_name="user_set",
                    related_query_name="user",
                    to="auth.group",
                    verbose_name="groups",
                ),
            ),
            (
                "user_permissions",
                models.ManyToManyField(
                    blank=True,
                    help_text="Specific permissions for this user.",
                    related_name="user_set",
                    related_query_name="user",
                    to="auth.permission",
                    verbose_name="user permissions",
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(django.db.models.functions.text.Lower("email"), name="user_email_ci"),
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "role__in",
                            ["operator", "supervisor", "billing_admin", "admin", "client_viewer", "client_admin"],
                        )
                    ),
                    name="user_role_known",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Membership",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "account",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="tenancy.account"
                ),
            ),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("user", "account"), name="membership_once")],
        },
    ),
    migrations.CreateModel(
        name="ApiKey",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=80)),
            ("prefix", models.CharField(max_length=16)),
            ("sha256", models.CharField(max_length=64, unique=True)),
            (
                "scopes",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("tickets:read", "Read tickets and their timelines"),
                            ("tickets:write", "Open and change tickets, add notes"),
                            ("messages:read", "Read messages and their files"),
                            ("messages:write", "Send replies"),
                            ("contacts:read", "Read contacts"),
                            ("contacts:write", "Add, change and merge contacts"),
                            ("calls:read", "Read calls"),
                            ("usage:read", "Read usage figures, without prices"),
                        ],
                        max_length=20,
                    ),
                    size=None,
                ),
            ),
            ("created_at", models.DateTimeField()),
            ("expires_at", models.DateTimeField(null=True)),
            ("last_used_at", models.DateTimeField(null=True)),
            ("revoked_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "created_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["account", "-id"], name="api_key_newest")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "scopes__contained_by",
                            [
                                "tickets:read",
                                "tickets:write",
                                "messages:read",
                                "messages:write",
                                "contacts:read",
                                "contacts:write",
                                "calls:read",
                                "usage:read",
                            ],
                        ),
                        models.Q(("scopes", []), _negated=True),
                    ),
                    name="api_key_scopes_known",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="IdempotentRequest",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("key", models.CharField(max_length=200)),
            ("request_sha256", models.CharField(max_length=64)),
            ("status", models.PositiveSmallIntegerField(null=True)),
            ("answer", models.TextField(blank=True)),
            ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "api_key",
                models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenancy.apikey"),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["at"], name="idempotent_request_age")],
            "constraints": [models.UniqueConstraint(fields=("api_key", "key"), name="idempotent_request_once")],
        },
    ),
    migrations.CreateModel(
        name="Session",
        fields=[
            (
                "session_key",
                models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
            ),
            ("session_data", models.TextField(verbose_name="session data")),
            ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
            (
                "user",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
    ),
    migrations.CreateModel(
        name="FormerServiceLevel",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("until_on", models.DateField()),
            (
                "formula",
                models.CharField(
                    choices=[
                        ("abandons_within_met", "Early abandons count as met"),
                        ("answered_only", "Answered only"),
                        ("strict", "Strict"),
                        ("short_abandons_dropped", "Early abandons left out"),
                    ],
                    max_length=24,
                ),
            ),
            ("seconds", models.PositiveSmallIntegerField()),
            ("percent", models.PositiveSmallIntegerField()),
            (
                "account",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="former_service_levels",
                    to="tenancy.account",
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("account", "until_on"), name="former_service_level_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        ("formula__in", ["abandons_within_met", "answered_only", "strict", "short_abandons_dropped"])
                    ),
                    name="former_service_level_formula_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("seconds__in", (5, 10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 300, 600))),
                    name="former_service_level_seconds_known",
                ),
            ],
        },
    ),
]
# tables whose rows others of their account point at
KEYS = [
    "tenancy_apikey",
]
# (table, column, table pointed at)
REFERENCES = [
    ("tenancy_idempotentrequest", "api_key_id", "tenancy_apikey"),
]


class Migration(migrations.Migration):
    replaces = [
        ("tenancy", "0001_initial"),
        ("tenancy", "0002_api_keys"),
        ("tenancy", "0003_same_account"),
        ("tenancy", "0004_session_with_its_person"),
        ("tenancy", "0005_answer_as_text"),
        ("tenancy", "0006_language_bridges"),
        ("tenancy", "0007_service_level"),
        ("tenancy", "0008_former_service_level"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        # exclusion constraints of worktime and billing: an id together with a range of time
        BtreeGistExtension(),
        CreateModels(TABLES),
        *same_account(keys=KEYS, references=REFERENCES),
    ]

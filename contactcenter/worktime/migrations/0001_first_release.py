"""Sessions, their slices and allocations, and whatever corrects them."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from contactcenter.kernel.migrations._create_models import CreateModels
from contactcenter.worktime.migrations._break_reasons import BREAK_REASONS
from contactcenter.worktime.migrations._runs_sum import RUNS_SUM

TABLES = [
    migrations.CreateModel(
        name="IdlePolicy",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("none", "Nobody's"),
                        ("home", "The home account's"),
                        ("percent", "Shared by percent"),
                        ("proportional", "Shared in proportion to the time handled in its hour"),
                        ("equal", "Shared equally"),
                        ("leads_to", "The next accepted contact's"),
                        ("dedicated", "All the dedicated account's"),
                    ],
                    default="none",
                    max_length=12,
                ),
            ),
            ("settings", models.JSONField(blank=True, default=dict)),
            (
                "operator",
                models.OneToOneField(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="idle_policy",
                    to="operators.operator",
                ),
            ),
            (
                "open_kind",
                models.CharField(
                    choices=[
                        ("equal", "Shared equally among the open chats"),
                        ("weighted", "Shared by the accounts' weights"),
                        ("last_focused", "The chat's that had the focus last"),
                        ("as_idle", "As idle time"),
                    ],
                    default="equal",
                    max_length=12,
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("operator",), name="idle_policy_one_default", nulls_distinct=False)
            ],
        },
    ),
    migrations.CreateModel(
        name="Session",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("derived_until", models.DateTimeField(null=True)),
            ("close_rule", models.CharField(blank=True, max_length=40)),
            (
                "operator",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="sessions",
                    to="operators.operator",
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["operator", "-started_at"], name="session_operator")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("ended_at__isnull", True), ("ended_at__gte", models.F("started_at")), _connector="OR"
                    ),
                    name="session_ends_after_start",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("ended_at__isnull", True)), fields=("operator",), name="session_one_running"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="AllocationRun",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("version", models.PositiveIntegerField()),
            ("policy", models.JSONField(default=dict)),
            ("is_current", models.BooleanField(default=True)),
            ("made_at", models.DateTimeField(auto_now_add=True)),
            (
                "session",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="allocation_runs",
                    to="worktime.session",
                ),
            ),
            ("revision", models.PositiveIntegerField(default=1)),
            (
                "reallocation",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="runs",
                    to="worktime.reallocation",
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("session", "version"), name="allocation_version_once"),
                models.UniqueConstraint(
                    condition=models.Q(("is_current", True)), fields=("session",), name="allocation_one_current"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Slice",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField()),
            ("ms", models.PositiveBigIntegerField()),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("talk", "Talk"),
                        ("hold", "Hold"),
                        ("focus", "Focus"),
                        ("wrap", "Wrap-up"),
                        ("offer", "Offer"),
                        ("break", "Break"),
                        ("open", "Open"),
                        ("idle", "Idle"),
                    ],
                    max_length=8,
                ),
            ),
            ("interaction_id", models.BigIntegerField(null=True)),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("reason", models.CharField(blank=True, max_length=200)),
            ("candidates", models.JSONField(default=list)),
            (
                "account",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tenancy.account",
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="operators.operator",
                ),
            ),
            (
                "session",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="slices",
                    to="worktime.session",
                ),
            ),
            ("is_current", models.BooleanField(default=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["session", "started_at"], name="slice_session"),
                models.Index(
                    condition=models.Q(("interaction_id__isnull", False)),
                    fields=["interaction_id"],
                    name="slice_interaction",
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("ended_at__gt", models.F("started_at"))), name="slice_not_empty"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("kind__in", ["talk", "hold", "focus", "wrap", "offer", "break", "open", "idle"])
                    ),
                    name="slice_kind_known",
                ),
                django.contrib.postgres.constraints.ExclusionConstraint(
                    condition=models.Q(("is_current", True)),
                    expressions=[
                        ("operator", "="),
                        (
                            models.Func(
                                "started_at",
                                "ended_at",
                                django.contrib.postgres.fields.ranges.RangeBoundary(),
                                function="TSTZRANGE",
                                output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                            ),
                            "&&",
                        ),
                    ],
                    name="slice_no_overlap",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Allocation",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("interaction_id", models.BigIntegerField(null=True)),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("talk", "Talk"),
                        ("hold", "Hold"),
                        ("focus", "Focus"),
                        ("wrap", "Wrap-up"),
                        ("offer", "Offer"),
                        ("break", "Break"),
                        ("open", "Open"),
                        ("idle", "Idle"),
                    ],
                    max_length=8,
                ),
            ),
            ("ms", models.PositiveBigIntegerField()),
            (
                "account",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tenancy.account",
                ),
            ),
            (
                "run",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="allocations",
                    to="worktime.allocationrun",
                ),
            ),
            (
                "slice",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="allocations",
                    to="worktime.slice",
                ),
            ),
            ("until_version", models.PositiveIntegerField(null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["run", "until_version"], name="allocation_run"),
                models.Index(fields=["slice"], name="allocation_slice"),
                models.Index(
                    condition=models.Q(("interaction_id__isnull", False)),
                    fields=["interaction_id"],
                    name="allocation_interaction",
                ),
                models.Index(fields=["account", "kind"], name="allocation_account"),
            ],
        },
    ),
    migrations.CreateModel(
        name="OperatorEvent",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField()),
            ("kind", models.CharField(max_length=30)),
            ("ticket_id", models.BigIntegerField(null=True)),
            ("interaction_id", models.BigIntegerField(null=True)),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("reason", models.CharField(blank=True, max_length=200)),
            ("source", models.CharField(max_length=30)),
            ("source_key", models.CharField(max_length=200)),
            ("data", models.JSONField(default=dict)),
            ("recorded_at", models.DateTimeField(auto_now_add=True)),
            (
                "account",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tenancy.account",
                ),
            ),
            (
                "author",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="events",
                    to="operators.operator",
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["operator", "at", "id"], name="operator_event_timeline"),
                models.Index(
                    condition=models.Q(("author__isnull", False)), fields=["author"], name="operator_event_author"
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("source_key",), name="operator_event_once")],
        },
    ),
    migrations.CreateModel(
        name="UnderivedStretch",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("first_at", models.DateTimeField()),
            ("last_at", models.DateTimeField()),
            ("events", models.PositiveIntegerField()),
            ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            (
                "operator",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="operators.operator",
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["operator", "recorded_at"], name="underived_operator")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("last_at__gte", models.F("first_at"))), name="underived_ends_after_start"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="BreakReason",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("reason", models.CharField(max_length=80)),
            (
                "account",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tenancy.account",
                ),
            ),
            ("is_active", models.BooleanField(default=True)),
            ("labels", models.JSONField(default=dict)),
            ("position", models.PositiveSmallIntegerField(default=0)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(django.db.models.functions.text.Lower("reason"), name="break_reason_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="TimeCorrection",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("starts_at", models.DateTimeField()),
            ("ends_at", models.DateTimeField()),
            (
                "state",
                models.CharField(
                    choices=[
                        ("pending", "Waits for approval"),
                        ("approved", "Approved"),
                        ("rejected", "Rejected"),
                        ("withdrawn", "Withdrawn"),
                    ],
                    default="pending",
                    max_length=10,
                ),
            ),
            ("changes", models.JSONField()),
            ("reason", models.CharField(max_length=200)),
            ("before", models.JSONField()),
            ("after", models.JSONField()),
            ("proposed_at", models.DateTimeField()),
            ("decided_at", models.DateTimeField(null=True)),
            ("note", models.CharField(blank=True, max_length=200)),
            (
                "author",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            (
                "decided_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="time_corrections",
                    to="operators.operator",
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["state", "-id"], name="correction_by_state"),
                models.Index(fields=["operator", "starts_at"], name="correction_by_operator"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["pending", "approved", "rejected", "withdrawn"])),
                    name="correction_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "approved"), _negated=True),
                        models.Q(
                            ("decided_by__isnull", False), models.Q(("decided_by", models.F("author")), _negated=True)
                        ),
                        _connector="OR",
                    ),
                    name="correction_approved_by_another",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("decided_at__isnull", True), ("state", "pending")),
                        models.Q(models.Q(("state", "pending"), _negated=True), ("decided_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="correction_decided_once",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Reallocation",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("starts_at", models.DateTimeField()),
            ("ends_at", models.DateTimeField()),
            ("policy", models.JSONField(default=dict)),
            ("is_dry_run", models.BooleanField(default=True)),
            ("reason", models.CharField(blank=True, max_length=200)),
            ("asked_at", models.DateTimeField()),
            ("claimed_at", models.DateTimeField(null=True)),
            ("finished_at", models.DateTimeField(null=True)),
            ("sessions", models.PositiveIntegerField(default=0)),
            ("changed_sessions", models.PositiveIntegerField(default=0)),
            ("differences", models.JSONField(default=list)),
            (
                "author",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
        ],
        options={
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="reallocation_ends_after_start"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Contradiction",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("no_log_in", "Work without a log-in"),
                        ("no_log_out", "Log-out missing, closed by rule"),
                        ("two_calls", "Two calls at once"),
                        ("call_in_break", "Call during a break"),
                        ("end_missing", "Beginning without an end"),
                        ("ahead_of_clock", "Told before it happened"),
                    ],
                    max_length=14,
                ),
            ),
            ("starts_at", models.DateTimeField()),
            ("ends_at", models.DateTimeField()),
            ("subject", models.CharField(blank=True, max_length=200)),
            ("found_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ("seen_at", models.DateTimeField(null=True)),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="contradictions", to="operators.operator"
                ),
            ),
            (
                "seen_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["-starts_at", "-id"], name="contradiction_newest"),
                models.Index(fields=["operator", "starts_at"], name="contradiction_operator"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("operator", "kind", "starts_at", "ends_at", "subject"), name="contradiction_once"
                ),
                models.CheckConstraint(
                    condition=models.Q(("ends_at__gte", models.F("starts_at"))), name="contradiction_ends_after_start"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ClockCorrection",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("source", models.CharField(max_length=60)),
            ("valid_from", models.DateTimeField()),
            ("offset_ms", models.BigIntegerField()),
            ("readings", models.PositiveIntegerField()),
            ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("source", "valid_from"), name="clock_correction_once")],
        },
    ),
    migrations.CreateModel(
        name="ClockReading",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("source", models.CharField(max_length=60)),
            ("minute", models.DateTimeField()),
            ("at_least_ms", models.BigIntegerField()),
            ("readings", models.PositiveIntegerField()),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("source", "minute"), name="clock_reading_of_minute")],
        },
    ),
    migrations.CreateModel(
        name="FocusSign",
        fields=[
            (
                "operator",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    primary_key=True,
                    related_name="+",
                    serialize=False,
                    to="operators.operator",
                ),
            ),
            ("subject", models.CharField(blank=True, max_length=40)),
            ("ticket_id", models.BigIntegerField(null=True)),
            ("interaction_id", models.BigIntegerField(null=True)),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("told_at", models.DateTimeField()),
            ("held_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenancy.account",
                ),
            ),
        ],
        options={
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("held_at__isnull", True), ("held_at__gt", models.F("told_at")), _connector="OR"
                    ),
                    name="focus_sign_held_after_told",
                )
            ],
        },
    ),
]


class Migration(migrations.Migration):
    replaces = [
        ("worktime", "0001_initial"),
        ("worktime", "0002_keep_superseded_slices"),
        ("worktime", "0003_timeline"),
        ("worktime", "0004_runs_sum"),
        ("worktime", "0005_allocation_run_revision"),
        ("worktime", "0006_underived_stretch"),
        ("worktime", "0007_remove_timeline"),
        ("worktime", "0008_one_default_idle_policy"),
        ("worktime", "0009_every_policy"),
        ("worktime", "0010_break_reason"),
        ("worktime", "0011_time_correction"),
        ("worktime", "0012_reallocation"),
        ("worktime", "0013_contradiction"),
        ("worktime", "0014_source_clocks"),
        ("worktime", "0015_proven_clocks"),
        ("worktime", "0016_fewer_indexes"),
        ("worktime", "0017_run_checked_by_itself"),
        ("worktime", "0018_focus_sign"),
        ("worktime", "0019_break_reason_labels"),
        ("worktime", "0020_default_break_reasons"),
        ("worktime", "0021_allocation_stands"),
        ("worktime", "0022_one_running_one_current"),
    ]

    initial = True

    dependencies = [
        ("operators", "0001_first_release"),
        ("tenancy", "0001_first_release"),
    ]

    operations = [
        CreateModels(TABLES),
        *BREAK_REASONS,
        *RUNS_SUM,
    ]

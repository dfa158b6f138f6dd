"""Tariffs and contracts, usage, invoices and credit notes, money, quotes, alerts."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from billing.migrations._checked import CHECKED
from billing.migrations._kept import KEPT
from billing.migrations._marks import MARKS
from contactcenter.kernel.migrations._create_models import CreateModels
from contactcenter.kernel.migrations._same_account import same_account

TABLES = [
    migrations.CreateModel(
        name="CollectedRun",
        fields=[
            ("allocation_run_id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("revision", models.PositiveIntegerField()),
            ("collected_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
        ],
    ),
    migrations.CreateModel(
        name="Issuer",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("legal_name", models.CharField(max_length=200)),
            ("legal_address", models.TextField(blank=True)),
            ("tax_id", models.CharField(blank=True, max_length=40)),
            ("email", models.EmailField(blank=True, max_length=254)),
            ("bank_account", models.CharField(blank=True, max_length=120)),
            ("number_prefix", models.CharField(default="INV-", max_length=12)),
            ("payment_days", models.PositiveSmallIntegerField(default=14)),
            ("city", models.CharField(blank=True, max_length=100)),
            ("country", models.CharField(blank=True, max_length=2)),
            ("credit_prefix", models.CharField(default="CN-", max_length=12)),
            ("grace_days", models.PositiveSmallIntegerField(default=0)),
            ("late_periods", models.PositiveSmallIntegerField(default=3)),
            ("postcode", models.CharField(blank=True, max_length=20)),
            ("sends_documents", models.BooleanField(default=True)),
        ],
        options={
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("number_prefix", models.F("credit_prefix")), _negated=True),
                    name="issuer_prefixes_differ",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Tariff",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=120, unique=True)),
            ("is_active", models.BooleanField(default=True)),
            ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ("is_offered", models.BooleanField(default=False)),
        ],
    ),
    migrations.CreateModel(
        name="Invoice",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("period", models.CharField(max_length=10)),
            ("period_start", models.DateField()),
            ("period_end", models.DateField()),
            (
                "status",
                models.CharField(
                    choices=[("draft", "Draft"), ("approved", "Approved"), ("issued", "Issued")],
                    default="draft",
                    max_length=8,
                ),
            ),
            ("sequence", models.PositiveBigIntegerField(null=True)),
            ("number", models.CharField(max_length=40, null=True, unique=True)),
            ("built_at", models.DateTimeField()),
            ("issued_at", models.DateTimeField(null=True)),
            ("due_on", models.DateField(null=True)),
            ("language", models.CharField(max_length=8)),
            ("time_zone", models.CharField(max_length=60)),
            ("currency", models.CharField(max_length=3)),
            ("digits", models.PositiveSmallIntegerField()),
            ("net", models.DecimalField(decimal_places=4, max_digits=20)),
            ("tax", models.DecimalField(decimal_places=4, max_digits=20)),
            ("total", models.DecimalField(decimal_places=4, max_digits=20)),
            ("taxes", models.JSONField(default=list)),
            ("tariff", models.JSONField(default=list)),
            ("seller", models.JSONField(default=dict)),
            ("buyer", models.JSONField(default=dict)),
            ("unpriced", models.PositiveIntegerField(default=0)),
            ("content_hash", models.CharField(max_length=64)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "series",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.numberseries"
                ),
            ),
            ("approved_at", models.DateTimeField(null=True)),
            (
                "approved_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("chain_hash", models.CharField(blank=True, max_length=64)),
            ("chain_position", models.PositiveBigIntegerField(null=True)),
            ("corrections", models.JSONField(default=list)),
            (
                "corrects",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="credit_notes",
                    to="billing.invoice",
                ),
            ),
            (
                "kind",
                models.CharField(
                    choices=[("invoice", "Invoice"), ("credit_note", "Credit note")], default="invoice", max_length=12
                ),
            ),
            ("previous_hash", models.CharField(blank=True, max_length=64)),
            ("reason", models.CharField(blank=True, max_length=500)),
            (
                "reason_code",
                models.CharField(
                    blank=True,
                    choices=[
                        ("cancellation", "Cancellation"),
                        ("dispute", "Dispute"),
                        ("goodwill", "Goodwill"),
                        ("late_usage", "Late usage"),
                    ],
                    max_length=12,
                ),
            ),
            ("revision", models.PositiveSmallIntegerField(default=1)),
        ],
        options={
            "indexes": [
                models.Index(fields=["account", "-period_start", "-id"], name="invoice_newest"),
                models.Index(fields=["-period_start", "-id"], name="invoice_newest_of_all"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("kind", "invoice")),
                    fields=("account", "period", "revision"),
                    name="invoice_period_once",
                ),
                models.UniqueConstraint(fields=("series", "sequence"), name="invoice_number_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "total",
                            django.db.models.expressions.CombinedExpression(models.F("net"), "+", models.F("tax")),
                        )
                    ),
                    name="invoice_total_adds_up",
                ),
                models.CheckConstraint(
                    condition=models.Q(("period_end__gt", models.F("period_start"))), name="invoice_period_not_empty"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("corrects__isnull", True), ("kind", "invoice"), ("reason_code", "")),
                        models.Q(
                            ("corrects__isnull", False),
                            ("kind", "credit_note"),
                            ("reason_code__in", ["cancellation", "dispute", "goodwill", "late_usage"]),
                        ),
                        _connector="OR",
                    ),
                    name="invoice_kind_complete",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("approved_at__isnull", True),
                            ("issued_at__isnull", True),
                            ("number__isnull", True),
                            ("status", "draft"),
                        ),
                        models.Q(
                            ("approved_at__isnull", False),
                            ("issued_at__isnull", True),
                            ("number__isnull", True),
                            ("status", "approved"),
                        ),
                        models.Q(
                            ("chain_position__isnull", False),
                            ("due_on__isnull", False),
                            ("issued_at__isnull", False),
                            ("number__isnull", False),
                            ("sequence__isnull", False),
                            ("series__isnull", False),
                            ("status", "issued"),
                            models.Q(("chain_hash", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="invoice_status_complete",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="InvoiceLine",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("position", models.PositiveSmallIntegerField()),
            ("kind", models.CharField(max_length=12)),
            ("code", models.CharField(max_length=200)),
            ("name", models.CharField(max_length=200)),
            ("segment", models.CharField(blank=True, max_length=40)),
            ("tax_code", models.CharField(max_length=200)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=20)),
            ("explanation", models.JSONField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "invoice",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="billing.invoice"
                ),
            ),
            (
                "credits",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="credit_lines",
                    to="billing.invoiceline",
                ),
            ),
            (
                "add_on",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="billing.addon"
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("invoice", "position"), name="invoice_line_once")],
        },
    ),
    migrations.CreateModel(
        name="NumberSeries",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.CharField(max_length=20)),
            ("next_number", models.PositiveBigIntegerField(default=1)),
            (
                "issuer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="series", to="billing.issuer"
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("issuer", "code"), name="number_series_once")],
        },
    ),
    migrations.CreateModel(
        name="ParkedBill",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("period", models.CharField(max_length=10)),
            ("reason", models.CharField(max_length=1000)),
            ("parked_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("account", "period"), name="parked_bill_once")],
        },
    ),
    migrations.CreateModel(
        name="Contract",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("starts_on", models.DateField()),
            ("ends_on", models.DateField(null=True)),
            ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "tariff",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="contracts", to="billing.tariff"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["account", "starts_on"], name="contract_timeline")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("ends_on__isnull", True), ("ends_on__gt", models.F("starts_on")), _connector="OR"
                    ),
                    name="contract_ends_after_start",
                ),
                django.contrib.postgres.constraints.ExclusionConstraint(
                    expressions=[
                        ("account", "="),
                        (
                            models.Func(
                                "starts_on",
                                "ends_on",
                                django.contrib.postgres.fields.ranges.RangeBoundary(),
                                function="DATERANGE",
                                output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                            ),
                            "&&",
                        ),
                    ],
                    name="contract_no_overlap",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="TariffVersion",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("number", models.PositiveIntegerField()),
            (
                "state",
                models.CharField(
                    choices=[("draft", "Draft"), ("in_force", "In force")], default="draft", max_length=10
                ),
            ),
            ("document", models.JSONField()),
            ("effective_from", models.DateField(null=True)),
            ("put_in_force_at", models.DateTimeField(null=True)),
            ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            (
                "changed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "tariff",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="billing.tariff"
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("tariff", "number"), name="tariff_version_number_once"),
                models.UniqueConstraint(
                    condition=models.Q(("state", "draft")), fields=("tariff",), name="tariff_version_one_draft"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state", "in_force")),
                    fields=("tariff", "effective_from"),
                    name="tariff_version_one_a_day",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("put_in_force_at__isnull", True), ("state", "draft")),
                        models.Q(
                            ("effective_from__isnull", False), ("put_in_force_at__isnull", False), ("state", "in_force")
                        ),
                        _connector="OR",
                    ),
                    name="tariff_version_state_complete",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="UsageLine",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("version", models.PositiveIntegerField(default=1)),
            ("is_current", models.BooleanField(default=True)),
            (
                "channel",
                models.CharField(
                    blank=True,
                    choices=[
                        ("voice", "Phone"),
                        ("email", "E-mail"),
                        ("chat", "Web chat"),
                        ("social", "Social network"),
                        ("sms", "SMS"),
                    ],
                    max_length=10,
                ),
            ),
            ("direction", models.CharField(blank=True, choices=[("in", "Inbound"), ("out", "Outbound")], max_length=3)),
            ("started_at", models.DateTimeField()),
            ("talk_ms", models.PositiveBigIntegerField(default=0)),
            ("hold_ms", models.PositiveBigIntegerField(default=0)),
            ("wrap_ms", models.PositiveBigIntegerField(default=0)),
            ("focus_ms", models.PositiveBigIntegerField(default=0)),
            ("open_ms", models.PositiveBigIntegerField(default=0)),
            ("contact_name", models.CharField(blank=True, max_length=200)),
            ("contact_point", models.CharField(blank=True, max_length=320)),
            ("ticket_id", models.BigIntegerField(null=True)),
            ("ticket_number", models.CharField(blank=True, max_length=40)),
            ("collected_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "interaction",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.interaction"
                ),
            ),
            ("campaign", models.CharField(blank=True, max_length=120)),
            ("idle_ms", models.PositiveBigIntegerField(default=0)),
            ("ivr_ms", models.PositiveBigIntegerField(default=0)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("messages", models.PositiveIntegerField(default=0)),
            ("operator_ms", models.PositiveBigIntegerField(default=0)),
            ("orders", models.PositiveIntegerField(default=0)),
            ("patched_ms", models.PositiveBigIntegerField(default=0)),
            ("queue", models.CharField(blank=True, max_length=80)),
            ("segments", models.PositiveIntegerField(default=0)),
            (
                "call",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.call"
                ),
            ),
            ("session_id", models.BigIntegerField(null=True)),
            ("day", models.DateField(null=True)),
            ("interpreter_ms", models.PositiveBigIntegerField(default=0)),
            ("spans", models.JSONField(default=list)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("is_current", True)),
                    fields=["account", "started_at", "id"],
                    name="usage_current_period",
                )
            ],
            "constraints": [
                models.UniqueConstraint(fields=("interaction", "version"), name="usage_version_once"),
                models.UniqueConstraint(
                    condition=models.Q(("is_current", True)), fields=("interaction",), name="usage_one_current"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("is_current", True)), fields=("call",), name="usage_call_current"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("is_current", True)),
                    fields=("session_id", "account", "day"),
                    name="usage_session_current",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("call__isnull", True), ("interaction__isnull", False), ("session_id__isnull", True)),
                        models.Q(
                            ("call__isnull", False),
                            ("channel", ""),
                            ("interaction__isnull", True),
                            ("session_id__isnull", True),
                        ),
                        models.Q(
                            ("call__isnull", True),
                            ("channel", ""),
                            ("day__isnull", False),
                            ("interaction__isnull", True),
                            ("session_id__isnull", False),
                        ),
                        _connector="OR",
                    ),
                    name="usage_one_origin",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="InvoiceLineUsage",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("position", models.PositiveIntegerField()),
            ("raw", models.PositiveBigIntegerField()),
            ("waived", models.PositiveBigIntegerField()),
            ("rounding", models.PositiveBigIntegerField()),
            ("billed", models.PositiveBigIntegerField()),
            ("included", models.PositiveBigIntegerField()),
            ("charged", models.PositiveBigIntegerField()),
            ("exact", models.CharField(max_length=80)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=20)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "line",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="contacts", to="billing.invoiceline"
                ),
            ),
            (
                "usage_line",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.usageline"
                ),
            ),
            ("revision", models.PositiveSmallIntegerField(default=1)),
            ("charge", models.CharField(blank=True, max_length=401)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("line", "position"), name="invoice_contact_once"),
                models.UniqueConstraint(fields=("usage_line", "revision", "charge"), name="invoice_usage_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "billed",
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("raw"), "-", models.F("waived")
                                ),
                                "+",
                                models.F("rounding"),
                            ),
                        ),
                        (
                            "billed",
                            django.db.models.expressions.CombinedExpression(
                                models.F("included"), "+", models.F("charged")
                            ),
                        ),
                    ),
                    name="invoice_contact_adds_up",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="UsageSource",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("session_id", models.BigIntegerField()),
            ("allocation_run_id", models.BigIntegerField()),
            ("allocation_version", models.PositiveIntegerField()),
            ("slice_id", models.BigIntegerField()),
            ("kind", models.CharField(max_length=8)),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField()),
            ("ms", models.PositiveBigIntegerField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "usage_line",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="sources", to="billing.usageline"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["session_id"], name="usage_source_session")],
            "constraints": [
                models.UniqueConstraint(
                    fields=("usage_line", "allocation_run_id", "slice_id"), name="usage_source_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="DocumentChain",
        fields=[
            (
                "issuer",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    primary_key=True,
                    related_name="chain",
                    serialize=False,
                    to="billing.issuer",
                ),
            ),
            ("length", models.PositiveBigIntegerField(default=0)),
            ("head", models.CharField(blank=True, max_length=64)),
        ],
    ),
    migrations.CreateModel(
        name="BillingProfile",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("country", models.CharField(blank=True, max_length=2)),
            ("city", models.CharField(blank=True, max_length=100)),
            ("postcode", models.CharField(blank=True, max_length=20)),
            ("registration", models.CharField(blank=True, max_length=40)),
            ("reference", models.CharField(blank=True, max_length=100)),
            ("reminders", models.BooleanField(default=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "emails",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.EmailField(max_length=254), blank=True, default=list, size=10
                ),
            ),
            ("is_reverse_charge", models.BooleanField(default=False)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("payment_days", models.PositiveSmallIntegerField(null=True)),
            ("sends_documents", models.BooleanField(default=True)),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("account",), name="billing_profile_once")],
        },
    ),
    migrations.CreateModel(
        name="Dispute",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("open", "Open"),
                        ("answered", "Answered"),
                        ("credited", "Credited"),
                        ("rejected", "Rejected"),
                    ],
                    default="open",
                    max_length=8,
                ),
            ),
            ("opened_at", models.DateTimeField()),
            ("resolved_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "credit_note",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.invoice"
                ),
            ),
            (
                "invoice",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="billing.invoice"
                ),
            ),
            (
                "line",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="billing.invoiceline"
                ),
            ),
            (
                "opened_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            (
                "resolved_by",
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
                models.Index(fields=["account", "-id"], name="dispute_newest"),
                models.Index(fields=["state", "-id"], name="dispute_state"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["open", "answered"])), fields=("line",), name="dispute_one_a_line"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("credit_note__isnull", True),
                            ("resolved_at__isnull", True),
                            ("state__in", ["open", "answered"]),
                        ),
                        models.Q(("credit_note__isnull", True), ("resolved_at__isnull", False), ("state", "rejected")),
                        models.Q(("credit_note__isnull", False), ("resolved_at__isnull", False), ("state", "credited")),
                        _connector="OR",
                    ),
                    name="dispute_state_complete",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="DisputeMessage",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("is_staff", models.BooleanField()),
            ("text", models.TextField()),
            ("said_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "author",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            (
                "dispute",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="billing.dispute"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["dispute", "id"], name="dispute_thread")],
        },
    ),
    migrations.CreateModel(
        name="LateDecision",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("choice", models.CharField(choices=[("bill", "Bill"), ("waive", "Waive")], max_length=5)),
            ("lines", models.JSONField(default=list)),
            ("reason", models.CharField(max_length=500)),
            ("decided_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
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
                "invoice",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="late_decisions", to="billing.invoice"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["invoice"], name="late_decision_invoice")],
        },
    ),
    migrations.CreateModel(
        name="MoneyMovement",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("payment", "Payment"),
                        ("settlement", "Settlement"),
                        ("surplus", "Surplus"),
                        ("refund", "Refund"),
                    ],
                    max_length=10,
                ),
            ),
            ("note", models.CharField(blank=True, max_length=500)),
            ("moved_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "moved_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "payment",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="movements",
                    to="billing.payment",
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["account", "-id"], name="movement_newest")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("kind", "payment")), fields=("payment",), name="payment_booked_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="MoneyEntry",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "book",
                models.CharField(
                    choices=[("bank", "Bank"), ("wallet", "Wallet"), ("invoice", "Invoice")], max_length=8
                ),
            ),
            ("currency", models.CharField(max_length=3)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=20)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "invoice",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="money_entries",
                    to="billing.invoice",
                ),
            ),
            (
                "movement",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="billing.moneymovement"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("book", "wallet")), fields=["account", "currency"], name="money_entry_wallet"
                )
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("book", "invoice"), ("invoice__isnull", False)),
                        models.Q(models.Q(("book", "invoice"), _negated=True), ("invoice__isnull", True)),
                        _connector="OR",
                    ),
                    name="money_entry_book_complete",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Payment",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "source",
                models.CharField(
                    choices=[("manual", "By hand"), ("csv", "CSV file"), ("camt", "CAMT.053 file")], max_length=6
                ),
            ),
            ("external_id", models.CharField(max_length=80, unique=True)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=20)),
            ("currency", models.CharField(max_length=3)),
            ("paid_on", models.DateField()),
            ("payer", models.CharField(blank=True, max_length=200)),
            ("reference", models.CharField(blank=True, max_length=500)),
            ("recorded_at", models.DateTimeField()),
            ("matched_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                ),
            ),
            (
                "recorded_by",
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
                models.Index(condition=models.Q(("account__isnull", True)), fields=["-id"], name="payment_unmatched"),
                models.Index(fields=["account", "-id"], name="payment_newest"),
            ],
            "constraints": [
                models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="payment_positive"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("account__isnull", True), ("matched_at__isnull", True)),
                        models.Q(("account__isnull", False), ("matched_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="payment_matched_complete",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Reminder",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("level", models.PositiveSmallIntegerField()),
            ("recipient", models.EmailField(max_length=254)),
            ("subject", models.CharField(max_length=300)),
            ("body", models.TextField()),
            ("written_at", models.DateTimeField()),
            ("sent_at", models.DateTimeField(null=True)),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("error", models.CharField(blank=True, max_length=500)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "invoice",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="reminders", to="billing.invoice"
                ),
            ),
            (
                "written_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("claimed_at", models.DateTimeField(null=True)),
        ],
        options={
            "indexes": [
                models.Index(condition=models.Q(("sent_at__isnull", True)), fields=["id"], name="reminder_unsent")
            ],
            "constraints": [
                models.UniqueConstraint(fields=("invoice", "level"), name="reminder_level_once"),
                models.CheckConstraint(
                    condition=models.Q(("level__gte", 1), ("level__lte", 3)), name="reminder_level_known"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Accrual",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("period", models.CharField(max_length=10)),
            ("plan", models.CharField(blank=True, max_length=64)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            ("touched", models.BigIntegerField(default=0)),
            ("settled", models.BigIntegerField(default=0)),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("account", "period"), name="accrual_period_once")],
        },
    ),
    migrations.CreateModel(
        name="AccrualSum",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.CharField(blank=True, max_length=200)),
            ("contacts", models.BigIntegerField()),
            ("raw", models.BigIntegerField()),
            ("waived", models.BigIntegerField()),
            ("rounding", models.BigIntegerField()),
            ("billed", models.BigIntegerField()),
            ("connects", models.BigIntegerField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "accrual",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="sums", to="billing.accrual"
                ),
            ),
            ("times", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("accrual", "code"), name="accrual_sum_once")],
        },
    ),
    migrations.CreateModel(
        name="RatedShape",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("shape", models.CharField(max_length=64)),
            ("zone", models.CharField(max_length=60)),
            ("document", models.JSONField()),
            ("since", models.DateTimeField(null=True)),
            ("asked_on", models.DateField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("account", "shape"), name="rated_shape_once")],
        },
    ),
    migrations.CreateModel(
        name="RatedHour",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField()),
            ("code", models.CharField(blank=True, max_length=200)),
            ("contacts", models.BigIntegerField()),
            ("raw", models.BigIntegerField()),
            ("waived", models.BigIntegerField()),
            ("rounding", models.BigIntegerField()),
            ("billed", models.BigIntegerField()),
            ("connects", models.BigIntegerField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "shape",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="hours", to="billing.ratedshape"
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("shape", "at", "code"), name="rated_hour_once")],
        },
    ),
    migrations.CreateModel(
        name="UsageCount",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("number", models.BigIntegerField(default=0)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            ("watched_at", models.DateTimeField(null=True)),
            ("watched_number", models.BigIntegerField(null=True)),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("account",), name="usage_count_once")],
        },
    ),
    migrations.CreateModel(
        name="Forecast",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("period", models.CharField(max_length=10)),
            ("key", models.CharField(max_length=64)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("ready", "Ready"),
                        ("over", "The period is over"),
                        ("not_begun", "The period has not begun"),
                        ("too_little_history", "Too little history"),
                        ("needs_contacts", "The tariff prices contact by contact"),
                        ("being_built", "Being added up"),
                        ("unbillable", "Cannot be billed"),
                    ],
                    max_length=20,
                ),
            ),
            ("document", models.JSONField()),
            ("computed_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["period", "account"], name="forecast_period")],
            "constraints": [models.UniqueConstraint(fields=("account", "period"), name="forecast_period_once")],
        },
    ),
    migrations.CreateModel(
        name="AddOn",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("kind", models.CharField(choices=[("recurring", "Recurring"), ("one_off", "One-off")], max_length=9)),
            ("code", models.CharField(blank=True, max_length=200)),
            ("name", models.CharField(max_length=150)),
            ("description", models.CharField(blank=True, max_length=1000)),
            ("quantity", models.DecimalField(decimal_places=4, default=1, max_digits=12)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=20)),
            ("currency", models.CharField(max_length=3)),
            ("tax_code", models.CharField(max_length=200)),
            ("prorate", models.BooleanField(default=True)),
            ("starts_on", models.DateField()),
            ("ends_on", models.DateField(null=True)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("proposed", "Proposed"),
                        ("approved", "Approved"),
                        ("declined", "Declined"),
                        ("withdrawn", "Withdrawn"),
                        ("cancelled", "Cancelled"),
                    ],
                    default="proposed",
                    max_length=9,
                ),
            ),
            ("proposed_side", models.CharField(choices=[("house", "House"), ("client", "Client")], max_length=6)),
            ("proposed_at", models.DateTimeField()),
            ("decided_at", models.DateTimeField(null=True)),
            ("reason", models.CharField(blank=True, max_length=500)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
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
                "proposed_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            ("prepaid_units", models.BigIntegerField(null=True)),
            ("prepaid_unit", models.CharField(blank=True, max_length=10)),
            ("prepaid_of", models.JSONField(default=list)),
            ("prepaid_priority", models.SmallIntegerField(default=0)),
        ],
        options={
            "indexes": [
                models.Index(fields=["account", "-id"], name="add_on_newest"),
                models.Index(
                    condition=models.Q(("state", "approved")), fields=["account", "starts_on"], name="add_on_approved"
                ),
                models.Index(condition=models.Q(("state", "proposed")), fields=["-id"], name="add_on_proposed"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("amount__gt", 0), ("quantity__gt", 0)), name="add_on_positive"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("ends_on__isnull", True), ("ends_on__gt", models.F("starts_on")), _connector="OR"
                    ),
                    name="add_on_ends_after_start",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("prepaid_unit", ""), ("prepaid_units__isnull", True)),
                        models.Q(
                            ("kind", "one_off"), ("prepaid_units__gt", 0), models.Q(("prepaid_unit", ""), _negated=True)
                        ),
                        _connector="OR",
                    ),
                    name="add_on_prepaid_complete",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("decided_at__isnull", True), ("state", "proposed")),
                        models.Q(
                            models.Q(("state", "proposed"), _negated=True),
                            ("decided_at__isnull", False),
                            ("decided_by__isnull", False),
                        ),
                        _connector="OR",
                    ),
                    name="add_on_state_complete",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="AlertRule",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "measure",
                models.CharField(
                    choices=[("amount", "amount"), ("minimum", "minimum"), ("included", "included")], max_length=10
                ),
            ),
            ("moment", models.CharField(choices=[("reached", "reached"), ("expected", "expected")], max_length=10)),
            ("percent", models.PositiveSmallIntegerField(default=100)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
            ("by_mail", models.BooleanField(default=True)),
            ("created_at", models.DateTimeField()),
            ("removed_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "created_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "constraints": [
                models.CheckConstraint(condition=models.Q(("percent__range", (1, 1000))), name="alert_rule_percent"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("amount__gt", 0), ("measure", "amount")),
                        models.Q(models.Q(("measure", "amount"), _negated=True), ("amount__isnull", True)),
                        _connector="OR",
                    ),
                    name="alert_rule_amount",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("removed_at__isnull", True)),
                    fields=("account", "measure", "moment", "percent", "amount"),
                    name="alert_rule_once",
                    nulls_distinct=False,
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Alert",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("period", models.CharField(max_length=10)),
            ("code", models.CharField(blank=True, max_length=200)),
            ("figures", models.JSONField()),
            ("at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "rule",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="billing.alertrule"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["account", "-id"], name="alert_newest")],
            "constraints": [models.UniqueConstraint(fields=("rule", "period", "code"), name="alert_once")],
        },
    ),
    migrations.CreateModel(
        name="AlertSeen",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "alert",
                models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="seen", to="billing.alert"),
            ),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("alert", "user"), name="alert_seen_once")],
        },
    ),
    migrations.CreateModel(
        name="AlertMail",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("recipient", models.EmailField(max_length=254)),
            ("subject", models.CharField(max_length=300)),
            ("body", models.TextField()),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("claimed_at", models.DateTimeField(null=True)),
            ("error", models.CharField(blank=True, max_length=500)),
            ("sent_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "alert",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="mails", to="billing.alert"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(condition=models.Q(("sent_at__isnull", True)), fields=["id"], name="alert_mail_waiting")
            ],
            "constraints": [models.UniqueConstraint(fields=("alert", "recipient"), name="alert_mail_once")],
        },
    ),
    migrations.CreateModel(
        name="Quote",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("number", models.CharField(max_length=40)),
            ("version", models.PositiveSmallIntegerField(default=1)),
            (
                "status",
                models.CharField(
                    choices=[
                        ("draft", "Draft"),
                        ("sent", "Sent"),
                        ("accepted", "Accepted"),
                        ("declined", "Declined"),
                        ("expired", "Expired"),
                        ("withdrawn", "Withdrawn"),
                    ],
                    default="draft",
                    max_length=9,
                ),
            ),
            ("starts_on", models.DateField()),
            ("valid_until", models.DateField()),
            ("note", models.CharField(blank=True, max_length=2000)),
            ("seed", models.PositiveBigIntegerField()),
            ("volumes", models.JSONField()),
            ("staff", models.JSONField(default=dict)),
            ("estimate", models.JSONField()),
            ("comparison", models.JSONField(null=True)),
            ("sheet", models.JSONField(default=dict)),
            ("sheet_hash", models.CharField(blank=True, max_length=64)),
            ("seller", models.JSONField(default=dict)),
            ("buyer", models.JSONField(default=dict)),
            ("content_hash", models.CharField(blank=True, max_length=64)),
            ("created_at", models.DateTimeField()),
            ("changed_at", models.DateTimeField()),
            ("sent_at", models.DateTimeField(null=True)),
            ("decided_at", models.DateTimeField(null=True)),
            ("decided_name", models.CharField(blank=True, max_length=200)),
            ("reason", models.CharField(blank=True, max_length=500)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "created_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "issuer",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.issuer"),
            ),
            (
                "tariff_version",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.tariffversion"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["account", "-id"], name="quote_newest"),
                models.Index(fields=["-id"], name="quote_newest_of_all"),
                models.Index(condition=models.Q(("status", "sent")), fields=["valid_until"], name="quote_may_expire"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("issuer", "number", "version"), name="quote_number_once"),
                models.UniqueConstraint(
                    condition=models.Q(("status", "draft")),
                    fields=("issuer", "number"),
                    name="quote_one_draft_a_number",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("status", "sent")), fields=("issuer", "number"), name="quote_one_sent_a_number"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("decided_at__isnull", True), ("sent_at__isnull", True), ("status", "draft")),
                        models.Q(
                            ("decided_at__isnull", True),
                            ("sent_at__isnull", False),
                            ("status", "sent"),
                            models.Q(("content_hash", ""), _negated=True),
                        ),
                        models.Q(
                            ("status__in", ["accepted", "declined", "expired", "withdrawn"]),
                            ("decided_at__isnull", False),
                            ("sent_at__isnull", False),
                            models.Q(("content_hash", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="quote_status_complete",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PriceAcceptance",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "source",
                models.CharField(
                    choices=[
                        ("quote", "Quote"),
                        ("portal", "Portal"),
                        ("recorded", "Recorded"),
                        ("imported", "Imported"),
                    ],
                    max_length=8,
                ),
            ),
            ("effective_from", models.DateField()),
            ("accepted_at", models.DateTimeField()),
            ("accepted_name", models.CharField(max_length=200)),
            ("evidence", models.CharField(blank=True, max_length=500)),
            ("sheet", models.JSONField()),
            ("sheet_hash", models.CharField(max_length=64)),
            (
                "accepted_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "tariff_version",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="acceptances", to="billing.tariffversion"
                ),
            ),
            (
                "quote",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="acceptances",
                    to="billing.quote",
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("account", "tariff_version", "effective_from"), name="price_acceptance_once"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("quote__isnull", False), ("source", "quote")),
                        models.Q(models.Q(("source", "quote"), _negated=True), ("quote__isnull", True)),
                        _connector="OR",
                    ),
                    name="price_acceptance_source_complete",
                ),
                models.CheckConstraint(
                    condition=models.Q(("accepted_name", ""), _negated=True), name="price_acceptance_named"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="UsageMark",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("interaction_id", models.BigIntegerField(null=True)),
            ("call_id", models.BigIntegerField(null=True)),
        ],
    ),
    migrations.CreateModel(
        name="InvoiceDelivery",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("recipient", models.EmailField(max_length=254)),
            ("round", models.PositiveSmallIntegerField(default=1)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("waiting", "Waiting"),
                        ("sending", "Sending"),
                        ("sent", "Sent"),
                        ("bounced", "Bounced"),
                        ("failed", "Failed"),
                    ],
                    default="waiting",
                    max_length=7,
                ),
            ),
            ("message_id", models.CharField(max_length=200, unique=True)),
            ("queued_at", models.DateTimeField()),
            ("next_attempt_at", models.DateTimeField()),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("claimed_at", models.DateTimeField(null=True)),
            ("sent_at", models.DateTimeField(null=True)),
            ("bounced_at", models.DateTimeField(null=True)),
            ("error", models.CharField(blank=True, max_length=500)),
            ("note", models.CharField(blank=True, max_length=500)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "invoice",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="billing.invoice"
                ),
            ),
            (
                "queued_by",
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
                models.Index(
                    condition=models.Q(("state__in", ["waiting", "sending"])),
                    fields=["next_attempt_at"],
                    name="invoice_delivery_due",
                )
            ],
            "constraints": [
                models.UniqueConstraint(fields=("invoice", "recipient", "round"), name="invoice_delivery_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="ProfileProposal",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("values", models.JSONField()),
            (
                "state",
                models.CharField(
                    choices=[
                        ("waiting", "Waiting"),
                        ("accepted", "Accepted"),
                        ("declined", "Declined"),
                        ("withdrawn", "Withdrawn"),
                    ],
                    default="waiting",
                    max_length=9,
                ),
            ),
            ("proposed_at", models.DateTimeField()),
            ("decided_at", models.DateTimeField(null=True)),
            ("reason", models.CharField(blank=True, max_length=500)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
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
                "proposed_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(condition=models.Q(("state", "waiting")), fields=["-id"], name="profile_proposal_waiting")
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "waiting")), fields=("account",), name="profile_proposal_one_waiting"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("decided_at__isnull", True), ("state", "waiting")),
                        models.Q(models.Q(("state", "waiting"), _negated=True), ("decided_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="profile_proposal_state_complete",
                ),
            ],
        },
    ),
]
# tables whose rows others of their account point at
KEYS = [
    "billing_invoice",
    "billing_invoiceline",
    "billing_usageline",
    "billing_dispute",
    "billing_moneymovement",
    "billing_accrual",
    "billing_ratedshape",
    "billing_addon",
    "billing_alertrule",
    "billing_alert",
    "billing_quote",
]
# (table, column, table pointed at)
REFERENCES = [
    ("billing_invoice", "corrects_id", "billing_invoice"),
    ("billing_invoiceline", "invoice_id", "billing_invoice"),
    ("billing_invoiceline", "credits_id", "billing_invoiceline"),
    ("billing_invoiceline", "add_on_id", "billing_addon"),
    ("billing_usageline", "interaction_id", "tickets_interaction"),
    ("billing_usageline", "call_id", "tickets_call"),
    ("billing_invoicelineusage", "line_id", "billing_invoiceline"),
    ("billing_invoicelineusage", "usage_line_id", "billing_usageline"),
    ("billing_usagesource", "usage_line_id", "billing_usageline"),
    ("billing_dispute", "credit_note_id", "billing_invoice"),
    ("billing_dispute", "invoice_id", "billing_invoice"),
    ("billing_dispute", "line_id", "billing_invoiceline"),
    ("billing_disputemessage", "dispute_id", "billing_dispute"),
    ("billing_latedecision", "invoice_id", "billing_invoice"),
    ("billing_moneyentry", "invoice_id", "billing_invoice"),
    ("billing_moneyentry", "movement_id", "billing_moneymovement"),
    ("billing_reminder", "invoice_id", "billing_invoice"),
    ("billing_accrualsum", "accrual_id", "billing_accrual"),
    ("billing_ratedhour", "shape_id", "billing_ratedshape"),
    ("billing_alert", "rule_id", "billing_alertrule"),
    ("billing_alertseen", "alert_id", "billing_alert"),
    ("billing_alertmail", "alert_id", "billing_alert"),
    ("billing_priceacceptance", "quote_id", "billing_quote"),
    ("billing_invoicedelivery", "invoice_id", "billing_invoice"),
]


class Migration(migrations.Migration):
    replaces = [
        ("billing", "0001_initial"),
        ("billing", "0002_same_account"),
        ("billing", "0003_unchangeable"),
        ("billing", "0004_documents"),
        ("billing", "0005_chain_of_what_was_issued"),
        ("billing", "0006_documents_complete"),
        ("billing", "0007_documents_add_up"),
        ("billing", "0008_usage_facts"),
        ("billing", "0009_charged_once_by_component"),
        ("billing", "0010_billing_profile"),
        ("billing", "0011_late_disputes_money_reminders"),
        ("billing", "0012_money_sums_to_zero"),
        ("billing", "0013_running_sums"),
        ("billing", "0014_rated_hours"),
        ("billing", "0015_forecasts"),
        ("billing", "0016_add_ons"),
        ("billing", "0017_add_ons_kept"),
        ("billing", "0018_usage_alerts"),
        ("billing", "0019_tariff_offered"),
        ("billing", "0020_quotes"),
        ("billing", "0021_quotes_kept"),
        ("billing", "0022_contracts_accepted"),
        ("billing", "0023_usage_of_every_kind"),
        ("billing", "0024_usage_marks"),
        ("billing", "0025_documents_by_mail"),
        ("billing", "0026_mailed_within_the_account"),
        ("billing", "0027_reminders_are_claimed"),
        ("billing", "0028_prepaid_units"),
        ("billing", "0029_prepaid_units_kept"),
    ]

    initial = True

    dependencies = [
        ("tenancy", "0001_first_release"),
        ("tickets", "0001_first_release"),
    ]

    operations = [
        CreateModels(TABLES),
        *same_account(keys=KEYS, references=REFERENCES),
        *CHECKED,
        *KEPT,
        *MARKS,
    ]

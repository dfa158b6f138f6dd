"""Tickets with their messages, calls, contacts, files, translations, clocks and ratings."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from contactcenter.kernel.migrations._create_models import CreateModels
from contactcenter.kernel.migrations._same_account import same_account
from contactcenter.tickets.migrations._kept import KEPT

TABLES = [
    migrations.CreateModel(
        name="TicketCounter",
        fields=[
            (
                "account",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    primary_key=True,
                    related_name="+",
                    serialize=False,
                    to="tenancy.account",
                ),
            ),
            ("last_number", models.PositiveBigIntegerField(default=1000)),
        ],
    ),
    migrations.CreateModel(
        name="Ticket",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("number", models.PositiveBigIntegerField()),
            (
                "channel",
                models.CharField(
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
            ("language", models.CharField(blank=True, max_length=8)),
            ("subject", models.CharField(blank=True, max_length=300)),
            ("preview", models.CharField(blank=True, max_length=160)),
            (
                "status",
                models.CharField(
                    choices=[
                        ("new", "New"),
                        ("open", "In progress"),
                        ("pending", "Waiting for the contact"),
                        ("solved", "Solved"),
                        ("closed", "Closed"),
                    ],
                    default="new",
                    max_length=10,
                ),
            ),
            ("priority", models.SmallIntegerField(default=0)),
            ("unread", models.PositiveIntegerField(default=0)),
            ("opened_at", models.DateTimeField()),
            ("last_activity_at", models.DateTimeField()),
            ("solved_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "assignee",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tickets",
                    to="operators.operator",
                ),
            ),
            (
                "contact",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="tickets", to="contacts.contact"
                ),
            ),
            ("due_at", models.DateTimeField(null=True)),
            ("due_for", models.CharField(blank=True, max_length=12)),
            ("is_breached", models.BooleanField(default=False)),
            (
                "sla_policy",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="tickets.slapolicy"
                ),
            ),
            (
                "merged_into",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="merged_tickets",
                    to="tickets.ticket",
                ),
            ),
            ("clocks_stand", models.BooleanField(db_default=False, default=False)),
            ("campaign", models.CharField(blank=True, db_default="", default="", max_length=120)),
        ],
        options={
            "indexes": [
                models.Index(fields=["account", "-last_activity_at", "-id"], name="ticket_account_activity"),
                models.Index(fields=["-last_activity_at", "-id"], name="ticket_activity"),
                models.Index(
                    condition=models.Q(("status__in", ["new", "open", "pending"])),
                    fields=["assignee", "-last_activity_at", "-id"],
                    name="ticket_assignee_open",
                ),
                models.Index(fields=["contact", "-id"], name="ticket_contact"),
                models.Index(
                    condition=models.Q(("status__in", ["new", "open", "pending"])),
                    fields=["-last_activity_at", "-id"],
                    name="ticket_open_activity",
                ),
                models.Index(fields=["number"], name="ticket_number"),
                django.contrib.postgres.indexes.GinIndex(
                    django.contrib.postgres.indexes.OpClass(
                        django.db.models.functions.text.Upper("subject"), name="gin_trgm_ops"
                    ),
                    django.contrib.postgres.indexes.OpClass(
                        django.db.models.functions.text.Upper("preview"), name="gin_trgm_ops"
                    ),
                    name="ticket_words",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("account", "number"), name="ticket_number_once"),
                models.CheckConstraint(
                    condition=models.Q(("status__in", ["new", "open", "pending", "solved", "closed"])),
                    name="ticket_status_known",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Note",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("text", models.TextField()),
            ("at", models.DateTimeField()),
            ("client_uuid", models.UUIDField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
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
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="tickets.ticket"
                ),
            ),
            ("author_name", models.CharField(blank=True, max_length=80)),
        ],
        options={
            "indexes": [models.Index(fields=["ticket", "at", "id"], name="note_timeline")],
            "constraints": [
                models.UniqueConstraint(fields=("account", "client_uuid"), name="note_client_uuid_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        ("author__isnull", False), models.Q(("author_name", ""), _negated=True), _connector="OR"
                    ),
                    name="note_has_author",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Message",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("direction", models.CharField(choices=[("in", "Inbound"), ("out", "Outbound")], max_length=3)),
            (
                "channel",
                models.CharField(
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
            (
                "kind",
                models.CharField(
                    choices=[
                        ("message", "Message"),
                        ("auto_reply", "Automatic reply"),
                        ("bounce", "Bounce"),
                        ("feedback", "Feedback report"),
                    ],
                    default="message",
                    max_length=12,
                ),
            ),
            ("subject", models.CharField(blank=True, max_length=998)),
            ("text", models.TextField(blank=True)),
            ("reply_text", models.TextField(blank=True)),
            ("html", models.TextField(blank=True)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("at", models.DateTimeField()),
            ("external_id", models.CharField(blank=True, max_length=500)),
            ("client_uuid", models.UUIDField(null=True)),
            (
                "status",
                models.CharField(
                    choices=[
                        ("received", "Received"),
                        ("queued", "Queued"),
                        ("sending", "Sending"),
                        ("sent", "Sent"),
                        ("delivered", "Delivered"),
                        ("read", "Read"),
                        ("failed", "Not sent"),
                    ],
                    max_length=10,
                ),
            ),
            ("error", models.CharField(blank=True, max_length=500)),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("next_attempt_at", models.DateTimeField(null=True)),
            ("headers", models.JSONField(default=dict)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "contact",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contact"
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="tickets.ticket"
                ),
            ),
            ("parts", models.PositiveSmallIntegerField(null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["ticket", "at", "id"], name="message_timeline"),
                models.Index(fields=["account", "external_id"], name="message_external"),
                models.Index(fields=["account", "-id"], name="message_newest"),
                models.Index(
                    condition=models.Q(("status__in", ["queued", "sending"])),
                    fields=["next_attempt_at", "id"],
                    name="message_to_send",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("account", "client_uuid"), name="message_client_uuid_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        ("status__in", ["received", "queued", "sending", "sent", "delivered", "read", "failed"])
                    ),
                    name="message_status_known",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Interaction",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "channel",
                models.CharField(
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
            (
                "direction",
                models.CharField(choices=[("in", "Inbound"), ("out", "Outbound")], default="in", max_length=3),
            ),
            ("source_key", models.CharField(max_length=160, null=True)),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("wrapped_at", models.DateTimeField(null=True)),
            ("comment", models.CharField(blank=True, max_length=500)),
            ("waited_ms", models.PositiveBigIntegerField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "disposition",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="playbooks.disposition"
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="interactions", to="operators.operator"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="interactions", to="tickets.ticket"
                ),
            ),
            ("patched_to", models.CharField(blank=True, max_length=64)),
            ("patched_at", models.DateTimeField(null=True)),
            ("patch_ended_at", models.DateTimeField(null=True)),
            ("queue_id", models.BigIntegerField(null=True)),
            ("orders", models.PositiveSmallIntegerField(db_default=0, default=0)),
            ("order_amount", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["account", "-started_at", "-id"], name="interaction_newest"),
                models.Index(fields=["ticket", "started_at"], name="interaction_ticket"),
                models.Index(fields=["operator", "-started_at"], name="interaction_operator"),
                models.Index(
                    condition=models.Q(("channel", "voice"), ("ended_at__isnull", True), ("source_key__isnull", False)),
                    fields=["operator"],
                    name="interaction_calling",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("account", "source_key"), name="interaction_source_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        ("order_amount__isnull", True),
                        models.Q(("order_amount__gte", 0), ("orders__gt", 0)),
                        _connector="OR",
                    ),
                    name="interaction_amount_of_orders",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("patch_ended_at__isnull", True),
                        ("patch_ended_at__gte", models.F("patched_at")),
                        _connector="OR",
                    ),
                    name="interaction_patch_ends_after_start",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("ended_at__isnull", True), ("ended_at__gte", models.F("started_at")), _connector="OR"
                    ),
                    name="interaction_ends_after_start",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Draft",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("channel", models.CharField(max_length=10)),
            ("text", models.TextField(blank=True)),
            ("updated_at", models.DateTimeField(auto_now=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="drafts", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("ticket", "user", "channel"), name="draft_once")],
        },
    ),
    migrations.CreateModel(
        name="Call",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("endpoint_id", models.BigIntegerField()),
            ("external_id", models.CharField(max_length=160)),
            ("external_ids", models.JSONField(default=list)),
            ("direction", models.CharField(choices=[("in", "Inbound"), ("out", "Outbound")], max_length=3)),
            ("from_number", models.CharField(blank=True, max_length=64)),
            ("from_name", models.CharField(blank=True, max_length=200)),
            ("to_number", models.CharField(blank=True, max_length=64)),
            ("queue_name", models.CharField(blank=True, max_length=80)),
            ("started_at", models.DateTimeField()),
            ("enqueued_at", models.DateTimeField(null=True)),
            ("answered_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            ("wait_ms", models.PositiveBigIntegerField(null=True)),
            ("ring_ms", models.PositiveBigIntegerField(null=True)),
            ("talk_ms", models.PositiveBigIntegerField(null=True)),
            ("hold_ms", models.PositiveBigIntegerField(null=True)),
            ("outcome", models.CharField(blank=True, max_length=24)),
            ("hung_up_by", models.CharField(blank=True, max_length=24)),
            ("transfers", models.JSONField(default=list)),
            ("flags", models.JSONField(default=list)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "contact",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contact"
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="calls", to="tickets.ticket"
                ),
            ),
            ("queue_id", models.BigIntegerField(null=True)),
            ("campaign", models.CharField(blank=True, db_default="", default="", max_length=120)),
        ],
        options={
            "indexes": [
                models.Index(fields=["ticket", "started_at", "id"], name="call_timeline"),
                models.Index(fields=["account", "-started_at", "-id"], name="call_newest"),
            ],
            "constraints": [models.UniqueConstraint(fields=("endpoint_id", "external_id"), name="call_external_once")],
        },
    ),
    migrations.CreateModel(
        name="TicketLink",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("key", models.CharField(max_length=64)),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="links", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("key", "ticket"), name="ticket_link_once")],
        },
    ),
    migrations.CreateModel(
        name="CallSegment",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("position", models.PositiveSmallIntegerField()),
            ("kind", models.CharField(max_length=12)),
            ("queue_name", models.CharField(blank=True, max_length=80)),
            ("operator_name", models.CharField(blank=True, max_length=120)),
            ("enqueued_at", models.DateTimeField(null=True)),
            ("answered_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            ("ring_ms", models.PositiveBigIntegerField(null=True)),
            ("wait_ms", models.PositiveBigIntegerField(null=True)),
            ("talk_ms", models.PositiveBigIntegerField(null=True)),
            ("hold_ms", models.PositiveBigIntegerField(null=True)),
            ("holds", models.JSONField(default=list)),
            ("outcome", models.CharField(blank=True, max_length=24)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "call",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="segments", to="tickets.call"
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
            (
                "interaction",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.interaction"
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("call", "position"), name="call_segment_once")],
        },
    ),
    migrations.CreateModel(
        name="Attachment",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("filename", models.CharField(max_length=255)),
            ("content_type", models.CharField(max_length=120)),
            ("declared_type", models.CharField(blank=True, max_length=120)),
            ("size", models.PositiveBigIntegerField()),
            ("sha256", models.CharField(blank=True, max_length=64)),
            ("content_id", models.CharField(blank=True, max_length=255)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "message",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="attachments", to="tickets.message"
                ),
            ),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("error", models.CharField(blank=True, max_length=300)),
            ("next_attempt_at", models.DateTimeField(null=True)),
            ("remote", models.CharField(blank=True, max_length=2000)),
            (
                "state",
                models.CharField(
                    choices=[("stored", "Stored"), ("pending", "Being fetched"), ("failed", "Not to be had")],
                    default="stored",
                    max_length=8,
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["message", "id"], name="attachment_message"),
                models.Index(
                    condition=models.Q(("state", "pending")), fields=["next_attempt_at", "id"], name="attachment_due"
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["stored", "pending", "failed"])), name="attachment_state_known"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "stored"), _negated=True), ("sha256__gt", ""), _connector="OR"
                    ),
                    name="attachment_stored_has_bytes",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Rating",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("score", models.PositiveSmallIntegerField()),
            ("comment", models.CharField(blank=True, max_length=1000)),
            ("at", models.DateTimeField()),
            ("changed_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "interaction",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, related_name="rating", to="tickets.interaction"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="ratings", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["ticket", "at"], name="rating_ticket"),
                models.Index(fields=["account", "-at", "-id"], name="rating_newest"),
            ],
            "constraints": [
                models.CheckConstraint(condition=models.Q(("score__range", (1, 5))), name="rating_score_one_to_five")
            ],
        },
    ),
    migrations.CreateModel(
        name="Upload",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("filename", models.CharField(max_length=255)),
            ("content_type", models.CharField(max_length=120)),
            ("declared_type", models.CharField(blank=True, max_length=120)),
            ("size", models.PositiveBigIntegerField()),
            ("sha256", models.CharField(max_length=64)),
            ("created_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="uploads", to="tickets.ticket"
                ),
            ),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["user", "ticket"], name="upload_of_person")],
        },
    ),
    migrations.CreateModel(
        name="Calendar",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=80, unique=True)),
            ("time_zone", models.CharField(default="UTC", max_length=60)),
            ("week", models.JSONField(default=list)),
            ("days", models.JSONField(default=list)),
            ("holiday_country", models.CharField(blank=True, max_length=2)),
            ("holiday_subdivision", models.CharField(blank=True, max_length=6)),
        ],
    ),
    migrations.CreateModel(
        name="SlaPolicy",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=80)),
            (
                "account",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="sla_policies",
                    to="tenancy.account",
                ),
            ),
            (
                "calendar",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tickets.calendar",
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("account",), name="sla_policy_of_account")],
        },
    ),
    migrations.CreateModel(
        name="SlaTarget",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("priority", models.SmallIntegerField(blank=True, null=True)),
            ("first_reply_s", models.PositiveIntegerField(blank=True, null=True)),
            ("next_reply_s", models.PositiveIntegerField(blank=True, null=True)),
            ("resolution_s", models.PositiveIntegerField(blank=True, null=True)),
            (
                "policy",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="targets", to="tickets.slapolicy"
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("policy", "priority"), name="sla_target_once", nulls_distinct=False)
            ],
        },
    ),
    migrations.CreateModel(
        name="Translation",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("language", models.CharField(max_length=8)),
            ("source_language", models.CharField(blank=True, max_length=8)),
            (
                "state",
                models.CharField(
                    choices=[("asked", "Asked for"), ("done", "Translated"), ("failed", "Not translated")],
                    default="asked",
                    max_length=10,
                ),
            ),
            ("text", models.TextField(blank=True)),
            ("provider", models.CharField(blank=True, max_length=24)),
            ("characters", models.PositiveIntegerField(default=0)),
            ("cost", models.DecimalField(decimal_places=6, default=0, max_digits=12)),
            ("currency", models.CharField(blank=True, max_length=3)),
            ("error", models.CharField(blank=True, max_length=300)),
            ("asked_at", models.DateTimeField()),
            ("done_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "message",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="translations", to="tickets.message"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(condition=models.Q(("state", "asked")), fields=["asked_at"], name="translation_asked"),
                models.Index(fields=["account", "-asked_at"], name="translation_newest"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("message", "language"), name="translation_once"),
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["asked", "done", "failed"])), name="translation_state_known"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="InterpreterUse",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("provider", models.CharField(blank=True, max_length=80)),
            ("language", models.CharField(max_length=8)),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("seconds", models.PositiveIntegerField(default=0)),
            ("fee", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
            ("currency", models.CharField(blank=True, max_length=3)),
            ("reference", models.CharField(blank=True, max_length=120)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "interaction",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="interpreters", to="tickets.interaction"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["account", "-started_at"], name="interpreter_newest")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("ended_at__isnull", True), ("ended_at__gte", models.F("started_at")), _connector="OR"
                    ),
                    name="interpreter_ends_after_start",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("ended_at", None)), fields=("interaction",), name="interpreter_one_open"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("fee__isnull", True),
                        models.Q(("fee__gte", 0), models.Q(("currency", ""), _negated=True)),
                        _connector="OR",
                    ),
                    name="interpreter_fee_has_currency",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="SlaClock",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("first_reply", "First reply"),
                        ("next_reply", "Next reply"),
                        ("resolution", "Resolution"),
                    ],
                    max_length=12,
                ),
            ),
            ("target_s", models.PositiveIntegerField()),
            ("started_at", models.DateTimeField()),
            ("elapsed_ms", models.PositiveBigIntegerField(default=0)),
            ("running_since", models.DateTimeField(null=True)),
            ("due_at", models.DateTimeField(null=True)),
            ("met_at", models.DateTimeField(null=True)),
            ("breached_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="clocks", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["ticket", "started_at"], name="sla_clock_ticket"),
                models.Index(
                    condition=models.Q(("breached_at__isnull", True), ("due_at__isnull", False)),
                    fields=["due_at"],
                    name="sla_clock_due",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("met_at__isnull", True)), fields=("ticket", "kind"), name="sla_clock_once"
                ),
                models.CheckConstraint(
                    condition=models.Q(("kind__in", ["first_reply", "next_reply", "resolution"])),
                    name="sla_clock_kind_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("running_since__isnull", True), ("due_at__isnull", False), _connector="XOR"),
                    name="sla_clock_due_while_running",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="TicketRelation",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[("merge", "Merged"), ("split", "Split off"), ("follow_up", "Follow-up")], max_length=10
                ),
            ),
            ("at", models.DateTimeField()),
            ("moved", models.JSONField(default=dict)),
            ("status", models.CharField(blank=True, max_length=10)),
            ("undone_at", models.DateTimeField(null=True)),
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
                "other",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="relations_to", to="tickets.ticket"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="relations", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["ticket", "-id"], name="ticket_relation_from"),
                models.Index(fields=["other", "-id"], name="ticket_relation_to"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("kind", "merge"), ("undone_at__isnull", True)),
                    fields=("other",),
                    name="ticket_merged_once",
                ),
                models.CheckConstraint(
                    condition=models.Q(("kind__in", ["merge", "split", "follow_up"])), name="ticket_relation_kind_known"
                ),
                models.CheckConstraint(
                    condition=models.Q(("ticket", models.F("other")), _negated=True), name="ticket_relation_of_two"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ReplyTranslation",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("language", models.CharField(max_length=8)),
            ("written_language", models.CharField(max_length=8)),
            ("written", models.TextField()),
            ("text", models.TextField()),
            ("provider", models.CharField(max_length=24)),
            ("characters", models.PositiveIntegerField()),
            ("cost", models.DecimalField(decimal_places=6, default=0, max_digits=12)),
            ("currency", models.CharField(blank=True, max_length=3)),
            ("made_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "message",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="reply_translation",
                    to="tickets.message",
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="reply_translations", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["ticket", "-made_at"], name="reply_translation_ticket"),
                models.Index(fields=["account", "-made_at"], name="reply_translation_newest"),
            ],
        },
    ),
    migrations.CreateModel(
        name="OrderCorrection",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("orders_before", models.PositiveSmallIntegerField()),
            ("amount_before", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
            ("orders", models.PositiveSmallIntegerField()),
            ("order_amount", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
            ("reason", models.CharField(max_length=500)),
            ("at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            (
                "interaction",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="order_corrections",
                    to="tickets.interaction",
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["interaction", "id"], name="order_correction_of")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("reason", ""), _negated=True), name="order_correction_has_reason"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("order_amount__isnull", True),
                        models.Q(("order_amount__gte", 0), ("orders__gt", 0)),
                        _connector="OR",
                    ),
                    name="order_correction_amount_of_orders",
                ),
            ],
        },
    ),
]
# tables whose rows others of their account point at
KEYS = [
    "tickets_ticket",
    "tickets_message",
    "tickets_interaction",
    "tickets_call",
]
# (table, column, table pointed at)
REFERENCES = [
    ("tickets_ticket", "contact_id", "contacts_contact"),
    ("tickets_ticket", "merged_into_id", "tickets_ticket"),
    ("tickets_note", "ticket_id", "tickets_ticket"),
    ("tickets_message", "contact_id", "contacts_contact"),
    ("tickets_message", "ticket_id", "tickets_ticket"),
    ("tickets_interaction", "disposition_id", "playbooks_disposition"),
    ("tickets_interaction", "ticket_id", "tickets_ticket"),
    ("tickets_draft", "ticket_id", "tickets_ticket"),
    ("tickets_call", "contact_id", "contacts_contact"),
    ("tickets_call", "ticket_id", "tickets_ticket"),
    ("tickets_callsegment", "call_id", "tickets_call"),
    ("tickets_callsegment", "interaction_id", "tickets_interaction"),
    ("tickets_attachment", "message_id", "tickets_message"),
    ("tickets_rating", "interaction_id", "tickets_interaction"),
    ("tickets_rating", "ticket_id", "tickets_ticket"),
    ("tickets_upload", "ticket_id", "tickets_ticket"),
    ("tickets_translation", "message_id", "tickets_message"),
    ("tickets_interpreteruse", "interaction_id", "tickets_interaction"),
    ("tickets_slaclock", "ticket_id", "tickets_ticket"),
    ("tickets_ticketrelation", "other_id", "tickets_ticket"),
    ("tickets_ticketrelation", "ticket_id", "tickets_ticket"),
    ("tickets_replytranslation", "message_id", "tickets_message"),
    ("tickets_replytranslation", "ticket_id", "tickets_ticket"),
    ("tickets_ordercorrection", "interaction_id", "tickets_interaction"),
]


class Migration(migrations.Migration):
    replaces = [
        ("tickets", "0001_initial"),
        ("tickets", "0002_same_account"),
        ("tickets", "0003_search_words"),
        ("tickets", "0004_note_by_api_key"),
        ("tickets", "0005_delivery_and_remote_files"),
        ("tickets", "0006_message_newest"),
        ("tickets", "0007_rating"),
        ("tickets", "0008_upload"),
        ("tickets", "0009_service_level"),
        ("tickets", "0010_service_level_same_account"),
        ("tickets", "0011_interaction_patch"),
        ("tickets", "0012_calls_that_go_on"),
        ("tickets", "0013_queue_of_contact"),
        ("tickets", "0014_relations"),
        ("tickets", "0015_clocks_stand"),
        ("tickets", "0016_orders_and_campaign"),
        ("tickets", "0017_bridged_replies"),
        ("tickets", "0018_order_corrections"),
    ]

    initial = True

    dependencies = [
        ("contacts", "0001_first_release"),
        ("operators", "0001_first_release"),
        ("playbooks", "0001_first_release"),
        ("tenancy", "0001_first_release"),
    ]

    operations = [
        CreateModels(TABLES),
        *same_account(keys=KEYS, references=REFERENCES),
        *KEPT,
    ]

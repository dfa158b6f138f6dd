"""Endpoints with what came in and goes out through them, and webhooks."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import channels_app.models
from contactcenter.kernel.migrations._create_models import CreateModels
from contactcenter.kernel.migrations._same_account import same_account

TABLES = [
    migrations.CreateModel(
        name="ChannelThread",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("key", models.CharField(max_length=200)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "contact_point",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contactpoint"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="threads", to="tickets.ticket"
                ),
            ),
            (
                "endpoint",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="threads", to="channels_app.endpoint"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["ticket"], name="channel_thread_ticket"),
                models.Index(fields=["endpoint", "key"], name="channel_thread_key"),
            ],
            "constraints": [models.UniqueConstraint(fields=("endpoint", "key", "ticket"), name="channel_thread_once")],
        },
    ),
    migrations.CreateModel(
        name="ChatSession",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("uuid", models.UUIDField(unique=True)),
            ("secret_sha256", models.CharField(max_length=64)),
            ("visitor_name", models.CharField(blank=True, max_length=120)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("started_at", models.DateTimeField()),
            ("last_seen_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
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
                "endpoint",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="chat_sessions",
                    to="channels_app.endpoint",
                ),
            ),
            ("external_user", models.CharField(blank=True, max_length=200)),
            ("email", models.CharField(blank=True, max_length=320)),
            ("left_at", models.DateTimeField(null=True)),
            ("read_at", models.DateTimeField(null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["account", "-started_at"], name="chat_session_newest"),
                models.Index(
                    condition=models.Q(("left_at__isnull", True)), fields=["last_seen_at"], name="chat_session_present"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Endpoint",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("email", "Mailbox"),
                        ("webchat", "Chat widget"),
                        ("voice", "Telephone system"),
                        ("sms", "SMS number"),
                        ("social", "Social network"),
                    ],
                    max_length=12,
                ),
            ),
            ("address", models.CharField(max_length=320)),
            ("name", models.CharField(max_length=120)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("settings", models.JSONField(blank=True, default=dict)),
            ("is_active", models.BooleanField(default=True)),
            ("last_received_at", models.DateTimeField(null=True)),
            ("last_error_at", models.DateTimeField(null=True)),
            ("last_error", models.CharField(blank=True, max_length=500)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            ("provider", models.CharField(blank=True, max_length=24)),
            (
                "public_token",
                models.CharField(
                    default=channels_app.models.new_public_token, editable=False, max_length=48, unique=True
                ),
            ),
            ("secrets_sealed", models.TextField(blank=True, editable=False)),
            ("paced_until", models.DateTimeField(editable=False, null=True)),
            ("campaign", models.CharField(blank=True, db_default="", default="", max_length=120)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("kind", "provider", "address"), name="endpoint_address_once"),
                models.CheckConstraint(
                    condition=models.Q(("kind__in", ["email", "webchat", "voice", "sms", "social"])),
                    name="endpoint_kind_known",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Receipt",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("external_id", models.CharField(max_length=500)),
            ("raw", models.BinaryField()),
            ("received_at", models.DateTimeField()),
            (
                "state",
                models.CharField(
                    choices=[("pending", "Pending"), ("processed", "Processed"), ("failed", "Failed")],
                    default="pending",
                    max_length=10,
                ),
            ),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("next_attempt_at", models.DateTimeField(null=True)),
            ("processed_at", models.DateTimeField(null=True)),
            ("error", models.TextField(blank=True)),
            ("outcome", models.JSONField(default=dict)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "endpoint",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="channels_app.endpoint"
                ),
            ),
            (
                "message",
                models.OneToOneField(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="receipt", to="tickets.message"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "pending")), fields=["next_attempt_at", "id"], name="receipt_pending"
                ),
                models.Index(
                    condition=models.Q(("state", "failed")), fields=["-received_at", "-id"], name="receipt_failed"
                ),
                models.Index(fields=["account", "-received_at"], name="receipt_account"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("endpoint", "external_id"), name="receipt_once"),
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["pending", "processed", "failed"])), name="receipt_state_known"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PhoneLogEntry",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("source", models.CharField(max_length=24)),
            ("dedupe_key", models.CharField(max_length=64)),
            ("raw", models.BinaryField()),
            ("at", models.DateTimeField(null=True)),
            (
                "call_keys",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=160), default=list, size=None
                ),
            ),
            ("rejected", models.CharField(blank=True, max_length=300)),
            ("received_at", models.DateTimeField()),
            ("reduced_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "endpoint",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="phone_log", to="channels_app.endpoint"
                ),
            ),
        ],
        options={
            "indexes": [
                django.contrib.postgres.indexes.GinIndex(fields=["call_keys"], name="phone_log_call_keys"),
                models.Index(condition=models.Q(("call_keys", [])), fields=["endpoint", "at"], name="phone_log_system"),
                models.Index(
                    condition=models.Q(("reduced_at__isnull", True), ("rejected", "")),
                    fields=["endpoint", "id"],
                    name="phone_log_pending",
                ),
                models.Index(
                    condition=models.Q(("rejected", ""), _negated=True),
                    fields=["-received_at", "-id"],
                    name="phone_log_rejected",
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("endpoint", "dedupe_key"), name="phone_log_entry_once")],
        },
    ),
    migrations.CreateModel(
        name="MailFolder",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=255)),
            ("uid_validity", models.BigIntegerField(default=0)),
            ("last_uid", models.BigIntegerField(default=0)),
            ("on_server", models.PositiveIntegerField(default=0)),
            ("checked_at", models.DateTimeField(null=True)),
            ("error", models.CharField(blank=True, max_length=500)),
            ("error_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "endpoint",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="mail_folders", to="channels_app.endpoint"
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("endpoint", "name"), name="mail_folder_once")],
        },
    ),
    migrations.CreateModel(
        name="MailFolderEntry",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("uid_validity", models.BigIntegerField()),
            ("uid", models.BigIntegerField()),
            ("problem", models.CharField(blank=True, max_length=300)),
            ("is_present", models.BooleanField(default=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "folder",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="channels_app.mailfolder"
                ),
            ),
            (
                "receipt",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="channels_app.receipt"
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("folder", "uid_validity", "uid"), name="mail_folder_entry_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        ("receipt__isnull", False), models.Q(("problem", ""), _negated=True), _connector="OR"
                    ),
                    name="mail_folder_entry_stored_or_explained",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="WebhookSubscription",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("url", models.CharField(max_length=500)),
            ("description", models.CharField(blank=True, max_length=120)),
            (
                "events",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("ticket.created", "A ticket was opened"),
                            ("ticket.changed", "A ticket changed"),
                            ("message.received", "A contact wrote"),
                            ("message.sent", "A message to a contact left"),
                            ("message.failed", "A message could not be sent, or came back"),
                            ("call.ended", "A call ended"),
                            ("contact.merged", "Two contacts became one"),
                            ("contact.unmerged", "A merge was undone"),
                            ("invoice.issued", "An invoice was issued"),
                            ("usage.alert", "Usage reached or will reach a threshold"),
                        ],
                        max_length=24,
                    ),
                    size=None,
                ),
            ),
            ("secrets", models.TextField()),
            ("is_active", models.BooleanField(default=True)),
            ("created_at", models.DateTimeField()),
            ("failures", models.PositiveIntegerField(default=0)),
            ("failing_since", models.DateTimeField(null=True)),
            ("paused_until", models.DateTimeField(null=True)),
            ("last_error", models.CharField(blank=True, max_length=300)),
            ("last_success_at", models.DateTimeField(null=True)),
            ("disabled_at", models.DateTimeField(null=True)),
            ("disabled_reason", models.CharField(blank=True, max_length=300)),
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
            ("told_at", models.DateTimeField(null=True)),
        ],
        options={
            "indexes": [models.Index(fields=["account", "-id"], name="webhook_newest")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "events__contained_by",
                            [
                                "ticket.created",
                                "ticket.changed",
                                "message.received",
                                "message.sent",
                                "message.failed",
                                "call.ended",
                                "contact.merged",
                                "contact.unmerged",
                                "invoice.issued",
                                "usage.alert",
                            ],
                        ),
                        models.Q(("events", []), _negated=True),
                    ),
                    name="webhook_events_known",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="WebhookDelivery",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("message_id", models.CharField(max_length=40, unique=True)),
            ("kind", models.CharField(max_length=24)),
            ("subject", models.CharField(max_length=40)),
            ("body", models.TextField()),
            ("created_at", models.DateTimeField()),
            (
                "state",
                models.CharField(
                    choices=[
                        ("pending", "Pending"),
                        ("sending", "Sending"),
                        ("delivered", "Delivered"),
                        ("failed", "Failed"),
                    ],
                    default="pending",
                    max_length=10,
                ),
            ),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("next_attempt_at", models.DateTimeField(null=True)),
            ("delivered_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "subscription",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="deliveries",
                    to="channels_app.webhooksubscription",
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["subscription", "-id"], name="webhook_delivery_newest"),
                models.Index(fields=["subscription", "subject"], name="webhook_delivery_subject"),
                models.Index(
                    condition=models.Q(("state__in", ["pending", "sending"])),
                    fields=["subscription", "next_attempt_at", "id"],
                    name="webhook_delivery_due",
                ),
                models.Index(fields=["created_at"], name="webhook_delivery_age"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["pending", "sending", "delivered", "failed"])),
                    name="webhook_delivery_state_known",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="WebhookAttempt",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField()),
            ("duration_ms", models.PositiveIntegerField()),
            ("status", models.PositiveSmallIntegerField(null=True)),
            ("error", models.CharField(blank=True, max_length=300)),
            ("answer", models.CharField(blank=True, max_length=500)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "delivery",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="log", to="channels_app.webhookdelivery"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["delivery", "id"], name="webhook_attempt_delivery")],
        },
    ),
    migrations.CreateModel(
        name="MessageTemplate",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=512)),
            ("language", models.CharField(max_length=16)),
            ("body", models.TextField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "endpoint",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="templates", to="channels_app.endpoint"
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("endpoint", "name", "language"), name="message_template_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="EmailSignature",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("language", models.CharField(blank=True, max_length=8)),
            ("text", models.TextField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("account", "language"), name="email_signature_once")],
        },
    ),
    migrations.CreateModel(
        name="CallRequest",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("endpoint_id", models.BigIntegerField()),
            ("interface", models.CharField(max_length=120)),
            ("number", models.CharField(max_length=64)),
            ("channel_id", models.CharField(max_length=64, unique=True)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("requested", "Requested"),
                        ("ringing", "The operator's telephone rings"),
                        ("answered", "The operator answered"),
                        ("failed", "Failed"),
                    ],
                    default="requested",
                    max_length=10,
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=200)),
            ("requested_at", models.DateTimeField()),
            ("changed_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "contact",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contact"),
            ),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "requested")),
                    fields=["endpoint_id", "requested_at"],
                    name="call_request_waiting",
                )
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["requested", "ringing", "answered", "failed"])),
                    name="call_request_state_known",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="MailAuthorization",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("fingerprint", models.CharField(max_length=64)),
            ("sealed", models.TextField(blank=True, editable=False)),
            ("expires_at", models.DateTimeField(null=True)),
            ("refreshing_until", models.DateTimeField(null=True)),
            ("refused_at", models.DateTimeField(null=True)),
            ("error", models.CharField(blank=True, max_length=500)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "endpoint",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="authorization",
                    to="channels_app.endpoint",
                ),
            ),
        ],
        options={
            "abstract": False,
        },
    ),
    migrations.CreateModel(
        name="MessagePiece",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("key", models.CharField(max_length=200)),
            ("number", models.PositiveSmallIntegerField()),
            ("total", models.PositiveSmallIntegerField()),
            ("text", models.TextField(blank=True)),
            ("received_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "endpoint",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to="channels_app.endpoint"
                ),
            ),
            (
                "message",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.message"
                ),
            ),
            (
                "receipt",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, related_name="piece", to="channels_app.receipt"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["endpoint", "key", "-received_at"], name="message_piece_group"),
                models.Index(
                    condition=models.Q(("message__isnull", True)), fields=["received_at"], name="message_piece_waits"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="CallOrder",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("endpoint_id", models.BigIntegerField()),
            (
                "action",
                models.CharField(
                    choices=[
                        ("hold", "Put the caller on hold"),
                        ("resume", "Go on with the caller"),
                        ("transfer", "Put the caller through"),
                        ("hang_up", "Hang up"),
                        ("listen", "Listen to the call"),
                        ("whisper", "Speak to the operator only"),
                    ],
                    max_length=10,
                ),
            ),
            ("extension", models.CharField(blank=True, max_length=64)),
            ("number", models.CharField(blank=True, max_length=64)),
            ("interface", models.CharField(blank=True, max_length=120)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("requested", "Requested"),
                        ("sent", "Sent to the telephone system"),
                        ("done", "Done"),
                        ("failed", "Failed"),
                    ],
                    default="requested",
                    max_length=10,
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=200)),
            ("requested_at", models.DateTimeField()),
            ("changed_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "call",
                models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.call"),
            ),
            (
                "interaction",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.interaction"
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "requested")), fields=["requested_at"], name="call_order_waiting"
                )
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["requested", "sent", "done", "failed"])),
                    name="call_order_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("action__in", ["hold", "resume", "transfer", "hang_up", "listen", "whisper"])),
                    name="call_order_action_known",
                ),
            ],
        },
    ),
]
# tables whose rows others of their account point at
KEYS = [
    "channels_app_endpoint",
    "channels_app_receipt",
    "channels_app_mailfolder",
    "channels_app_webhooksubscription",
    "channels_app_webhookdelivery",
]
# (table, column, table pointed at)
REFERENCES = [
    ("channels_app_channelthread", "contact_point_id", "contacts_contactpoint"),
    ("channels_app_channelthread", "ticket_id", "tickets_ticket"),
    ("channels_app_channelthread", "endpoint_id", "channels_app_endpoint"),
    ("channels_app_chatsession", "contact_id", "contacts_contact"),
    ("channels_app_chatsession", "endpoint_id", "channels_app_endpoint"),
    ("channels_app_receipt", "endpoint_id", "channels_app_endpoint"),
    ("channels_app_receipt", "message_id", "tickets_message"),
    ("channels_app_phonelogentry", "endpoint_id", "channels_app_endpoint"),
    ("channels_app_mailfolder", "endpoint_id", "channels_app_endpoint"),
    ("channels_app_mailfolderentry", "folder_id", "channels_app_mailfolder"),
    ("channels_app_mailfolderentry", "receipt_id", "channels_app_receipt"),
    ("channels_app_webhookdelivery", "subscription_id", "channels_app_webhooksubscription"),
    ("channels_app_webhookattempt", "delivery_id", "channels_app_webhookdelivery"),
    ("channels_app_messagetemplate", "endpoint_id", "channels_app_endpoint"),
    ("channels_app_callrequest", "contact_id", "contacts_contact"),
    ("channels_app_callrequest", "ticket_id", "tickets_ticket"),
    ("channels_app_messagepiece", "endpoint_id", "channels_app_endpoint"),
    ("channels_app_messagepiece", "message_id", "tickets_message"),
    ("channels_app_messagepiece", "receipt_id", "channels_app_receipt"),
    ("channels_app_callorder", "call_id", "tickets_call"),
    ("channels_app_callorder", "interaction_id", "tickets_interaction"),
]


class Migration(migrations.Migration):
    replaces = [
        ("channels_app", "0001_initial"),
        ("channels_app", "0002_initial"),
        ("channels_app", "0003_same_account"),
        ("channels_app", "0004_phone_log_entry"),
        ("channels_app", "0005_phone_log_same_account"),
        ("channels_app", "0006_endpoint_provider"),
        ("channels_app", "0007_endpoint_public_token"),
        ("channels_app", "0008_endpoint_secrets"),
        ("channels_app", "0009_mail_folders"),
        ("channels_app", "0010_webhooks"),
        ("channels_app", "0011_webhooks_same_account"),
        ("channels_app", "0012_chat_presence"),
        ("channels_app", "0013_message_template"),
        ("channels_app", "0014_message_template_same_account"),
        ("channels_app", "0015_email_signature"),
        ("channels_app", "0016_endpoint_paced_until"),
        ("channels_app", "0017_call_request"),
        ("channels_app", "0018_call_request_same_account"),
        ("channels_app", "0019_mail_authorization"),
        ("channels_app", "0020_message_piece"),
        ("channels_app", "0021_webhook_told_at"),
        ("channels_app", "0022_webhook_of_usage_alerts"),
        ("channels_app", "0023_call_order"),
        ("channels_app", "0024_call_order_same_account"),
        ("channels_app", "0025_endpoint_campaign"),
    ]

    initial = True

    dependencies = [
        ("contacts", "0001_first_release"),
        ("operators", "0001_first_release"),
        ("tenancy", "0001_first_release"),
        ("tickets", "0001_first_release"),
    ]

    operations = [
        CreateModels(TABLES),
        # the name it got when it was added to a table that existed
        migrations.RunSQL(
            "ALTER TABLE channels_app_endpoint RENAME CONSTRAINT channels_app_endpoint_public_token_key "
            "TO channels_app_endpoint_public_token_0327af5c_uniq",
            migrations.RunSQL.noop,
        ),
        *same_account(keys=KEYS, references=REFERENCES),
        migrations.RunSQL(
            "ALTER TABLE channels_app_mailauthorization ADD CONSTRAINT channels_app_mailauthorization_same_account "
            "FOREIGN KEY (account_id, endpoint_id) REFERENCES channels_app_endpoint (account_id, id)",
            "ALTER TABLE channels_app_mailauthorization DROP CONSTRAINT channels_app_mailauthorization_same_account",
        ),
    ]

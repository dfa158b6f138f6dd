"""Queues, what waits in them, offers, assignments, transfers, callbacks."""

import django.db.models.deletion
from django.db import migrations, models

from contactcenter.kernel.migrations._create_models import CreateModels
from contactcenter.kernel.migrations._same_account import same_account
from contactcenter.routing.migrations._marks import MARKS

TABLES = [
    migrations.CreateModel(
        name="Assignment",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("channel", models.CharField(max_length=10)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("active", "Active"),
                        ("held", "On hold"),
                        ("consult", "Consulting"),
                        ("transferred", "Transferred"),
                        ("wrapping", "Wrap-up"),
                        ("done", "Done"),
                    ],
                    default="active",
                    max_length=12,
                ),
            ),
            ("started_at", models.DateTimeField()),
            ("wrapping_at", models.DateTimeField(null=True)),
            ("wrap_due_at", models.DateTimeField(null=True)),
            ("wrap_extended", models.BooleanField(default=False)),
            ("done_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "interaction",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.interaction"
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="operators.operator"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="assignments", to="tickets.ticket"
                ),
            ),
            (
                "bridge",
                models.CharField(
                    blank=True,
                    choices=[("", "None"), ("machine", "Machine translation"), ("interpreter", "Interpreter")],
                    max_length=12,
                ),
            ),
            ("wrap_is_exclusive", models.BooleanField(default=False)),
            ("enqueued_at", models.DateTimeField(null=True)),
            ("state_since", models.DateTimeField(null=True)),
            ("transferred_at", models.DateTimeField(null=True)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "done"), _negated=True), fields=["operator"], name="assignment_load"
                ),
                models.Index(
                    condition=models.Q(("state", "wrapping")), fields=["wrap_due_at"], name="assignment_wrap_due"
                ),
                models.Index(fields=["ticket", "-started_at"], name="assignment_ticket"),
                models.Index(
                    condition=models.Q(("transferred_at__isnull", False)),
                    fields=["transferred_at"],
                    name="assignment_handed_on",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ("active", "consult", "held"))),
                    fields=("ticket",),
                    name="assignment_one_owner",
                ),
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["active", "held", "consult", "transferred", "wrapping", "done"])),
                    name="assignment_state_known",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Offer",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("channel", models.CharField(max_length=10)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("pending", "Pending"),
                        ("accepted", "Accepted"),
                        ("declined", "Declined"),
                        ("timed_out", "Timed out"),
                        ("rescinded", "Rescinded"),
                        ("canceled", "Cancelled"),
                    ],
                    default="pending",
                    max_length=10,
                ),
            ),
            ("offered_at", models.DateTimeField()),
            ("expires_at", models.DateTimeField()),
            ("resolved_at", models.DateTimeField(null=True)),
            ("why", models.JSONField(default=dict)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="operators.operator"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="offers", to="tickets.ticket"
                ),
            ),
            (
                "bridge",
                models.CharField(
                    blank=True,
                    choices=[("", "None"), ("machine", "Machine translation"), ("interpreter", "Interpreter")],
                    max_length=12,
                ),
            ),
            (
                "purpose",
                models.CharField(
                    choices=[("route", "Waiting ticket"), ("transfer", "Transfer"), ("consult", "Consultation")],
                    default="route",
                    max_length=10,
                ),
            ),
            (
                "transfer",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="routing.transfer"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(condition=models.Q(("state", "pending")), fields=["expires_at"], name="offer_expiry"),
                models.Index(fields=["ticket", "-offered_at"], name="offer_ticket"),
                models.Index(
                    condition=models.Q(("state__in", ["declined", "timed_out"])),
                    fields=["resolved_at"],
                    name="offer_passed",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "pending")), fields=("ticket",), name="offer_one_pending"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state", "pending")), fields=("operator",), name="offer_one_deciding"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("state__in", ["pending", "accepted", "declined", "timed_out", "rescinded", "canceled"])
                    ),
                    name="offer_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "pending"), ("resolved_at__isnull", True)),
                        models.Q(models.Q(("state", "pending"), _negated=True), ("resolved_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="offer_resolved_once",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="OperatorState",
        fields=[
            (
                "operator",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    primary_key=True,
                    related_name="state",
                    serialize=False,
                    to="operators.operator",
                ),
            ),
            (
                "presence",
                models.CharField(
                    choices=[
                        ("offline", "Offline"),
                        ("available", "Available"),
                        ("break", "Break"),
                        ("lost", "Connection lost"),
                    ],
                    default="offline",
                    max_length=10,
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=80)),
            ("since", models.DateTimeField()),
            ("idle_since", models.DateTimeField(null=True)),
            ("last_seen_at", models.DateTimeField(null=True)),
            ("missed_offers", models.PositiveSmallIntegerField(default=0)),
            (
                "next_presence",
                models.CharField(
                    blank=True,
                    choices=[
                        ("offline", "Offline"),
                        ("available", "Available"),
                        ("break", "Break"),
                        ("lost", "Connection lost"),
                    ],
                    max_length=10,
                ),
            ),
            ("next_reason", models.CharField(blank=True, max_length=80)),
        ],
    ),
    migrations.CreateModel(
        name="Queue",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=80)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("priority", models.SmallIntegerField(default=0)),
            ("minimum_level", models.PositiveSmallIntegerField(default=2)),
            ("offer_seconds", models.PositiveSmallIntegerField(default=30)),
            ("wrap_up_seconds", models.PositiveSmallIntegerField(default=60)),
            ("is_active", models.BooleanField(default=True)),
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
            (
                "calendar",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="queues",
                    to="tickets.calendar",
                ),
            ),
            (
                "sla_policy",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="queues",
                    to="tickets.slapolicy",
                ),
            ),
            ("sticky_seconds", models.PositiveIntegerField(default=604800)),
            (
                "wrap_up_mode",
                models.CharField(
                    choices=[("mandatory", "Until cleared"), ("timed", "For a time"), ("optional", "Beside new work")],
                    default="optional",
                    max_length=10,
                ),
            ),
            ("callback_attempts", models.PositiveSmallIntegerField(default=3)),
            ("callback_expires_s", models.PositiveIntegerField(default=172800)),
            ("callback_retry_s", models.PositiveIntegerField(default=1800)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("account", "language", "channel"), name="queue_once", nulls_distinct=False
                ),
                models.CheckConstraint(
                    condition=models.Q(("wrap_up_mode__in", ["mandatory", "timed", "optional"])),
                    name="queue_wrap_up_mode_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("callback_attempts__gte", 1)), name="queue_calls_back_once_at_least"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Waiting",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("channel", models.CharField(max_length=10)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("priority", models.SmallIntegerField(default=0)),
            ("enqueued_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "queue",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="waiting", to="routing.queue"
                ),
            ),
            (
                "ticket",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, related_name="waiting", to="tickets.ticket"
                ),
            ),
            ("due_at", models.DateTimeField()),
            ("is_callback", models.BooleanField(default=False)),
            ("is_language_open", models.BooleanField(default=False)),
            ("look_at", models.DateTimeField(null=True)),
            ("is_queue_chosen", models.BooleanField(default=False)),
            ("last_operator_id", models.BigIntegerField(null=True)),
            ("last_served_at", models.DateTimeField(null=True)),
            ("callback_offered_at", models.DateTimeField(null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["-priority", "due_at", "enqueued_at", "id"], name="waiting_place"),
                models.Index(condition=models.Q(("look_at__isnull", False)), fields=["look_at"], name="waiting_look"),
            ],
        },
    ),
    migrations.CreateModel(
        name="CallbackRequest",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("number", models.CharField(max_length=64)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("waiting", "Waiting"),
                        ("calling", "Being called"),
                        ("done", "Done"),
                        ("canceled", "Cancelled"),
                        ("failed", "Not reached"),
                        ("expired", "Expired"),
                    ],
                    default="waiting",
                    max_length=10,
                ),
            ),
            ("enqueued_at", models.DateTimeField()),
            ("requested_at", models.DateTimeField()),
            ("changed_at", models.DateTimeField()),
            ("reason", models.CharField(blank=True, max_length=200)),
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
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="callbacks", to="tickets.ticket"
                ),
            ),
            ("asked_by_id", models.BigIntegerField(null=True)),
            (
                "assignment",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="callbacks",
                    to="routing.assignment",
                ),
            ),
            ("attempts_made", models.PositiveSmallIntegerField(default=0)),
            ("expires_at", models.DateTimeField(null=True)),
            ("next_attempt_at", models.DateTimeField(null=True)),
            (
                "queue",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="routing.queue"
                ),
            ),
            (
                "source",
                models.CharField(
                    choices=[
                        ("console", "An operator"),
                        ("message", "A chat or a message"),
                        ("phone", "The telephone queue"),
                        ("api", "The API"),
                    ],
                    default="console",
                    max_length=10,
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["ticket", "-requested_at"], name="callback_ticket"),
                models.Index(fields=["account", "-id"], name="callback_newest"),
                models.Index(
                    condition=models.Q(("state__in", ["waiting", "calling"])),
                    fields=["enqueued_at", "id"],
                    name="callback_open",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["waiting", "calling"])),
                    fields=("ticket",),
                    name="callback_one_open",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["waiting", "calling"])),
                    fields=("asked_by_id", "queue"),
                    name="callback_one_open_of_contact",
                ),
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["waiting", "calling", "done", "canceled", "failed", "expired"])),
                    name="callback_state_known",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="MatcherState",
        fields=[
            ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
            ("profiles", models.UUIDField()),
        ],
        options={
            "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="matcher_state_one_row")],
        },
    ),
    migrations.CreateModel(
        name="MatchMark",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("operator_id", models.BigIntegerField(null=True)),
            ("ticket_id", models.BigIntegerField(null=True)),
        ],
    ),
    migrations.CreateModel(
        name="QueueMember",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="queues", to="operators.operator"
                ),
            ),
            (
                "queue",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="members", to="routing.queue"
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("queue", "operator"), name="queue_member_once")],
        },
    ),
    migrations.CreateModel(
        name="QueueSkill",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("level", models.PositiveSmallIntegerField(default=1)),
            ("is_required", models.BooleanField(default=True)),
            (
                "queue",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="skills", to="routing.queue"
                ),
            ),
            (
                "skill",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="queues", to="operators.skill"
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("queue", "skill"), name="queue_skill_once"),
                models.CheckConstraint(condition=models.Q(("level__range", (1, 5))), name="queue_skill_level"),
            ],
        },
    ),
    migrations.CreateModel(
        name="RelaxationStep",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("after_s", models.PositiveIntegerField()),
            (
                "action",
                models.CharField(
                    choices=[
                        ("lower_level", "Accept a lower language level"),
                        ("drop_optional", "Drop optional skills"),
                        ("overflow", "Ask other operators"),
                        ("machine", "Machine translation of text"),
                        ("interpreter", "Operator with interpreter"),
                        ("callback", "Offer a callback"),
                        ("voicemail", "Offer voicemail"),
                    ],
                    max_length=14,
                ),
            ),
            ("level", models.PositiveSmallIntegerField(null=True)),
            (
                "overflow_queue",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="routing.queue"
                ),
            ),
            (
                "queue",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="relaxation", to="routing.queue"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["queue", "after_s"], name="relaxation_of_queue")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "action__in",
                            [
                                "lower_level",
                                "drop_optional",
                                "overflow",
                                "machine",
                                "interpreter",
                                "callback",
                                "voicemail",
                            ],
                        )
                    ),
                    name="relaxation_action_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("action", "lower_level"), ("level__range", (1, 5))),
                        models.Q(models.Q(("action", "lower_level"), _negated=True), ("level__isnull", True)),
                        _connector="OR",
                    ),
                    name="relaxation_level_where_lowered",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Transfer",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("operator", "To an operator"),
                        ("warm", "Consultation, then to that operator"),
                        ("queue", "To a queue"),
                        ("number", "To a telephone number"),
                        ("taken", "Taken over by a supervisor"),
                    ],
                    max_length=10,
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("asked", "Asked"),
                        ("consulting", "Consulting"),
                        ("done", "Done"),
                        ("refused", "Refused"),
                        ("canceled", "Cancelled"),
                    ],
                    default="asked",
                    max_length=10,
                ),
            ),
            ("number", models.CharField(blank=True, max_length=40)),
            ("note", models.CharField(blank=True, max_length=500)),
            ("asked_at", models.DateTimeField()),
            ("consulting_at", models.DateTimeField(null=True)),
            ("resolved_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "assignment",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="transfers", to="routing.assignment"
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
            (
                "queue",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="routing.queue"
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="transfers", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "consulting")), fields=["operator"], name="transfer_consulting"
                ),
                models.Index(fields=["ticket", "-asked_at"], name="transfer_ticket"),
                models.Index(fields=["assignment"], name="transfer_assignment"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ("asked", "consulting"))),
                    fields=("ticket",),
                    name="transfer_one_open",
                ),
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["asked", "consulting", "done", "refused", "canceled"])),
                    name="transfer_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("state__in", ("asked", "consulting")), ("resolved_at__isnull", False), _connector="XOR"
                    ),
                    name="transfer_resolved_once",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Abandonment",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("channel", models.CharField(max_length=10)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("enqueued_at", models.DateTimeField()),
            ("abandoned_at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "queue",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="routing.queue"),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="abandonments", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["account", "-enqueued_at", "-id"], name="abandonment_newest")],
            "constraints": [
                models.UniqueConstraint(fields=("ticket", "enqueued_at"), name="abandonment_once"),
                models.CheckConstraint(
                    condition=models.Q(("abandoned_at__gte", models.F("enqueued_at"))),
                    name="abandonment_after_entering",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Snooze",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("channel", models.CharField(max_length=10)),
            ("enqueued_at", models.DateTimeField(null=True)),
            ("made_at", models.DateTimeField()),
            ("until", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "operator",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
            (
                "ticket",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, related_name="snooze", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["until", "id"], name="snooze_due")],
            "constraints": [
                models.CheckConstraint(condition=models.Q(("until__gt", models.F("made_at"))), name="snooze_ends_later")
            ],
        },
    ),
    migrations.CreateModel(
        name="CallbackAttempt",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "result",
                models.CharField(
                    choices=[("reached", "Reached"), ("no_answer", "No answer"), ("refused", "No longer wanted")],
                    max_length=10,
                ),
            ),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField()),
            ("note", models.CharField(blank=True, max_length=200)),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "callback",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="routing.callbackrequest"
                ),
            ),
            (
                "interaction",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.interaction"
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
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("result__in", ["reached", "no_answer", "refused"])),
                    name="callback_result_known",
                ),
                models.UniqueConstraint(fields=("callback", "interaction"), name="callback_attempt_once"),
            ],
        },
    ),
]
# tables whose rows others of their account point at
KEYS = [
    "routing_assignment",
    "routing_callbackrequest",
    "routing_transfer",
]
# (table, column, table pointed at)
REFERENCES = [
    ("routing_assignment", "interaction_id", "tickets_interaction"),
    ("routing_assignment", "ticket_id", "tickets_ticket"),
    ("routing_offer", "ticket_id", "tickets_ticket"),
    ("routing_offer", "transfer_id", "routing_transfer"),
    ("routing_waiting", "ticket_id", "tickets_ticket"),
    ("routing_callbackrequest", "contact_id", "contacts_contact"),
    ("routing_callbackrequest", "ticket_id", "tickets_ticket"),
    ("routing_callbackrequest", "assignment_id", "routing_assignment"),
    ("routing_transfer", "assignment_id", "routing_assignment"),
    ("routing_transfer", "ticket_id", "tickets_ticket"),
    ("routing_abandonment", "ticket_id", "tickets_ticket"),
    ("routing_snooze", "ticket_id", "tickets_ticket"),
    ("routing_callbackattempt", "callback_id", "routing_callbackrequest"),
    ("routing_callbackattempt", "interaction_id", "tickets_interaction"),
]


class Migration(migrations.Migration):
    replaces = [
        ("routing", "0001_initial"),
        ("routing", "0002_initial"),
        ("routing", "0003_same_account"),
        ("routing", "0004_one_offer_per_operator"),
        ("routing", "0005_queue_rules"),
        ("routing", "0006_match_marks"),
        ("routing", "0007_lifecycle"),
        ("routing", "0008_transfer_same_account"),
        ("routing", "0009_last_operator"),
        ("routing", "0010_marks_of_changes"),
        ("routing", "0011_abandonment"),
        ("routing", "0012_abandonment_same_account"),
        ("routing", "0013_snooze"),
        ("routing", "0014_callbacks"),
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
        *same_account(keys=KEYS, references=REFERENCES),
        *MARKS,
    ]

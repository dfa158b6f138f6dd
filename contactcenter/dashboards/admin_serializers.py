"""The shapes of /api/v1/admin/. Reading shapes say all; writing shapes take any part, and refuse by field."""

import re
from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from channels_app.models import EndpointKind
from contactcenter.routing.models import Presence, RelaxationAction, WrapUpMode
from contactcenter.tenancy.models import Account, FormerServiceLevel, Language, Role
from contactcenter.tickets.models import Channel

_ZONES = frozenset(available_timezones())
_LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")
OPERATOR_ROLES = ((Role.OPERATOR.value, "Operator"), (Role.SUPERVISOR.value, "Supervisor"))


class LanguageTagField(serializers.CharField):
    """A language as a BCP 47 tag, such as ru or pt-BR; '' means any where that is allowed."""

    def to_internal_value(self, data: Any) -> str:
        """Return the tag, or say that it is none."""
        text = super().to_internal_value(data)
        if text and not _LANGUAGE.match(text):
            raise serializers.ValidationError("must be a language tag such as en, ru or pt-BR")
        return text


class FormerServiceLevelSerializer(serializers.ModelSerializer[FormerServiceLevel]):
    """By what the service level was measured on the days before `until_on`."""

    class Meta:
        model = FormerServiceLevel
        fields = ("until_on", "formula", "seconds", "percent")


class AdminAccountSerializer(serializers.ModelSerializer[Account]):
    """A client account with its invoice particulars.

    `service_level_from`: the local day from which a changed service level holds, today where it is left out.
    """

    service_level_from = serializers.DateField(write_only=True, required=False, allow_null=True)
    former_service_levels = FormerServiceLevelSerializer(many=True, read_only=True)

    class Meta:
        model = Account
        fields = (
            "id",
            "name",
            "slug",
            "brand_color",
            "time_zone",
            "language",
            "currency",
            "ticket_prefix",
            "legal_name",
            "legal_address",
            "tax_id",
            "billing_email",
            "allows_machine_translation",
            "allows_interpreter",
            "service_level_formula",
            "service_level_seconds",
            "service_level_percent",
            "service_level_from",
            "former_service_levels",
            "is_active",
            "created_at",
        )
        read_only_fields = ("id", "created_at")
        # the action answers a taken slug, with the same words for everybody
        extra_kwargs: dict[str, Any] = {
            "slug": {"validators": []},
            "service_level_percent": {"min_value": 1, "max_value": 100},
        }

    def validate_slug(self, value: str) -> str:
        """Refuse what cannot stand in an address."""
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
            raise serializers.ValidationError("must be small letters, digits and single hyphens")
        return value

    def validate_time_zone(self, value: str) -> str:
        """Refuse what is no zone of the IANA database."""
        if value not in _ZONES:
            raise serializers.ValidationError("must be a time zone such as Europe/Madrid")
        return value

    def validate_currency(self, value: str) -> str:
        """Refuse what is no ISO 4217 code by its form."""
        if not re.fullmatch(r"[A-Z]{3}", value):
            raise serializers.ValidationError("must be three capital letters such as EUR")
        return value

    def validate_brand_color(self, value: str) -> str:
        """Refuse what is no colour."""
        if not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
            raise serializers.ValidationError("must be a colour such as #3350C4")
        return value

    def validate_ticket_prefix(self, value: str) -> str:
        """Refuse what would not read well before a number."""
        if not re.fullmatch(r"[A-Z][A-Z0-9]{0,5}", value):
            raise serializers.ValidationError("must be one to six capital letters and digits, a letter first")
        return value


class AdminAccountListSerializer(serializers.Serializer[Any]):
    """All accounts, by name."""

    results = AdminAccountSerializer(many=True)


class EndpointHealthSerializer(serializers.Serializer[Any]):
    """How an endpoint stands. `lag_ms`: the age of the oldest receipt that waits to become an entry, 0 if none does."""

    last_received_at = serializers.DateTimeField(allow_null=True)
    last_error_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()
    pending = serializers.IntegerField()
    failed = serializers.IntegerField()
    oldest_pending_at = serializers.DateTimeField(allow_null=True)
    lag_ms = serializers.IntegerField()


class AdminEndpointSerializer(serializers.Serializer[Any]):
    """An endpoint as staff see it; secrets are named, never shown."""

    id = serializers.IntegerField()
    account_id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=EndpointKind.choices)
    provider = serializers.CharField()
    address = serializers.CharField()
    name = serializers.CharField()
    language = serializers.CharField()
    campaign = serializers.CharField()
    settings = serializers.DictField()
    secrets_set = serializers.ListField(child=serializers.CharField())
    webhook_url = serializers.CharField(help_text="Where the provider calls us; '' for kinds without providers")
    is_active = serializers.BooleanField()
    last_received_at = serializers.DateTimeField(allow_null=True)
    last_error_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()
    failed_receipts = serializers.IntegerField()
    health = EndpointHealthSerializer()


class AdminEndpointListSerializer(serializers.Serializer[Any]):
    """All endpoints, by account and kind."""

    results = AdminEndpointSerializer(many=True)


class EndpointChangeSerializer(serializers.Serializer[Any]):
    """What to change of an endpoint. `secrets`: {name: text to set, null to remove}."""

    address = serializers.CharField(max_length=320)
    name = serializers.CharField(max_length=120)
    language = LanguageTagField(max_length=8, allow_blank=True, required=False)
    campaign = serializers.CharField(
        max_length=120, allow_blank=True, required=False, help_text="What comes by it from now on belongs to it"
    )
    settings = serializers.DictField(required=False)
    secrets = serializers.DictField(
        child=serializers.CharField(allow_null=True, max_length=1000), required=False, write_only=True
    )
    is_active = serializers.BooleanField(required=False)

    def validate_address(self, value: str) -> str:
        """Keep addresses comparable: no spaces around, small letters in mail addresses."""
        return value.strip().lower() if "@" in value else value.strip()


class EndpointCreateSerializer(EndpointChangeSerializer):
    """A new endpoint; its account, kind and provider stay."""

    account_id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=EndpointKind.choices)
    provider = serializers.CharField(max_length=24, allow_blank=True, required=False)


class SpokenLanguageSerializer(serializers.Serializer[Any]):
    """A language and how well: 1 basic to 5 native."""

    language = LanguageTagField(max_length=8)
    level = serializers.IntegerField(min_value=1, max_value=5)


class OperatorSkillSerializer(serializers.Serializer[Any]):
    """A skill of an operator: 1 basic to 5 expert; after `expires_on` it counts no more."""

    skill_id = serializers.IntegerField()
    level = serializers.IntegerField(min_value=1, max_value=5)
    expires_on = serializers.DateField(required=False, allow_null=True)


class AdminOperatorSerializer(serializers.Serializer[Any]):
    """An operator as staff see them."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    full_name = serializers.CharField()
    display_name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    language = serializers.CharField()
    is_active = serializers.BooleanField()
    home_account_id = serializers.IntegerField(allow_null=True)
    max_voice = serializers.IntegerField()
    max_chat = serializers.IntegerField()
    max_mail = serializers.IntegerField()
    mail_is_interruptible = serializers.BooleanField()
    chat_is_interruptible = serializers.BooleanField()
    languages = SpokenLanguageSerializer(many=True)
    skills = OperatorSkillSerializer(many=True)
    accounts = serializers.ListField(child=serializers.IntegerField())
    aliases = serializers.ListField(child=serializers.CharField())
    presence = serializers.ChoiceField(choices=Presence.choices)
    since = serializers.DateTimeField(allow_null=True)


class AdminOperatorListSerializer(serializers.Serializer[Any]):
    """All operators, by name."""

    results = AdminOperatorSerializer(many=True)


class OperatorWriteSerializer(serializers.Serializer[Any]):
    """An operator to create, or the part of one to change. Lists replace what was there; no password is shown."""

    email = serializers.EmailField()
    full_name = serializers.CharField(max_length=120)
    display_name = serializers.CharField(max_length=80)
    role = serializers.ChoiceField(choices=OPERATOR_ROLES, required=False)
    language = serializers.ChoiceField(choices=Language.choices, required=False)
    password = serializers.CharField(required=False, write_only=True, trim_whitespace=False, max_length=200)
    is_active = serializers.BooleanField(required=False)
    home_account_id = serializers.IntegerField(required=False, allow_null=True)
    max_voice = serializers.IntegerField(required=False, min_value=0, max_value=1)
    max_chat = serializers.IntegerField(required=False, min_value=0, max_value=20)
    max_mail = serializers.IntegerField(required=False, min_value=0, max_value=50)
    mail_is_interruptible = serializers.BooleanField(required=False)
    chat_is_interruptible = serializers.BooleanField(required=False)
    languages = SpokenLanguageSerializer(many=True, required=False)
    skills = OperatorSkillSerializer(many=True, required=False)
    accounts = serializers.ListField(child=serializers.IntegerField(), required=False)
    aliases = serializers.ListField(child=serializers.CharField(max_length=120), required=False)


class QueueSkillSerializer(serializers.Serializer[Any]):
    """A skill a queue asks for; one that is not required may be dropped as a ticket waits."""

    skill_id = serializers.IntegerField()
    level = serializers.IntegerField(min_value=1, max_value=5)
    is_required = serializers.BooleanField()


class RelaxationStepSerializer(serializers.Serializer[Any]):
    """What changes after so many seconds of waiting. overflow_queue_id null: everybody entitled to the account."""

    after_s = serializers.IntegerField(min_value=0, max_value=7 * 86_400)
    action = serializers.ChoiceField(choices=RelaxationAction.choices)
    level = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True)
    overflow_queue_id = serializers.IntegerField(required=False, allow_null=True)


class AdminQueueSerializer(serializers.Serializer[Any]):
    """A queue with how many wait in it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    account_id = serializers.IntegerField(allow_null=True)
    language = serializers.CharField()
    channel = serializers.CharField()
    priority = serializers.IntegerField()
    minimum_level = serializers.IntegerField()
    offer_seconds = serializers.IntegerField()
    wrap_up_seconds = serializers.IntegerField()
    wrap_up_mode = serializers.ChoiceField(choices=WrapUpMode.choices)
    sticky_seconds = serializers.IntegerField()
    callback_attempts = serializers.IntegerField()
    callback_retry_s = serializers.IntegerField()
    callback_expires_s = serializers.IntegerField(help_text="0: a request does not run out")
    calendar_id = serializers.IntegerField(allow_null=True)
    sla_policy_id = serializers.IntegerField(allow_null=True)
    skills = QueueSkillSerializer(many=True)
    members = serializers.ListField(child=serializers.IntegerField(), help_text="Operators; none: all who are entitled")
    relaxation = RelaxationStepSerializer(many=True)
    is_active = serializers.BooleanField()
    waiting = serializers.IntegerField()


class AdminQueueListSerializer(serializers.Serializer[Any]):
    """All queues, by name."""

    results = AdminQueueSerializer(many=True)


class QueueWriteSerializer(serializers.Serializer[Any]):
    """A queue to create, or the part of one to change. account_id null: shared; '' in language or channel: any."""

    name = serializers.CharField(max_length=80)
    account_id = serializers.IntegerField(required=False, allow_null=True)
    language = LanguageTagField(max_length=8, allow_blank=True, required=False)
    channel = serializers.ChoiceField(choices=Channel.choices, allow_blank=True, required=False)
    priority = serializers.IntegerField(required=False, min_value=-10, max_value=10)
    minimum_level = serializers.IntegerField(required=False, min_value=1, max_value=5)
    offer_seconds = serializers.IntegerField(required=False, min_value=5, max_value=600)
    wrap_up_seconds = serializers.IntegerField(required=False, min_value=0, max_value=1800)
    wrap_up_mode = serializers.ChoiceField(choices=WrapUpMode.choices, required=False)
    sticky_seconds = serializers.IntegerField(required=False, min_value=0, max_value=366 * 86_400)
    callback_attempts = serializers.IntegerField(required=False, min_value=1, max_value=20)
    callback_retry_s = serializers.IntegerField(required=False, min_value=0, max_value=7 * 86_400)
    callback_expires_s = serializers.IntegerField(required=False, min_value=0, max_value=60 * 86_400)
    calendar_id = serializers.IntegerField(required=False, allow_null=True)
    sla_policy_id = serializers.IntegerField(required=False, allow_null=True)
    skills = QueueSkillSerializer(many=True, required=False)
    members = serializers.ListField(child=serializers.IntegerField(), required=False)
    relaxation = RelaxationStepSerializer(many=True, required=False)
    is_active = serializers.BooleanField(required=False)


class AuditEntrySerializer(serializers.Serializer[Any]):
    """One change."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(allow_null=True)
    account_id = serializers.IntegerField(allow_null=True)
    action = serializers.CharField()
    target_type = serializers.CharField()
    target_id = serializers.IntegerField(allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]


class AuditPageSerializer(serializers.Serializer[Any]):
    """A page of the audit trail, newest first."""

    results = AuditEntrySerializer(many=True)
    next = serializers.CharField(allow_null=True)


class AuditParameters(serializers.Serializer[Any]):
    """Which entries to list."""

    action = serializers.CharField(required=False, allow_blank=True, max_length=80, help_text="Begins with this")
    account = serializers.IntegerField(required=False)
    cursor = serializers.IntegerField(required=False, min_value=0)

"""Shapes of the webhooks API."""

from typing import Any

from rest_framework import serializers

from channels_app.subscriptions.models import DeliveryState, WebhookEvent, WebhookSubscription
from channels_app.subscriptions.queries import health_of


class WebhookSerializer(serializers.ModelSerializer[WebhookSubscription]):
    """A subscription; its secret is not shown. `health`: ok, failing, disabled (nobody was there) or off."""

    account_id = serializers.IntegerField(read_only=True)
    events = serializers.ListField(child=serializers.ChoiceField(choices=WebhookEvent.choices), read_only=True)
    health = serializers.SerializerMethodField()

    class Meta:
        model = WebhookSubscription
        fields = (
            "id",
            "account_id",
            "url",
            "description",
            "events",
            "is_active",
            "health",
            "failing_since",
            "last_error",
            "last_success_at",
            "disabled_at",
            "disabled_reason",
            "created_at",
        )
        read_only_fields = fields

    def get_health(self, row: WebhookSubscription) -> str:
        """Return how it stands."""
        return health_of(row)


class WebhookListSerializer(serializers.Serializer[Any]):
    """The account's webhooks, the newest first."""

    results = WebhookSerializer(many=True)


class WebhookSecretSerializer(serializers.Serializer[Any]):
    """A webhook with its new secret (whsec_...), shown this once."""

    webhook = WebhookSerializer()
    secret = serializers.CharField()


class WebhookChangeSerializer(serializers.Serializer[Any]):
    """What to change of a webhook."""

    url = serializers.CharField(max_length=500)
    events = serializers.ListField(child=serializers.ChoiceField(choices=WebhookEvent.choices), allow_empty=False)
    description = serializers.CharField(max_length=120, allow_blank=True, required=False)
    is_active = serializers.BooleanField(required=False)


class NewWebhookSerializer(serializers.Serializer[Any]):
    """A webhook to add."""

    account_id = serializers.IntegerField(required=False, help_text="Your account, unless you reach several.")
    url = serializers.CharField(max_length=500)
    events = serializers.ListField(child=serializers.ChoiceField(choices=WebhookEvent.choices), allow_empty=False)
    description = serializers.CharField(max_length=120, allow_blank=True, default="")


class WebhookAttemptSerializer(serializers.Serializer[Any]):
    """One attempt; `status` null: no answer came, and `error` says why. `answer` is its beginning."""

    at = serializers.DateTimeField()
    duration_ms = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
    answer = serializers.CharField()


class WebhookDeliverySerializer(serializers.Serializer[Any]):
    """One event for one webhook; `webhook_id` is the header webhook-id of every attempt."""

    id = serializers.IntegerField()
    webhook_id = serializers.CharField()
    kind = serializers.CharField()
    subject = serializers.CharField()
    created_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    last_attempt = WebhookAttemptSerializer(allow_null=True)


class WebhookDeliveryPageSerializer(serializers.Serializer[Any]):
    """A page of deliveries, the newest first."""

    results = WebhookDeliverySerializer(many=True)
    next = serializers.CharField(allow_null=True)


class WebhookDeliveryDetailSerializer(WebhookDeliverySerializer):
    """One delivery with what is sent and every attempt."""

    body = serializers.CharField()
    log = WebhookAttemptSerializer(many=True)


class ReplaySerializer(serializers.Serializer[Any]):
    """Which deliveries to send again: made in [starts_at, ends_at)."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    failed_only = serializers.BooleanField(default=True)


class ReplayedSerializer(serializers.Serializer[Any]):
    """How many go out again."""

    count = serializers.IntegerField()

"""GET /api/v1/admin/wallboard/"""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.dashboards.wallboard_alerts import ALERTS
from contactcenter.dashboards.wallboard_queries import Board, wallboard
from contactcenter.routing.models import Presence
from contactcenter.tenancy.models import Role, ServiceLevelFormula
from contactcenter.tenancy.permissions import roles

ENGAGEMENTS = ("serving", "wrapping", "offered", "ready", "break", "lost", "offline")
_ZONES = frozenset(available_timezones())


class TimeZoneField(serializers.CharField):
    """A time zone by its IANA name."""

    def to_internal_value(self, data: Any) -> str:
        """Return the name, or say how one looks."""
        text = super().to_internal_value(data)
        if text not in _ZONES:
            raise serializers.ValidationError("must be a time zone such as Europe/Madrid")
        return text


class WallboardParameters(serializers.Serializer[Any]):
    """What to show; nothing: everything. The day begins at midnight of the account chosen, else of `time_zone`."""

    account = serializers.IntegerField(required=False, min_value=1)
    queue = serializers.IntegerField(required=False, min_value=1)
    time_zone = TimeZoneField(required=False, max_length=60)


class FiguresSerializer(serializers.Serializer[Any]):
    """The day so far. Shares are whole thousandths, times milliseconds; null: nothing to divide (docs/metrics.md)."""

    contacts = serializers.IntegerField()
    answered = serializers.IntegerField()
    abandoned = serializers.IntegerField()
    service_level_permille = serializers.IntegerField(allow_null=True)
    abandonment_permille = serializers.IntegerField(allow_null=True)
    average_wait_ms = serializers.IntegerField(allow_null=True)
    average_handle_ms = serializers.IntegerField(allow_null=True)
    occupancy_permille = serializers.IntegerField(allow_null=True)
    transfers_permille = serializers.IntegerField(allow_null=True)
    csat_permille = serializers.IntegerField(allow_null=True)


class StandSerializer(serializers.Serializer[Any]):
    """Who waits now: `breached` past what was promised, `at_risk` soon to be."""

    waiting = serializers.IntegerField()
    longest_since = serializers.DateTimeField(allow_null=True)
    breached = serializers.IntegerField()
    at_risk = serializers.IntegerField()


class WallboardQueueSerializer(StandSerializer):
    """A queue, who waits in it, and its day so far."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    account_id = serializers.IntegerField(allow_null=True)
    language = serializers.CharField()
    channel = serializers.CharField()
    today = FiguresSerializer()


class WallboardOperatorSerializer(serializers.Serializer[Any]):
    """What an operator is doing, since when, for which accounts, and their day so far."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    presence = serializers.ChoiceField(choices=Presence.choices)
    engagement = serializers.ChoiceField(choices=ENGAGEMENTS)
    since = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    channels = serializers.ListField(child=serializers.CharField())
    serves = serializers.ListField(child=serializers.IntegerField())
    handled = serializers.IntegerField()
    average_handle_ms = serializers.IntegerField(allow_null=True)
    occupancy_permille = serializers.IntegerField(allow_null=True)


class WallboardAccountSerializer(StandSerializer):
    """An account, who waits for it, and its day so far in its own time zone."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    by_channel = serializers.DictField(child=serializers.IntegerField())
    formula = serializers.ChoiceField(choices=ServiceLevelFormula.choices)
    threshold_s = serializers.IntegerField()
    target_percent = serializers.IntegerField()
    today = FiguresSerializer()


class IntradaySerializer(serializers.Serializer[Any]):
    """A quarter of an hour with contacts."""

    at = serializers.DateTimeField()
    contacts = serializers.IntegerField()
    answered = serializers.IntegerField()
    abandoned = serializers.IntegerField()
    service_level_permille = serializers.IntegerField(allow_null=True)


class WallboardAlertSerializer(serializers.Serializer[Any]):
    """Something that asks for somebody. `name`: of the queue, client or endpoint."""

    kind = serializers.ChoiceField(choices=ALERTS)
    is_grave = serializers.BooleanField()
    name = serializers.CharField()
    count = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    detail = serializers.CharField()
    target_percent = serializers.IntegerField(allow_null=True)
    value_permille = serializers.IntegerField(allow_null=True)


class WallboardSerializer(serializers.Serializer[Any]):
    """The floor at one instant, and the day so far."""

    at = serializers.DateTimeField()
    cursor = serializers.CharField(help_text="From where /api/v1/events/ goes on")
    time_zone = serializers.CharField()
    day_starts_at = serializers.DateTimeField()
    total = FiguresSerializer()
    queues = WallboardQueueSerializer(many=True)
    operators = WallboardOperatorSerializer(many=True)
    accounts = WallboardAccountSerializer(many=True)
    intraday = IntradaySerializer(many=True)
    alerts = WallboardAlertSerializer(many=True)
    failed_receipts = serializers.IntegerField()
    pending_receipts = serializers.IntegerField()


class WallboardView(APIView):
    """GET /api/v1/admin/wallboard/"""

    permission_classes = [roles(Role.SUPERVISOR, Role.BILLING_ADMIN, Role.ADMIN)]

    @extend_schema(parameters=[WallboardParameters], responses=WallboardSerializer, operation_id="admin_wallboard")
    def get(self, request: Request) -> Response:
        """Return queues, operators, accounts, the day so far by quarters of an hour, and alerts."""
        parameters = WallboardParameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        given = parameters.validated_data
        board = Board(
            at=timezone.now(),
            zone=ZoneInfo(given.get("time_zone", "UTC")),
            account_id=given.get("account"),
            queue_id=given.get("queue"),
        )
        return Response(WallboardSerializer(wallboard(board=board)).data)

"""GET /api/v1/admin/wallboard/"""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.dashboards.wallboard_queries import wallboard
from contactcenter.routing.models import Presence
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles

ENGAGEMENTS = ("serving", "wrapping", "offered", "ready", "break", "lost", "offline")


class WallboardQueueSerializer(serializers.Serializer[Any]):
    """A queue and who waits longest in it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    language = serializers.CharField()
    channel = serializers.CharField()
    waiting = serializers.IntegerField()
    longest_since = serializers.DateTimeField(allow_null=True)


class WallboardOperatorSerializer(serializers.Serializer[Any]):
    """What an operator is doing, since when."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    presence = serializers.ChoiceField(choices=Presence.choices)
    engagement = serializers.ChoiceField(choices=ENGAGEMENTS)
    since = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    channels = serializers.ListField(child=serializers.CharField())


class WallboardAccountSerializer(serializers.Serializer[Any]):
    """An account's day so far, in its own time zone."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    contacts = serializers.IntegerField()
    by_channel = serializers.DictField(child=serializers.IntegerField())
    answered = serializers.IntegerField()
    abandoned = serializers.IntegerField()
    in_time_permille = serializers.IntegerField(allow_null=True)


class WallboardSerializer(serializers.Serializer[Any]):
    """The floor at one instant."""

    at = serializers.DateTimeField()
    queues = WallboardQueueSerializer(many=True)
    operators = WallboardOperatorSerializer(many=True)
    accounts = WallboardAccountSerializer(many=True)
    failed_receipts = serializers.IntegerField()
    pending_receipts = serializers.IntegerField()


class WallboardView(APIView):
    """GET /api/v1/admin/wallboard/"""

    permission_classes = [roles(Role.SUPERVISOR, Role.BILLING_ADMIN, Role.ADMIN)]

    @extend_schema(responses=WallboardSerializer, operation_id="admin_wallboard")
    def get(self, request: Request) -> Response:
        """Return queues, operators and today's contacts."""
        return Response(WallboardSerializer(wallboard(at=timezone.now())).data)

"""GET /api/v1/admin/planning/"""

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.dashboards.planning import Wish
from contactcenter.dashboards.planning_queries import Question, planning
from contactcenter.dashboards.rollups.queries import LIVE_CHANNELS
from contactcenter.dashboards.wallboard_api import TimeZoneField
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles

APART = ("queue", "account")


class PlanningParameters(serializers.Serializer[Any]):
    """What to plan. Without `queue` and `account`: everything; without `aht_s`: as measured in those weeks."""

    queue = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, max_length=200)
    account = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, max_length=200)
    channel = serializers.ChoiceField(choices=[str(channel) for channel in LIVE_CHANNELS], required=False)
    weeks = serializers.IntegerField(min_value=1, max_value=26, default=4)
    time_zone = TimeZoneField(default="UTC")
    apart = serializers.ChoiceField(choices=APART, default="queue", help_text="Whose operators are dedicated")
    target_percent = serializers.IntegerField(min_value=1, max_value=99, default=80)
    within_s = serializers.IntegerField(min_value=0, max_value=3600, default=20)
    aht_s = serializers.IntegerField(min_value=1, max_value=14_400, required=False)
    patience_s = serializers.IntegerField(
        min_value=1, max_value=14_400, required=False, help_text="Mean patience (Erlang A); without: nobody gives up"
    )
    shrinkage_percent = serializers.IntegerField(min_value=0, max_value=90, default=30)
    occupancy_percent = serializers.IntegerField(min_value=1, max_value=100, default=100)
    operators = serializers.IntegerField(min_value=0, max_value=5000, required=False, help_text="What if so many work")


class ExpectationSerializer(serializers.Serializer[Any]):
    """What so many operators may expect; a wait of null is without end."""

    operators = serializers.IntegerField()
    service_level_permille = serializers.IntegerField()
    average_wait_ms = serializers.IntegerField(allow_null=True)
    abandonment_permille = serializers.IntegerField()
    occupancy_permille = serializers.IntegerField()


class PlannedStreamSerializer(serializers.Serializer[Any]):
    """A queue or account (id null: contacts of no queue) with operators of its own, at work, without shrinkage."""

    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    contacts_a_week = serializers.FloatField()
    aht_ms = serializers.IntegerField()
    measured_aht_ms = serializers.IntegerField(allow_null=True)
    operator_hours = serializers.FloatField()
    most_operators = serializers.IntegerField()


class StreamNeedSerializer(serializers.Serializer[Any]):
    """Operators at work of one stream."""

    id = serializers.IntegerField(allow_null=True)
    operators = serializers.IntegerField()


class PlannedSlotSerializer(serializers.Serializer[Any]):
    """A half hour of the usual week: `weekday` 0 = Monday, `half_hour` 0 to 47. `rostered` includes shrinkage."""

    weekday = serializers.IntegerField()
    half_hour = serializers.IntegerField()
    contacts = serializers.FloatField()
    load_permille = serializers.IntegerField(help_text="Thousandths of an erlang")
    shared = ExpectationSerializer()
    shared_rostered = serializers.IntegerField()
    dedicated = serializers.IntegerField()
    dedicated_rostered = serializers.IntegerField()
    by_stream = StreamNeedSerializer(many=True)
    given = ExpectationSerializer(allow_null=True)


class PlannedWeekSerializer(serializers.Serializer[Any]):
    """The week in rostered operator hours: shared against dedicated."""

    contacts = serializers.FloatField()
    shared_hours = serializers.FloatField()
    dedicated_hours = serializers.FloatField()
    saved_hours = serializers.FloatField()
    saved_permille = serializers.IntegerField(allow_null=True)
    most_shared = serializers.IntegerField()
    most_dedicated = serializers.IntegerField()


class PlanningSerializer(serializers.Serializer[Any]):
    """Operators needed in a usual week, from the contacts of the days `first_on` to `last_on`."""

    time_zone = serializers.CharField()
    first_on = serializers.DateField()
    last_on = serializers.DateField()
    apart = serializers.ChoiceField(choices=APART)
    streams = PlannedStreamSerializer(many=True)
    slots = PlannedSlotSerializer(many=True)
    week = PlannedWeekSerializer()


class PlanningView(APIView):
    """GET /api/v1/admin/planning/"""

    permission_classes = [roles(Role.SUPERVISOR, Role.BILLING_ADMIN, Role.ADMIN)]

    @extend_schema(parameters=[PlanningParameters], responses=PlanningSerializer, operation_id="admin_planning")
    def get(self, request: Request) -> Response:
        """Return the operators that a usual week needs: one shared pool against dedicated ones."""
        parameters = PlanningParameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        given = parameters.validated_data
        question = Question(
            queue_ids=tuple(given.get("queue", ())),
            account_ids=tuple(given.get("account", ())),
            channel=given.get("channel", ""),
            weeks=given["weeks"],
            zone=ZoneInfo(given["time_zone"]),
            apart=given["apart"],
            aht_s=given.get("aht_s"),
            wish=Wish(
                target=given["target_percent"] / 100,
                within_s=given["within_s"],
                patience_s=given.get("patience_s"),
                shrinkage=given["shrinkage_percent"] / 100,
                most_occupancy=given["occupancy_percent"] / 100,
            ),
            given=given.get("operators"),
        )
        return Response(PlanningSerializer(planning(question=question, at=timezone.now())).data)

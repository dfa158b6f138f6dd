"""/api/v1/admin/: skills with the accounts that demand them, business hours, promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.operators.actions import save_skill
from contactcenter.operators.models import Skill
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import Account, Role
from contactcenter.tenancy.permissions import roles
from contactcenter.tickets.calendars import holiday_regions
from contactcenter.tickets.models import Calendar, SlaPolicy
from contactcenter.tickets.promise_actions import save_calendar, save_policy

RunsFloor = roles(Role.SUPERVISOR, Role.ADMIN)
SECONDS_MOST = 366 * 86_400


class CertificationSerializer(serializers.Serializer[Any]):
    """An account that demands the skill of everybody who serves it."""

    account_id = serializers.IntegerField()
    level = serializers.IntegerField(min_value=1, max_value=5)


class SkillSerializer(serializers.Serializer[Any]):
    """A skill. `operators`: how many have it."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=80)
    is_active = serializers.BooleanField(required=False)
    certifications = CertificationSerializer(many=True, required=False)
    operators = serializers.IntegerField(read_only=True)


class SkillListSerializer(serializers.Serializer[Any]):
    """All skills, by name."""

    results = SkillSerializer(many=True)


class SpanField(serializers.ListField):
    """An opening and a closing time, ["HH:MM", "HH:MM"]."""

    child = serializers.CharField()

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=2, max_length=2, **options)


class CalendarDaySerializer(serializers.Serializer[Any]):
    """A day with hours of its own; no spans: closed."""

    on = serializers.DateField()
    name = serializers.CharField(max_length=80, allow_blank=True)
    spans = serializers.ListField(child=SpanField())


class CalendarSerializer(serializers.Serializer[Any]):
    """Business hours. `week`: seven days from Monday, each a list of ["HH:MM", "HH:MM"]."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=80)
    time_zone = serializers.CharField(max_length=60, required=False)
    week = serializers.ListField(child=serializers.ListField(child=SpanField()), required=False)
    days = CalendarDaySerializer(many=True, required=False)
    holiday_country = serializers.CharField(max_length=2, required=False, allow_blank=True)
    holiday_subdivision = serializers.CharField(max_length=6, required=False, allow_blank=True)


class CalendarListSerializer(serializers.Serializer[Any]):
    """All business hours, and whose public holidays are known: {country: [subdivisions]} by ISO 3166."""

    results = CalendarSerializer(many=True)
    holidays = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class TargetSerializer(serializers.Serializer[Any]):
    """What is promised, in seconds; null: nothing. priority null: to tickets of any other priority."""

    priority = serializers.IntegerField(min_value=-10, max_value=10, allow_null=True)
    first_reply_s = serializers.IntegerField(min_value=1, max_value=SECONDS_MOST, allow_null=True, required=False)
    next_reply_s = serializers.IntegerField(min_value=1, max_value=SECONDS_MOST, allow_null=True, required=False)
    resolution_s = serializers.IntegerField(min_value=1, max_value=SECONDS_MOST, allow_null=True, required=False)


class PolicySerializer(serializers.Serializer[Any]):
    """A promise. account_id: the account it holds for where a queue names none; null: for queues that name it."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=80)
    account_id = serializers.IntegerField(required=False, allow_null=True)
    calendar_id = serializers.IntegerField(required=False, allow_null=True)
    targets = TargetSerializer(many=True, required=False)


class PolicyListSerializer(serializers.Serializer[Any]):
    """All promises, by name."""

    results = PolicySerializer(many=True)


def _skills() -> list[dict[str, Any]]:
    found = Skill.objects.order_by("name").prefetch_related("operators", "certified_accounts")
    return [
        {
            "id": skill.pk,
            "name": skill.name,
            "is_active": skill.is_active,
            "operators": len(skill.operators.all()),
            "certifications": sorted(skill.certified_accounts.all(), key=lambda line: line.account_id),
        }
        for skill in found
    ]


def _policies() -> list[dict[str, Any]]:
    return [
        {
            "id": policy.pk,
            "name": policy.name,
            "account_id": policy.account_id,
            "calendar_id": policy.calendar_id,
            "targets": sorted(policy.targets.all(), key=lambda line: line.pk),
        }
        for policy in SlaPolicy.objects.order_by("name", "id").prefetch_related("targets")
    ]


class _Rows(APIView, ABC):
    """A list to read and add to, and rows to change, of one shape."""

    permission_classes = (RunsFloor,)
    shape: type[serializers.Serializer[Any]]

    @abstractmethod
    def rows(self) -> list[Any]:
        """Return all rows as the shape shows them."""

    @abstractmethod
    def store(self, *, actor_id: int, values: dict[str, Any], row_id: int | None) -> Any:
        """Save and return the row."""

    def listed(self) -> Response:
        """Return all of them."""
        return Response({"results": self.shape(self.rows(), many=True).data})

    def saved(self, request: Request, row_id: int | None = None) -> Response:
        """Save what was sent and return the row."""
        known = [row["id"] if isinstance(row, dict) else row.pk for row in self.rows()]
        if row_id is not None and row_id not in known:
            raise NotFound("There is no such row.")
        given = self.shape(data=request.data, partial=row_id is not None)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        for name, model in (("account_id", Account), ("calendar_id", Calendar)):
            chosen = values.get(name)
            if chosen is not None and not model.objects.filter(pk=chosen).exists():
                raise Invalid("There is no such row.", field=name)
        pk = self.store(actor_id=logged_in(request).pk, values=values, row_id=row_id).pk
        row = next(one for one in self.rows() if (one["id"] if isinstance(one, dict) else one.pk) == pk)
        return Response(self.shape(row).data, status=200 if row_id is not None else 201)


class _Skills(_Rows):
    shape = SkillSerializer

    def rows(self) -> list[Any]:
        return _skills()

    def store(self, *, actor_id: int, values: dict[str, Any], row_id: int | None) -> Any:
        return save_skill(actor_id=actor_id, values=values, skill_id=row_id)


class _Calendars(_Rows):
    shape = CalendarSerializer

    def rows(self) -> list[Any]:
        return list(Calendar.objects.order_by("name"))

    def store(self, *, actor_id: int, values: dict[str, Any], row_id: int | None) -> Any:
        if "days" in values:
            values["days"] = [{**day, "on": day["on"].isoformat()} for day in values["days"]]
        return save_calendar(actor_id=actor_id, values=values, calendar_id=row_id)


class _Policies(_Rows):
    shape = PolicySerializer

    def rows(self) -> list[Any]:
        return _policies()

    def store(self, *, actor_id: int, values: dict[str, Any], row_id: int | None) -> Any:
        return save_policy(actor_id=actor_id, values=values, policy_id=row_id)


class SkillsView(_Skills):
    """/api/v1/admin/skills/"""

    @extend_schema(responses=SkillListSerializer, operation_id="admin_skills")
    def get(self, request: Request) -> Response:
        """List the skills, how many operators have each, and which accounts demand it."""
        return self.listed()

    @extend_schema(request=SkillSerializer, responses={201: SkillSerializer}, operation_id="admin_skill_create")
    def post(self, request: Request) -> Response:
        """Add a skill."""
        return self.saved(request)


class SkillView(_Skills):
    """/api/v1/admin/skills/{id}/"""

    @extend_schema(request=SkillSerializer, responses=SkillSerializer, operation_id="admin_skill_change")
    def patch(self, request: Request, row_id: int) -> Response:
        """Change the given fields of a skill."""
        return self.saved(request, row_id)


class CalendarsView(_Calendars):
    """/api/v1/admin/calendars/"""

    @extend_schema(responses=CalendarListSerializer, operation_id="admin_calendars")
    def get(self, request: Request) -> Response:
        """List the business hours."""
        return Response({"results": self.shape(self.rows(), many=True).data, "holidays": holiday_regions()})

    @extend_schema(
        request=CalendarSerializer, responses={201: CalendarSerializer}, operation_id="admin_calendar_create"
    )
    def post(self, request: Request) -> Response:
        """Add business hours."""
        return self.saved(request)


class CalendarView(_Calendars):
    """/api/v1/admin/calendars/{id}/"""

    @extend_schema(request=CalendarSerializer, responses=CalendarSerializer, operation_id="admin_calendar_change")
    def patch(self, request: Request, row_id: int) -> Response:
        """Change the given fields of business hours; what is due is reckoned anew."""
        return self.saved(request, row_id)


class PoliciesView(_Policies):
    """/api/v1/admin/sla-policies/"""

    @extend_schema(responses=PolicyListSerializer, operation_id="admin_sla_policies")
    def get(self, request: Request) -> Response:
        """List the promises."""
        return self.listed()

    @extend_schema(request=PolicySerializer, responses={201: PolicySerializer}, operation_id="admin_sla_policy_create")
    def post(self, request: Request) -> Response:
        """Add a promise."""
        return self.saved(request)


class PolicyView(_Policies):
    """/api/v1/admin/sla-policies/{id}/"""

    @extend_schema(request=PolicySerializer, responses=PolicySerializer, operation_id="admin_sla_policy_change")
    def patch(self, request: Request, row_id: int) -> Response:
        """Change the given fields of a promise; what is due is reckoned anew."""
        return self.saved(request, row_id)

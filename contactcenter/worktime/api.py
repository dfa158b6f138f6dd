"""/api/v1/worktime/: sessions and slices for staff, read only. Operators see their own."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.tenancy.models import Role, User
from contactcenter.tenancy.permissions import IsStaff
from contactcenter.worktime.models import Allocation, Session, Slice
from contactcenter.worktime.review_serializers import AllocationVersionPageSerializer, AllocationVersionParameters
from contactcenter.worktime.rewriting import VOID
from contactcenter.worktime.serializers import (
    SessionPageSerializer,
    SessionParameters,
    SlicePageSerializer,
    SliceParameters,
)
from contactcenter.worktime.version_queries import session_versions

PAGE = 100


class SessionsView(APIView):
    """GET /api/v1/worktime/sessions/"""

    permission_classes = [IsStaff]

    @extend_schema(operation_id="worktime_sessions", parameters=[SessionParameters], responses=SessionPageSerializer)
    def get(self, request: Request) -> Response:
        """Return a page of sessions, newest first."""
        wanted = read_parameters(SessionParameters, request)
        sessions = _in_reach(request).select_related("operator").order_by("-started_at", "-id")
        if "operator" in wanted:
            sessions = sessions.filter(operator_id=wanted["operator"])
        if "date" in wanted:
            day = datetime.combine(wanted["date"], time(), tzinfo=UTC)
            sessions = sessions.filter(Q(ended_at=None) | Q(ended_at__gt=day), started_at__lt=day + timedelta(days=1))
        if "cursor" in wanted:
            at, id = place_of(wanted["cursor"])
            sessions = sessions.filter(Q(started_at__lt=at) | Q(started_at=at, id__lt=id))
        return Response(SessionPageSerializer(cursor_page(list(sessions[: PAGE + 1]))).data)


class SlicesView(APIView):
    """GET /api/v1/worktime/slices/"""

    permission_classes = [IsStaff]

    @extend_schema(operation_id="worktime_slices", parameters=[SliceParameters], responses=SlicePageSerializer)
    def get(self, request: Request) -> Response:
        """Return a page of a session's current slices with their allocations, in order of time."""
        wanted = read_parameters(SliceParameters, request)
        session = _in_reach(request).filter(pk=wanted["session"]).first()
        if session is None:
            raise NotFound(f"There is no session {wanted['session']}.")
        allocations = Allocation.objects.filter(until_version=None).order_by("id")
        slices = (
            Slice.objects.filter(session=session, is_current=True)
            .order_by("started_at", "id")
            .prefetch_related(Prefetch("allocations", queryset=allocations, to_attr="current_allocations"))
        )
        if "cursor" in wanted:
            at, id = place_of(wanted["cursor"])
            slices = slices.filter(Q(started_at__gt=at) | Q(started_at=at, id__gt=id))
        return Response(SlicePageSerializer(cursor_page(list(slices[: PAGE + 1]))).data)


class VersionsView(APIView):
    """GET /api/v1/worktime/versions/"""

    permission_classes = [IsStaff]

    @extend_schema(
        operation_id="worktime_versions",
        parameters=[AllocationVersionParameters],
        responses=AllocationVersionPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return a page of the versions of a session's allocation, newest first, with what each changed."""
        wanted = read_parameters(AllocationVersionParameters, request)
        session = _in_reach(request).filter(pk=wanted["session"]).first()
        if session is None:
            raise NotFound(f"There is no session {wanted['session']}.", field="session")
        page = session_versions(session_id=session.pk, before=wanted.get("cursor"))
        return Response(AllocationVersionPageSerializer(page).data)


def _in_reach(request: Request) -> QuerySet[Session]:
    """An operator's own sessions; everybody else of the staff sees all."""
    sessions = Session.objects.exclude(close_rule=VOID)
    user = request.user
    if isinstance(user, User) and user.role == Role.OPERATOR:
        return sessions.filter(operator__user_id=user.pk)
    return sessions


def read_parameters(shape: type[drf.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what the address asks for; a value that does not fit is refused by name."""
    asked = shape(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def cursor_page(rows: list[Any], *, size: int = PAGE, instant: str = "started_at") -> dict[str, Any]:
    """Return the page of rows of which one more than `size` was read, with the cursor of the next one."""
    shown = rows[:size]
    if len(rows) <= size:
        return {"results": shown, "next": None}
    return {"results": shown, "next": f"{getattr(shown[-1], instant).isoformat()}_{shown[-1].pk}"}


def place_of(cursor: str) -> tuple[datetime, int]:
    """Return the instant and id that a cursor names; Invalid for one that is none of ours."""
    at, _, id = cursor.partition("_")
    try:
        place = datetime.fromisoformat(at.replace(" ", "+")), int(id)
    except ValueError as error:
        raise Invalid("The cursor is none of ours.", field="cursor") from error
    if place[0].tzinfo is None:
        raise Invalid("The cursor is none of ours.", field="cursor")
    return place

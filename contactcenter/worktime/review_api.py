"""/api/v1/worktime/: an operator's day, corrections with a second person's approval, contradictions.

Operators see and correct their own time; supervisors and admins everybody's, and approve.
"""

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.errors import NotFound
from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import IsStaff, IsSupervisor, signed_in
from contactcenter.worktime import review_serializers as shapes
from contactcenter.worktime.api import cursor_page, place_of, read_parameters
from contactcenter.worktime.contradiction_actions import see_contradiction
from contactcenter.worktime.correction_actions import approve_correction, propose_correction, reject_correction
from contactcenter.worktime.correction_queries import correction_effect
from contactcenter.worktime.day_queries import day_bounds, operator_day
from contactcenter.worktime.models import Contradiction, OperatorEvent, Reallocation, TimeCorrection
from contactcenter.worktime.reallocation_actions import ask_reallocation

PAGE = 50
MOST_EVENTS = 500


class DayView(APIView):
    """GET /api/v1/worktime/day/"""

    permission_classes = [IsStaff]

    @extend_schema(operation_id="worktime_day", parameters=[shapes.DayParameters], responses=shapes.DaySerializer)
    def get(self, request: Request) -> Response:
        """Return an operator's local day: slices cut at midnight, and totals that sum to the time logged in."""
        wanted = read_parameters(shapes.DayParameters, request)
        operator = _operator(request, wanted["operator"])
        start, end = day_bounds(on=wanted["date"], zone=wanted.get("zone") or ZoneInfo("UTC"))
        return Response(shapes.DaySerializer(operator_day(operator_id=operator.pk, start=start, end=end)).data)


class TimeEventsView(APIView):
    """GET /api/v1/worktime/events/"""

    permission_classes = [IsStaff]

    @extend_schema(
        operation_id="worktime_events", parameters=[shapes.EventParameters], responses=shapes.TimeEventListSerializer
    )
    def get(self, request: Request) -> Response:
        """Return an operator's recorded events within [starts_at, ends_at), the first 500."""
        wanted = read_parameters(shapes.EventParameters, request)
        operator = _operator(request, wanted["operator"])
        events = OperatorEvent.objects.filter(
            operator=operator, at__gte=wanted["starts_at"], at__lt=wanted["ends_at"]
        ).order_by("at", "id")
        rows = list(events[:MOST_EVENTS])
        voids = OperatorEvent.objects.filter(operator=operator, kind="correction", at__in={row.at for row in rows})
        void = set(voids.values_list("data__voids", flat=True))
        results = [
            {
                "source_key": row.source_key,
                "at": row.at,
                "kind": row.kind,
                "account_id": row.account_id,
                "interaction_id": row.interaction_id,
                "reason": row.reason,
                "told_by": row.source,
                "is_void": row.source_key in void,
            }
            for row in rows
        ]
        return Response(shapes.TimeEventListSerializer({"results": results}).data)


class CorrectionsView(APIView):
    """/api/v1/worktime/corrections/"""

    permission_classes = [IsStaff]

    @extend_schema(
        operation_id="worktime_corrections",
        parameters=[shapes.CorrectionParameters],
        responses=shapes.CorrectionPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return a page of corrections, newest first."""
        wanted = read_parameters(shapes.CorrectionParameters, request)
        rows = _corrections(request).order_by("-id")
        if "state" in wanted:
            rows = rows.filter(state=wanted["state"])
        if "operator" in wanted:
            rows = rows.filter(operator_id=wanted["operator"])
        return Response(shapes.CorrectionPageSerializer(_id_page(rows, wanted.get("cursor"))).data)

    @extend_schema(
        operation_id="worktime_correction_propose",
        request=shapes.CorrectionCreateSerializer,
        responses={201: shapes.CorrectionSerializer},
    )
    def post(self, request: Request) -> Response:
        """Propose a correction; it takes effect once somebody else approves it."""
        given = _body(shapes.CorrectionCreateSerializer, request)
        operator = _operator(request, given["operator_id"])
        correction = propose_correction(
            operator_id=operator.pk,
            documents=given["changes"],
            reason=given["reason"],
            author_id=signed_in(request).pk,
            at=timezone.now(),
        )
        return Response(shapes.CorrectionSerializer(correction).data, status=201)


class CorrectionPreviewView(APIView):
    """POST /api/v1/worktime/corrections/preview/"""

    permission_classes = [IsStaff]

    @extend_schema(
        operation_id="worktime_correction_preview",
        request=shapes.ChangesSerializer,
        responses=shapes.EffectSerializer,
    )
    def post(self, request: Request) -> Response:
        """Return what the changes would do; nothing is kept."""
        given = _body(shapes.ChangesSerializer, request)
        operator = _operator(request, given["operator_id"])
        effect = correction_effect(operator_id=operator.pk, documents=given["changes"], at=timezone.now())
        return Response(shapes.EffectSerializer(effect).data)


class CorrectionApproveView(APIView):
    """POST /api/v1/worktime/corrections/{id}/approve/"""

    permission_classes = [IsSupervisor]

    @extend_schema(operation_id="worktime_correction_approve", request=None, responses=shapes.CorrectionSerializer)
    def post(self, request: Request, correction_id: int) -> Response:
        """Let a correction take effect; refused to its author and to the operator."""
        correction = approve_correction(
            correction_id=correction_id, approver_id=signed_in(request).pk, at=timezone.now()
        )
        return Response(shapes.CorrectionSerializer(correction).data)


class CorrectionRejectView(APIView):
    """POST /api/v1/worktime/corrections/{id}/reject/"""

    permission_classes = [IsStaff]

    @extend_schema(
        operation_id="worktime_correction_reject",
        request=shapes.RejectionSerializer,
        responses=shapes.CorrectionSerializer,
    )
    def post(self, request: Request, correction_id: int) -> Response:
        """Reject a correction, or withdraw one's own."""
        given = _body(shapes.RejectionSerializer, request)
        if not _corrections(request).filter(pk=correction_id).exists():
            raise NotFound("There is no such correction.")
        correction = reject_correction(
            correction_id=correction_id, decider_id=signed_in(request).pk, note=given["note"], at=timezone.now()
        )
        return Response(shapes.CorrectionSerializer(correction).data)


class ContradictionsView(APIView):
    """GET /api/v1/worktime/contradictions/"""

    permission_classes = [IsSupervisor]

    @extend_schema(
        operation_id="worktime_contradictions",
        parameters=[shapes.ContradictionParameters],
        responses=shapes.ContradictionPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return a page of contradictions, newest first."""
        wanted = read_parameters(shapes.ContradictionParameters, request)
        rows = Contradiction.objects.select_related("operator", "seen_by").order_by("-starts_at", "-id")
        if "operator" in wanted:
            rows = rows.filter(operator_id=wanted["operator"])
        if "kind" in wanted:
            rows = rows.filter(kind=wanted["kind"])
        if wanted["unseen"]:
            rows = rows.filter(seen_at=None)
        if "cursor" in wanted:
            at, id = place_of(wanted["cursor"])
            rows = rows.filter(Q(starts_at__lt=at) | Q(starts_at=at, id__lt=id))
        page = cursor_page(list(rows[: PAGE + 1]), size=PAGE, instant="starts_at")
        return Response(shapes.ContradictionPageSerializer(page).data)


class ContradictionSeenView(APIView):
    """POST /api/v1/worktime/contradictions/{id}/seen/"""

    permission_classes = [IsSupervisor]

    @extend_schema(operation_id="worktime_contradiction_seen", request=None, responses=shapes.ContradictionSerializer)
    def post(self, request: Request, contradiction_id: int) -> Response:
        """Note that one has looked at it."""
        row = see_contradiction(contradiction_id=contradiction_id, user_id=signed_in(request).pk, at=timezone.now())
        return Response(shapes.ContradictionSerializer(row).data)


class ReallocationsView(APIView):
    """/api/v1/worktime/reallocations/"""

    permission_classes = [IsSupervisor]

    @extend_schema(
        operation_id="worktime_reallocations",
        parameters=[shapes.CursorParameters],
        responses=shapes.ReallocationPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return a page of allocations made again, newest first."""
        wanted = read_parameters(shapes.CursorParameters, request)
        rows = Reallocation.objects.select_related("author").order_by("-id")
        return Response(shapes.ReallocationPageSerializer(_id_page(rows, wanted.get("cursor"))).data)

    @extend_schema(
        operation_id="worktime_reallocate",
        request=shapes.ReallocationCreateSerializer,
        responses={201: shapes.ReallocationSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask for a period to be allocated again, or for what that would change; a worker does it."""
        given = _body(shapes.ReallocationCreateSerializer, request)
        kind = given.pop("kind", None)
        open_kind, settings = given.pop("open_kind", None), given.pop("settings", None)
        policy = {"kind": kind, "open_kind": open_kind or "equal", "settings": settings or {}} if kind else {}
        row = ask_reallocation(**given, policy=policy, author_id=signed_in(request).pk, at=timezone.now())
        return Response(shapes.ReallocationSerializer(row).data, status=201)


def _operator(request: Request, operator_id: int) -> Operator:
    """The operator asked for; an operator reaches only themselves."""
    rows = Operator.objects.filter(pk=operator_id)
    user = signed_in(request)
    if user.role == Role.OPERATOR:
        rows = rows.filter(user_id=user.pk)
    operator = rows.first()
    if operator is None:
        raise NotFound("There is no such operator.", field="operator")
    return operator


def _corrections(request: Request) -> QuerySet[TimeCorrection]:
    rows = TimeCorrection.objects.select_related("operator", "author", "decided_by")
    user = signed_in(request)
    return rows.filter(operator__user_id=user.pk) if user.role == Role.OPERATOR else rows


def _body(shape: Any, request: Request) -> dict[str, Any]:
    given = shape(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _id_page(rows: QuerySet[Any], cursor: int | None) -> dict[str, Any]:
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    found = list(rows[: PAGE + 1])
    more = len(found) > PAGE
    return {"results": found[:PAGE], "next": found[PAGE - 1].pk if more else None}

"""Catching up on live events after a lost connection."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel import push
from contactcenter.realtime import access
from contactcenter.realtime.serializers import LiveEventsSerializer
from contactcenter.tenancy.models import STAFF_ROLES
from contactcenter.tenancy.permissions import roles


class EventsView(APIView):
    """GET /api/v1/events/?after="""

    permission_classes = (roles(*STAFF_ROLES),)

    @extend_schema(
        operation_id="events",
        parameters=[OpenApiParameter("after", str, required=True, description="A cursor this server gave out.")],
        responses=LiveEventsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return what happened after the cursor, complete: nothing of a transaction that may still be running."""
        after = push.Cursor.parse(request.query_params.get("after", ""))
        head = push.current_cursor()
        audience = access.audience_of(user_id=request.user.pk or 0)
        if audience is None or not push.reaches_back_to(after):
            return Response({"results": [], "next": str(head), "reload": True})
        events = push.events_after(after=after, audiences=sorted(audience.names), every_account=audience.every_account)
        following = push.Cursor(events[-1].transaction, events[-1].pk) if events else max(after, head)
        return Response({"results": [push.as_json(event) for event in events], "next": str(following), "reload": False})

"""/api/v1/messages/ and /api/v1/calls/: records of their own, for software rather than screens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.asked import number
from contactcenter.kernel.errors import Invalid
from contactcenter.tenancy.models import CLIENT_ROLES, STAFF_ROLES, ApiScope
from contactcenter.tenancy.permissions import roles
from contactcenter.tickets import records
from contactcenter.tickets.models import Channel, Direction, MessageKind, MessageStatus
from contactcenter.tickets.serializers import AttachmentSerializer

Readers = roles(*STAFF_ROLES, *CLIENT_ROLES)
_PAGING = [OpenApiParameter("account", int), OpenApiParameter("ticket", int)]
_CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")
MESSAGE_EXAMPLE = {
    "id": 1822,
    "account_id": 3,
    "ticket_id": 1042,
    "contact_id": 4711,
    "direction": "in",
    "channel": "email",
    "kind": "message",
    "operator": None,
    "subject": "Where is my order?",
    "text": "It should have come on Monday.\n\n> On Friday you wrote: ...",
    "reply_text": "It should have come on Monday.",
    "language": "en",
    "at": "2026-06-15T09:00:00Z",
    "status": "received",
    "error": "",
    "attachments": [
        {
            "id": 77,
            "filename": "receipt.pdf",
            "content_type": "application/pdf",
            "size": 48213,
            "url": "/api/v1/attachments/77/",
        }
    ],
}
CALL_EXAMPLE = {
    "id": 640,
    "account_id": 3,
    "ticket_id": 1042,
    "contact_id": 4711,
    "external_id": "1781514000.12",
    "direction": "in",
    "from": "+74952201490",
    "to": "+442079460107",
    "queue": "sales",
    "operator": "Anna K.",
    "started_at": "2026-06-15T09:00:00Z",
    "answered_at": "2026-06-15T09:00:09Z",
    "ended_at": "2026-06-15T09:03:21Z",
    "wait_ms": 9000,
    "ring_ms": 4000,
    "talk_ms": 192000,
    "hold_ms": 0,
    "outcome": "answered",
    "hung_up_by": "customer",
    "flags": [],
}


@extend_schema_serializer(examples=[OpenApiExample("A mail", value=MESSAGE_EXAMPLE)])
class MessageRecordSerializer(serializers.Serializer[Any]):
    """A message. `text` is all of it, `reply_text` without what it quotes; `error` says why it was not sent."""

    id = serializers.IntegerField()
    account_id = serializers.IntegerField()
    ticket_id = serializers.IntegerField()
    contact_id = serializers.IntegerField(allow_null=True)
    direction = serializers.ChoiceField(choices=Direction.choices)
    channel = serializers.ChoiceField(choices=Channel.choices)
    kind = serializers.ChoiceField(choices=MessageKind.choices)
    operator = serializers.CharField(allow_null=True)
    subject = serializers.CharField()
    text = serializers.CharField()
    reply_text = serializers.CharField()
    language = serializers.CharField()
    at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=MessageStatus.choices)
    error = serializers.CharField()
    attachments = AttachmentSerializer(many=True)


class MessagePageSerializer(serializers.Serializer[Any]):
    """A page of messages, the newest first."""

    results = MessageRecordSerializer(many=True)
    next = serializers.CharField(allow_null=True)


@extend_schema_serializer(examples=[OpenApiExample("An answered call", value=CALL_EXAMPLE)])
class CallRecordSerializer(serializers.Serializer[Any]):
    """A call, all its legs stitched. Durations are whole milliseconds; null: not known."""

    id = serializers.IntegerField()
    account_id = serializers.IntegerField()
    ticket_id = serializers.IntegerField(allow_null=True)
    contact_id = serializers.IntegerField(allow_null=True)
    external_id = serializers.CharField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    to = serializers.CharField()
    queue = serializers.CharField()
    operator = serializers.CharField(allow_null=True)
    started_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    wait_ms = serializers.IntegerField(allow_null=True)
    ring_ms = serializers.IntegerField(allow_null=True)
    talk_ms = serializers.IntegerField(allow_null=True)
    hold_ms = serializers.IntegerField(allow_null=True)
    outcome = serializers.CharField()
    hung_up_by = serializers.CharField()
    flags = serializers.ListField(
        child=serializers.CharField(), help_text="What to know before relying on the figures, such as end_unknown"
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add "from", which is no name in Python."""
        return {**super().get_fields(), "from": serializers.CharField()}


class CallPartSerializer(serializers.Serializer[Any]):
    """One stay within a call: in a queue, with one operator, or with an outside number."""

    position = serializers.IntegerField()
    kind = serializers.CharField()
    queue = serializers.CharField()
    operator = serializers.CharField(allow_null=True)
    enqueued_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    wait_ms = serializers.IntegerField(allow_null=True)
    ring_ms = serializers.IntegerField(allow_null=True)
    talk_ms = serializers.IntegerField(allow_null=True)
    hold_ms = serializers.IntegerField(allow_null=True)
    outcome = serializers.CharField()


class CallDetailSerializer(CallRecordSerializer):
    """A call with its segments."""

    segments = CallPartSerializer(many=True)


class CallPageSerializer(serializers.Serializer[Any]):
    """A page of calls, the newest first."""

    results = CallRecordSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class MessagesView(APIView):
    """/api/v1/messages/"""

    permission_classes = (Readers,)
    key_scopes = {"GET": ApiScope.MESSAGES_READ}

    @extend_schema(operation_id="messages_list", parameters=[*_PAGING, _CURSOR], responses=MessagePageSerializer)
    def get(self, request: Request) -> Response:
        """Return a page of messages."""
        asked = request.query_params
        results, following = records.list_messages(
            account_id=number(asked.get("account"), field="account"),
            ticket_id=number(asked.get("ticket"), field="ticket"),
            before_id=number(asked.get("cursor"), field="cursor"),
        )
        return Response({"results": results, "next": following})


class MessageView(APIView):
    """/api/v1/messages/{id}/"""

    permission_classes = (Readers,)
    key_scopes = {"GET": ApiScope.MESSAGES_READ}

    @extend_schema(operation_id="messages_retrieve", responses=MessageRecordSerializer)
    def get(self, request: Request, message_id: int) -> Response:
        """Return one message."""
        return Response(records.message_record(message_id=message_id))


class CallsView(APIView):
    """/api/v1/calls/"""

    permission_classes = (Readers,)
    key_scopes = {"GET": ApiScope.CALLS_READ}

    @extend_schema(
        operation_id="calls_list",
        parameters=[
            *_PAGING,
            OpenApiParameter("starts_at", OpenApiTypes.DATETIME, description="Began at this instant or later."),
            OpenApiParameter("ends_at", OpenApiTypes.DATETIME, description="Began before this instant."),
            _CURSOR,
        ],
        responses=CallPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return a page of the calls of a period."""
        asked = request.query_params
        results, following = records.list_calls(
            account_id=number(asked.get("account"), field="account"),
            ticket_id=number(asked.get("ticket"), field="ticket"),
            starts_at=_instant(request, "starts_at"),
            ends_at=_instant(request, "ends_at"),
            after_id=number(asked.get("cursor"), field="cursor"),
        )
        return Response({"results": results, "next": following})


class CallView(APIView):
    """/api/v1/calls/{id}/"""

    permission_classes = (Readers,)
    key_scopes = {"GET": ApiScope.CALLS_READ}

    @extend_schema(operation_id="calls_retrieve", responses=CallDetailSerializer)
    def get(self, request: Request, call_id: int) -> Response:
        """Return one call with its segments."""
        return Response(records.call_record(call_id=call_id))


def _instant(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name, "")
    if text == "":
        return None
    try:
        instant = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Invalid("Expected an instant with its offset, such as 2026-06-15T09:00:00Z.", field=name)
    return instant

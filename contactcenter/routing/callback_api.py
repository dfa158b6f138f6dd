"""Callbacks over HTTP: asked for by staff or software, listed, called and done with."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.asked import number as asked_number
from contactcenter.kernel.errors import Invalid
from contactcenter.routing import actions
from contactcenter.routing.api import Serves, acting_operator, checked
from contactcenter.routing.callback_queries import (
    callback_frame,
    callback_page,
    callbacks_of,
    check_callback,
    get_callback_frame,
)
from contactcenter.routing.models import CallbackResult, CallbackSource, CallbackState
from contactcenter.routing.serializers import OperatorNameSerializer
from contactcenter.tenancy.key_login import KeyHolder
from contactcenter.tenancy.models import ApiScope
from contactcenter.tenancy.permissions import actor_id_of
from contactcenter.tickets.queries import get_ticket


class CallbackAttemptSerializer(serializers.Serializer[Any]):
    """One attempt, and what came of it."""

    operator = OperatorNameSerializer()
    result = serializers.ChoiceField(choices=CallbackResult.choices)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    note = serializers.CharField()


class CallbackContactSerializer(serializers.Serializer[Any]):
    """Who asked."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class CallbackSerializer(serializers.Serializer[Any]):
    """Somebody who asked to be called back. `enqueued_at` is the place in the queue that they kept."""

    id = serializers.IntegerField()
    account_id = serializers.IntegerField()
    ticket_id = serializers.IntegerField()
    ticket_number = serializers.IntegerField()
    contact = CallbackContactSerializer()
    number = serializers.CharField()
    asked_through = serializers.ChoiceField(choices=CallbackSource.choices)
    state = serializers.ChoiceField(choices=CallbackState.choices)
    queue = serializers.CharField()
    enqueued_at = serializers.DateTimeField()
    requested_at = serializers.DateTimeField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    attempts_made = serializers.IntegerField()
    attempts_allowed = serializers.IntegerField()
    operator = OperatorNameSerializer(allow_null=True)
    reason = serializers.CharField()
    attempts = CallbackAttemptSerializer(many=True)


class CallbackListSerializer(serializers.Serializer[Any]):
    """A ticket's requests, the newest first."""

    results = CallbackSerializer(many=True)


class CallbackPageSerializer(serializers.Serializer[Any]):
    """A page of requests."""

    results = CallbackSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class CallbackWishSerializer(serializers.Serializer[Any]):
    """Whose contact is to be called; `number` '' takes the contact's first, `not_before` null: in their turn."""

    ticket_id = serializers.IntegerField()
    number = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    not_before = serializers.DateTimeField(required=False, allow_null=True, default=None)


class CallbackCancelSerializer(serializers.Serializer[Any]):
    """Why nobody is to call any more."""

    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class CallbackResultSerializer(serializers.Serializer[Any]):
    """What came of the call."""

    result = serializers.ChoiceField(choices=CallbackResult.choices)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class CallbacksView(APIView):
    """/api/v1/callbacks/"""

    permission_classes = (Serves,)
    key_scopes = {"GET": ApiScope.TICKETS_READ, "POST": ApiScope.TICKETS_WRITE}

    @extend_schema(
        operation_id="callbacks_list",
        parameters=[
            OpenApiParameter("state", str, enum=["open", "all"], description="open (the default): in their order."),
            OpenApiParameter("account", int),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
        ],
        responses=CallbackPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return who waits to be called back, or everybody who ever asked, the newest first."""
        asked = request.query_params
        state = asked.get("state", "open")
        if state not in {"open", "all"}:
            raise Invalid("Expected open or all.", field="state")
        rows, following = callback_page(
            is_open=state == "open",
            account_id=asked_number(asked.get("account"), field="account"),
            after_id=asked_number(asked.get("cursor"), field="cursor"),
        )
        return Response(
            {
                "results": [callback_frame(row) for row in rows],
                "next": None if following is None else str(following),
            }
        )

    @extend_schema(operation_id="callbacks_create", request=CallbackWishSerializer, responses={201: CallbackSerializer})
    def post(self, request: Request) -> Response:
        """Let a ticket's contact wait to be called; 200 with the request there is, if they wait already."""
        wish = checked(CallbackWishSerializer, request)
        by_key = isinstance(request.user, KeyHolder)
        callback, created = actions.request_callback(
            source=CallbackSource.API if by_key else CallbackSource.CONSOLE,
            actor_id=actor_id_of(request),
            at=timezone.now(),
            **wish,
        )
        return Response(get_callback_frame(callback_id=callback.pk), status=201 if created else 200)


class TicketCallbacksView(APIView):
    """/api/v1/tickets/{id}/callbacks/"""

    permission_classes = (Serves,)
    key_scopes = {"GET": ApiScope.TICKETS_READ}

    @extend_schema(operation_id="tickets_callbacks", responses=CallbackListSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        """Return the requests of a ticket with their attempts."""
        get_ticket(ticket_id=ticket_id)
        return Response({"results": [callback_frame(row) for row in callbacks_of(ticket_id=ticket_id)]})


class CancelCallbackView(APIView):
    """/api/v1/callbacks/{id}/cancel/"""

    permission_classes = (Serves,)
    key_scopes = {"POST": ApiScope.TICKETS_WRITE}

    @extend_schema(operation_id="callbacks_cancel", request=CallbackCancelSerializer, responses=CallbackSerializer)
    def post(self, request: Request, callback_id: int) -> Response:
        """Give a request up that waits."""
        said = checked(CallbackCancelSerializer, request)
        actions.cancel_callback(
            callback_id=callback_id, at=timezone.now(), actor_id=actor_id_of(request), reason=said["reason"]
        )
        return Response(get_callback_frame(callback_id=callback_id))


class DialCallbackView(APIView):
    """/api/v1/callbacks/{id}/dial/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="callbacks_dial", request=None, responses=CallbackSerializer)
    def post(self, request: Request, callback_id: int) -> Response:
        """Say that one is dialling on a telephone of one's own: the time counts as a call until the result."""
        at = timezone.now()
        actions.dial_by_hand(callback_id=callback_id, operator_id=acting_operator(request, at=at).pk, at=at)
        return Response(get_callback_frame(callback_id=callback_id))


class CallbackResultView(APIView):
    """/api/v1/callbacks/{id}/result/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="callbacks_result", request=CallbackResultSerializer, responses=CallbackSerializer)
    def post(self, request: Request, callback_id: int) -> Response:
        """Say what came of the call; without an answer the contact is called again later."""
        at = timezone.now()
        operator = acting_operator(request, at=at)
        check_callback(callback_id=callback_id)
        said = checked(CallbackResultSerializer, request)
        actions.record_callback_result(callback_id=callback_id, operator_id=operator.pk, at=at, **said)
        return Response(get_callback_frame(callback_id=callback_id))

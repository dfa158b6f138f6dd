"""Receipts over HTTP: what arrived, what failed and why, export and retry; and sending a message again."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app import actions, queries
from channels_app.failures import suffix_of
from channels_app.models import EndpointKind, Receipt, ReceiptState
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import IsSupervisor, roles

PAGE = 50
Writers = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)


class ReceiptSerializer(serializers.ModelSerializer[Receipt]):
    """A receipt without its raw bytes; `raw_url` gives them."""

    account_id = serializers.IntegerField(read_only=True)
    endpoint = serializers.CharField(source="endpoint.address", read_only=True)
    kind = serializers.ChoiceField(source="endpoint.kind", choices=EndpointKind.choices, read_only=True)
    raw_url = serializers.SerializerMethodField()

    class Meta:
        model = Receipt
        fields = (
            "id",
            "account_id",
            "endpoint",
            "kind",
            "external_id",
            "received_at",
            "state",
            "attempts",
            "next_attempt_at",
            "error",
            "outcome",
            "raw_url",
        )
        read_only_fields = fields

    def get_raw_url(self, receipt: Receipt) -> str:
        """Return where the raw bytes are."""
        return f"/api/v1/receipts/{receipt.pk}/raw/"


class ReceiptListSerializer(serializers.Serializer[Any]):
    """A page of receipts, the newest first."""

    results = ReceiptSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class ResentSerializer(serializers.Serializer[Any]):
    """The message that is queued again."""

    id = serializers.IntegerField()
    status = serializers.CharField()


class ReceiptsView(APIView):
    """/api/v1/receipts/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(
        operation_id="receipts_list",
        parameters=[
            OpenApiParameter("state", str, enum=ReceiptState.values, description="All unless told."),
            OpenApiParameter("endpoint", int),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
        ],
        responses=ReceiptListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return a page of receipts."""
        asked = request.query_params
        state = asked.get("state", "")
        if state and state not in ReceiptState.values:
            raise Invalid(f"Expected one of {', '.join(ReceiptState.values)}.", field="state")
        rows, following = queries.receipt_page(
            state=state,
            endpoint_id=_number(asked.get("endpoint", ""), field="endpoint"),
            before_id=_number(asked.get("cursor", ""), field="cursor"),
            size=PAGE,
        )
        return Response(
            {
                "results": ReceiptSerializer(rows, many=True).data,
                "next": None if following is None else str(following),
            }
        )


class ReceiptRawView(APIView):
    """/api/v1/receipts/{id}/raw/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(operation_id="receipts_raw", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, receipt_id: int) -> HttpResponse:
        """Return the bytes as they came, as a download."""
        receipt = queries.get_receipt(receipt_id=receipt_id)
        response = HttpResponse(bytes(receipt.raw), content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="receipt-{receipt.pk}.{suffix_of(receipt)}"'
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response


class ReceiptRetryView(APIView):
    """/api/v1/receipts/{id}/retry/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(operation_id="receipts_retry", request=None, responses=ReceiptSerializer)
    def post(self, request: Request, receipt_id: int) -> Response:
        """Put a failed receipt back to be processed."""
        receipt = queries.get_receipt(receipt_id=receipt_id)
        retried = actions.retry_receipts(receipt_ids=[receipt.pk], actor_id=request.user.pk, at=timezone.now())
        if retried == 0:
            raise Conflict("Only a failed receipt can be retried.", field="state")
        return Response(ReceiptSerializer(queries.get_receipt(receipt_id=receipt_id)).data)


class MessageResendView(APIView):
    """/api/v1/messages/{id}/resend/"""

    permission_classes = (Writers,)

    @extend_schema(operation_id="messages_resend", request=None, responses=ResentSerializer)
    def post(self, request: Request, message_id: int) -> Response:
        """Queue a message that was not sent once more."""
        message = actions.resend_message(message_id=message_id, actor_id=request.user.pk, at=timezone.now())
        return Response({"id": message.pk, "status": message.status})


def _number(text: str, *, field: str) -> int | None:
    if text == "":
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Invalid("Expected a number.", field=field)
    return int(text)

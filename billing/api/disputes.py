"""Disputes on lines, and late usage that waits for a person."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.account_periods import current_period
from billing.api.invoices import visible_invoice, visible_line
from billing.api.reading import WRITERS, ExactJSONParser, ReadsBills, actor_id, body, whole
from billing.api.serializers import Shape
from billing.late import late_usage, waits_for_a_person
from billing.models import Dispute, DisputeMessage, DisputeState, LateChoice
from billing.money import decimal_from_units, money_text
from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import IsBilling, roles

PAGE = 50
Disputes = roles(Role.CLIENT_ADMIN)
Answers = roles(Role.CLIENT_ADMIN, Role.BILLING_ADMIN, Role.ADMIN)


class DisputeMessageSerializer(Shape):
    """A word in a dispute."""

    author = serializers.CharField()
    is_staff = serializers.BooleanField()
    text = serializers.CharField()
    said_at = serializers.DateTimeField()


class DisputeSerializer(Shape):
    """A dispute with its thread."""

    id = serializers.IntegerField()
    account = serializers.IntegerField()
    account_name = serializers.CharField()
    state = serializers.ChoiceField(choices=DisputeState.choices)
    invoice = serializers.IntegerField()
    invoice_number = serializers.CharField()
    line = serializers.IntegerField()
    line_position = serializers.IntegerField()
    line_name = serializers.CharField()
    line_amount = serializers.CharField()
    currency = serializers.CharField()
    opened_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    credit_note = serializers.IntegerField(allow_null=True)
    credit_note_number = serializers.CharField(allow_null=True)
    messages = DisputeMessageSerializer(many=True)


class DisputePageSerializer(Shape):
    """Disputes, newest first."""

    results = DisputeSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class SayingSerializer(Shape):
    """What somebody says."""

    text = serializers.CharField(max_length=4000)


class ResolutionSerializer(SayingSerializer):
    """How a dispute ends: with the amount credited, or without one it is rejected."""

    credit = serializers.DecimalField(max_digits=20, decimal_places=4, required=False, allow_null=True, default=None)


class LateUsageSerializer(Shape):
    """Usage that came after its invoice. amount: what it changes before tax; waits: a person must decide."""

    invoice = serializers.IntegerField()
    invoice_number = serializers.CharField()
    account = serializers.IntegerField()
    account_name = serializers.CharField()
    period = serializers.CharField()
    contacts = serializers.IntegerField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    waits = serializers.BooleanField()


class LateUsageListSerializer(Shape):
    """Late usage, oldest invoice first."""

    results = LateUsageSerializer(many=True)


class LateDecisionSerializer(Shape):
    """What becomes of late usage: billed on the next invoice, waived, or given back at once by a credit note."""

    choice = serializers.ChoiceField(choices=[*LateChoice.choices, ("credit", "Credit")])
    reason = serializers.CharField(max_length=500)


def _disputes() -> QuerySet[Dispute]:
    thread = DisputeMessage.objects.select_related("author").order_by("pk")
    return (
        Dispute.objects.select_related("account", "invoice", "line", "credit_note")
        .prefetch_related(Prefetch("messages", queryset=thread))
        .order_by("-pk")
    )


def _dispute(dispute_id: int) -> Dispute:
    dispute = _disputes().filter(pk=dispute_id).first()
    if dispute is None:
        raise NotFound("There is no such dispute.")
    return dispute


def _shown(dispute: Dispute) -> dict[str, Any]:
    return {
        "id": dispute.pk,
        "account": dispute.account_id,
        "account_name": dispute.account.name,
        "state": dispute.state,
        "invoice": dispute.invoice_id,
        "invoice_number": dispute.invoice.number,
        "line": dispute.line_id,
        "line_position": dispute.line.position,
        "line_name": dispute.line.name,
        "line_amount": money_text(amount=dispute.line.amount, digits=dispute.invoice.digits),
        "currency": dispute.invoice.currency,
        "opened_at": dispute.opened_at,
        "resolved_at": dispute.resolved_at,
        "credit_note": dispute.credit_note_id,
        "credit_note_number": dispute.credit_note.number if dispute.credit_note else None,
        "messages": [
            {
                "author": message.author.full_name,
                "is_staff": message.is_staff,
                "text": message.text,
                "said_at": message.said_at,
            }
            for message in dispute.messages.all()
        ],
    }


def _answer(dispute: Dispute, *, status: int = 200) -> Response:
    return Response(DisputeSerializer(_shown(_dispute(dispute.pk))).data, status=status)


class DisputesView(APIView):
    """GET /api/v1/disputes/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="disputes",
        parameters=[
            OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before"),
            OpenApiParameter("invoice", OpenApiTypes.INT),
            OpenApiParameter("unresolved", OpenApiTypes.BOOL),
        ],
        responses=DisputePageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the disputes within reach, newest first."""
        found = _disputes()
        if invoice := request.query_params.get("invoice"):
            found = found.filter(invoice_id=whole(invoice, field="invoice"))
        if request.query_params.get("unresolved") in ("1", "true"):
            found = found.filter(state__in=[DisputeState.OPEN, DisputeState.ANSWERED])
        if cursor := request.query_params.get("cursor"):
            found = found.filter(pk__lt=whole(cursor, field="cursor"))
        rows = list(found[: PAGE + 1])
        page = {
            "results": [_shown(row) for row in rows[:PAGE]],
            "next": str(rows[PAGE - 1].pk) if len(rows) > PAGE else None,
        }
        return Response(DisputePageSerializer(page).data)


class NewDisputeView(APIView):
    """POST /api/v1/invoice-lines/{id}/dispute/"""

    permission_classes = [Disputes]

    @extend_schema(operation_id="dispute_open", request=SayingSerializer, responses={201: DisputeSerializer})
    def post(self, request: Request, line_id: int) -> Response:
        """Doubt a line of an issued invoice."""
        line = visible_line(request, line_id)
        dispute = actions.open_dispute(
            line_id=line.pk,
            text=body(request, SayingSerializer)["text"],
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return _answer(dispute, status=201)


class DisputeMessagesView(APIView):
    """POST /api/v1/disputes/{id}/messages/"""

    permission_classes = [Answers]

    @extend_schema(operation_id="dispute_say", request=SayingSerializer, responses=DisputeSerializer)
    def post(self, request: Request, dispute_id: int) -> Response:
        """Say something: the house's word answers, the client's opens the dispute again."""
        dispute = actions.answer_dispute(
            dispute_id=_dispute(dispute_id).pk,
            text=body(request, SayingSerializer)["text"],
            is_staff=logged_in(request).role in WRITERS,
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return _answer(dispute)


class ResolveView(APIView):
    """POST /api/v1/disputes/{id}/resolve/"""

    permission_classes = [IsBilling]
    parser_classes = [ExactJSONParser]

    @extend_schema(operation_id="dispute_resolve", request=ResolutionSerializer, responses=DisputeSerializer)
    def post(self, request: Request, dispute_id: int) -> Response:
        """End a dispute: credit an amount of its line, or reject it."""
        found = _dispute(dispute_id)
        values = body(request, ResolutionSerializer)
        dispute = actions.resolve_dispute(
            dispute_id=found.pk,
            credit=values["credit"],
            text=values["text"],
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return _answer(dispute)


class LateUsageView(APIView):
    """GET /api/v1/late-usage/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="late_usage", responses=LateUsageListSerializer)
    def get(self, request: Request) -> Response:
        """Return usage that came after its invoice and is booked nowhere yet."""
        late_periods, at, rows = actions.current_issuer().late_periods, timezone.now(), []
        for late in late_usage():
            if not late.corrections:
                continue
            invoice = late.invoice
            newest = current_period(account=invoice.account, at=at)
            amount = decimal_from_units(units=late.units, digits=invoice.digits)
            rows.append(
                {
                    "invoice": invoice.pk,
                    "invoice_number": invoice.number,
                    "account": invoice.account_id,
                    "account_name": invoice.account.name,
                    "period": invoice.period,
                    "contacts": late.contacts,
                    "amount": str(amount),
                    "currency": invoice.currency,
                    "waits": waits_for_a_person(late=late, newest=newest, late_periods=late_periods),
                }
            )
        return Response(LateUsageListSerializer({"results": rows}).data)


class LateDecisionView(APIView):
    """POST /api/v1/invoices/{id}/late-usage/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="late_usage_decide", request=LateDecisionSerializer, responses={204: None})
    def post(self, request: Request, invoice_id: int) -> Response:
        """Decide on an invoice's late usage."""
        invoice = visible_invoice(request, invoice_id)
        values = body(request, LateDecisionSerializer)
        known: dict[str, Any] = {"invoice_id": invoice.pk, "at": timezone.now(), "actor_id": actor_id(request)}
        if values["choice"] == "credit":
            actions.credit_late_usage(reason=values["reason"], **known)
        else:
            actions.decide_late_usage(choice=values["choice"], reason=values["reason"], **known)
        return Response(status=204)

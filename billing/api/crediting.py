"""Credit notes on issued invoices."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.api.invoices import visible_invoice
from billing.api.reading import ExactJSONParser, actor_id, body
from billing.api.serializers import InvoiceSerializer, Shape
from billing.api.shapes import invoice_detail
from billing.models import CreditReason
from contactcenter.kernel.errors import Invalid
from contactcenter.tenancy.permissions import IsBilling


class CreditLineSerializer(Shape):
    """What is taken back of a line; below zero where the line is."""

    position = serializers.IntegerField(min_value=1)
    amount = serializers.DecimalField(max_digits=20, decimal_places=4)


class NewCreditNoteSerializer(Shape):
    """A credit note to issue; without lines it takes back all that is left."""

    reason_code = serializers.ChoiceField(choices=CreditReason.choices)
    reason = serializers.CharField(max_length=500)
    lines = CreditLineSerializer(many=True, required=False, allow_null=True, default=None)


class CreditNotesView(APIView):
    """POST /api/v1/invoices/{id}/credit-notes/"""

    permission_classes = [IsBilling]
    parser_classes = [ExactJSONParser]

    @extend_schema(
        operation_id="invoice_credit",
        request=NewCreditNoteSerializer,
        responses={201: InvoiceSerializer},
    )
    def post(self, request: Request, invoice_id: int) -> Response:
        """Issue a credit note on an invoice: all that is left of it, or the amounts of the lines named."""
        invoice = visible_invoice(request, invoice_id)
        values = body(request, NewCreditNoteSerializer)
        note = actions.issue_credit_note(
            invoice_id=invoice.pk,
            amounts=_amounts(values["lines"]),
            reason_code=values["reason_code"],
            reason=values["reason"],
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        detail = invoice_detail(invoice=visible_invoice(request, note.pk))
        return Response(InvoiceSerializer(detail).data, status=201)


def _amounts(lines: list[dict[str, Any]] | None) -> dict[int, Any] | None:
    if lines is None:
        return None
    amounts = {line["position"]: line["amount"] for line in lines}
    if len(amounts) != len(lines):
        raise Invalid("A line is named twice.", field="lines")
    return amounts

"""Where a document was mailed, what became of it, and sending it again."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.api.invoices import visible_invoice
from billing.api.reading import ReadsBills, actor_id
from billing.api.serializers import Shape
from billing.models import DeliveryState, Invoice, InvoiceDelivery, Reminder
from contactcenter.tenancy.permissions import IsBilling


class DeliverySerializer(Shape):
    """A document on its way to an address. note: what could not be attached; error: what the mail server said."""

    id = serializers.IntegerField()
    recipient = serializers.CharField()
    round = serializers.IntegerField()
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    queued_at = serializers.DateTimeField()
    attempts = serializers.IntegerField()
    sent_at = serializers.DateTimeField(allow_null=True)
    bounced_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()
    note = serializers.CharField()


class SentReminderSerializer(Shape):
    """A reminder of the invoice."""

    id = serializers.IntegerField()
    level = serializers.IntegerField()
    recipient = serializers.CharField()
    written_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


class DeliveriesSerializer(Shape):
    """Where a document was mailed, newest first, and its reminders."""

    results = DeliverySerializer(many=True)
    reminders = SentReminderSerializer(many=True)


def _shown(invoice: Invoice) -> dict[str, Any]:
    return {
        "results": InvoiceDelivery.objects.filter(invoice=invoice).order_by("-pk")[:100],
        "reminders": Reminder.objects.filter(invoice=invoice).order_by("-level"),
    }


class DeliveriesView(APIView):
    """GET, POST /api/v1/invoices/{id}/deliveries/"""

    def get_permissions(self) -> list[Any]:
        """Clients see where their documents went; billing people send them again."""
        return [ReadsBills() if self.request.method == "GET" else IsBilling()]

    @extend_schema(operation_id="invoice_deliveries", responses=DeliveriesSerializer)
    def get(self, request: Request, invoice_id: int) -> Response:
        """Return where the document was mailed and what became of it."""
        return Response(DeliveriesSerializer(_shown(visible_invoice(request, invoice_id))).data)

    @extend_schema(operation_id="invoice_send_again", request=None, responses=DeliveriesSerializer)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Send an issued document once more, to the addresses that its account has now."""
        invoice = visible_invoice(request, invoice_id)
        actions.send_again(invoice_id=invoice.pk, at=timezone.now(), actor_id=actor_id(request))
        return Response(DeliveriesSerializer(_shown(invoice)).data)

"""What a ticket's social network takes now, and replies by approved templates."""

from typing import Any
from uuid import uuid4

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app import queries, templates
from channels_app.models import MessageTemplate
from channels_app.registry import provider_of
from channels_app.social.window import open_until
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles
from contactcenter.tickets import queries as tickets
from contactcenter.tickets.api import operator_id_of

Writers = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)


class TemplateSerializer(serializers.ModelSerializer[MessageTemplate]):
    """An approved text; `parameters` is how many {{1}}, {{2}}, ... it takes."""

    parameters = serializers.SerializerMethodField()

    class Meta:
        model = MessageTemplate
        fields = ("id", "name", "language", "body", "parameters")
        read_only_fields = fields

    def get_parameters(self, template: MessageTemplate) -> int:
        """Return the number of parameters."""
        return templates.parameter_count(template.body)


class SocialStateSerializer(serializers.Serializer[Any]):
    """What the network takes now. `open_until` null: no limit, or the contact never wrote (`is_open` tells)."""

    provider = serializers.CharField(allow_null=True)
    is_open = serializers.BooleanField()
    open_until = serializers.DateTimeField(allow_null=True)
    max_text = serializers.IntegerField(allow_null=True)
    templates = TemplateSerializer(many=True)


class TemplateReplySerializer(serializers.Serializer[Any]):
    """A template with its parameters in order; `client_uuid` makes sending it twice harmless."""

    client_uuid = serializers.UUIDField(default=uuid4)
    template_id = serializers.IntegerField()
    parameters = serializers.ListField(child=serializers.CharField(max_length=templates.MAX_PARAMETER), max_length=20)


class SentTemplateSerializer(serializers.Serializer[Any]):
    """The message that is queued, and how it reads."""

    id = serializers.IntegerField()
    status = serializers.CharField()
    text = serializers.CharField()


class SocialStateView(APIView):
    """/api/v1/tickets/{id}/social/"""

    permission_classes = (Writers,)

    @extend_schema(operation_id="tickets_social", responses=SocialStateSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        """Return what the ticket's network takes now; provider null where the ticket is on none."""
        ticket = tickets.get_ticket(ticket_id=ticket_id)
        place = queries.social_place(ticket_id=ticket.pk)
        if place is None:
            nothing: dict[str, Any] = {
                "provider": None,
                "is_open": False,
                "open_until": None,
                "max_text": None,
                "templates": [],
            }
            return Response(nothing)
        provider = provider_of(kind=place.endpoint.kind, provider=place.endpoint.provider)
        until = None
        if provider.window is not None:
            last = queries.last_inbound_at(
                endpoint_id=place.endpoint_id, contact_id=ticket.contact_id, channel="social"
            )
            until = open_until(last_inbound_at=last, window=provider.window)
        state = {
            "provider": provider.name,
            "is_open": provider.window is None or (until is not None and timezone.now() < until),
            "open_until": until,
            "max_text": provider.max_text,
            "templates": queries.templates_of(endpoint_id=place.endpoint_id),
        }
        return Response(SocialStateSerializer(state).data)


class TemplateReplyView(APIView):
    """/api/v1/tickets/{id}/template-replies/"""

    permission_classes = (Writers,)

    @extend_schema(
        operation_id="tickets_template_reply", request=TemplateReplySerializer, responses={201: SentTemplateSerializer}
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Send an approved template to the contact."""
        ticket = tickets.get_ticket(ticket_id=ticket_id)
        incoming = TemplateReplySerializer(data=request.data)
        incoming.is_valid(raise_exception=True)
        message = templates.send_template(
            ticket_id=ticket.pk,
            operator_id=operator_id_of(request),
            at=timezone.now(),
            **incoming.validated_data,
        )
        return Response({"id": message.pk, "status": message.status, "text": message.text}, status=201)

"""Messages in another language."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.translation.actions import ask_translation, ask_translations, is_translatable, translate_reply
from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles
from contactcenter.tickets.api import operator_id_of
from contactcenter.tickets.models import Message, ReplyTranslation, Ticket, Translation, TranslationState
from contactcenter.tickets.queries import get_ticket

_TAG = r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$"
Serves = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)


class TranslationSerializer(serializers.ModelSerializer[Translation]):
    """A message in another language. The original stands in the timeline; failed: it is all there is."""

    class Meta:
        model = Translation
        fields = ("id", "language", "source_language", "state", "text", "provider", "characters", "cost", "currency",
                  "asked_at", "done_at")  # fmt: skip
        read_only_fields = fields


class TranslationListSerializer(serializers.Serializer[Any]):
    """The translations of a message, by language."""

    results = TranslationSerializer(many=True)


class TranslationWishSerializer(serializers.Serializer[Any]):
    """Into which language."""

    language = serializers.RegexField(_TAG, max_length=8)


class TranslationsView(APIView):
    """/api/v1/messages/{id}/translations/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="messages_translations", responses=TranslationListSerializer)
    def get(self, request: Request, message_id: int) -> Response:
        """Return the translations that were asked for."""
        _check_within_reach(message_id)
        rows = Translation.objects.filter(message_id=message_id).order_by("language")
        return Response({"results": TranslationSerializer(rows, many=True).data})

    @extend_schema(
        operation_id="messages_translate", request=TranslationWishSerializer, responses={202: TranslationSerializer}
    )
    def post(self, request: Request, message_id: int) -> Response:
        """Have the message translated by machine; 409 without the client's consent or a translation service."""
        _check_within_reach(message_id)
        wish = TranslationWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        row = ask_translation(message_id=message_id, language=wish.validated_data["language"], at=timezone.now())
        return Response(TranslationSerializer(row).data, status=202)


class TicketTranslationSerializer(serializers.Serializer[Any]):
    """A message as the team reads it: what the contact wrote by machine, what was sent as it was written.

    `state` asked: on its way; failed: the original is all there is. `is_machine` false: a person
    wrote this text, and what left is the machine's.
    """

    message_id = serializers.IntegerField()
    language = serializers.CharField()
    state = serializers.ChoiceField(choices=TranslationState.choices)
    text = serializers.CharField()
    is_machine = serializers.BooleanField()


class TicketTranslationsSerializer(serializers.Serializer[Any]):
    """The translations of a ticket's messages; `is_allowed`: the client agrees, and a service is set up."""

    is_allowed = serializers.BooleanField()
    results = TicketTranslationSerializer(many=True)


class ReplyTranslationSerializer(serializers.ModelSerializer[ReplyTranslation]):
    """A reply as it would leave, beside what was written."""

    class Meta:
        model = ReplyTranslation
        fields = ("id", "language", "written_language", "written", "text", "provider", "characters", "cost", "currency")
        read_only_fields = fields


class ReplyTranslationWishSerializer(serializers.Serializer[Any]):
    """What was written, and in which language; '' in `language` takes the contact's."""

    text = serializers.CharField(max_length=20_000)
    written_language = serializers.RegexField(_TAG, max_length=8)
    language = serializers.RegexField(_TAG, max_length=8, required=False, default="")


class TicketTranslationsView(APIView):
    """/api/v1/tickets/{id}/translations/"""

    permission_classes = (Serves,)

    @extend_schema(
        operation_id="tickets_translations",
        parameters=[OpenApiParameter("language", str, description="The reader's language.")],
        responses=TicketTranslationsSerializer,
    )
    def get(self, request: Request, ticket_id: int) -> Response:
        """Return what there is in the reader's language."""
        ticket = get_ticket(ticket_id=ticket_id)
        return Response(_told(ticket, language=request.query_params.get("language", "")))

    @extend_schema(
        operation_id="tickets_translate",
        request=TranslationWishSerializer,
        responses=TicketTranslationsSerializer,
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Have what the contact wrote translated; 409 without the client's consent or a translation service."""
        ticket = get_ticket(ticket_id=ticket_id)
        wish = TranslationWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        language = wish.validated_data["language"]
        ask_translations(ticket_id=ticket.pk, language=language, at=timezone.now())
        return Response(_told(ticket, language=language))


class ReplyTranslationsView(APIView):
    """/api/v1/tickets/{id}/reply-translations/"""

    permission_classes = (Serves,)

    @extend_schema(
        operation_id="tickets_translate_reply",
        request=ReplyTranslationWishSerializer,
        responses={201: ReplyTranslationSerializer},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Have a reply translated, to be looked at and sent; 502 where the service fails: nothing was sent."""
        ticket = get_ticket(ticket_id=ticket_id)
        wish = ReplyTranslationWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        row = translate_reply(
            ticket_id=ticket.pk, operator_id=operator_id_of(request), at=timezone.now(), **wish.validated_data
        )
        return Response(ReplyTranslationSerializer(row).data, status=201)


def _told(ticket: Ticket, *, language: str) -> dict[str, Any]:
    read = Translation.objects.filter(message__ticket=ticket, language=language).order_by("message_id")
    sent = ReplyTranslation.objects.filter(ticket=ticket, message__isnull=False).order_by("message_id")
    return {
        "is_allowed": is_translatable(account_id=ticket.account_id),
        "results": [
            *(
                {"message_id": row.message_id, "language": row.language, "state": row.state, "text": row.text,
                 "is_machine": True}
                for row in read
            ),
            *(
                {"message_id": row.message_id, "language": row.written_language, "state": TranslationState.DONE,
                 "text": row.written, "is_machine": False}
                for row in sent
            ),
        ],
    }  # fmt: skip


def _check_within_reach(message_id: int) -> None:
    if not Message.objects.filter(pk=message_id).exists():
        raise NotFound("There is no such message.")

"""Messages in another language."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.translation.actions import ask_translation
from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles
from contactcenter.tickets.models import Message, Translation

Serves = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)


class TranslationSerializer(serializers.ModelSerializer[Translation]):
    """A message in another language; `error` says why there is none. The original stands in the timeline."""

    class Meta:
        model = Translation
        fields = ("id", "language", "source_language", "state", "text", "provider", "characters", "cost", "currency",
                  "error", "asked_at", "done_at")  # fmt: skip
        read_only_fields = fields


class TranslationListSerializer(serializers.Serializer[Any]):
    """The translations of a message, by language."""

    results = TranslationSerializer(many=True)


class TranslationWishSerializer(serializers.Serializer[Any]):
    """Into which language."""

    language = serializers.RegexField(r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$", max_length=8)


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


def _check_within_reach(message_id: int) -> None:
    if not Message.objects.filter(pk=message_id).exists():
        raise NotFound("There is no such message.")

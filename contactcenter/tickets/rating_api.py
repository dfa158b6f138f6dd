"""Ratings over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.errors import Invalid
from contactcenter.tenancy.models import CLIENT_ROLES, Role
from contactcenter.tenancy.permissions import roles
from contactcenter.tickets.models import Channel, Rating
from contactcenter.tickets.rating_queries import rating_page

PAGE = 50
Readers = roles(Role.SUPERVISOR, Role.ADMIN, *CLIENT_ROLES)


class RatingSerializer(serializers.ModelSerializer[Rating]):
    """What a contact said of one handled unit; `score` from 1 (bad) to 5 (good)."""

    account_id = serializers.IntegerField(read_only=True)
    ticket_id = serializers.IntegerField(read_only=True)
    ticket_number = serializers.SerializerMethodField()
    channel = serializers.ChoiceField(source="interaction.channel", choices=Channel.choices, read_only=True)
    operator = serializers.CharField(source="interaction.operator.display_name", read_only=True)

    class Meta:
        model = Rating
        fields = (
            "id",
            "account_id",
            "ticket_id",
            "ticket_number",
            "channel",
            "operator",
            "score",
            "comment",
            "at",
            "changed_at",
        )
        read_only_fields = fields

    def get_ticket_number(self, rating: Rating) -> str:
        """Return the number as people know it."""
        return f"{rating.ticket.account.ticket_prefix}-{rating.ticket.number}"


class RatingListSerializer(serializers.Serializer[Any]):
    """A page of ratings, the newest first."""

    results = RatingSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class RatingsView(APIView):
    """/api/v1/ratings/"""

    permission_classes = (Readers,)

    @extend_schema(
        operation_id="ratings_list",
        parameters=[
            OpenApiParameter("account", int),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
        ],
        responses=RatingListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return a page of ratings."""
        rows, following = rating_page(
            account_id=_number(request, "account"), before_id=_number(request, "cursor"), size=PAGE
        )
        return Response(
            {
                "results": RatingSerializer(rows, many=True).data,
                "next": None if following is None else str(following),
            }
        )


def _number(request: Request, field: str) -> int | None:
    text = request.query_params.get(field, "")
    if text == "":
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Invalid("Expected a number.", field=field)
    return int(text)

"""How to answer for an account, over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.errors import Invalid
from contactcenter.playbooks import queries
from contactcenter.tenancy.models import CLIENT_ROLES, STAFF_ROLES
from contactcenter.tenancy.permissions import roles


class PlaybookAccountSerializer(serializers.Serializer[Any]):
    """The account in whose name the operator speaks."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    brand_color = serializers.CharField()


class ScriptSerializer(serializers.Serializer[Any]):
    """What to say for one reason of contact."""

    id = serializers.IntegerField()
    language = serializers.CharField()
    reason = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    version = serializers.IntegerField()


class FaqEntrySerializer(serializers.Serializer[Any]):
    """A frequent question with its answer."""

    id = serializers.IntegerField()
    language = serializers.CharField()
    question = serializers.CharField()
    answer = serializers.CharField()


class DispositionSerializer(serializers.Serializer[Any]):
    """An outcome to choose at wrap-up."""

    code = serializers.CharField()
    name = serializers.CharField()


class PlaybookSerializer(serializers.Serializer[Any]):
    """Everything beside a ticket that tells how to answer."""

    account = PlaybookAccountSerializer()
    language = serializers.CharField()
    phrase = serializers.CharField()
    scripts = ScriptSerializer(many=True)
    faq = FaqEntrySerializer(many=True)
    dispositions = DispositionSerializer(many=True)


class PlaybookView(APIView):
    """GET /api/v1/playbook/?account=&language="""

    permission_classes = (roles(*STAFF_ROLES, *CLIENT_ROLES),)

    @extend_schema(
        operation_id="playbook",
        parameters=[
            OpenApiParameter("account", int, required=True),
            OpenApiParameter("language", str, description="The contact's; the account's own unless told."),
        ],
        responses=PlaybookSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return phrase, scripts, questions and outcomes of the account."""
        account = request.query_params.get("account", "")
        if not account.isdecimal() or len(account) > 18:
            raise Invalid("Expected a number.", field="account")
        return Response(
            queries.playbook(account_id=int(account), language=request.query_params.get("language", "")[:8])
        )

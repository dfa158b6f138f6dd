"""Who is logged in, and what they may reach."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel import push
from contactcenter.tenancy import queries
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import Account, Role


class AccountSerializer(serializers.ModelSerializer[Account]):
    """An account as its users see it."""

    class Meta:
        model = Account
        fields = ("id", "name", "slug", "brand_color", "time_zone", "currency", "language", "ticket_prefix")
        read_only_fields = fields


class MeSerializer(serializers.Serializer[Any]):
    """The logged-in person."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    full_name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    language = serializers.CharField()
    operator_id = serializers.IntegerField(allow_null=True)
    accounts = AccountSerializer(many=True)
    server_time = serializers.DateTimeField()
    live_cursor = serializers.CharField()


class MeView(APIView):
    """GET /api/v1/me/"""

    @extend_schema(responses=MeSerializer, operation_id="me")
    def get(self, request: Request) -> Response:
        """Return the person, their accounts and a cursor from which live events can be followed."""
        user = logged_in(request)
        operator = getattr(user, "operator", None)
        return Response(
            MeSerializer(
                {
                    "id": user.pk,
                    "email": user.email,
                    "full_name": user.full_name,
                    "role": user.role,
                    "language": user.language,
                    "operator_id": operator.pk if operator else None,
                    "accounts": queries.accounts_in_scope(),
                    "server_time": timezone.now(),
                    "live_cursor": str(push.current_cursor()),
                }
            ).data
        )

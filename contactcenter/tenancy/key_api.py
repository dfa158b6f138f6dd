"""/api/v1/api-keys/: an account's keys, for its client admins and ours."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.tenancy import key_actions
from contactcenter.tenancy.models import ApiKey, ApiScope, Role
from contactcenter.tenancy.permissions import roles, signed_in
from contactcenter.tenancy.queries import chosen_account_id

RunsKeys = roles(Role.CLIENT_ADMIN, Role.ADMIN)


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key as people see it; its token is not kept."""

    account_id = serializers.IntegerField(read_only=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=ApiScope.choices), read_only=True)
    created_by = serializers.CharField(source="created_by.full_name", read_only=True)

    class Meta:
        model = ApiKey
        fields = (
            "id",
            "account_id",
            "name",
            "prefix",
            "scopes",
            "created_by",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        )
        read_only_fields = fields


class ApiKeyListSerializer(serializers.Serializer[Any]):
    """All keys of the account, the newest first, revoked ones too."""

    results = ApiKeySerializer(many=True)


class NewApiKeySerializer(serializers.Serializer[Any]):
    """A key to create."""

    account_id = serializers.IntegerField(required=False, help_text="Your account, unless you reach several.")
    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=ApiScope.choices), allow_empty=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class CreatedApiKeySerializer(serializers.Serializer[Any]):
    """A new key with its token, shown this once."""

    key = ApiKeySerializer()
    token = serializers.CharField()


class ApiKeysView(APIView):
    """/api/v1/api-keys/"""

    permission_classes = (RunsKeys,)

    @extend_schema(
        operation_id="api_keys_list",
        parameters=[OpenApiParameter("account", int, description="Your account, unless you reach several.")],
        responses=ApiKeyListSerializer,
    )
    def get(self, request: Request) -> Response:
        """List the account's keys."""
        account_id = chosen_account_id(request.query_params.get("account"))
        keys = ApiKey.objects.filter(account_id=account_id).select_related("created_by").order_by("-id")
        return Response({"results": ApiKeySerializer(keys, many=True).data})

    @extend_schema(
        operation_id="api_keys_create", request=NewApiKeySerializer, responses={201: CreatedApiKeySerializer}
    )
    def post(self, request: Request) -> Response:
        """Create a key; its token is in this answer and nowhere else."""
        incoming = NewApiKeySerializer(data=request.data)
        incoming.is_valid(raise_exception=True)
        values = dict(incoming.validated_data)
        account_id = chosen_account_id(values.pop("account_id", None), field="account_id")
        key, token = key_actions.create_key(
            account_id=account_id, actor_id=signed_in(request).pk, at=timezone.now(), **values
        )
        return Response({"key": ApiKeySerializer(key).data, "token": token}, status=201)


class ApiKeyRevokeView(APIView):
    """/api/v1/api-keys/{id}/revoke/"""

    permission_classes = (RunsKeys,)

    @extend_schema(operation_id="api_keys_revoke", request=None, responses=ApiKeySerializer)
    def post(self, request: Request, key_id: int) -> Response:
        """Revoke a key at once and for good."""
        key = key_actions.revoke_key(key_id=key_id, actor_id=signed_in(request).pk, at=timezone.now())
        return Response(ApiKeySerializer(key).data)

"""/api/v1/admin/: what an endpoint may be, and whether it works."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.health import check_endpoint
from channels_app.models import EndpointKind
from channels_app.registry import PROVIDERS
from contactcenter.dashboards.admin_api import RunsFloor, RunsHouse


class ProviderFieldSerializer(serializers.Serializer[Any]):
    """A setting (or, if `secret`, a secret) that the provider needs; `choices` empty: any text or document."""

    name = serializers.CharField()
    secret = serializers.BooleanField()
    required = serializers.BooleanField()  # type: ignore[assignment]  # the field's name, not the field's option
    choices = serializers.ListField(child=serializers.CharField())


class EndpointProviderSerializer(serializers.Serializer[Any]):
    """One provider of one kind."""

    kind = serializers.ChoiceField(choices=EndpointKind.choices)
    provider = serializers.CharField()
    fields_needed = ProviderFieldSerializer(many=True)


class EndpointProviderListSerializer(serializers.Serializer[Any]):
    """All providers, by kind and name."""

    results = EndpointProviderSerializer(many=True)


class EndpointTestSerializer(serializers.Serializer[Any]):
    """Whether the endpoint works as configured; the sentence says so, or what to mend."""

    ok = serializers.BooleanField()
    message = serializers.CharField()


class EndpointProvidersView(APIView):
    """/api/v1/admin/endpoint-providers/"""

    permission_classes = (RunsFloor,)

    @extend_schema(responses=EndpointProviderListSerializer, operation_id="admin_endpoint_providers")
    def get(self, request: Request) -> Response:
        """List the providers of SMS and social networks with what each needs to know."""
        rows = [
            {
                "kind": kind,
                "provider": provider.name,
                "fields_needed": [
                    {
                        "name": item.name,
                        "secret": item.secret,
                        "required": item.required,
                        "choices": list(item.choices),
                    }
                    for item in provider.fields
                ],
            }
            for kind, providers in sorted(PROVIDERS.items())
            for _, provider in sorted(providers.items())
        ]
        return Response({"results": rows})


class EndpointTestView(APIView):
    """/api/v1/admin/endpoints/{id}/test/"""

    permission_classes = (RunsHouse,)

    @extend_schema(request=None, responses=EndpointTestSerializer, operation_id="admin_endpoint_test")
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Test the connection: ask the other side whether the endpoint works. Sends no message to anybody."""
        works, sentence = check_endpoint(endpoint_id=endpoint_id, at=timezone.now())
        return Response({"ok": works, "message": sentence})

"""Which files leave by which way: what the composer goes by, instead of lists of its own."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.models import EndpointKind
from channels_app.registry import PROVIDERS
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles

MOST: Final = 20
"""As many files as a reply takes at all."""
OWN_WAYS: Final = (EndpointKind.EMAIL, EndpointKind.WEBCHAT)
"""Mail and web chat carry any number of files with a text, by whichever provider."""


class FileAbilitySerializer(serializers.Serializer[Any]):
    """Of one kind of endpoint and provider: how many files leave with one message, and whether a text does too."""

    kind = serializers.ChoiceField(choices=EndpointKind.choices)
    provider = serializers.CharField()
    max_files = serializers.IntegerField()
    text_with_files = serializers.BooleanField()


class FileAbilitiesSerializer(serializers.Serializer[Any]):
    """All that there are."""

    results = FileAbilitySerializer(many=True)


class FileAbilitiesView(APIView):
    """/api/v1/file-abilities/"""

    permission_classes = (roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN),)

    @extend_schema(operation_id="file_abilities", responses=FileAbilitiesSerializer)
    def get(self, request: Request) -> Response:
        """Return what each way of sending takes."""
        return Response({"results": file_abilities()})


def file_abilities() -> list[dict[str, Any]]:
    """Return {kind, provider, max_files, text_with_files} of every way by which messages leave."""
    found = [{"kind": str(kind), "provider": "", "max_files": MOST, "text_with_files": True} for kind in OWN_WAYS]
    for kind, providers in PROVIDERS.items():
        for provider in providers.values():
            if kind == EndpointKind.VOICE or not provider.name:
                continue
            own = kind in OWN_WAYS
            found.append(
                {
                    "kind": str(kind),
                    "provider": provider.name,
                    "max_files": MOST if own else provider.max_files,
                    "text_with_files": own or provider.text_with_files,
                }
            )
    return found

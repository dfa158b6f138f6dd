"""How a mailbox that is read by IMAP stands, for the screens of admins."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app import queries
from contactcenter.tenancy.permissions import IsSupervisor


class MailFolderSerializer(serializers.Serializer[Any]):
    """One folder: of the mails on the server so many are stored, are on tickets, were refused; `error` is why none."""

    name = serializers.CharField()
    on_server = serializers.IntegerField()
    stored = serializers.IntegerField()
    ticketed = serializers.IntegerField()
    refused = serializers.IntegerField()
    missing = serializers.IntegerField()
    checked_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()
    error_at = serializers.DateTimeField(allow_null=True)


class MailboxStateSerializer(serializers.Serializer[Any]):
    """The folders of a mailbox; none before it was read for the first time."""

    folders = MailFolderSerializer(many=True)


class MailboxStateView(APIView):
    """/api/v1/endpoints/{id}/mailbox/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(operation_id="endpoints_mailbox", responses=MailboxStateSerializer)
    def get(self, request: Request, endpoint_id: int) -> Response:
        """Return what is on the server, stored and on tickets."""
        return Response({"folders": queries.mail_folders(endpoint_id=endpoint_id)})

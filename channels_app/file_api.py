"""A reply with a file over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.attachments import MAX_FILE_BYTES
from channels_app.file_actions import reply_with_file
from contactcenter.kernel.errors import Invalid
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles, signed_in
from contactcenter.tickets import queries
from contactcenter.tickets.actions import MAX_TEXT
from contactcenter.tickets.models import Channel
from contactcenter.tickets.serializers import EntrySerializer

Writers = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)


class FileReplySerializer(serializers.Serializer[Any]):
    """A reply with a file; `client_uuid` makes sending it twice harmless."""

    client_uuid = serializers.UUIDField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    text = serializers.CharField(max_length=MAX_TEXT, required=False, allow_blank=True, default="")
    file = serializers.FileField(max_length=255)


class TicketFilesView(APIView):
    """/api/v1/tickets/{id}/files/"""

    permission_classes = (Writers,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="tickets_send_file",
        request={"multipart/form-data": FileReplySerializer},
        responses={201: EntrySerializer},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Send the contact a file."""
        ticket = queries.get_ticket(ticket_id=ticket_id)
        incoming = FileReplySerializer(data=request.data)
        incoming.is_valid(raise_exception=True)
        values = dict(incoming.validated_data)
        file = values.pop("file")
        if file.size > MAX_FILE_BYTES:
            raise Invalid(f"A file has at most {MAX_FILE_BYTES // 1_000_000} MB.", field="file")
        operator = getattr(signed_in(request), "operator", None)
        message = reply_with_file(
            ticket=ticket,
            operator_id=operator.pk if operator else None,
            filename=file.name,
            content_type=file.content_type or "",
            content=file.read(),
            at=timezone.now(),
            **values,
        )
        return Response(queries.entry(ticket_id=ticket_id, entry_type="message", entry_id=message.pk), status=201)

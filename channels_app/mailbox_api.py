"""Mail over HTTP: how a mailbox that is read by IMAP stands, whom a reply goes to, and what stands below replies."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app import queries
from channels_app.email.signatures import MAX_TEXT, save_signature
from channels_app.endpoints import own_mailboxes
from channels_app.models import EmailSignature
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import IsSupervisor, roles, signed_in
from contactcenter.tickets.queries import get_ticket
from contactcenter.tickets.recipients import known_addresses, proposed_recipients
from contactcenter.tickets.serializers import RecipientSerializer

Writers = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)


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


class ProposedRecipientsSerializer(serializers.Serializer[Any]):
    """Whom a reply to the ticket's last mail goes to; `known` are the addresses (in lower case) the ticket has seen.

    Any other address in a reply is refused as `new_recipients` unless the person confirms it.
    """

    to = RecipientSerializer(many=True)
    cc = RecipientSerializer(many=True)
    known = serializers.ListField(child=serializers.CharField())


class ProposedRecipientsView(APIView):
    """/api/v1/tickets/{id}/recipients/"""

    permission_classes = (Writers,)

    @extend_schema(operation_id="tickets_recipients", responses=ProposedRecipientsSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        """Return whom a reply would go to."""
        ticket = get_ticket(ticket_id=ticket_id)
        proposed = proposed_recipients(ticket=ticket, own=own_mailboxes())
        return Response({**proposed, "known": sorted(known_addresses(ticket=ticket))})


class SignatureSerializer(serializers.Serializer[Any]):
    """What stands below the mails of an account; {operator} and {account} are filled in. Language '' is the general."""

    account_id = serializers.IntegerField()
    language = serializers.CharField(max_length=8, allow_blank=True)
    text = serializers.CharField(max_length=MAX_TEXT, allow_blank=True, trim_whitespace=False)


class SignatureListSerializer(serializers.Serializer[Any]):
    """All signatures, by account and language."""

    results = SignatureSerializer(many=True)


class SignaturesView(APIView):
    """/api/v1/admin/signatures/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(operation_id="admin_signatures", responses=SignatureListSerializer)
    def get(self, request: Request) -> Response:
        """List the signatures."""
        rows = EmailSignature.objects.order_by("account_id", "language").values("account_id", "language", "text")
        return Response({"results": list(rows)})

    @extend_schema(
        operation_id="admin_signature_save", request=SignatureSerializer, responses={200: SignatureSerializer}
    )
    def put(self, request: Request) -> Response:
        """Set an account's signature in a language; an empty text removes it."""
        incoming = SignatureSerializer(data=request.data)
        incoming.is_valid(raise_exception=True)
        save_signature(**incoming.validated_data, actor_id=signed_in(request).pk)
        return Response(incoming.validated_data)

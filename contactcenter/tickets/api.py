"""Tickets over HTTP: lists, one ticket, its timeline, and what people write into it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers as drf
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel import push
from contactcenter.kernel.asked import number
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.tenancy.idempotency import IDEMPOTENCY_KEY, idempotent
from contactcenter.tenancy.key_login import KeyHolder
from contactcenter.tenancy.models import CLIENT_ROLES, STAFF_ROLES, ApiScope, Role
from contactcenter.tenancy.permissions import actor_id_of, roles, signed_in
from contactcenter.tenancy.queries import chosen_account_id
from contactcenter.tickets import actions, head_actions, lists, queries, serializers, uploads
from contactcenter.tickets.contact_suggestions import suggestions
from contactcenter.tickets.drafts import save_draft
from contactcenter.tickets.files import path_of
from contactcenter.tickets.models import FileState

Readers = roles(*STAFF_ROLES, *CLIENT_ROLES)
Writers = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)
SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"})


def operator_id_of(request: Request) -> int | None:
    """Return the operator the logged-in person is, if one."""
    operator = getattr(request.user, "operator", None)
    return operator.pk if operator else None


def _is_team(request: Request) -> bool:
    return not isinstance(request.user, KeyHolder) and signed_in(request).role in STAFF_ROLES


def _checked(shape: type[drf.Serializer[Any]], request: Request) -> dict[str, Any]:
    incoming = shape(data=request.data)
    incoming.is_valid(raise_exception=True)
    return dict(incoming.validated_data)


class TicketsView(APIView):
    """/api/v1/tickets/"""

    key_scopes = {"GET": ApiScope.TICKETS_READ, "POST": ApiScope.TICKETS_WRITE}

    def get_permissions(self) -> list[Any]:
        """Everybody reads within their accounts; the team writes."""
        return [Readers() if self.request.method == "GET" else Writers()]

    @extend_schema(
        operation_id="tickets_list",
        parameters=[
            OpenApiParameter("view", str, enum=lists.VIEWS, description="Which list; all unless told."),
            OpenApiParameter("q", str, description="Number, subject, last words, name or address."),
            OpenApiParameter("status", str),
            OpenApiParameter("account", int),
            OpenApiParameter("contact", int, description="Tickets of this contact."),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
        ],
        responses=serializers.TicketListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return a page of tickets."""
        asked = request.query_params
        view = asked.get("view", "all")
        filters = lists.Filters(
            view=view,
            q=asked.get("q", "").strip(),
            status=asked.get("status", ""),
            account_id=number(asked.get("account"), field="account"),
            contact_id=number(asked.get("contact"), field="contact"),
            operator_id=operator_id_of(request) if view == "mine" else None,
        )
        # taken before the rows: an event may be told twice to the client, never missed
        cursor = push.current_cursor()
        results, following = lists.list_tickets(filters=filters, cursor=asked.get("cursor", ""))
        return Response({"results": results, "next": following, "cursor": str(cursor)})

    @extend_schema(
        operation_id="tickets_create",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.NewTicketSerializer,
        responses={201: serializers.TicketCardSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Open a ticket by hand; it takes its place in the queue."""
        incoming = _checked(serializers.NewTicketSerializer, request)
        account_id = incoming.pop("account_id", None)
        if account_id is None:
            account_id = chosen_account_id(None, field="account_id")
        card = head_actions.open_by_hand(
            **incoming, account_id=account_id, at=timezone.now(), actor_id=actor_id_of(request)
        )
        return Response(card, status=201)


class TicketView(APIView):
    """/api/v1/tickets/{id}/"""

    key_scopes = {"GET": ApiScope.TICKETS_READ, "PATCH": ApiScope.TICKETS_WRITE}

    def get_permissions(self) -> list[Any]:
        """Everybody reads within their accounts; the team writes."""
        return [Readers() if self.request.method == "GET" else Writers()]

    @extend_schema(operation_id="tickets_retrieve", responses=serializers.TicketDetailSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        """Return the head of a ticket."""
        return Response(
            queries.ticket_detail(ticket_id=ticket_id, user_id=actor_id_of(request), with_team=_is_team(request))
        )

    @extend_schema(
        operation_id="tickets_change",
        request=serializers.TicketChangeSerializer,
        responses=serializers.TicketDetailSerializer,
    )
    def patch(self, request: Request, ticket_id: int) -> Response:
        """Change status, subject or language."""
        changes = _checked(serializers.TicketChangeSerializer, request)
        head_actions.change_head(ticket_id=ticket_id, at=timezone.now(), actor_id=actor_id_of(request), **changes)
        return Response(
            queries.ticket_detail(ticket_id=ticket_id, user_id=actor_id_of(request), with_team=_is_team(request))
        )


class TimelineView(APIView):
    """/api/v1/tickets/{id}/timeline/"""

    key_scopes = {"GET": ApiScope.TICKETS_READ}
    permission_classes = (Readers,)

    @extend_schema(operation_id="tickets_timeline", responses=serializers.TimelineSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        """Return the entries, oldest first; clients see no notes."""
        cursor = push.current_cursor()
        entries = queries.timeline(ticket_id=ticket_id, with_team=_is_team(request))
        return Response({"results": entries, "cursor": str(cursor)})


class RepliesView(APIView):
    """/api/v1/tickets/{id}/replies/"""

    key_scopes = {"POST": ApiScope.MESSAGES_WRITE}
    permission_classes = (Writers,)

    @extend_schema(
        operation_id="tickets_reply",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.ReplySerializer,
        responses={201: serializers.EntrySerializer},
    )
    @idempotent
    def post(self, request: Request, ticket_id: int) -> Response:
        """Send a reply to the contact."""
        incoming = _checked(serializers.ReplySerializer, request)
        message = actions.send_reply(
            ticket=queries.get_ticket(ticket_id=ticket_id),
            operator_id=operator_id_of(request),
            at=timezone.now(),
            user_id=actor_id_of(request),
            **incoming,
        )
        return Response(queries.entry(ticket_id=ticket_id, entry_type="message", entry_id=message.pk), status=201)


class UploadsView(APIView):
    """/api/v1/tickets/{id}/uploads/"""

    permission_classes = (Writers,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="tickets_upload",
        request=serializers.NewUploadSerializer,
        responses={201: serializers.UploadSerializer},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Keep a file for the next reply."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.MAX_ATTACHMENT_BYTES + 100_000:
            raise uploads.FileTooLarge(f"At most {settings.MAX_ATTACHMENT_BYTES} bytes are taken.", field="file")
        ticket = queries.get_ticket(ticket_id=ticket_id)
        file = _checked(serializers.NewUploadSerializer, request)["file"]
        upload = uploads.keep_upload(
            ticket=ticket,
            user_id=signed_in(request).pk,
            filename=file.name or "",
            declared_type=file.content_type or "",
            content=file.read(),
            at=timezone.now(),
        )
        return Response(serializers.UploadSerializer(upload).data, status=201)


class UploadView(APIView):
    """/api/v1/uploads/{id}/"""

    permission_classes = (Writers,)

    @extend_schema(operation_id="uploads_discard", responses={204: OpenApiResponse(description="Forgotten.")})
    def delete(self, request: Request, upload_id: int) -> Response:
        """Forget a file that was not sent."""
        uploads.discard_upload(upload_id=upload_id, user_id=signed_in(request).pk)
        return Response(status=204)


class NotesView(APIView):
    """/api/v1/tickets/{id}/notes/"""

    key_scopes = {"POST": ApiScope.TICKETS_WRITE}
    permission_classes = (Writers,)

    @extend_schema(
        operation_id="tickets_note",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.NewNoteSerializer,
        responses={201: serializers.EntrySerializer},
    )
    @idempotent
    def post(self, request: Request, ticket_id: int) -> Response:
        """Add a remark for the team."""
        incoming = _checked(serializers.NewNoteSerializer, request)
        note = actions.add_note(
            ticket=queries.get_ticket(ticket_id=ticket_id),
            author_id=actor_id_of(request),
            author_name=request.user.name if isinstance(request.user, KeyHolder) else "",
            at=timezone.now(),
            **incoming,
        )
        return Response(queries.entry(ticket_id=ticket_id, entry_type="note", entry_id=note.pk), status=201)


class DraftView(APIView):
    """/api/v1/tickets/{id}/drafts/{channel}/"""

    permission_classes = (Writers,)

    @extend_schema(
        operation_id="tickets_draft",
        request=serializers.DraftTextSerializer,
        responses={204: OpenApiResponse(description="Kept.")},
    )
    def put(self, request: Request, ticket_id: int, channel: str) -> Response:
        """Keep what was typed; empty text removes it."""
        incoming = _checked(serializers.DraftTextSerializer, request)
        if channel not in head_actions.DRAFT_CHANNELS:
            raise Invalid(f"Choose one of {', '.join(head_actions.DRAFT_CHANNELS)}.", field="channel")
        save_draft(
            ticket=queries.get_ticket(ticket_id=ticket_id), user_id=signed_in(request).pk, channel=channel, **incoming
        )
        return Response(status=204)


class MessageHtmlView(APIView):
    """/api/v1/messages/{id}/html/"""

    key_scopes = {"GET": ApiScope.MESSAGES_READ}
    permission_classes = (Readers,)

    @extend_schema(operation_id="messages_html", responses=serializers.MessageHtmlSerializer)
    def get(self, request: Request, message_id: int) -> Response:
        """Return a message's sanitised HTML."""
        return Response({"html": queries.get_message(message_id=message_id).html})


class AttachmentView(APIView):
    """/api/v1/attachments/{id}/"""

    key_scopes = {"GET": ApiScope.MESSAGES_READ}
    permission_classes = (Readers,)

    @extend_schema(
        operation_id="attachments_retrieve", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, attachment_id: int) -> Any:
        """Return the file. Only harmless types are shown in place, all others are downloads."""
        attachment = queries.get_attachment(attachment_id=attachment_id)
        if attachment.state != FileState.STORED:
            raise Conflict(attachment.error or "The file is still being fetched.", field="state")
        path = path_of(attachment.sha256)
        if not path.is_file():
            raise NotFound("The file is not in the store.")
        inline = attachment.content_type in SHOWN_INLINE
        response = FileResponse(
            path.open("rb"),
            as_attachment=not inline,
            filename=attachment.filename or "file",
            content_type=attachment.content_type if inline else "application/octet-stream",
        )
        response["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
        response["Cache-Control"] = "private, max-age=3600"
        return response


class ContactSuggestionsView(APIView):
    """/api/v1/contacts/{id}/suggestions/"""

    permission_classes = (Readers,)
    key_scopes = {"GET": ApiScope.CONTACTS_READ}

    @extend_schema(operation_id="contacts_suggestions", responses=serializers.SuggestionListSerializer)
    def get(self, request: Request, contact_id: int) -> Response:
        """Return contacts that may be the same person, each with the reason."""
        return Response({"results": suggestions(contact_id=contact_id)})

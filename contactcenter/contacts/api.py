"""Contacts over HTTP: list, search, change, points, merge and undo."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.contacts import actions, merging, queries, serializers
from contactcenter.kernel.asked import number
from contactcenter.tenancy.idempotency import IDEMPOTENCY_KEY, idempotent
from contactcenter.tenancy.models import CLIENT_ROLES, STAFF_ROLES, ApiScope, Role
from contactcenter.tenancy.permissions import actor_id_of, roles
from contactcenter.tenancy.queries import chosen_account_id

Readers = roles(*STAFF_ROLES, *CLIENT_ROLES)
Writers = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)


class _ReadAndWritten(APIView):
    """Everybody reads within their accounts; the team writes."""

    def get_permissions(self) -> list[Any]:
        return [Readers() if self.request.method == "GET" else Writers()]


def _checked(shape: type[drf.Serializer[Any]], request: Request) -> dict[str, Any]:
    incoming = shape(data=request.data)
    incoming.is_valid(raise_exception=True)
    return dict(incoming.validated_data)


class ContactsView(_ReadAndWritten):
    """/api/v1/contacts/"""

    key_scopes = {"GET": ApiScope.CONTACTS_READ, "POST": ApiScope.CONTACTS_WRITE}

    @extend_schema(
        operation_id="contacts_list",
        parameters=[
            OpenApiParameter("q", str, description="Part of a name, address or number."),
            OpenApiParameter("account", int),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
        ],
        responses=serializers.ContactPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return a page of contacts."""
        asked = request.query_params
        results, following = queries.list_contacts(
            account_id=number(asked.get("account", ""), field="account"),
            q=asked.get("q", ""),
            before_id=number(asked.get("cursor", ""), field="cursor"),
        )
        return Response({"results": results, "next": following})

    @extend_schema(
        operation_id="contacts_create",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.NewContactWithPointsSerializer,
        responses={201: serializers.ContactDetailSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Add a contact; a point that another contact has is a 409 that names the other."""
        incoming = _checked(serializers.NewContactWithPointsSerializer, request)
        account_id = chosen_account_id(incoming.pop("account_id", None), field="account_id")
        contact = actions.add_contact(account_id=account_id, actor_id=actor_id_of(request), **incoming)
        return Response(queries.contact_detail(contact_id=contact.pk), status=201)


class ContactView(_ReadAndWritten):
    """/api/v1/contacts/{id}/"""

    key_scopes = {"GET": ApiScope.CONTACTS_READ, "PATCH": ApiScope.CONTACTS_WRITE}

    @extend_schema(
        operation_id="contacts_retrieve",
        responses={
            200: serializers.ContactDetailSerializer,
            307: OpenApiResponse(description="Merged: Location is the contact that stands for it."),
        },
    )
    def get(self, request: Request, contact_id: int) -> Response:
        """Return one contact; a merged one leads to the one that stands for it."""
        kept_id = queries.standing_for(contact_id=contact_id)
        if kept_id != contact_id:
            # not for ever: the merge can be undone
            return Response(
                {"contact_id": kept_id},
                status=307,
                headers={"Location": f"/api/v1/contacts/{kept_id}/", "Cache-Control": "no-store"},
            )
        return Response(queries.contact_detail(contact_id=contact_id))

    @extend_schema(
        operation_id="contacts_change",
        request=serializers.ContactChangeSerializer,
        responses=serializers.ContactDetailSerializer,
    )
    def patch(self, request: Request, contact_id: int) -> Response:
        """Change name or language."""
        values = _checked(serializers.ContactChangeSerializer, request)
        actions.change_contact(contact_id=contact_id, values=values, actor_id=actor_id_of(request))
        return Response(queries.contact_detail(contact_id=contact_id))


class ContactPointsView(APIView):
    """/api/v1/contacts/{id}/points/"""

    permission_classes = (Writers,)
    key_scopes = {"POST": ApiScope.CONTACTS_WRITE}

    @extend_schema(
        operation_id="contacts_point_add",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.NewPointSerializer,
        responses={201: serializers.ContactDetailSerializer},
    )
    @idempotent
    def post(self, request: Request, contact_id: int) -> Response:
        """Add a point; one that another contact has is a 409 that names the other."""
        incoming = _checked(serializers.NewPointSerializer, request)
        actions.add_point(contact_id=contact_id, actor_id=actor_id_of(request), **incoming)
        return Response(queries.contact_detail(contact_id=contact_id), status=201)


class ContactPointView(APIView):
    """/api/v1/contacts/{id}/points/{point_id}/"""

    permission_classes = (Writers,)
    key_scopes = {"DELETE": ApiScope.CONTACTS_WRITE}

    @extend_schema(operation_id="contacts_point_remove", responses={204: OpenApiResponse(description="Removed.")})
    def delete(self, request: Request, contact_id: int, point_id: int) -> Response:
        """Remove a point; one that tickets are answered through is a 409."""
        actions.remove_point(contact_id=contact_id, point_id=point_id, actor_id=actor_id_of(request))
        return Response(status=204)


class ContactMergeView(APIView):
    """/api/v1/contacts/{id}/merge/"""

    permission_classes = (Writers,)
    key_scopes = {"POST": ApiScope.CONTACTS_WRITE}

    @extend_schema(
        operation_id="contacts_merge",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.MergeRequestSerializer,
        responses={201: serializers.MergeSerializer},
    )
    @idempotent
    def post(self, request: Request, contact_id: int) -> Response:
        """Merge another contact into this one."""
        merge = merging.merge_contacts(
            kept_id=contact_id,
            merged_id=_checked(serializers.MergeRequestSerializer, request)["contact_id"],
            actor_id=actor_id_of(request),
            at=timezone.now(),
        )
        return Response(serializers.MergeSerializer(merge).data, status=201)


class MergeUndoView(APIView):
    """/api/v1/contact-merges/{id}/undo/"""

    permission_classes = (Writers,)
    key_scopes = {"POST": ApiScope.CONTACTS_WRITE}

    @extend_schema(operation_id="contacts_merge_undo", request=None, responses=serializers.MergeSerializer)
    def post(self, request: Request, merge_id: int) -> Response:
        """Move back what the merge moved; `stayed` names what was changed since."""
        merge = merging.undo_merge(merge_id=merge_id, actor_id=actor_id_of(request), at=timezone.now())
        return Response(serializers.MergeSerializer(merge).data)

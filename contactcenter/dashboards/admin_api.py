"""/api/v1/admin/: accounts, endpoints, operators, queues, audit. Every write is audited by the action it calls."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.account_periods import account_in_scope
from channels_app.endpoint_actions import save_endpoint
from channels_app.models import Endpoint
from contactcenter.dashboards import admin_queries as queries
from contactcenter.dashboards import admin_serializers as shapes
from contactcenter.kernel.errors import Invalid, NotFound, PermissionDenied
from contactcenter.operators.actions import save_operator
from contactcenter.operators.models import Operator
from contactcenter.routing.actions.queues import save_queue
from contactcenter.routing.models import Queue
from contactcenter.tenancy.actions import save_account
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import Account, Role
from contactcenter.tenancy.permissions import roles
from contactcenter.tenancy.queries import accounts_in_scope

SeesHouse = roles(Role.SUPERVISOR, Role.BILLING_ADMIN, Role.ADMIN)
RunsAccounts = roles(Role.BILLING_ADMIN, Role.ADMIN)
RunsFloor = roles(Role.SUPERVISOR, Role.ADMIN)
RunsHouse = roles(Role.ADMIN)


def _valid(shape: type[serializers.Serializer[Any]], data: Any, *, partial: bool = False) -> dict[str, Any]:
    given = shape(data=data, partial=partial)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


class _ReadsAndWrites(APIView):
    """One permission to look, another to change."""

    read_permission: Any = SeesHouse
    write_permission: Any = RunsHouse

    def get_permissions(self) -> Any:
        return [(self.read_permission if self.request.method == "GET" else self.write_permission)()]


class AccountsView(_ReadsAndWrites):
    """/api/v1/admin/accounts/"""

    write_permission = RunsAccounts

    @extend_schema(responses=shapes.AdminAccountListSerializer, operation_id="admin_accounts")
    def get(self, request: Request) -> Response:
        """List the accounts, by name."""
        return Response(
            {
                "results": shapes.AdminAccountSerializer(
                    accounts_in_scope().prefetch_related("former_service_levels"), many=True
                ).data
            }
        )

    @extend_schema(
        request=shapes.AdminAccountSerializer,
        responses={201: shapes.AdminAccountSerializer},
        operation_id="admin_account_create",
    )
    def post(self, request: Request) -> Response:
        """Add an account."""
        values = _valid(shapes.AdminAccountSerializer, request.data)
        account = save_account(actor_id=logged_in(request).pk, values=values, at=timezone.now())
        return Response(shapes.AdminAccountSerializer(account).data, status=201)


class AccountView(_ReadsAndWrites):
    """/api/v1/admin/accounts/{id}/"""

    write_permission = RunsAccounts

    @extend_schema(responses=shapes.AdminAccountSerializer, operation_id="admin_account")
    def get(self, request: Request, account_id: int) -> Response:
        """Return one account."""
        return Response(shapes.AdminAccountSerializer(account_in_scope(account_id=account_id)).data)

    @extend_schema(
        request=shapes.AdminAccountSerializer,
        responses=shapes.AdminAccountSerializer,
        operation_id="admin_account_change",
    )
    def patch(self, request: Request, account_id: int) -> Response:
        """Change the given fields of an account."""
        account_in_scope(account_id=account_id)
        values = _valid(shapes.AdminAccountSerializer, request.data, partial=True)
        account = save_account(actor_id=logged_in(request).pk, values=values, account_id=account_id, at=timezone.now())
        return Response(shapes.AdminAccountSerializer(account).data)


class EndpointsView(_ReadsAndWrites):
    """/api/v1/admin/endpoints/"""

    read_permission = RunsFloor

    @extend_schema(responses=shapes.AdminEndpointListSerializer, operation_id="admin_endpoints")
    def get(self, request: Request) -> Response:
        """List the endpoints of every account."""
        return Response(shapes.AdminEndpointListSerializer({"results": queries.endpoint_documents()}).data)

    @extend_schema(
        request=shapes.EndpointCreateSerializer,
        responses={201: shapes.AdminEndpointSerializer},
        operation_id="admin_endpoint_create",
    )
    def post(self, request: Request) -> Response:
        """Add an endpoint to an account."""
        values = _valid(shapes.EndpointCreateSerializer, request.data)
        account_id = values.pop("account_id")
        _known_account(account_id)
        endpoint = save_endpoint(actor_id=logged_in(request).pk, account_id=account_id, values=values)
        return Response(_endpoint(endpoint.pk), status=201)


class EndpointView(_ReadsAndWrites):
    """/api/v1/admin/endpoints/{id}/"""

    read_permission = RunsFloor

    @extend_schema(responses=shapes.AdminEndpointSerializer, operation_id="admin_endpoint")
    def get(self, request: Request, endpoint_id: int) -> Response:
        """Return one endpoint; of its secrets only the names."""
        return Response(_endpoint(endpoint_id))

    @extend_schema(
        request=shapes.EndpointChangeSerializer,
        responses=shapes.AdminEndpointSerializer,
        operation_id="admin_endpoint_change",
    )
    def patch(self, request: Request, endpoint_id: int) -> Response:
        """Change the given fields of an endpoint."""
        endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
        if endpoint is None:
            raise NotFound("There is no such endpoint.")
        values = _valid(shapes.EndpointChangeSerializer, request.data, partial=True)
        save_endpoint(
            actor_id=logged_in(request).pk,
            account_id=endpoint.account_id,
            values=values,
            endpoint_id=endpoint_id,
        )
        return Response(_endpoint(endpoint_id))


class OperatorsView(_ReadsAndWrites):
    """/api/v1/admin/operators/"""

    read_permission = RunsFloor
    write_permission = RunsFloor

    @extend_schema(responses=shapes.AdminOperatorListSerializer, operation_id="admin_operators")
    def get(self, request: Request) -> Response:
        """List the operators with languages, accounts and presence."""
        return Response(shapes.AdminOperatorListSerializer({"results": queries.operator_documents()}).data)

    @extend_schema(
        request=shapes.OperatorWriteSerializer,
        responses={201: shapes.AdminOperatorSerializer},
        operation_id="admin_operator_create",
    )
    def post(self, request: Request) -> Response:
        """Add an operator with their login."""
        values = _valid(shapes.OperatorWriteSerializer, request.data)
        values.setdefault("role", Role.OPERATOR)
        _guard_role(request, values)
        operator = save_operator(actor_id=logged_in(request).pk, values=values)
        return Response(_operator(operator.pk), status=201)


class OperatorView(_ReadsAndWrites):
    """/api/v1/admin/operators/{id}/"""

    read_permission = RunsFloor
    write_permission = RunsFloor

    @extend_schema(responses=shapes.AdminOperatorSerializer, operation_id="admin_operator")
    def get(self, request: Request, operator_id: int) -> Response:
        """Return one operator."""
        return Response(_operator(operator_id))

    @extend_schema(
        request=shapes.OperatorWriteSerializer,
        responses=shapes.AdminOperatorSerializer,
        operation_id="admin_operator_change",
    )
    def patch(self, request: Request, operator_id: int) -> Response:
        """Change the given fields of an operator."""
        operator = Operator.objects.select_related("user").filter(pk=operator_id).first()
        if operator is None:
            raise NotFound("There is no such operator.")
        values = _valid(shapes.OperatorWriteSerializer, request.data, partial=True)
        _guard_role(request, values, operator)
        save_operator(actor_id=logged_in(request).pk, values=values, operator_id=operator_id)
        return Response(_operator(operator_id))


class QueuesView(_ReadsAndWrites):
    """/api/v1/admin/queues/"""

    read_permission = RunsFloor
    write_permission = RunsFloor

    @extend_schema(responses=shapes.AdminQueueListSerializer, operation_id="admin_queues")
    def get(self, request: Request) -> Response:
        """List the queues with how many wait."""
        return Response(shapes.AdminQueueListSerializer({"results": queries.queue_documents()}).data)

    @extend_schema(
        request=shapes.QueueWriteSerializer,
        responses={201: shapes.AdminQueueSerializer},
        operation_id="admin_queue_create",
    )
    def post(self, request: Request) -> Response:
        """Add a queue."""
        values = _valid(shapes.QueueWriteSerializer, request.data)
        _known_account(values.get("account_id"))
        queue = save_queue(actor_id=logged_in(request).pk, values=values)
        return Response(_queue(queue.pk), status=201)


class QueueView(_ReadsAndWrites):
    """/api/v1/admin/queues/{id}/"""

    read_permission = RunsFloor
    write_permission = RunsFloor

    @extend_schema(responses=shapes.AdminQueueSerializer, operation_id="admin_queue")
    def get(self, request: Request, queue_id: int) -> Response:
        """Return one queue."""
        return Response(_queue(queue_id))

    @extend_schema(
        request=shapes.QueueWriteSerializer,
        responses=shapes.AdminQueueSerializer,
        operation_id="admin_queue_change",
    )
    def patch(self, request: Request, queue_id: int) -> Response:
        """Change the given fields of a queue."""
        if not Queue.objects.filter(pk=queue_id).exists():
            raise NotFound("There is no such queue.")
        values = _valid(shapes.QueueWriteSerializer, request.data, partial=True)
        _known_account(values.get("account_id"))
        save_queue(actor_id=logged_in(request).pk, values=values, queue_id=queue_id)
        return Response(_queue(queue_id))


class AuditView(APIView):
    """/api/v1/admin/audit/"""

    permission_classes = [RunsHouse]

    @extend_schema(
        parameters=[shapes.AuditParameters], responses=shapes.AuditPageSerializer, operation_id="admin_audit"
    )
    def get(self, request: Request) -> Response:
        """List who changed what, newest first."""
        wanted = _valid(shapes.AuditParameters, request.query_params)
        rows, following = queries.audit_page(
            action=wanted.get("action", ""), account_id=wanted.get("account"), before_id=wanted.get("cursor")
        )
        page = {"results": rows, "next": None if following is None else str(following)}
        return Response(shapes.AuditPageSerializer(page).data)


def _known_account(account_id: int | None) -> None:
    if account_id is not None and not Account.objects.filter(pk=account_id).exists():
        raise Invalid("There is no such account.", field="account_id")


def _guard_role(request: Request, values: dict[str, Any], operator: Operator | None = None) -> None:
    # A supervisor runs operators. Whoever could set the password of a supervisor or an admin could become one.
    if logged_in(request).role == Role.ADMIN:
        return
    if operator is not None and operator.user.role != Role.OPERATOR:
        raise PermissionDenied("Only an admin may change this person.")
    if values.get("role", Role.OPERATOR) != Role.OPERATOR:
        raise Invalid("Only an admin may give this role.", field="role")


def _endpoint(endpoint_id: int) -> Any:
    found = queries.endpoint_documents(endpoint_id=endpoint_id)
    if not found:
        raise NotFound("There is no such endpoint.")
    return shapes.AdminEndpointSerializer(found[0]).data


def _operator(operator_id: int) -> Any:
    found = queries.operator_documents(operator_id=operator_id)
    if not found:
        raise NotFound("There is no such operator.")
    return shapes.AdminOperatorSerializer(found[0]).data


def _queue(queue_id: int) -> Any:
    found = queries.queue_documents(queue_id=queue_id)
    if not found:
        raise NotFound("There is no such queue.")
    return shapes.AdminQueueSerializer(found[0]).data

"""/api/v1/webhooks/: an account's outgoing webhooks and their log, for its client admins and ours."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.subscriptions import actions, queries, serializers
from channels_app.subscriptions.models import DeliveryState
from contactcenter.kernel.asked import number
from contactcenter.kernel.errors import Invalid
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles, signed_in
from contactcenter.tenancy.queries import chosen_account_id

RunsWebhooks = roles(Role.CLIENT_ADMIN, Role.ADMIN)


def _checked(shape: type[drf.Serializer[Any]], request: Request, *, partial: bool = False) -> dict[str, Any]:
    incoming = shape(data=request.data, partial=partial)
    incoming.is_valid(raise_exception=True)
    return dict(incoming.validated_data)


class WebhooksView(APIView):
    """/api/v1/webhooks/"""

    permission_classes = (RunsWebhooks,)

    @extend_schema(
        operation_id="webhooks_list",
        parameters=[OpenApiParameter("account", int, description="Your account, unless you reach several.")],
        responses=serializers.WebhookListSerializer,
    )
    def get(self, request: Request) -> Response:
        """List the account's webhooks."""
        rows = queries.subscriptions_of(account_id=chosen_account_id(request.query_params.get("account")))
        return Response({"results": serializers.WebhookSerializer(rows, many=True).data})

    @extend_schema(
        operation_id="webhooks_create",
        request=serializers.NewWebhookSerializer,
        responses={201: serializers.WebhookSecretSerializer},
    )
    def post(self, request: Request) -> Response:
        """Add a webhook; its secret is in this answer and nowhere else."""
        values = _checked(serializers.NewWebhookSerializer, request)
        account_id = chosen_account_id(values.pop("account_id", None), field="account_id")
        row, secret = actions.create_subscription(
            account_id=account_id, actor_id=signed_in(request).pk, at=timezone.now(), **values
        )
        return Response({"webhook": serializers.WebhookSerializer(row).data, "secret": secret}, status=201)


class WebhookView(APIView):
    """/api/v1/webhooks/{id}/"""

    permission_classes = (RunsWebhooks,)

    @extend_schema(operation_id="webhooks_retrieve", responses=serializers.WebhookSerializer)
    def get(self, request: Request, subscription_id: int) -> Response:
        """Return one webhook."""
        row = queries.get_subscription(subscription_id=subscription_id)
        return Response(serializers.WebhookSerializer(row).data)

    @extend_schema(
        operation_id="webhooks_change",
        request=serializers.WebhookChangeSerializer,
        responses=serializers.WebhookSerializer,
    )
    def patch(self, request: Request, subscription_id: int) -> Response:
        """Change what is given; switching a disabled one on again forgives its failures."""
        row = actions.change_subscription(
            subscription_id=subscription_id,
            actor_id=signed_in(request).pk,
            values=_checked(serializers.WebhookChangeSerializer, request, partial=True),
            at=timezone.now(),
        )
        return Response(serializers.WebhookSerializer(row).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: OpenApiResponse(description="Deleted.")})
    def delete(self, request: Request, subscription_id: int) -> Response:
        """Delete a webhook with its log."""
        actions.delete_subscription(subscription_id=subscription_id, actor_id=signed_in(request).pk)
        return Response(status=204)


class WebhookSecretView(APIView):
    """/api/v1/webhooks/{id}/rotate-secret/"""

    permission_classes = (RunsWebhooks,)

    @extend_schema(operation_id="webhooks_rotate_secret", request=None, responses=serializers.WebhookSecretSerializer)
    def post(self, request: Request, subscription_id: int) -> Response:
        """Give a new secret; for a day messages carry a signature by the old one too."""
        row, secret = actions.rotate_secret(
            subscription_id=subscription_id, actor_id=signed_in(request).pk, at=timezone.now()
        )
        return Response({"webhook": serializers.WebhookSerializer(row).data, "secret": secret})


class WebhookTestView(APIView):
    """/api/v1/webhooks/{id}/test/"""

    permission_classes = (RunsWebhooks,)

    @extend_schema(
        operation_id="webhooks_test", request=None, responses={202: serializers.WebhookDeliveryDetailSerializer}
    )
    def post(self, request: Request, subscription_id: int) -> Response:
        """Send an event of the kind webhook.test; what came of it is in the log."""
        delivery = actions.send_test(subscription_id=subscription_id, actor_id=signed_in(request).pk, at=timezone.now())
        return Response(queries.delivery_detail(delivery_id=delivery.pk), status=202)


class WebhookDeliveriesView(APIView):
    """/api/v1/webhooks/{id}/deliveries/"""

    permission_classes = (RunsWebhooks,)

    @extend_schema(
        operation_id="webhooks_deliveries",
        parameters=[
            OpenApiParameter("state", str, enum=DeliveryState.values, description="All unless told."),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
        ],
        responses=serializers.WebhookDeliveryPageSerializer,
    )
    def get(self, request: Request, subscription_id: int) -> Response:
        """Return a page of the log."""
        state = request.query_params.get("state", "")
        if state and state not in DeliveryState.values:
            raise Invalid(f"Choose one of {', '.join(DeliveryState.values)}.", field="state")
        cursor = number(request.query_params.get("cursor"), field="cursor")
        results, following = queries.delivery_page(subscription_id=subscription_id, state=state, before_id=cursor)
        return Response({"results": results, "next": following})


class WebhookReplayView(APIView):
    """/api/v1/webhooks/{id}/replay/"""

    permission_classes = (RunsWebhooks,)

    @extend_schema(
        operation_id="webhooks_replay",
        request=serializers.ReplaySerializer,
        responses={202: serializers.ReplayedSerializer},
    )
    def post(self, request: Request, subscription_id: int) -> Response:
        """Send again what was made within a range of time; only what failed, unless told."""
        queries.get_subscription(subscription_id=subscription_id)
        count = actions.replay_range(
            subscription_id=subscription_id,
            actor_id=signed_in(request).pk,
            at=timezone.now(),
            **_checked(serializers.ReplaySerializer, request),
        )
        return Response({"count": count}, status=202)


class WebhookDeliveryView(APIView):
    """/api/v1/webhook-deliveries/{id}/"""

    permission_classes = (RunsWebhooks,)

    @extend_schema(operation_id="webhook_deliveries_retrieve", responses=serializers.WebhookDeliveryDetailSerializer)
    def get(self, request: Request, delivery_id: int) -> Response:
        """Return one delivery with what is sent and every attempt."""
        return Response(queries.delivery_detail(delivery_id=delivery_id))


class WebhookDeliveryReplayView(APIView):
    """/api/v1/webhook-deliveries/{id}/replay/"""

    permission_classes = (RunsWebhooks,)

    @extend_schema(
        operation_id="webhook_deliveries_replay",
        request=None,
        responses={202: serializers.WebhookDeliveryDetailSerializer},
    )
    def post(self, request: Request, delivery_id: int) -> Response:
        """Send one delivery again, under its old webhook-id."""
        actions.replay_delivery(delivery_id=delivery_id, actor_id=signed_in(request).pk, at=timezone.now())
        return Response(queries.delivery_detail(delivery_id=delivery_id), status=202)

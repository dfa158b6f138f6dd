"""Where and as whom an account receives its documents."""

import re

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.account_periods import account_in_scope
from billing.api.reading import actor_id
from billing.models import BillingProfile
from contactcenter.tenancy.permissions import IsBilling


class BillingProfileSerializer(serializers.ModelSerializer[BillingProfile]):
    """Particulars for documents built from now on; reference is printed on every e-invoice (BT-10)."""

    class Meta:
        model = BillingProfile
        fields = ("country", "city", "postcode", "registration", "reference", "reminders")

    def validate_country(self, value: str) -> str:
        """Refuse what is no country code by its form."""
        if value and not re.fullmatch(r"[A-Z]{2}", value):
            raise serializers.ValidationError("must be two capital letters such as ES")
        return value


class BillingProfileView(APIView):
    """GET, PATCH /api/v1/accounts/{id}/billing-profile/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="billing_profile", responses=BillingProfileSerializer)
    def get(self, request: Request, account_id: int) -> Response:
        """Return where and as whom the account receives documents."""
        account = account_in_scope(account_id=account_id)
        profile = BillingProfile.objects.filter(account=account).first() or BillingProfile(account=account)
        return Response(BillingProfileSerializer(profile).data)

    @extend_schema(
        operation_id="billing_profile_change", request=BillingProfileSerializer, responses=BillingProfileSerializer
    )
    def patch(self, request: Request, account_id: int) -> Response:
        """Change it; documents that are issued stay as they are."""
        given = BillingProfileSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        profile = actions.change_profile(account_id=account_id, values=given.validated_data, actor_id=actor_id(request))
        return Response(BillingProfileSerializer(profile).data)

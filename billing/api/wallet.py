"""The ledger of a wallet."""

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api.reading import WRITERS, ReadsBills, account_of, whole
from billing.api.serializers import Shape
from billing.models import MovementKind
from billing.money import currency_digits, money_text
from billing.wallet_ledger import WalletEntry, wallet_entries
from contactcenter.tenancy.login import logged_in

PAGE = 50


class WalletEntrySerializer(Shape):
    """A movement in the wallet. amount: above zero where money came in; balance: of its currency after it."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=MovementKind.choices)
    moved_at = serializers.DateTimeField()
    moved_by = serializers.CharField(allow_null=True)
    amount = serializers.CharField()
    balance = serializers.CharField()
    currency = serializers.CharField()
    invoice = serializers.IntegerField(allow_null=True)
    invoice_number = serializers.CharField(allow_null=True)
    reference = serializers.CharField()
    note = serializers.CharField()


class WalletPageSerializer(Shape):
    """Movements in the wallet, newest first."""

    results = WalletEntrySerializer(many=True)
    next = serializers.CharField(allow_null=True)


def _text(amount: Decimal, currency: str) -> str:
    return money_text(amount=amount, digits=max(2, currency_digits(currency=currency)))


def _row(found: WalletEntry, *, is_house: bool) -> dict[str, Any]:
    entry, movement = found.entry, found.movement
    return {
        "id": entry.pk,
        "kind": movement.kind,
        "moved_at": movement.moved_at,
        # whose hands it went through is the house's own affair
        "moved_by": movement.moved_by.full_name if is_house and movement.moved_by else None,
        "amount": _text(entry.amount, entry.currency),
        "balance": _text(found.balance, entry.currency),
        "currency": entry.currency,
        "invoice": found.invoice_id,
        "invoice_number": found.invoice_number,
        "reference": movement.payment.reference if movement.payment else "",
        "note": movement.note,
    }


class WalletView(APIView):
    """GET /api/v1/wallet/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="wallet",
        parameters=[
            OpenApiParameter("account", OpenApiTypes.INT, required=True),
            OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before"),
        ],
        responses=WalletPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return what moved in an account's wallet, newest first, each with the balance after it."""
        account, cursor = account_of(request), request.query_params.get("cursor")
        before = whole(cursor, field="cursor") if cursor else None
        rows = wallet_entries(account_id=account.pk, before=before, limit=PAGE + 1)
        is_house = logged_in(request).role in WRITERS
        page = {
            "results": [_row(row, is_house=is_house) for row in rows[:PAGE]],
            "next": str(rows[PAGE - 1].entry.pk) if len(rows) > PAGE else None,
        }
        return Response(WalletPageSerializer(page).data)

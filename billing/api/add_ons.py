"""Add-ons and one-offs: proposed by one side, decided by the other."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.account_periods import account_in_scope, terms_on
from billing.add_ons import billed_lines
from billing.api.add_on_shapes import (
    AddOnEndSerializer,
    AddOnPageSerializer,
    AddOnReasonSerializer,
    AddOnSerializer,
    ChoicesSerializer,
    ProposalSerializer,
)
from billing.api.reading import WRITERS, ExactJSONParser, ReadsBills, account_of, actor_id, body, whole
from billing.models import AddOn, AddOnKind, AddOnState, Side
from billing.money import currency_digits, decimal_from_units, exact_text, money_text
from billing.periods import local_day
from billing.rounding import round_to_units
from billing.terms import BOOKED_KINDS, ComponentKind
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles

PAGE = 50
Proposes = roles(Role.CLIENT_ADMIN, Role.BILLING_ADMIN, Role.ADMIN)


def side_of(request: Request) -> Side:
    """Return whose side the person who asks is on."""
    return Side.HOUSE if logged_in(request).role in WRITERS else Side.CLIENT


def _add_ons() -> QuerySet[AddOn]:
    return AddOn.objects.select_related("account", "proposed_by", "decided_by").order_by("-pk")


def _shown(add_ons: list[AddOn], *, request: Request) -> list[dict[str, Any]]:
    billed, side = billed_lines(add_ons=add_ons), side_of(request)
    writes = logged_in(request).role in {*WRITERS, Role.CLIENT_ADMIN}
    rows = []
    for add_on in add_ons:
        digits = currency_digits(currency=add_on.currency)
        lines = billed.get(add_on.pk, [])
        is_open = add_on.state == AddOnState.PROPOSED
        endable = add_on.kind == AddOnKind.RECURRING or (side == Side.HOUSE and not lines)
        rows.append(
            {name: getattr(add_on, name) for name in _PLAIN}
            | {
                "id": add_on.pk,
                "account": add_on.account_id,
                "account_name": add_on.account.name,
                "quantity": _exact(add_on.quantity),
                "amount": _price(add_on.amount, digits=digits),
                "prepaid": None
                if add_on.prepaid_units is None
                else {
                    "units": int(add_on.prepaid_units * add_on.quantity),
                    "unit": add_on.prepaid_unit,
                    "of": add_on.prepaid_of,
                    "priority": add_on.prepaid_priority,
                },
                "proposed_by": add_on.proposed_by.full_name,
                "decided_by": add_on.decided_by.full_name if add_on.decided_by else None,
                "invoices": [
                    {
                        "id": invoice.pk,
                        "number": invoice.number,
                        "period": invoice.period,
                        "amount": money_text(amount=amount, digits=invoice.digits),
                    }
                    for invoice, amount in lines
                ],
                "may_decide": writes and is_open and add_on.proposed_side != side,
                "may_withdraw": writes and is_open and add_on.proposed_side == side,
                "may_end": writes and add_on.state == AddOnState.APPROVED and endable,
            }
        )
    return rows


_PLAIN = (
    "reference", "kind", "code", "name", "description", "currency", "tax_code", "prorate", "starts_on", "ends_on",
    "state", "proposed_side", "proposed_at", "decided_at", "reason",
)  # fmt: skip


def _exact(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _price(value: Decimal, *, digits: int) -> str:
    """A price with its currency's digits; a finer one of the tariff's with its own."""
    try:
        return money_text(amount=value, digits=digits)
    except ValueError:
        return _exact(value)


def _answer(request: Request, add_on: AddOn, *, status: int = 200) -> Response:
    (row,) = _shown([_add_ons().get(pk=add_on.pk)], request=request)
    return Response(AddOnSerializer(row).data, status=status)


def _found(add_on_id: int) -> int:
    if not AddOn.objects.filter(pk=add_on_id).exists():
        raise NotFound("There is no such add-on.")
    return add_on_id


class AddOnsView(APIView):
    """GET, POST /api/v1/add-ons/"""

    parser_classes = [ExactJSONParser]

    def get_permissions(self) -> list[Any]:
        """Viewers read; admins of both sides propose."""
        return [ReadsBills() if self.request.method == "GET" else Proposes()]

    @extend_schema(
        operation_id="add_ons",
        parameters=[
            OpenApiParameter("account", OpenApiTypes.INT, description="account id"),
            OpenApiParameter("state", OpenApiTypes.STR, enum=AddOnState.values),
            OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before"),
        ],
        responses=AddOnPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the add-ons and one-offs within reach, newest first."""
        found = _add_ons()
        if request.query_params.get("account"):
            found = found.filter(account=account_of(request))
        if state := request.query_params.get("state"):
            if state not in AddOnState.values:
                raise Invalid(f"{state!r} is not a state.", field="state")
            found = found.filter(state=state)
        if cursor := request.query_params.get("cursor"):
            found = found.filter(pk__lt=whole(cursor, field="cursor"))
        rows = list(found[: PAGE + 1])
        page = {
            "results": _shown(rows[:PAGE], request=request),
            "next": str(rows[PAGE - 1].pk) if len(rows) > PAGE else None,
        }
        return Response(AddOnPageSerializer(page).data)

    @extend_schema(operation_id="add_on_propose", request=ProposalSerializer, responses={201: AddOnSerializer})
    def post(self, request: Request) -> Response:
        """Propose an add-on or one-off to the other side; nothing is charged before it approves."""
        values = body(request, ProposalSerializer)
        account = account_in_scope(account_id=values.pop("account"))
        prepaid = values.pop("prepaid")
        add_on = actions.propose_add_on(
            account_id=account.pk,
            side=side_of(request),
            at=timezone.now(),
            actor_id=actor_id(request),
            prepaid=actions.Prepaid(**prepaid | {"of": tuple(prepaid["of"])}) if prepaid else None,
            **values,
        )
        return _answer(request, add_on, status=201)


class ChoicesView(APIView):
    """GET /api/v1/add-ons/choices/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="add_on_choices",
        parameters=[OpenApiParameter("account", OpenApiTypes.INT, required=True)],
        responses=ChoicesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the add-ons and one-offs that the account's tariff sells today, and its tax categories."""
        account = account_of(request)
        terms = terms_on(account=account, day=local_day(at=timezone.now(), zone=account.time_zone))
        if terms is None:
            return Response(ChoicesSerializer({"currency": None, "choices": [], "taxes": [], "rates": []}).data)
        digits, language = currency_digits(currency=terms.currency), logged_in(request).language
        told = {
            "currency": terms.currency,
            "choices": [
                {
                    "code": fee.code,
                    "kind": AddOnKind.RECURRING if fee.kind is ComponentKind.ADD_ON else AddOnKind.ONE_OFF,
                    "name": fee.names.text(language=language),
                    "amount": str(
                        decimal_from_units(units=round_to_units(value=fee.amount, digits=digits), digits=digits)
                    ),
                    "prorate": fee.prorate,
                }
                for fee in terms.fees
                if fee.kind in BOOKED_KINDS
            ],
            "taxes": [{"code": tax.code, "percent": exact_text(value=tax.percent)} for tax in terms.taxes],
            "rates": [
                {
                    "code": rate.code,
                    "name": rate.names.text(language=language),
                    "unit": "minute" if rate.quantity.is_time else rate.quantity.word,
                }
                for rate in terms.rates
            ],
        }
        return Response(ChoicesSerializer(told).data)


class ApproveView(APIView):
    """POST /api/v1/add-ons/{id}/approve/"""

    permission_classes = [Proposes]

    @extend_schema(operation_id="add_on_approve", request=None, responses=AddOnSerializer)
    def post(self, request: Request, add_on_id: int) -> Response:
        """Approve the other side's proposal."""
        add_on = actions.decide_add_on(
            add_on_id=_found(add_on_id),
            side=side_of(request),
            is_approved=True,
            reason="",
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return _answer(request, add_on)


class DeclineView(APIView):
    """POST /api/v1/add-ons/{id}/decline/"""

    permission_classes = [Proposes]

    @extend_schema(operation_id="add_on_decline", request=AddOnReasonSerializer, responses=AddOnSerializer)
    def post(self, request: Request, add_on_id: int) -> Response:
        """Decline the other side's proposal, with the reason."""
        found = _found(add_on_id)
        add_on = actions.decide_add_on(
            add_on_id=found,
            side=side_of(request),
            is_approved=False,
            reason=body(request, AddOnReasonSerializer)["reason"],
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return _answer(request, add_on)


class WithdrawView(APIView):
    """POST /api/v1/add-ons/{id}/withdraw/"""

    permission_classes = [Proposes]

    @extend_schema(operation_id="add_on_withdraw", request=None, responses=AddOnSerializer)
    def post(self, request: Request, add_on_id: int) -> Response:
        """Take one's own side's proposal back."""
        add_on = actions.withdraw_add_on(
            add_on_id=_found(add_on_id), side=side_of(request), at=timezone.now(), actor_id=actor_id(request)
        )
        return _answer(request, add_on)


class EndView(APIView):
    """POST /api/v1/add-ons/{id}/end/"""

    permission_classes = [Proposes]

    @extend_schema(operation_id="add_on_end", request=AddOnEndSerializer, responses=AddOnSerializer)
    def post(self, request: Request, add_on_id: int) -> Response:
        """End an approved add-on from a day on, or cancel a one-off that is not billed."""
        found = _found(add_on_id)
        values = body(request, AddOnEndSerializer)
        add_on = actions.end_add_on(
            add_on_id=found, side=side_of(request), at=timezone.now(), actor_id=actor_id(request), **values
        )
        return _answer(request, add_on)

"""Quotes: billing people draft and send them, a client's people read them, its admin accepts or declines."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.api.quote_shapes import (
    AcceptSerializer,
    ComparisonSerializer,
    NewQuoteSerializer,
    QuoteInputsSerializer,
    QuotePageSerializer,
    QuoteSerializer,
    ReasonSerializer,
    StaffSerializer,
    quote_detail,
    quote_row,
)
from billing.api.reading import WRITERS, ReadsBills, account_of, actor_id, body, whole
from billing.api.sheets import LANGUAGE, PDF, IsClientAdmin, asked_language
from billing.api.tariffs import BillingView
from billing.documents.quote import quote_pdf
from billing.models import Quote, QuoteStatus
from billing.quote_figures import quote_figures
from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.permissions import IsBilling

PAGE = 50


def visible_quote(request: Request, quote_id: int) -> Quote:
    """Return a quote; NotFound out of reach, and for clients until it is sent."""
    found = Quote.objects.select_related("account", "tariff_version__tariff", "created_by", "decided_by")
    if logged_in(request).role not in WRITERS:
        found = found.exclude(status=QuoteStatus.DRAFT)
    quote = found.filter(pk=quote_id).first()
    if quote is None:
        raise NotFound("There is no such quote.")
    return quote


def _shown(request: Request, quote_id: int, status: int = 200) -> Response:
    return Response(
        QuoteSerializer(
            quote_detail(quote=visible_quote(request, quote_id), language=logged_in(request).language)
        ).data,
        status=status,
    )


class QuotesView(BillingView):
    """GET, POST /api/v1/quotes/"""

    def get_permissions(self) -> list[Any]:
        """Clients read; billing people draft."""
        return [ReadsBills() if self.request.method == "GET" else IsBilling()]

    @extend_schema(
        operation_id="quotes_list",
        parameters=[
            OpenApiParameter("account", OpenApiTypes.INT),
            OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before"),
        ],
        responses=QuotePageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return quotes, newest first; clients see what was sent to them."""
        found = Quote.objects.select_related("account", "tariff_version__tariff").order_by("-pk")
        if logged_in(request).role not in WRITERS:
            found = found.exclude(status=QuoteStatus.DRAFT)
        if request.query_params.get("account"):
            found = found.filter(account=account_of(request))
        if cursor := request.query_params.get("cursor"):
            found = found.filter(pk__lt=whole(cursor, field="cursor"))
        rows = list(found.defer("sheet", "volumes")[: PAGE + 1])
        page = {
            "results": [quote_row(quote=row) for row in rows[:PAGE]],
            "next": str(rows[PAGE - 1].pk) if len(rows) > PAGE else None,
        }
        return Response(QuotePageSerializer(page).data)

    @extend_schema(operation_id="quotes_create", request=NewQuoteSerializer, responses={201: QuoteSerializer})
    def post(self, request: Request) -> Response:
        """Draft a quote for an account; its figures are computed at once."""
        values = body(request, NewQuoteSerializer)
        quote = actions.add_quote(
            account_id=values.pop("account"), values=values, at=timezone.now(), actor_id=actor_id(request)
        )
        return _shown(request, quote.pk, 201)


class QuoteView(BillingView):
    """GET, PUT, DELETE /api/v1/quotes/{id}/"""

    def get_permissions(self) -> list[Any]:
        """Clients read; billing people write."""
        return [ReadsBills() if self.request.method == "GET" else IsBilling()]

    @extend_schema(operation_id="quote", responses=QuoteSerializer)
    def get(self, request: Request, quote_id: int) -> Response:
        """Return a quote with its figures, its inputs, the comparison and the price sheet."""
        return _shown(request, quote_id)

    @extend_schema(operation_id="quote_save", request=QuoteInputsSerializer, responses=QuoteSerializer)
    def put(self, request: Request, quote_id: int) -> Response:
        """Change a draft; its figures are computed anew."""
        values = body(request, QuoteInputsSerializer)
        actions.change_quote(quote_id=quote_id, values=values, at=timezone.now(), actor_id=actor_id(request))
        return _shown(request, quote_id)

    @extend_schema(operation_id="quote_discard", responses={204: None})
    def delete(self, request: Request, quote_id: int) -> Response:
        """Throw a draft away."""
        actions.discard_quote(quote_id=quote_id, actor_id=actor_id(request))
        return Response(status=204)


class SendQuoteView(BillingView):
    """POST /api/v1/quotes/{id}/send/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="quote_send", request=None, responses=QuoteSerializer)
    def post(self, request: Request, quote_id: int) -> Response:
        """Put a draft before the client; nothing of it changes from then on."""
        actions.send_quote(quote_id=quote_id, at=timezone.now(), actor_id=actor_id(request))
        return _shown(request, quote_id)


class ReviseQuoteView(BillingView):
    """POST /api/v1/quotes/{id}/revise/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="quote_revise", request=None, responses={201: QuoteSerializer})
    def post(self, request: Request, quote_id: int) -> Response:
        """Open the next version of a quote as a draft."""
        copy = actions.revise_quote(quote_id=quote_id, at=timezone.now(), actor_id=actor_id(request))
        return _shown(request, copy.pk, 201)


class WithdrawQuoteView(BillingView):
    """POST /api/v1/quotes/{id}/withdraw/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="quote_withdraw", request=ReasonSerializer, responses=QuoteSerializer)
    def post(self, request: Request, quote_id: int) -> Response:
        """Take back what was sent."""
        values = body(request, ReasonSerializer)
        actions.withdraw_quote(
            quote_id=quote_id, reason=values["reason"], at=timezone.now(), actor_id=actor_id(request)
        )
        return _shown(request, quote_id)


class AcceptQuoteView(APIView):
    """POST /api/v1/quotes/{id}/accept/"""

    permission_classes = [IsClientAdmin]

    @extend_schema(operation_id="quote_accept", request=AcceptSerializer, responses=QuoteSerializer)
    def post(self, request: Request, quote_id: int) -> Response:
        """Accept a quote as it was read: its prices bind from its start on, or from today."""
        quote = visible_quote(request, quote_id)
        values = body(request, AcceptSerializer)
        actions.accept_quote(
            quote_id=quote.pk,
            name=values["name"],
            content_hash=values["content_hash"],
            ip=request.META.get("REMOTE_ADDR", ""),
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return _shown(request, quote_id)


class DeclineQuoteView(APIView):
    """POST /api/v1/quotes/{id}/decline/"""

    permission_classes = [IsClientAdmin]

    @extend_schema(operation_id="quote_decline", request=ReasonSerializer, responses=QuoteSerializer)
    def post(self, request: Request, quote_id: int) -> Response:
        """Decline a quote."""
        quote = visible_quote(request, quote_id)
        values = body(request, ReasonSerializer)
        actions.decline_quote(quote_id=quote.pk, reason=values["reason"], at=timezone.now(), actor_id=actor_id(request))
        return _shown(request, quote_id)


class CompareView(APIView):
    """POST /api/v1/quotes/{id}/compare/"""

    permission_classes = [ReadsBills]

    @extend_schema(operation_id="quote_compare", request=StaffSerializer, responses=ComparisonSerializer)
    def post(self, request: Request, quote_id: int) -> Response:
        """Compare a quote with own staff under other assumptions; nothing is stored."""
        quote = visible_quote(request, quote_id)
        figures = quote_figures(
            account=quote.account,
            version=quote.tariff_version,
            starts_on=quote.starts_on,
            volumes=quote.volumes,
            staff=body(request, StaffSerializer),
            seed=quote.seed,
        )
        return Response(ComparisonSerializer(figures.comparison).data)


class QuotePdfView(APIView):
    """GET /api/v1/quotes/{id}/pdf/"""

    permission_classes = [ReadsBills]

    @extend_schema(operation_id="quote_pdf", parameters=[LANGUAGE], responses=PDF)
    def get(self, request: Request, quote_id: int) -> HttpResponse:
        """Return a quote with its price sheet as PDF."""
        quote = visible_quote(request, quote_id)
        answer = HttpResponse(quote_pdf(quote=quote, language=asked_language(request)), content_type="application/pdf")
        answer["Content-Disposition"] = f'attachment; filename="{quote.number}-v{quote.version}.pdf"'
        return answer

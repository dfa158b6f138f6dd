"""Invoices, their lines and contacts, and the bill so far."""

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.account_periods import account_in_scope
from billing.accrued import accrued_document
from billing.api.reading import WRITERS, ReadsBills, account_of, actor_id, body, month_of_account, whole
from billing.api.serializers import (
    AccrualSerializer,
    ContactExplanationSerializer,
    DraftRequestSerializer,
    InvoicePageSerializer,
    InvoiceSerializer,
    LineContactPageSerializer,
)
from billing.api.shapes import contact_row, invoice_detail, invoice_rows
from billing.booked import invoices_for
from billing.documents.invoice import invoice_filename, invoice_pdf
from billing.models import Invoice, InvoiceLine, InvoiceLineUsage, UsageSource
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.permissions import IsBilling

PAGE = 50
CONTACTS_PAGE = 100
ACCOUNT = OpenApiParameter("account", OpenApiTypes.INT, description="account id")
CURSOR = OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before")


def visible_invoices(request: Request) -> QuerySet[Invoice]:
    """Return the documents that the person may see."""
    return invoices_for(account_id=None, include_drafts=logged_in(request).role in WRITERS)


def visible_invoice(request: Request, invoice_id: int) -> Invoice:
    """Return a document; NotFound for one that the person may not see."""
    invoice = visible_invoices(request).filter(pk=invoice_id).first()
    if invoice is None:
        raise NotFound("There is no such invoice.")
    return invoice


def visible_line(request: Request, line_id: int) -> InvoiceLine:
    """Return a line; NotFound for one of a document that the person may not see."""
    line = (
        InvoiceLine.objects.filter(pk=line_id, invoice__in=visible_invoices(request).order_by())
        .select_related("invoice")
        .first()
    )
    if line is None:
        raise NotFound("There is no such invoice line.")
    return line


class InvoicesView(APIView):
    """GET, POST /api/v1/invoices/"""

    def get_permissions(self) -> list[Any]:
        """Clients read; billing people build drafts."""
        return [ReadsBills() if self.request.method == "GET" else IsBilling()]

    @extend_schema(operation_id="invoices_list", parameters=[ACCOUNT, CURSOR], responses=InvoicePageSerializer)
    def get(self, request: Request) -> Response:
        """Return the invoices within reach, newest period first; clients see issued ones."""
        found = visible_invoices(request)
        if request.query_params.get("account"):
            found = found.filter(account=account_of(request))
        if cursor := request.query_params.get("cursor"):
            starts_on, pk = _place(cursor)
            found = found.filter(Q(period_start__lt=starts_on) | Q(period_start=starts_on, pk__lt=pk))
        rows = list(found[: PAGE + 1])
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        page = {
            "results": invoice_rows(invoices=rows[:PAGE]),
            "next": f"{last.period_start}_{last.pk}" if last else None,
        }
        return Response(InvoicePageSerializer(page).data)

    @extend_schema(operation_id="invoices_build", request=DraftRequestSerializer, responses=InvoiceSerializer)
    def post(self, request: Request) -> Response:
        """Build the draft of an account's month, or build it again; an issued invoice is returned as it is."""
        values = body(request, DraftRequestSerializer)
        account, at = account_in_scope(account_id=values["account"]), timezone.now()
        period = month_of_account(account=account, label=values["period"], field="period")
        actions.collect_pending(at=at)
        actions.collect_period(account_id=account.pk, since=period.starts_at, until=period.ends_at, at=at)
        built = actions.build_draft(
            account_id=account.pk, period=period.label, at=at, actor_id=actor_id(request), again=values["again"]
        )
        detail = invoice_detail(invoice=visible_invoice(request, built.invoice.pk))
        return Response(InvoiceSerializer(detail).data, status=201 if built.outcome == "created" else 200)


def _place(cursor: str) -> tuple[date, int]:
    day, _, pk = cursor.partition("_")
    try:
        return date.fromisoformat(day), whole(pk, field="cursor")
    except ValueError as error:
        raise Invalid("The cursor is not one this server gave out.", field="cursor") from error


class InvoiceView(APIView):
    """GET, DELETE /api/v1/invoices/{id}/"""

    def get_permissions(self) -> list[Any]:
        """Clients read; billing people discard drafts."""
        return [ReadsBills() if self.request.method == "GET" else IsBilling()]

    @extend_schema(operation_id="invoice", responses=InvoiceSerializer)
    def get(self, request: Request, invoice_id: int) -> Response:
        """Return an invoice with its lines, each explained."""
        return Response(InvoiceSerializer(invoice_detail(invoice=visible_invoice(request, invoice_id))).data)

    @extend_schema(operation_id="invoice_discard", responses={204: None})
    def delete(self, request: Request, invoice_id: int) -> Response:
        """Discard a draft; an issued invoice stays."""
        actions.discard_draft(invoice_id=invoice_id, actor_id=actor_id(request))
        return Response(status=204)


class ApproveView(APIView):
    """POST /api/v1/invoices/{id}/approve/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="invoice_approve", request=None, responses=InvoiceSerializer)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Approve a draft as it stands; new usage makes another draft of it."""
        actions.approve_invoice(invoice_id=invoice_id, at=timezone.now(), actor_id=actor_id(request))
        return Response(InvoiceSerializer(invoice_detail(invoice=visible_invoice(request, invoice_id))).data)


class IssueView(APIView):
    """POST /api/v1/invoices/{id}/issue/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="invoice_issue", request=None, responses=InvoiceSerializer)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Issue an approved draft under the next number; from then on it never changes."""
        actions.issue_invoice(invoice_id=invoice_id, at=timezone.now(), actor_id=actor_id(request))
        return Response(InvoiceSerializer(invoice_detail(invoice=visible_invoice(request, invoice_id))).data)


class InvoicePdfView(APIView):
    """GET /api/v1/invoices/{id}/pdf/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="invoice_pdf",
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="the invoice")},
    )
    def get(self, request: Request, invoice_id: int) -> HttpResponse:
        """Return the invoice as PDF in the client's language."""
        invoice = visible_invoice(request, invoice_id)
        answer = HttpResponse(invoice_pdf(invoice=invoice), content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="{invoice_filename(invoice=invoice)}"'
        return answer


class LineContactsView(APIView):
    """GET /api/v1/invoice-lines/{id}/contacts/"""

    permission_classes = [ReadsBills]

    @extend_schema(operation_id="invoice_line_contacts", parameters=[CURSOR], responses=LineContactPageSerializer)
    def get(self, request: Request, line_id: int) -> Response:
        """Return the contacts of a usage line in order of start, each explained to the millisecond."""
        line = visible_line(request, line_id)
        after = whole(request.query_params.get("cursor") or "0", field="cursor")
        rows = list(
            InvoiceLineUsage.objects.filter(line=line, position__gt=after)
            .select_related("usage_line", "line")
            .order_by("position")[: CONTACTS_PAGE + 1]
        )
        page = {
            "results": [contact_row(contact=row, digits=line.invoice.digits) for row in rows[:CONTACTS_PAGE]],
            "next": str(rows[CONTACTS_PAGE - 1].position) if len(rows) > CONTACTS_PAGE else None,
        }
        return Response(LineContactPageSerializer(page).data)


class LineContactView(APIView):
    """GET /api/v1/invoice-lines/{id}/contacts/{contact}/"""

    permission_classes = [ReadsBills]

    @extend_schema(operation_id="invoice_line_contact", responses=ContactExplanationSerializer)
    def get(self, request: Request, line_id: int, contact_id: int) -> Response:
        """Return one contact with the pieces of operator time that its milliseconds are the sum of."""
        line = visible_line(request, line_id)
        contact = (
            InvoiceLineUsage.objects.filter(line=line, usage_line_id=contact_id)
            .select_related("usage_line", "line")
            .first()
        )
        if contact is None:
            raise NotFound("There is no such contact on the line.")
        sources = UsageSource.objects.filter(usage_line_id=contact_id).order_by("started_at", "pk")
        told = contact_row(contact=contact, digits=line.invoice.digits) | {
            "sources": sources.values("kind", "started_at", "ended_at", "ms", "allocation_version")
        }
        return Response(ContactExplanationSerializer(told).data)


class AccrualView(APIView):
    """GET /api/v1/accrual/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="accrual",
        parameters=[
            ACCOUNT,
            OpenApiParameter("month", OpenApiTypes.STR, description="YYYY-MM"),
        ],
        responses=AccrualSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return what the month costs so far: the bill as it would be invoiced now, by the same engine."""
        account = account_of(request)
        period = month_of_account(account=account, label=request.query_params.get("month", ""))
        told = accrued_document(account=account, period=period, language=logged_in(request).language) | {
            "account": account.pk,
            "month": period.label,
            "period_start": period.starts_on,
            "period_end": period.ends_on,
            "as_of": timezone.now(),
        }
        return Response(AccrualSerializer(told).data)

"""/api/v1/portal/: a client's own usage, contacts and invoice rows."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.account_periods import account_in_scope
from billing.booked import invoices_for
from billing.periods import Cycle
from contactcenter.dashboards.portal_costs import contact_costs, month_cost
from contactcenter.dashboards.portal_export import contacts_csv, invoice_csv
from contactcenter.dashboards.portal_months import Month, day_bounds, month_bounds, shifted
from contactcenter.dashboards.portal_periods import running_month
from contactcenter.dashboards.portal_queries import ContactFilter, ContactRow, Place, contact_page
from contactcenter.dashboards.portal_serializers import (
    ContactParameters,
    PeriodParameters,
    PeriodsSerializer,
    PortalContactPageSerializer,
    UsageParameters,
    UsageSerializer,
)
from contactcenter.dashboards.portal_usage import usage_csv, usage_document
from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import Account, ApiScope, Role, User
from contactcenter.tenancy.permissions import roles
from contactcenter.tenancy.queries import accounts_in_scope
from contactcenter.tenancy.service_levels import agreement_of
from contactcenter.tickets.models import Ticket

PAGE_SIZE = 50
PERIODS = 13
SeesUsage = roles(Role.CLIENT_VIEWER, Role.CLIENT_ADMIN, Role.SUPERVISOR, Role.BILLING_ADMIN, Role.ADMIN)
SeesMoney = roles(Role.CLIENT_VIEWER, Role.CLIENT_ADMIN, Role.BILLING_ADMIN, Role.ADMIN)
BUILDS_BILLS = frozenset({Role.BILLING_ADMIN.value, Role.ADMIN.value})


class UsageView(APIView):
    """GET /api/v1/portal/usage/"""

    key_scopes = {"GET": ApiScope.USAGE_READ}
    permission_classes = [SeesUsage]

    @extend_schema(parameters=[UsageParameters], responses=UsageSerializer, operation_id="portal_usage")
    def get(self, request: Request) -> Response:
        """Return a month of the account in figures, each beside the same stretch of the month before."""
        wanted = _read(UsageParameters, request)
        account = _account(wanted.get("account"))
        at = timezone.now()
        month = wanted.get("month") or running_month(account=account, at=at)
        document = usage_document(account=account, month=month, channel=wanted.get("channel", ""), at=at)
        document["cost"] = _cost(account=account, month=month) if _sees_money(request) else None
        return Response(UsageSerializer(document).data)


class PeriodsView(APIView):
    """GET /api/v1/portal/periods/"""

    key_scopes = {"GET": ApiScope.USAGE_READ}
    permission_classes = [SeesUsage]

    @extend_schema(parameters=[PeriodParameters], responses=PeriodsSerializer, operation_id="portal_periods")
    def get(self, request: Request) -> Response:
        """Return the periods by which the account is billed, the running one first: months, or cycles of 28 days."""
        account = _account(_read(PeriodParameters, request).get("account"))
        running = running_month(account=account, at=timezone.now())
        document = {
            "account": account.pk,
            "cycle": Cycle.MONTH if running.day is None else Cycle.DAYS_28,
            "results": [str(shifted(month=running, by=-number)) for number in range(PERIODS)],
        }
        return Response(PeriodsSerializer(document).data)


class UsageExportView(APIView):
    """GET /api/v1/portal/usage/export/"""

    key_scopes = {"GET": ApiScope.USAGE_READ}
    permission_classes = [SeesUsage]

    @extend_schema(
        parameters=[UsageParameters],
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)},
        operation_id="portal_usage_export",
    )
    def get(self, request: Request) -> HttpResponse:
        """Send a month's figures as CSV, one row a local day and one for the month; without costs."""
        wanted = _read(UsageParameters, request)
        account = _account(wanted.get("account"))
        at = timezone.now()
        month = wanted.get("month") or running_month(account=account, at=at)
        lines = usage_csv(account=account, month=month, channel=wanted.get("channel", ""), at=at)
        response = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="usage-{account.slug}-{month}.csv"'
        return response


def _cost(*, account: Account, month: Month) -> dict[str, Any] | None:
    cost = month_cost(account=account, month=month)
    if cost is None:
        return None
    before = month_cost(account=account, month=shifted(month=month, by=-1))
    comparable = before is not None and before.currency == cost.currency
    return {
        "net": str(cost.net),
        "gross": str(cost.gross),
        "currency": cost.currency,
        "before_net": str(before.net) if before is not None and comparable else None,
    }


class ContactsView(APIView):
    """GET /api/v1/portal/interactions/"""

    key_scopes = {"GET": ApiScope.USAGE_READ}
    permission_classes = [SeesUsage]

    @extend_schema(
        parameters=[ContactParameters], responses=PortalContactPageSerializer, operation_id="portal_interactions"
    )
    def get(self, request: Request) -> Response:
        """List contacts, newest first, with operator, outcome, settled time by class and cost."""
        given = _read(ContactParameters, request)
        account, wanted = _filter(given)
        after = Place.parse(given["cursor"]) if given.get("cursor") else None
        rows, following = contact_page(wanted=wanted, after=after, size=PAGE_SIZE)
        costs = contact_costs(account=account, rows=rows) if _sees_money(request) else {}
        page = {
            "results": [_contact_document(row, costs.get(row.place)) for row in rows],
            "next": str(following) if following else None,
        }
        return Response(PortalContactPageSerializer(page).data)


class ContactsExportView(APIView):
    """GET /api/v1/portal/interactions/export/"""

    key_scopes = {"GET": ApiScope.USAGE_READ}
    permission_classes = [SeesUsage]

    @extend_schema(
        parameters=[ContactParameters],
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)},
        operation_id="portal_interactions_export",
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Send the same list as CSV (UTF-8, comma, instants in UTC, times in milliseconds)."""
        account, wanted = _filter(_read(ContactParameters, request))
        response = StreamingHttpResponse(
            contacts_csv(account=account, wanted=wanted, priced=_sees_money(request)),
            content_type="text/csv; charset=utf-8",
        )
        response.headers["Content-Disposition"] = f'attachment; filename="contacts-{account.slug}.csv"'
        return response


class InvoiceExportView(APIView):
    """GET /api/v1/portal/invoices/{id}/export/"""

    permission_classes = [SeesMoney]

    @extend_schema(
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)}, operation_id="portal_invoice_export"
    )
    def get(self, request: Request, invoice_id: int) -> StreamingHttpResponse:
        """Send an invoice as CSV, one row for every contact on it."""
        drafts = logged_in(request).role in BUILDS_BILLS
        invoice = invoices_for(account_id=None, include_drafts=drafts).filter(pk=invoice_id).first()
        if invoice is None:
            raise NotFound("There is no such invoice.")
        response = StreamingHttpResponse(invoice_csv(invoice=invoice), content_type="text/csv; charset=utf-8")
        name = f"invoice-{invoice.number or invoice.period}"
        response.headers["Content-Disposition"] = f'attachment; filename="{slugify(name)}.csv"'
        return response


def _sees_money(request: Request) -> bool:
    # a supervisor runs the floor and is told no prices, here as in billing; nor is an API key
    return isinstance(request.user, User) and request.user.role != Role.SUPERVISOR


def _contact_document(row: ContactRow, cost: tuple[Any, str] | None) -> dict[str, Any]:
    return {
        "id": f"{row.place.kind}{row.place.id}",
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "channel": row.channel,
        "direction": row.direction,
        "contact": {"name": row.contact_name, "point": row.contact_point}
        if row.contact_name or row.contact_point
        else None,
        "operator": row.operator,
        "outcome": row.outcome,
        "disposition": row.disposition,
        "ticket": {"id": row.ticket_id, "number": row.ticket_number, "subject": row.ticket_subject}
        if row.ticket_id
        else None,
        "wait_ms": row.wait_ms,
        "times": row.times,
        "cost": {"amount": str(cost[0]), "currency": cost[1]} if cost else None,
    }


def _read(shape: type[PeriodParameters], request: Request) -> dict[str, Any]:
    parameters = shape(data=request.query_params)
    parameters.is_valid(raise_exception=True)
    return dict(parameters.validated_data)


def _account(account_id: int | None) -> Account:
    if account_id is not None:
        return account_in_scope(account_id=account_id)
    account = accounts_in_scope().first()
    if account is None:
        raise NotFound("You have no account here.", field="account")
    return account


def _filter(given: dict[str, Any]) -> tuple[Account, ContactFilter]:
    ticket_id = given.get("ticket")
    if ticket_id is not None:
        ticket = Ticket.objects.filter(pk=ticket_id).first()
        if ticket is None:
            raise NotFound("There is no such ticket.", field="ticket")
        account = account_in_scope(account_id=ticket.account_id)
    else:
        account = _account(given.get("account"))
    zone = ZoneInfo(account.time_zone)
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    if given.get("day"):
        start, end = day_bounds(on=given["day"], zone=zone)
    elif given.get("month") or ticket_id is None:
        month = given.get("month") or running_month(account=account, at=timezone.now())
        start, end = month_bounds(month=month, zone=zone)
    # in time is what held on the last day asked for
    last = ((end or timezone.now()) - dt.timedelta(microseconds=1)).astimezone(zone).date()
    return account, ContactFilter(
        account_id=account.pk,
        zone=zone,
        start=start,
        end=end,
        channel=given.get("channel", ""),
        answer=given.get("answer", ""),
        weekday=given.get("weekday"),
        hour=given.get("hour"),
        ticket_id=ticket_id,
        within_ms=agreement_of(account=account).on(last).seconds * 1000,
    )

"""Price sheets: of any version for billing people, of an account's own versions for its people."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.agreements import AccountSheet, account_sheets
from billing.api.reading import ReadsBills, account_of, actor_id, body
from billing.api.serializers import Shape
from billing.documents.price_sheet import price_sheet, sheet_hash
from billing.documents.sheet_pdf import sheet_pdf
from billing.documents.sheet_wording import SheetWording
from billing.documents.wording import LANGUAGES
from billing.models import AcceptanceSource, PriceAcceptance, TariffVersion
from billing.periods import local_day
from billing.terms_document import parse_terms
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import Account, Role
from contactcenter.tenancy.permissions import IsBilling, roles

IsClientAdmin = roles(Role.CLIENT_ADMIN)
LANGUAGE = OpenApiParameter("language", OpenApiTypes.STR, enum=list(LANGUAGES), description="default: the reader's")
PDF = {(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="the file")}


class SheetRowSerializer(Shape):
    """A fee that can appear: its price in words, every rule behind it in a sentence, the tax added to it."""

    code = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    price = serializers.CharField()
    details = serializers.ListField(child=serializers.CharField())
    tax = serializers.CharField()


class SheetSectionSerializer(Shape):
    """Fees of one sort."""

    key = serializers.CharField()
    title = serializers.CharField()
    rows = SheetRowSerializer(many=True)


class SheetTextsSerializer(Shape):
    """A price sheet in one language."""

    language = serializers.CharField()
    title = serializers.CharField()
    name = serializers.CharField()
    currency = serializers.CharField()
    cycle = serializers.CharField()
    sections = SheetSectionSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class PriceSheetSerializer(Shape):
    """The price sheet of a tariff version; content_hash is of its terms and its words in all languages."""

    version = serializers.IntegerField()
    number = serializers.IntegerField()
    state = serializers.CharField()
    effective_from = serializers.DateField(allow_null=True)
    content_hash = serializers.CharField()
    texts = SheetTextsSerializer()


class AcceptanceSerializer(Shape):
    """An account accepted the prices of a version, which bind it from effective_from on."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    via = serializers.ChoiceField(choices=AcceptanceSource.choices)
    effective_from = serializers.DateField()
    accepted_at = serializers.DateTimeField()
    accepted_name = serializers.CharField()
    evidence = serializers.CharField()
    sheet_hash = serializers.CharField()


class AcceptanceListSerializer(Shape):
    """What an account accepted, newest first."""

    results = AcceptanceSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class AcceptSheetSerializer(Shape):
    """Who accepts for which account, and the hash of what was read."""

    account = serializers.IntegerField()
    name = serializers.CharField(max_length=200)
    content_hash = serializers.CharField(max_length=64)


class RecordAcceptanceSerializer(Shape):
    """Who accepted which version from which day, and where that is kept."""

    account = serializers.IntegerField()
    version = serializers.IntegerField()
    effective_from = serializers.DateField()
    name = serializers.CharField(max_length=200)
    evidence = serializers.CharField(max_length=500)


class AccountSheetSerializer(PriceSheetSerializer):
    """A sheet of an account: its prices hold from holds_from on; without acceptance it waits for one."""

    holds_from = serializers.DateField()
    is_current = serializers.BooleanField()
    acceptance = AcceptanceSerializer(allow_null=True)


class AccountSheetListSerializer(Shape):
    """The sheets in force, to come and waiting, newest first."""

    results = AccountSheetSerializer(many=True)
    next = serializers.CharField(allow_null=True)


def asked_language(request: Request) -> str:
    """Return the language that ?language= names, else the reader's; Invalid for one that documents do not speak."""
    language = request.query_params.get("language") or logged_in(request).language
    if language not in LANGUAGES:
        if "language" in request.query_params:
            raise Invalid(f"Choose one of {', '.join(LANGUAGES)}.", field="language")
        return LANGUAGES[0]
    return language


def _version_row(version: TariffVersion) -> dict[str, Any]:
    return {
        "version": version.pk,
        "number": version.number,
        "state": version.state,
        "effective_from": version.effective_from,
    }


def _offered(version: TariffVersion, language: str) -> tuple[dict[str, Any], str]:
    sheet = price_sheet(terms=parse_terms(document=version.document))
    return sheet["texts"][language], sheet_hash(sheet=sheet)


def _pdf(*, version: TariffVersion, texts: dict[str, Any], content_hash: str) -> HttpResponse:
    words = SheetWording(texts["language"])
    facts = [(words.say("currency"), texts["currency"]), (words.say("billed_each"), texts["cycle"])]
    if version.effective_from is not None:
        facts.insert(0, (words.say("from_day"), words.day(on=version.effective_from)))
    made = sheet_pdf(
        texts=texts,
        number=words.say("version", number=version.number),
        content_hash=content_hash,
        seller=actions.current_issuer().legal_name,
        facts=facts,
        at=version.put_in_force_at or version.changed_at,
    )
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="price-sheet-{version.pk}-{words.language}.pdf"'
    return answer


def _version(version_id: int) -> TariffVersion:
    version = TariffVersion.objects.select_related("tariff").filter(pk=version_id).first()
    if version is None:
        raise NotFound("There is no such tariff version.")
    return version


class VersionSheetView(APIView):
    """GET /api/v1/tariff-versions/{id}/price-sheet/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="tariff_version_price_sheet", parameters=[LANGUAGE], responses=PriceSheetSerializer)
    def get(self, request: Request, version_id: int) -> Response:
        """Return every fee that the version can ever charge, in plain words."""
        version = _version(version_id)
        texts, digest = _offered(version, asked_language(request))
        row = {**_version_row(version), "content_hash": digest, "texts": texts}
        return Response(PriceSheetSerializer(row).data)


class VersionSheetPdfView(APIView):
    """GET /api/v1/tariff-versions/{id}/price-sheet/pdf/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="tariff_version_price_sheet_pdf", parameters=[LANGUAGE], responses=PDF)
    def get(self, request: Request, version_id: int) -> HttpResponse:
        """Return the price sheet as PDF."""
        version = _version(version_id)
        texts, digest = _offered(version, asked_language(request))
        return _pdf(version=version, texts=texts, content_hash=digest)


class AccountSheetsView(APIView):
    """GET /api/v1/price-sheets/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="price_sheets",
        parameters=[OpenApiParameter("account", OpenApiTypes.INT, required=True), LANGUAGE],
        responses=AccountSheetListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return an account's price sheets: those in force, those to come, and those that wait to be accepted."""
        account, language = account_of(request), asked_language(request)
        rows = [_account_row(sheet, language) for sheet in _sheets(account)]
        return Response(AccountSheetListSerializer({"results": rows, "next": None}).data)


class AccountSheetPdfView(APIView):
    """GET /api/v1/price-sheets/{version}/pdf/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="price_sheet_pdf",
        parameters=[OpenApiParameter("account", OpenApiTypes.INT, required=True), LANGUAGE],
        responses=PDF,
    )
    def get(self, request: Request, version_id: int) -> HttpResponse:
        """Return one of an account's price sheets as PDF; 404 for a version that none of its contracts has."""
        language = asked_language(request)
        for sheet in _sheets(account_of(request)):
            if sheet.version.pk == version_id:
                content, digest = sheet.content()
                return _pdf(version=sheet.version, texts=content["texts"][language], content_hash=digest)
        raise NotFound("There is no such price sheet.")


class AcceptSheetView(APIView):
    """POST /api/v1/price-sheets/{version}/accept/"""

    permission_classes = [IsClientAdmin]

    @extend_schema(operation_id="price_sheet_accept", request=AcceptSheetSerializer, responses=AcceptanceSerializer)
    def post(self, request: Request, version_id: int) -> Response:
        """Accept new prices as they were read: they bind from their first day on, or from today."""
        values = body(request, AcceptSheetSerializer)
        acceptance = actions.accept_prices(
            account_id=values["account"],
            version_id=version_id,
            name=values["name"],
            content_hash=values["content_hash"],
            ip=request.META.get("REMOTE_ADDR", ""),
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return Response(AcceptanceSerializer(_acceptance(acceptance)).data)


class AcceptancesView(APIView):
    """GET, POST /api/v1/price-acceptances/"""

    permission_classes = [IsBilling]

    @extend_schema(
        operation_id="price_acceptances",
        parameters=[OpenApiParameter("account", OpenApiTypes.INT, required=True)],
        responses=AcceptanceListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return what an account has accepted, newest first."""
        rows = PriceAcceptance.objects.filter(account=account_of(request)).order_by("-effective_from", "-pk")[:200]
        page = {"results": [_acceptance(row) for row in rows], "next": None}
        return Response(AcceptanceListSerializer(page).data)

    @extend_schema(
        operation_id="price_acceptance_record",
        request=RecordAcceptanceSerializer,
        responses={201: AcceptanceSerializer},
    )
    def post(self, request: Request) -> Response:
        """Record that a client accepted prices elsewhere, on paper say."""
        values = body(request, RecordAcceptanceSerializer)
        acceptance = actions.record_acceptance(
            account_id=values["account"],
            version_id=values["version"],
            effective_from=values["effective_from"],
            name=values["name"],
            evidence=values["evidence"],
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return Response(AcceptanceSerializer(_acceptance(acceptance)).data, status=201)


def _sheets(account: Account) -> list[AccountSheet]:
    return account_sheets(account=account, on=local_day(at=timezone.now(), zone=account.time_zone))


def _account_row(sheet: AccountSheet, language: str) -> dict[str, Any]:
    content, digest = sheet.content()
    return {
        **_version_row(sheet.version),
        "content_hash": digest,
        "texts": content["texts"][language],
        "holds_from": sheet.holds_from,
        "is_current": sheet.is_current,
        "acceptance": _acceptance(sheet.acceptance) if sheet.acceptance is not None else None,
    }


def _acceptance(row: PriceAcceptance) -> dict[str, Any]:
    return {
        "id": row.pk,
        "version": row.tariff_version_id,
        "via": row.source,
        "effective_from": row.effective_from,
        "accepted_at": row.accepted_at,
        "accepted_name": row.accepted_name,
        "evidence": row.evidence,
        "sheet_hash": row.sheet_hash,
    }

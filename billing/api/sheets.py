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
from billing.agreements import account_sheets
from billing.api.reading import ReadsBills, account_of
from billing.api.serializers import Shape
from billing.documents.price_sheet import price_sheet, sheet_hash
from billing.documents.sheet_pdf import sheet_pdf
from billing.documents.sheet_wording import SheetWording
from billing.documents.wording import LANGUAGES
from billing.models import TariffVersion
from billing.periods import local_day
from billing.terms_document import parse_terms
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.permissions import IsBilling

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


class AccountSheetSerializer(PriceSheetSerializer):
    """A sheet of an account: its prices hold from holds_from on."""

    holds_from = serializers.DateField()
    is_current = serializers.BooleanField()


class AccountSheetListSerializer(Shape):
    """The sheets in force and to come, newest first."""

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


def sheet_row(*, version: TariffVersion, language: str) -> dict[str, Any]:
    """Return a version's sheet in one language."""
    sheet = price_sheet(terms=parse_terms(document=version.document))
    return {
        "version": version.pk,
        "number": version.number,
        "state": version.state,
        "effective_from": version.effective_from,
        "content_hash": sheet_hash(sheet=sheet),
        "texts": sheet["texts"][language],
    }


def _pdf(*, version: TariffVersion, language: str) -> HttpResponse:
    words, row = SheetWording(language), sheet_row(version=version, language=language)
    facts = [(words.say("currency"), row["texts"]["currency"]), (words.say("billed_each"), row["texts"]["cycle"])]
    if version.effective_from is not None:
        facts.insert(0, (words.say("from_day"), words.day(on=version.effective_from)))
    made = sheet_pdf(
        texts=row["texts"],
        number=words.say("version", number=version.number),
        content_hash=row["content_hash"],
        seller=actions.current_issuer().legal_name,
        facts=facts,
        at=version.put_in_force_at or version.changed_at,
    )
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="price-sheet-{version.pk}-{language}.pdf"'
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
        row = sheet_row(version=_version(version_id), language=asked_language(request))
        return Response(PriceSheetSerializer(row).data)


class VersionSheetPdfView(APIView):
    """GET /api/v1/tariff-versions/{id}/price-sheet/pdf/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="tariff_version_price_sheet_pdf", parameters=[LANGUAGE], responses=PDF)
    def get(self, request: Request, version_id: int) -> HttpResponse:
        """Return the price sheet as PDF."""
        return _pdf(version=_version(version_id), language=asked_language(request))


class AccountSheetsView(APIView):
    """GET /api/v1/price-sheets/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="price_sheets",
        parameters=[OpenApiParameter("account", OpenApiTypes.INT, required=True), LANGUAGE],
        responses=AccountSheetListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return an account's price sheets: those in force and those to come."""
        account, language = account_of(request), asked_language(request)
        today = local_day(at=timezone.now(), zone=account.time_zone)
        rows = [
            sheet_row(version=sheet.version, language=language)
            | {"holds_from": sheet.holds_from, "is_current": sheet.is_current}
            for sheet in account_sheets(account=account, on=today)
        ]
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
        account = account_of(request)
        today = local_day(at=timezone.now(), zone=account.time_zone)
        for sheet in account_sheets(account=account, on=today):
            if sheet.version.pk == version_id:
                return _pdf(version=sheet.version, language=asked_language(request))
        raise NotFound("There is no such price sheet.")

"""A document as files: for people, for accounting programs, and for whoever wants to compute it again."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from billing.api.invoices import visible_invoice
from billing.api.reading import ReadsBills
from billing.documents.einvoice import invoice_cii, invoice_ubl
from billing.documents.facturx import invoice_facturx
from billing.documents.invoice import invoice_filename
from billing.documents.workbook import invoice_xlsx
from billing.models import Invoice
from billing.replay import replay_file
from contactcenter.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class FileKind:
    """How a document is written as a file."""

    write: Callable[[Invoice], bytes]
    content_type: str
    ending: str


KINDS = {
    "ubl": FileKind(lambda invoice: invoice_ubl(invoice=invoice), "application/xml", "ubl.xml"),
    "cii": FileKind(lambda invoice: invoice_cii(invoice=invoice), "application/xml", "cii.xml"),
    "facturx": FileKind(lambda invoice: invoice_facturx(invoice=invoice), "application/pdf", "facturx.pdf"),
    "xlsx": FileKind(
        lambda invoice: invoice_xlsx(invoice=invoice),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
    "replay": FileKind(lambda invoice: replay_file(invoice=invoice).encode(), "application/json", "replay.json"),
}


class InvoiceFileView(APIView):
    """GET /api/v1/invoices/{id}/files/{kind}/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="invoice_file",
        parameters=[OpenApiParameter("file_kind", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(KINDS))],
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="the file")},
    )
    def get(self, request: Request, invoice_id: int, file_kind: str) -> HttpResponse:
        """Return a document as UBL, CII, Factur-X, a workbook, or a replay file for `manage.py rate --replay`."""
        invoice = visible_invoice(request, invoice_id)
        kind = KINDS.get(file_kind)
        if kind is None:
            raise NotFound("There is no such kind of file.", field="file_kind")
        answer = HttpResponse(kind.write(invoice), content_type=kind.content_type)
        name = invoice_filename(invoice=invoice, ending=kind.ending)
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

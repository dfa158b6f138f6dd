"""Failed receipts by the dozen: all as one archive, all tried again."""

import tempfile
from typing import Any

from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app import actions, failures
from contactcenter.kernel.errors import Invalid
from contactcenter.tenancy.permissions import IsSupervisor

_SPOOLED = 10_000_000


class RetryRequestSerializer(serializers.Serializer[Any]):
    """Which failed receipts to process again: these `ids`, or all of one `endpoint`, or with neither all of them."""

    ids = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, max_length=1000)
    endpoint = serializers.IntegerField(required=False, min_value=1)


class RetriedSerializer(serializers.Serializer[Any]):
    """How many are processed again; `remaining` are failed still: ask once more."""

    retried = serializers.IntegerField()
    remaining = serializers.IntegerField()


class ReceiptsRetryView(APIView):
    """/api/v1/receipts/retry/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(operation_id="receipts_retry_many", request=RetryRequestSerializer, responses=RetriedSerializer)
    def post(self, request: Request) -> Response:
        """Put failed receipts back to be processed, at most a thousand at once, the oldest first."""
        asked = RetryRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        endpoint_id = asked.validated_data.get("endpoint")
        ids = failures.failed_ids(ids=asked.validated_data.get("ids"), endpoint_id=endpoint_id)
        retried = actions.retry_receipts(receipt_ids=ids, actor_id=request.user.pk, at=timezone.now())
        return Response({"retried": retried, "remaining": failures.count_failed(endpoint_id=endpoint_id)})


class ReceiptsExportView(APIView):
    """/api/v1/receipts/export/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(
        operation_id="receipts_export",
        parameters=[OpenApiParameter("endpoint", int)],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> FileResponse:
        """Return the failed receipts, raw, as a ZIP archive with an index of JSON lines; the newest thousand."""
        endpoint = request.query_params.get("endpoint", "")
        if endpoint and not (endpoint.isdecimal() and len(endpoint) <= 18):
            raise Invalid("Expected a number.", field="endpoint")
        # too large for memory it goes to a file without a name; the response closes it
        archive = tempfile.SpooledTemporaryFile(max_size=_SPOOLED)  # noqa: SIM115
        failures.write_archive(file=archive, endpoint_id=int(endpoint) if endpoint else None)
        archive.seek(0)
        return FileResponse(archive, as_attachment=True, filename="failed-receipts.zip", content_type="application/zip")

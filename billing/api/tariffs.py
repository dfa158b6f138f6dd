"""Tariffs, their versions, trying a version on real usage, and contracts."""

from typing import Any

from django.db.models import Count
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.account_periods import account_in_scope, version_in_force
from billing.actions.tariffs import canonical_document
from billing.api import serializers as shapes
from billing.api.reading import ExactJSONParser, account_of, actor_id, body, month_of_account
from billing.api.shapes import contract_row, tariff_row, version_detail
from billing.explanation import bill_document
from billing.linter import lint_terms
from billing.models import Contract, Tariff, TariffVersion
from billing.terms_document import parse_terms
from billing.terms_schema import tariff_schema
from billing.trials import try_terms
from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.permissions import IsBilling


class BillingView(APIView):
    """A view for billing people whose bodies may hold prices."""

    permission_classes = [IsBilling]
    parser_classes = [ExactJSONParser]


def _tariffs(**narrowed: Any) -> list[dict[str, Any]]:
    contracts = dict(Contract.objects.values_list("tariff_id").annotate(Count("pk")))
    today = timezone.now().date()
    return [
        tariff_row(
            tariff=tariff,
            in_force=version_in_force(tariff_id=tariff.pk, on=today),
            contracts=contracts.get(tariff.pk, 0),
        )
        for tariff in Tariff.objects.filter(**narrowed).prefetch_related("versions").order_by("name")
    ]


def _version(version_id: int) -> TariffVersion:
    version = TariffVersion.objects.select_related("tariff", "changed_by").filter(pk=version_id).first()
    if version is None:
        raise NotFound("There is no such tariff version.")
    return version


def _shown(version: TariffVersion) -> dict[str, Any]:
    in_force = version_in_force(tariff_id=version.tariff_id, on=timezone.now().date())
    before = parse_terms(document=in_force.document) if in_force and in_force.pk != version.pk else None
    found = lint_terms(terms=parse_terms(document=version.document), before=before)
    detail = version_detail(
        version=version,
        in_force=in_force,
        contracts=Contract.objects.filter(tariff_id=version.tariff_id).count(),
        warnings=[finding.as_dict() for finding in found],
    )
    return shapes.VersionSerializer(detail).data


class TariffsView(BillingView):
    """GET, POST /api/v1/tariffs/"""

    @extend_schema(operation_id="tariffs_list", responses=shapes.TariffListSerializer)
    def get(self, request: Request) -> Response:
        """Return all tariffs by name, with their versions."""
        return Response(shapes.TariffListSerializer({"results": _tariffs(), "next": None}).data)

    @extend_schema(
        operation_id="tariffs_create", request=shapes.NewTariffSerializer, responses={201: shapes.VersionSerializer}
    )
    def post(self, request: Request) -> Response:
        """Create a tariff; its first version is a draft."""
        values = body(request, shapes.NewTariffSerializer)
        version = actions.add_tariff(
            name=values["name"], document=values["document"], at=timezone.now(), actor_id=actor_id(request)
        )
        return Response(_shown(_version(version.pk)), status=201)


class TariffSchemaView(BillingView):
    """GET /api/v1/tariff-schema/"""

    @extend_schema(operation_id="tariff_schema", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Return the JSON Schema of tariff documents: which fields each kind of component has."""
        return Response(tariff_schema())


class TariffView(BillingView):
    """GET, PATCH /api/v1/tariffs/{id}/"""

    @extend_schema(operation_id="tariff", responses=shapes.TariffSerializer)
    def get(self, request: Request, tariff_id: int) -> Response:
        """Return a tariff with its versions."""
        found = _tariffs(pk=tariff_id)
        if not found:
            raise NotFound("There is no such tariff.")
        return Response(shapes.TariffSerializer(found[0]).data)

    @extend_schema(
        operation_id="tariff_change", request=shapes.TariffChangeSerializer, responses=shapes.TariffSerializer
    )
    def patch(self, request: Request, tariff_id: int) -> Response:
        """Offer a tariff to clients for comparison, or no longer."""
        values = body(request, shapes.TariffChangeSerializer)
        actions.offer_tariff(tariff_id=tariff_id, is_offered=values["is_offered"], actor_id=actor_id(request))
        return self.get(request, tariff_id)


class NewVersionView(BillingView):
    """POST /api/v1/tariffs/{id}/versions/"""

    @extend_schema(
        operation_id="tariff_version_create",
        request=shapes.NewVersionSerializer,
        responses={201: shapes.VersionSerializer},
    )
    def post(self, request: Request, tariff_id: int) -> Response:
        """Open the next version as a draft: a copy of the latest one unless a document is sent."""
        values = body(request, shapes.NewVersionSerializer)
        version = actions.add_draft_version(
            tariff_id=tariff_id, document=values.get("document"), at=timezone.now(), actor_id=actor_id(request)
        )
        return Response(_shown(_version(version.pk)), status=201)


class VersionView(BillingView):
    """GET, PUT, DELETE /api/v1/tariff-versions/{id}/"""

    @extend_schema(operation_id="tariff_version", responses=shapes.VersionSerializer)
    def get(self, request: Request, version_id: int) -> Response:
        """Return a version with its document, the version in force beside it, and warnings."""
        return Response(_shown(_version(version_id)))

    @extend_schema(
        operation_id="tariff_version_save", request=shapes.DocumentSerializer, responses=shapes.VersionSerializer
    )
    def put(self, request: Request, version_id: int) -> Response:
        """Replace a draft's document; a version in force is refused."""
        values = body(request, shapes.DocumentSerializer)
        version = actions.save_draft_version(
            version_id=version_id, document=values["document"], at=timezone.now(), actor_id=actor_id(request)
        )
        return Response(_shown(_version(version.pk)))

    @extend_schema(operation_id="tariff_version_discard", responses={204: None})
    def delete(self, request: Request, version_id: int) -> Response:
        """Throw a draft away; a version in force is refused."""
        actions.throw_away_draft(version_id=version_id, actor_id=actor_id(request))
        return Response(status=204)


class PutInForceView(BillingView):
    """POST /api/v1/tariff-versions/{id}/put-in-force/"""

    @extend_schema(
        operation_id="tariff_version_put_in_force",
        request=shapes.PutInForceSerializer,
        responses=shapes.VersionSerializer,
    )
    def post(self, request: Request, version_id: int) -> Response:
        """Put a draft in force from a day on; nothing can change it from then on."""
        values = body(request, shapes.PutInForceSerializer)
        actions.put_in_force(
            version_id=version_id,
            effective_from=values["effective_from"],
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return Response(_shown(_version(version_id)))


class TryView(BillingView):
    """POST /api/v1/tariff-versions/{id}/try/"""

    @extend_schema(
        operation_id="tariff_version_try", request=shapes.TryRequestSerializer, responses=shapes.TryResponseSerializer
    )
    def post(self, request: Request, version_id: int) -> Response:
        """Price an account's real month under the version, or under an unsaved document, beside the one in force."""
        values = body(request, shapes.TryRequestSerializer)
        version = _version(version_id)
        account = account_in_scope(account_id=values["account"])
        document = canonical_document(document=values["document"]) if "document" in values else version.document
        trial = try_terms(
            terms=parse_terms(document=document),
            tariff_id=version.tariff_id,
            account=account,
            period=month_of_account(account=account, label=values["month"]),
        )
        bill, other = trial.bill, trial.in_force_bill
        told = bill_document(bill=bill, language=logged_in(request).language) | {
            "contacts": trial.contacts,
            "in_force": None,
            "difference": None,
            "warnings": trial.warnings,
        }
        if trial.in_force is not None and other is not None:
            told["in_force"] = {
                "version": trial.in_force.number,
                "net": str(other.money(units=other.net_units)),
                "total": str(other.money(units=other.total_units)),
            }
            if other.currency == bill.currency:
                told["difference"] = str(bill.money(units=bill.net_units - other.net_units))
        return Response(shapes.TryResponseSerializer(told).data)


class ContractsView(BillingView):
    """GET, POST /api/v1/contracts/"""

    @extend_schema(
        operation_id="contracts_list",
        parameters=[OpenApiParameter("account", OpenApiTypes.INT)],
        responses=shapes.ContractListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return contracts, newest first."""
        found = Contract.objects.select_related("account", "tariff").order_by("-starts_on", "-pk")
        if request.query_params.get("account"):
            found = found.filter(account=account_of(request))
        page = {"results": [contract_row(contract=contract) for contract in found], "next": None}
        return Response(shapes.ContractListSerializer(page).data)

    @extend_schema(
        operation_id="contracts_create",
        request=shapes.NewContractSerializer,
        responses={201: shapes.ContractSerializer},
    )
    def post(self, request: Request) -> Response:
        """Give an account a tariff from a day on."""
        values = body(request, shapes.NewContractSerializer)
        contract = actions.sign_contract(
            account_id=account_in_scope(account_id=values["account"]).pk,
            tariff_id=values["tariff"],
            starts_on=values["starts_on"],
            ends_on=values["ends_on"],
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return Response(shapes.ContractSerializer(contract_row(contract=contract)).data, status=201)


class EndContractView(BillingView):
    """POST /api/v1/contracts/{id}/end/"""

    @extend_schema(
        operation_id="contract_end", request=shapes.EndContractSerializer, responses=shapes.ContractSerializer
    )
    def post(self, request: Request, contract_id: int) -> Response:
        """Let a contract end before a day."""
        values = body(request, shapes.EndContractSerializer)
        contract = actions.end_contract(contract_id=contract_id, ends_on=values["ends_on"], actor_id=actor_id(request))
        return Response(shapes.ContractSerializer(contract_row(contract=contract)).data)

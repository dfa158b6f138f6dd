"""Where and as whom an account receives its documents; what a client wants changed of it."""

import re
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.account_periods import account_in_scope, terms_on
from billing.actions.parties import current_issuer, profile_of
from billing.api.reading import ReadsBills, account_of, actor_id, body, whole
from billing.api.serializers import Shape
from billing.models import BillingProfile, ProfileProposal, ProposalState
from billing.periods import local_day
from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.models import Account, Language, Role
from contactcenter.tenancy.permissions import IsBilling, roles

PAGE = 50
Proposes = roles(Role.CLIENT_ADMIN)
PROFILE_FIELDS = (
    "country", "city", "postcode", "registration", "reference", "reminders", "emails", "sends_documents", "language",
    "payment_days", "is_reverse_charge",
)  # fmt: skip


class ProfileValuesSerializer(Shape):
    """Particulars for documents built from now on; reference is printed on every e-invoice (BT-10).

    emails: addresses beside the billing address; language "": the account's; payment_days null: the issuer's.
    """

    legal_name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    legal_address = serializers.CharField(max_length=2000, allow_blank=True, required=False)
    tax_id = serializers.CharField(max_length=40, allow_blank=True, required=False)
    billing_email = serializers.EmailField(allow_blank=True, required=False)
    country = serializers.CharField(max_length=2, allow_blank=True, required=False)
    city = serializers.CharField(max_length=100, allow_blank=True, required=False)
    postcode = serializers.CharField(max_length=20, allow_blank=True, required=False)
    registration = serializers.CharField(max_length=40, allow_blank=True, required=False)
    reference = serializers.CharField(max_length=100, allow_blank=True, required=False)
    emails = serializers.ListField(child=serializers.EmailField(), max_length=10, required=False)
    sends_documents = serializers.BooleanField(required=False)
    reminders = serializers.BooleanField(required=False)
    language = serializers.ChoiceField(choices=[("", ""), *Language.choices], required=False)
    payment_days = serializers.IntegerField(min_value=0, max_value=365, allow_null=True, required=False)
    is_reverse_charge = serializers.BooleanField(required=False)

    def validate_country(self, value: str) -> str:
        """Refuse what is no country code by its form."""
        if value and not re.fullmatch(r"[A-Z]{2}", value):
            raise serializers.ValidationError("must be two capital letters such as ES")
        return value

    def validate_emails(self, value: list[str]) -> list[str]:
        """Return each address once."""
        return list({address.lower(): address for address in value}.values())


class BillingProfileSerializer(Shape):
    """The profile as it is. currency: the tariff's, null without one; house_payment_days: what null payment_days mean;
    number_prefix: how the account's invoices are numbered.
    """

    account = serializers.IntegerField()
    legal_name = serializers.CharField()
    legal_address = serializers.CharField()
    tax_id = serializers.CharField()
    billing_email = serializers.CharField()
    country = serializers.CharField()
    city = serializers.CharField()
    postcode = serializers.CharField()
    registration = serializers.CharField()
    reference = serializers.CharField()
    emails = serializers.ListField(child=serializers.CharField())
    sends_documents = serializers.BooleanField()
    reminders = serializers.BooleanField()
    language = serializers.CharField()
    payment_days = serializers.IntegerField(allow_null=True)
    is_reverse_charge = serializers.BooleanField()
    currency = serializers.CharField(allow_null=True)
    account_language = serializers.CharField()
    house_payment_days = serializers.IntegerField()
    number_prefix = serializers.CharField()


class ProfileProposalSerializer(Shape):
    """What a client wants changed, by field; before: what stands there now."""

    id = serializers.IntegerField()
    account = serializers.IntegerField()
    account_name = serializers.CharField()
    state = serializers.ChoiceField(choices=ProposalState.choices)
    values = serializers.DictField()
    before = serializers.DictField()
    proposed_at = serializers.DateTimeField()
    proposed_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class ProfileProposalPageSerializer(Shape):
    """Proposals, newest first."""

    results = ProfileProposalSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class NewProfileProposalSerializer(ProfileValuesSerializer):
    """What a client admin wants changed."""

    account = serializers.IntegerField()


class ProfileReasonSerializer(Shape):
    """Why a proposal is declined."""

    reason = serializers.CharField(max_length=500)


def _values(account: Account, profile: BillingProfile) -> dict[str, Any]:
    own = {name: getattr(account, name) for name in ("legal_name", "legal_address", "tax_id", "billing_email")}
    return own | {name: getattr(profile, name) for name in PROFILE_FIELDS}


def _answer(account: Account) -> Response:
    profile, issuer = profile_of(account=account), current_issuer()
    terms = terms_on(account=account, day=local_day(at=timezone.now(), zone=account.time_zone))
    told = _values(account, profile) | {
        "account": account.pk,
        "currency": terms.currency if terms is not None else None,
        "account_language": account.language,
        "house_payment_days": issuer.payment_days,
        "number_prefix": issuer.number_prefix,
    }
    return Response(BillingProfileSerializer(told).data)


class BillingProfileView(APIView):
    """GET, PATCH /api/v1/accounts/{id}/billing-profile/"""

    def get_permissions(self) -> list[Any]:
        """Clients read; billing people change."""
        return [ReadsBills() if self.request.method == "GET" else IsBilling()]

    @extend_schema(operation_id="billing_profile", responses=BillingProfileSerializer)
    def get(self, request: Request, account_id: int) -> Response:
        """Return where and as whom the account receives documents."""
        return _answer(account_in_scope(account_id=account_id))

    @extend_schema(
        operation_id="billing_profile_change", request=ProfileValuesSerializer, responses=BillingProfileSerializer
    )
    def patch(self, request: Request, account_id: int) -> Response:
        """Change it; documents that are issued stay as they are."""
        actions.change_profile(
            account_id=account_in_scope(account_id=account_id).pk,
            values=body(request, ProfileValuesSerializer),
            actor_id=actor_id(request),
        )
        return _answer(account_in_scope(account_id=account_id))


def _proposals() -> QuerySet[ProfileProposal]:
    return ProfileProposal.objects.select_related("account", "proposed_by").order_by("-pk")


def _shown(proposals: list[ProfileProposal]) -> list[dict[str, Any]]:
    profiles = {
        profile.account_id: profile
        for profile in BillingProfile.objects.filter(account__in={proposal.account_id for proposal in proposals})
    }
    rows = []
    for proposal in proposals:
        profile = profiles.get(proposal.account_id) or BillingProfile(account=proposal.account)
        now = _values(proposal.account, profile)
        rows.append(
            {
                "id": proposal.pk,
                "account": proposal.account_id,
                "account_name": proposal.account.name,
                "state": proposal.state,
                "values": proposal.values,
                "before": {name: now[name] for name in proposal.values},
                "proposed_at": proposal.proposed_at,
                "proposed_by": proposal.proposed_by.full_name,
                "decided_at": proposal.decided_at,
                "reason": proposal.reason,
            }
        )
    return rows


def _proposal(proposal_id: int) -> ProfileProposal:
    found = _proposals().filter(pk=proposal_id).first()
    if found is None:
        raise NotFound("There is no such proposal.")
    return found


def _told(proposal: ProfileProposal, *, status: int = 200) -> Response:
    (row,) = _shown([_proposal(proposal.pk)])
    return Response(ProfileProposalSerializer(row).data, status=status)


class ProposalsView(APIView):
    """GET, POST /api/v1/billing-profile-proposals/"""

    def get_permissions(self) -> list[Any]:
        """Both sides read; client admins propose."""
        return [ReadsBills() if self.request.method == "GET" else Proposes()]

    @extend_schema(
        operation_id="profile_proposals",
        parameters=[
            OpenApiParameter("account", OpenApiTypes.INT, description="account id"),
            OpenApiParameter("waiting", OpenApiTypes.BOOL),
            OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before"),
        ],
        responses=ProfileProposalPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return what clients want changed in their profiles, newest first."""
        found = _proposals()
        if request.query_params.get("account"):
            found = found.filter(account=account_of(request))
        if request.query_params.get("waiting") in ("1", "true"):
            found = found.filter(state=ProposalState.WAITING)
        if cursor := request.query_params.get("cursor"):
            found = found.filter(pk__lt=whole(cursor, field="cursor"))
        rows = list(found[: PAGE + 1])
        page = {"results": _shown(rows[:PAGE]), "next": str(rows[PAGE - 1].pk) if len(rows) > PAGE else None}
        return Response(ProfileProposalPageSerializer(page).data)

    @extend_schema(
        operation_id="profile_propose",
        request=NewProfileProposalSerializer,
        responses={201: ProfileProposalSerializer},
    )
    def post(self, request: Request) -> Response:
        """Propose a change of one's own account's profile; one that waits is replaced."""
        values = body(request, NewProfileProposalSerializer)
        account = account_in_scope(account_id=values.pop("account"))
        proposal = actions.propose_profile(
            account_id=account.pk, values=values, at=timezone.now(), actor_id=actor_id(request)
        )
        return _told(proposal, status=201)


class AcceptView(APIView):
    """POST /api/v1/billing-profile-proposals/{id}/accept/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="profile_proposal_accept", request=None, responses=ProfileProposalSerializer)
    def post(self, request: Request, proposal_id: int) -> Response:
        """Take a client's proposal over into its profile."""
        return _told(
            actions.decide_proposal(
                proposal_id=proposal_id, is_accepted=True, reason="", at=timezone.now(), actor_id=actor_id(request)
            )
        )


class DeclineView(APIView):
    """POST /api/v1/billing-profile-proposals/{id}/decline/"""

    permission_classes = [IsBilling]

    @extend_schema(
        operation_id="profile_proposal_decline", request=ProfileReasonSerializer, responses=ProfileProposalSerializer
    )
    def post(self, request: Request, proposal_id: int) -> Response:
        """Decline a client's proposal, with the reason."""
        found = _proposal(proposal_id)
        return _told(
            actions.decide_proposal(
                proposal_id=found.pk,
                is_accepted=False,
                reason=body(request, ProfileReasonSerializer)["reason"],
                at=timezone.now(),
                actor_id=actor_id(request),
            )
        )


class WithdrawView(APIView):
    """POST /api/v1/billing-profile-proposals/{id}/withdraw/"""

    permission_classes = [Proposes]

    @extend_schema(operation_id="profile_proposal_withdraw", request=None, responses=ProfileProposalSerializer)
    def post(self, request: Request, proposal_id: int) -> Response:
        """Take one's own account's proposal back."""
        return _told(
            actions.withdraw_proposal(
                proposal_id=_proposal(proposal_id).pk, at=timezone.now(), actor_id=actor_id(request)
            )
        )

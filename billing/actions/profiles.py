"""Writes of billing profiles: changed by the house, or by what a client proposed once the house takes it over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.actions.drafts import locked_account
from billing.identifiers import tax_id_problem
from billing.models import BillingProfile, ProfileProposal, ProposalState
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.push import push_on_commit
from contactcenter.tenancy.models import Account

ACCOUNT_FIELDS = frozenset({"legal_name", "legal_address", "tax_id", "billing_email"})
PROPOSABLE = ACCOUNT_FIELDS | {"country", "city", "postcode", "registration", "reference", "emails", "language"}
"""What a client may propose; terms of payment, tax treatment and switches are the house's."""


@transaction.atomic
def change_profile(*, account_id: int, values: Mapping[str, Any], actor_id: int | None) -> BillingProfile:
    """Change where and as whom an account receives documents, for those built from now on; what is issued stays.

    Fields of the account (legal name, address, tax number, billing address) are changed with it. Invalid where the tax
    number is not one of its country; NotFound out of reach.
    """
    account = locked_account(account_id)
    BillingProfile.objects.bulk_create([BillingProfile(account=account)], ignore_conflicts=True)
    profile = BillingProfile.objects.select_for_update(of=("self",)).get(account=account)
    changed: dict[str, list[Any]] = {}
    for name, value in values.items():
        row: Account | BillingProfile = account if name in ACCOUNT_FIELDS else profile
        before = getattr(row, name)
        if before != value:
            changed[name] = [before, value]
            setattr(row, name, value)
    if {"tax_id", "country"} & changed.keys():
        check_tax_id(number=account.tax_id, country=profile.country)
    profile.save()
    if ACCOUNT_FIELDS & changed.keys():
        account.save(update_fields=sorted(ACCOUNT_FIELDS & changed.keys()))
    audit.record(
        action="billing_profile.changed", target=profile, actor_id=actor_id, account_id=account.pk, data=changed
    )
    return profile


def check_tax_id(*, number: str, country: str) -> None:
    """Raise Invalid where a tax number cannot be one of that country."""
    problem = tax_id_problem(number=number, country=country)
    if problem:
        raise Invalid(problem, field="tax_id")


@transaction.atomic
def propose_profile(*, account_id: int, values: Mapping[str, Any], at: datetime, actor_id: int) -> ProfileProposal:
    """Propose a change of the account's own profile to the house; a proposal that waits is replaced.

    Invalid for a field that is the house's, a tax number that cannot be, or where nothing would change.
    """
    account = locked_account(account_id)
    for name in values:
        if name not in PROPOSABLE:
            raise Invalid("Only the house changes this.", field=name)
    profile = BillingProfile.objects.filter(account=account).first() or BillingProfile(account=account)
    wanted = {
        name: value
        for name, value in values.items()
        if getattr(account if name in ACCOUNT_FIELDS else profile, name) != value
    }
    if not wanted:
        raise Invalid("Nothing would change.")
    check_tax_id(number=wanted.get("tax_id", account.tax_id), country=wanted.get("country", profile.country))
    ProfileProposal.objects.filter(account=account, state=ProposalState.WAITING).update(
        state=ProposalState.WITHDRAWN, decided_at=at, decided_by_id=actor_id
    )
    proposal = ProfileProposal.objects.create(account=account, values=wanted, proposed_at=at, proposed_by_id=actor_id)
    _note("profile_proposal.made", proposal, actor_id=actor_id)
    return proposal


@transaction.atomic
def decide_proposal(
    *, proposal_id: int, is_accepted: bool, reason: str, at: datetime, actor_id: int
) -> ProfileProposal:
    """Take a proposal over into the profile, or decline it with a reason; Conflict where it is decided."""
    proposal = _waiting(proposal_id)
    if is_accepted:
        change_profile(account_id=proposal.account_id, values=proposal.values, actor_id=actor_id)
    elif not reason.strip():
        raise Invalid("Say why.", field="reason")
    state = ProposalState.ACCEPTED if is_accepted else ProposalState.DECLINED
    return _decided(proposal, state, reason=reason, at=at, actor_id=actor_id)


@transaction.atomic
def withdraw_proposal(*, proposal_id: int, at: datetime, actor_id: int) -> ProfileProposal:
    """Take a proposal back; Conflict where it is decided."""
    return _decided(_waiting(proposal_id), ProposalState.WITHDRAWN, reason="", at=at, actor_id=actor_id)


def _waiting(proposal_id: int) -> ProfileProposal:
    proposal = ProfileProposal.objects.select_for_update(of=("self",)).filter(pk=proposal_id).first()
    if proposal is None:
        raise NotFound("There is no such proposal.")
    if proposal.state != ProposalState.WAITING:
        raise Conflict(f"The proposal is {proposal.get_state_display().lower()} already.")
    return proposal


def _decided(
    proposal: ProfileProposal, state: ProposalState, *, reason: str, at: datetime, actor_id: int
) -> ProfileProposal:
    proposal.state, proposal.decided_at, proposal.decided_by_id = state, at, actor_id
    proposal.reason = reason.strip()
    proposal.save(update_fields=["state", "decided_at", "decided_by", "reason"])
    _note(f"profile_proposal.{state}", proposal, actor_id=actor_id)
    return proposal


def _note(action: str, proposal: ProfileProposal, *, actor_id: int) -> None:
    audit.record(
        action=action,
        target=proposal,
        actor_id=actor_id,
        account_id=proposal.account_id,
        data={"values": proposal.values, "reason": proposal.reason},
    )
    push_on_commit(
        f"books:{proposal.account_id}",
        kind=action,
        account_id=proposal.account_id,
        payload={"id": proposal.pk, "state": proposal.state},
    )

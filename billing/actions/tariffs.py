"""Writes of tariffs and contracts: drafts are edited, put in force once, and then only followed by later versions."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from billing.booked import standing_invoices
from billing.document_fields import TermsError
from billing.models import Contract, Tariff, TariffVersion, VersionState
from billing.terms_document import parse_terms
from billing.terms_writing import terms_document
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.tenancy.doors import open_every_account


def canonical_document(*, document: object) -> dict[str, Any]:
    """Return a tariff document in its canonical form; Invalid naming the first field at fault, and all of them in
    data.
    """
    try:
        return terms_document(terms=parse_terms(document=document))
    except TermsError as error:
        first = error.problems[0]
        raise Invalid(
            str(first),
            field=f"document.{first.field}",
            data={"problems": [{"field": problem.field, "cause": problem.cause} for problem in error.problems]},
        ) from error


@transaction.atomic
def add_tariff(*, name: str, document: object, at: datetime, actor_id: int | None) -> TariffVersion:
    """Create a tariff with its first version as a draft; Conflict where the name is taken, Invalid for a bad
    document.
    """
    canonical = canonical_document(document=document)
    try:
        with transaction.atomic():
            tariff = Tariff.objects.create(name=name, created_at=at)
    except IntegrityError as error:
        raise Conflict(f"There is already a tariff called {name!r}.") from error
    version = TariffVersion.objects.create(
        tariff=tariff, number=1, document=canonical, changed_at=at, changed_by_id=actor_id
    )
    audit.record(action="tariff.added", target=tariff, actor_id=actor_id, data={"name": name})
    return version


@transaction.atomic
def offer_tariff(*, tariff_id: int, is_offered: bool, actor_id: int | None) -> Tariff:
    """Let clients compare their usage under a tariff, or no longer; NotFound for an unknown one."""
    tariff = _locked_tariff(tariff_id)
    if tariff.is_offered != is_offered:
        tariff.is_offered = is_offered
        tariff.save(update_fields=["is_offered"])
        audit.record(action="tariff.offered", target=tariff, actor_id=actor_id, data={"is_offered": is_offered})
    return tariff


@transaction.atomic
def add_draft_version(*, tariff_id: int, document: object | None, at: datetime, actor_id: int | None) -> TariffVersion:
    """Open the next version of a tariff as a draft, a copy of its latest version unless a document is given.

    Conflict where the tariff has a draft already; NotFound for an unknown tariff.
    """
    tariff = _locked_tariff(tariff_id)
    latest = tariff.versions.order_by("-number").first()
    if latest is not None and latest.state == VersionState.DRAFT:
        raise Conflict(f"Version {latest.number} of {tariff.name} is a draft already.", data={"version": latest.pk})
    if document is None and latest is None:
        raise Invalid("The tariff has no version to copy; send a document.", field="document")
    version = TariffVersion.objects.create(
        tariff=tariff,
        number=latest.number + 1 if latest is not None else 1,
        document=canonical_document(document=document) if document is not None else latest.document,  # type: ignore[union-attr]
        changed_at=at,
        changed_by_id=actor_id,
    )
    audit.record(action="tariff.version_added", target=version, actor_id=actor_id, data={"number": version.number})
    return version


@transaction.atomic
def save_draft_version(*, version_id: int, document: object, at: datetime, actor_id: int | None) -> TariffVersion:
    """Replace a draft's document; Conflict where the version is in force, Invalid for a bad document."""
    version = _locked_draft(version_id)
    canonical = canonical_document(document=document)
    before, version.document = version.document, canonical
    version.changed_at = at
    version.changed_by_id = actor_id
    version.save(update_fields=["document", "changed_at", "changed_by"])
    audit.record(action="tariff.version_changed", target=version, actor_id=actor_id, data={"before": before})
    return version


@transaction.atomic
def throw_away_draft(*, version_id: int, actor_id: int | None) -> None:
    """Delete a draft; Conflict where the version is in force."""
    version = _locked_draft(version_id)
    audit.record(
        action="tariff.version_thrown_away", target=version, actor_id=actor_id, data={"document": version.document}
    )
    version.delete()


@transaction.atomic
def put_in_force(*, version_id: int, effective_from: date, at: datetime, actor_id: int | None) -> TariffVersion:
    """Put a draft in force from a day on; from then on nothing can change it.

    Conflict where it is in force already, where a version is in force from that day or a later one, or where a period
    that reaches beyond that day has been invoiced under the tariff. Invalid for a document that is not valid.
    """
    version = _locked_draft(version_id)
    version.document = canonical_document(document=version.document)
    later = TariffVersion.objects.filter(
        tariff_id=version.tariff_id, state=VersionState.IN_FORCE, effective_from__gte=effective_from
    ).first()
    if later is not None:
        raise Conflict(f"Version {later.number} is in force from {later.effective_from}; choose a later day.")
    # every account: a tariff is the house's, its contracts are not only those in the caller's reach
    with open_every_account(reason="a tariff's versions bind all of its accounts"):
        account_ids = list(Contract.objects.filter(tariff_id=version.tariff_id).values_list("account_id", flat=True))
        billed = (
            standing_invoices()
            .filter(account_id__in=account_ids, period_end__gt=effective_from)
            .order_by("-period_end")
            .first()
        )
    if billed is not None:
        raise Conflict(f"{billed.period} has been invoiced; choose {billed.period_end} or later.")
    version.state = VersionState.IN_FORCE
    version.effective_from = effective_from
    version.put_in_force_at = at
    version.changed_at = at
    version.changed_by_id = actor_id
    version.save()
    audit.record(
        action="tariff.version_in_force",
        target=version,
        actor_id=actor_id,
        data={"effective_from": str(effective_from)},
    )
    return version


@transaction.atomic
def sign_contract(
    *,
    account_id: int,
    tariff_id: int,
    starts_on: date,
    ends_on: date | None,
    at: datetime,
    actor_id: int | None,
) -> Contract:
    """Give an account a tariff on [starts_on, ends_on).

    Conflict where the account has a contract on one of the days; Invalid where the end is not after the start; NotFound
    for an unknown tariff.
    """
    if ends_on is not None and ends_on <= starts_on:
        raise Invalid("The contract must end after it starts.", field="ends_on")
    tariff = _locked_tariff(tariff_id)
    try:
        with transaction.atomic():
            contract = Contract.objects.create(
                account_id=account_id, tariff=tariff, starts_on=starts_on, ends_on=ends_on, created_at=at
            )
    except IntegrityError as error:
        raise Conflict("The account has a contract on one of these days already.") from error
    audit.record(
        action="contract.signed",
        target=contract,
        actor_id=actor_id,
        account_id=account_id,
        data={"tariff": tariff_id, "starts_on": str(starts_on), "ends_on": str(ends_on) if ends_on else None},
    )
    return contract


@transaction.atomic
def end_contract(*, contract_id: int, ends_on: date, actor_id: int | None) -> Contract:
    """Let a contract end before ends_on.

    Invalid where that is not after its start; Conflict where days beyond it have been invoiced; NotFound out of reach.
    """
    contract = Contract.objects.select_for_update(of=("self",)).filter(pk=contract_id).first()
    if contract is None:
        raise NotFound("There is no such contract.")
    if ends_on <= contract.starts_on:
        raise Invalid("The contract must end after it starts.", field="ends_on")
    billed = standing_invoices().filter(account_id=contract.account_id, period_end__gt=ends_on).first()
    if billed is not None:
        raise Conflict(f"{billed.period} has been invoiced; the contract cannot end before {billed.period_end}.")
    before, contract.ends_on = contract.ends_on, ends_on
    try:
        with transaction.atomic():
            contract.save(update_fields=["ends_on"])
    except IntegrityError as error:
        raise Conflict("The account has another contract on one of these days.") from error
    audit.record(
        action="contract.ended",
        target=contract,
        actor_id=actor_id,
        account_id=contract.account_id,
        data={"ends_on": str(ends_on), "before": str(before) if before else None},
    )
    return contract


def _locked_tariff(tariff_id: int) -> Tariff:
    tariff = Tariff.objects.select_for_update(of=("self",)).filter(pk=tariff_id).first()
    if tariff is None:
        raise NotFound("There is no such tariff.", field="tariff")
    return tariff


def _locked_draft(version_id: int) -> TariffVersion:
    version = TariffVersion.objects.select_for_update(of=("self",)).filter(pk=version_id).first()
    if version is None:
        raise NotFound("There is no such tariff version.")
    if version.state != VersionState.DRAFT:
        raise Conflict(f"Version {version.number} is in force and never changes; open a new version.")
    return version

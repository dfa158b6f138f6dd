"""A client accepts prices: in the portal, or elsewhere as billing people record it. Nothing of it changes later."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from billing.account_periods import account_in_scope
from billing.booked import standing_invoices
from billing.documents.price_sheet import price_sheet, sheet_hash
from billing.models import AcceptanceSource, Contract, PriceAcceptance, TariffVersion, VersionState
from billing.periods import local_day
from billing.terms_document import parse_terms
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound


@transaction.atomic
def accept_prices(
    *, account_id: int, version_id: int, name: str, content_hash: str, ip: str, at: datetime, actor_id: int
) -> PriceAcceptance:
    """Accept a version of the tariff of one of the account's contracts, as it was read (content_hash).

    It binds from its own first day on, but never before the day of acceptance. Conflict where the sheet is another than
    the one read; Invalid without a name; NotFound for a version that is not in force or not of the account's tariffs.
    """
    account = account_in_scope(account_id=account_id)
    today = local_day(at=at, zone=account.time_zone)
    version = _version_in_force(version_id)
    contracts = Contract.objects.filter(account=account, tariff_id=version.tariff_id)
    if not contracts.exclude(ends_on__lte=today).exists():
        raise NotFound("There is no such price sheet.")
    first = contracts.exclude(ends_on__lte=today).order_by("starts_on").values_list("starts_on", flat=True)[0]
    sheet = price_sheet(terms=parse_terms(document=version.document))
    if sheet_hash(sheet=sheet) != content_hash:
        raise Conflict("The price sheet is not the one you read. Read it again.", field="content_hash")
    return keep_acceptance(
        account_id=account.pk,
        version=version,
        source=AcceptanceSource.PORTAL,
        effective_from=max(today, first, version.effective_from or today),
        name=name,
        sheet=sheet,
        at=at,
        actor_id=actor_id,
        facts={"ip": ip},
    )


@transaction.atomic
def record_acceptance(
    *,
    account_id: int,
    version_id: int,
    effective_from: date,
    name: str,
    evidence: str,
    at: datetime,
    actor_id: int | None,
) -> PriceAcceptance:
    """Record that a client accepted a version elsewhere, on paper say: who it was, where that is kept, from which day.

    Conflict where a period that reaches beyond that day has been invoiced; Invalid without name or evidence.
    """
    if not evidence.strip():
        raise Invalid("Say where the acceptance is kept.", field="evidence")
    account = account_in_scope(account_id=account_id)
    version = _version_in_force(version_id)
    billed = standing_invoices().filter(account=account, period_end__gt=effective_from).order_by("-period_end").first()
    if billed is not None:
        raise Conflict(
            f"{billed.period} has been invoiced; choose {billed.period_end} or later.", field="effective_from"
        )
    return keep_acceptance(
        account_id=account.pk,
        version=version,
        source=AcceptanceSource.RECORDED,
        effective_from=effective_from,
        name=name,
        evidence=evidence,
        sheet=price_sheet(terms=parse_terms(document=version.document)),
        at=at,
        actor_id=actor_id,
    )


def keep_acceptance(
    *,
    account_id: int,
    version: TariffVersion,
    source: AcceptanceSource,
    effective_from: date,
    name: str,
    sheet: dict[str, Any],
    at: datetime,
    actor_id: int | None,
    evidence: str = "",
    quote_id: int | None = None,
    facts: dict[str, Any] | None = None,
) -> PriceAcceptance:
    """Add an acceptance with its audit row, in the caller's transaction; Conflict where there is one of that day."""
    if not name.strip():
        raise Invalid("Name who accepts.", field="name")
    digest = sheet_hash(sheet=sheet)
    try:
        with transaction.atomic():
            acceptance = PriceAcceptance.objects.create(
                account_id=account_id,
                tariff_version=version,
                quote_id=quote_id,
                source=source,
                effective_from=effective_from,
                accepted_at=at,
                accepted_by_id=None if source == AcceptanceSource.RECORDED else actor_id,
                accepted_name=name.strip(),
                evidence=evidence.strip(),
                sheet=sheet,
                sheet_hash=digest,
            )
    except IntegrityError as error:
        raise Conflict(f"These prices are accepted from {effective_from} already.") from error
    audit.record(
        action="prices.accepted",
        target=acceptance,
        actor_id=actor_id,
        account_id=account_id,
        data={
            "source": str(source),
            "version": version.pk,
            "effective_from": str(effective_from),
            "name": name.strip(),
            "hash": digest,
            **(facts or {}),
        },
    )
    return acceptance


def _version_in_force(version_id: int) -> TariffVersion:
    version = TariffVersion.objects.filter(pk=version_id, state=VersionState.IN_FORCE).first()
    if version is None:
        raise NotFound("There is no such version in force.", field="version")
    return version

"""Which price sheets concern an account: those of its contracts' tariff versions.

Every function runs inside an account scope that its caller has opened.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from billing.models import Contract, TariffVersion, VersionState
from contactcenter.tenancy.models import Account


@dataclass(frozen=True, slots=True)
class AccountSheet:
    """A version of a contract's tariff: its prices hold from that day on, `is_current` while they do."""

    version: TariffVersion
    holds_from: date
    is_current: bool


def account_sheets(*, account: Account, on: date) -> list[AccountSheet]:
    """Return the sheets of the account's contracts that hold on a day, and of what comes after, newest first."""
    contracts = Contract.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on), account=account)
    found: list[AccountSheet] = []
    versions = (
        TariffVersion.objects.filter(state=VersionState.IN_FORCE, tariff__contracts__in=contracts)
        .select_related("tariff")
        .distinct()
        .order_by("effective_from")
    )
    by_tariff: dict[int, list[TariffVersion]] = {}
    for version in versions:
        by_tariff.setdefault(version.tariff_id, []).append(version)
    for contract in contracts.order_by("starts_on"):
        for version, after in _with_next(by_tariff.get(contract.tariff_id, [])):
            if version.effective_from is None or (after is not None and after <= max(on, contract.starts_on)):
                continue
            holds_from = max(version.effective_from, contract.starts_on)
            if contract.ends_on is None or holds_from < contract.ends_on:
                found.append(AccountSheet(version=version, holds_from=holds_from, is_current=holds_from <= on))
    return sorted(found, key=lambda sheet: sheet.holds_from, reverse=True)


def _with_next(versions: list[TariffVersion]) -> list[tuple[TariffVersion, date | None]]:
    ends = [version.effective_from for version in versions[1:]]
    return list(zip(versions, [*ends, None], strict=True))

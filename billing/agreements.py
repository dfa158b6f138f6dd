"""Which price sheets concern an account: those that bind it by its contracts, and those that wait for its acceptance.

Every function runs inside an account scope that its caller has opened.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from billing.agreed import Accepted, binding_days
from billing.documents.price_sheet import price_sheet, sheet_hash
from billing.models import Contract, PriceAcceptance, TariffVersion, VersionState
from billing.segments import VersionDays
from billing.terms_document import parse_terms
from contactcenter.tenancy.models import Account


@dataclass(frozen=True, slots=True)
class AccountSheet:
    """A version of a contract's tariff: its prices hold from that day on, `is_current` while they do.

    acceptance: that of the account, None while it waits for one; nothing of such a version is charged.
    """

    version: TariffVersion
    holds_from: date
    is_current: bool
    acceptance: PriceAcceptance | None

    def content(self) -> tuple[dict[str, Any], str]:
        """Return the sheet with its hash: as it was accepted, else as it is offered."""
        made = price_sheet(terms=parse_terms(document=self.version.document))
        if self.acceptance is None:
            return made, sheet_hash(sheet=made)
        # what was imported has no words of its own
        sheet = self.acceptance.sheet
        return (sheet if "texts" in sheet else {**sheet, "texts": made["texts"]}), self.acceptance.sheet_hash


def account_sheets(*, account: Account, on: date) -> list[AccountSheet]:
    """Return the sheets that hold by the account's contracts on a day, to come, or that wait, newest first."""
    contracts = Contract.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on), account=account)
    versions = TariffVersion.objects.filter(state=VersionState.IN_FORCE, tariff__contracts__in=contracts)
    by_id = {version.pk: version for version in versions.select_related("tariff").distinct()}
    acceptances = list(PriceAcceptance.objects.filter(account=account).order_by("effective_from", "pk"))
    found: list[AccountSheet] = []
    for contract in contracts.order_by("starts_on"):
        known = sorted(
            (
                VersionDays(version_id=version.pk, effective_from=version.effective_from)
                for version in by_id.values()
                if version.tariff_id == contract.tariff_id and version.effective_from is not None
            ),
            key=lambda version: version.effective_from,
        )
        accepted = [Accepted(row.tariff_version_id, row.effective_from) for row in acceptances]
        bound = binding_days(versions=known, accepted=accepted)
        ends = [*(version.effective_from for version in bound[1:]), contract.ends_on]
        for days, end in zip(bound, ends, strict=True):
            if end is not None and end <= max(on, contract.starts_on):
                continue
            holds_from = max(days.effective_from, contract.starts_on)
            acceptance = next(
                (
                    row
                    for row in reversed(acceptances)
                    if row.tariff_version_id == days.version_id and row.effective_from <= holds_from
                ),
                None,
            )
            found.append(AccountSheet(by_id[days.version_id], holds_from, holds_from <= on, acceptance))
        last = max((by_id[days.version_id].number for days in bound), default=0)
        for days in known:
            if by_id[days.version_id].number > last:
                holds_from = max(days.effective_from, contract.starts_on, on)
                found.append(AccountSheet(by_id[days.version_id], holds_from, is_current=False, acceptance=None))
    return sorted(found, key=lambda sheet: (sheet.holds_from, sheet.version.number), reverse=True)

"""Which periods an account has, and the contracts and versions of its tariffs that lie in them.

Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q

from billing.accepted import accepted_versions
from billing.agreed import Accepted, binding_days
from billing.models import Contract, TariffVersion, VersionState
from billing.periods import (
    CYCLE_DAYS,
    Cycle,
    Period,
    cycle_period,
    cycles_from,
    days_period,
    local_day,
    month_of,
    month_period,
)
from billing.segments import ContractDays, VersionDays, Window, plan_windows
from billing.terms import TariffTerms
from billing.terms_document import parse_terms
from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.models import Account
from contactcenter.tenancy.queries import accounts_in_scope


def account_in_scope(*, account_id: int) -> Account:
    """Return an account within reach; NotFound for any other."""
    account = accounts_in_scope().filter(pk=account_id).first()
    if account is None:
        raise NotFound("There is no such account.", field="account")
    return account


def account_period(*, account: Account, label: str) -> Period:
    """Return the account's month, or its 28-day cycle by its first day, in its own zone; PeriodError where the text
    names neither.
    """
    cycle = Cycle.DAYS_28 if len(label) == len("2026-06-01") else Cycle.MONTH
    return cycle_period(cycle=cycle, label=label, zone=account.time_zone)


@dataclass(frozen=True, slots=True)
class BoundContracts:
    """Contracts of an account in order of their days, as they bind it, and the versions of their tariffs by id."""

    contracts: tuple[ContractDays, ...] = ()
    versions: Mapping[int, TariffVersion] = field(default_factory=dict)

    def cycle_of(self, contract: ContractDays) -> Cycle:
        """The version of its first day says how a contract is billed: its cycles go on from that day."""
        if not contract.versions:
            return Cycle.MONTH
        version_id = contract.version_on(contract.starts_on) or contract.versions[0].version_id
        # the form in which versions are kept names the cycle unless it is the month
        return Cycle(self.versions[version_id].document.get("cycle", Cycle.MONTH))

    def billed_by(self, period: Period) -> list[ContractDays]:
        """Return those that a period bills: a month the monthly ones, a 28-day cycle those whose cycle it is."""
        return [contract for contract in self.contracts if self._is_billed_by(contract, period)]

    def windows(self, period: Period) -> list[Window]:
        """Return the days of a period under the contracts that it bills."""
        return plan_windows(period=period, contracts=self.billed_by(period))

    def windows_elsewhere(self, period: Period) -> list[Window]:
        """Return the days of a period under contracts that other periods bill."""
        others = [contract for contract in self.contracts if not self._is_billed_by(contract, period)]
        return plan_windows(period=period, contracts=others)

    def labels(self, month: Period) -> list[str]:
        """Return the periods that a run of a month bills: the month where any contract is billed by months, or none is
        known, and the 28-day cycles of the contracts that end in it. What begins later does not count.
        """
        begun = [contract for contract in self.contracts if contract.starts_on < month.ends_on]
        labels: list[str] = []
        is_monthly = False
        for contract in begun:
            if self.cycle_of(contract) is Cycle.MONTH:
                is_monthly |= contract.ends_on is None or contract.ends_on > month.starts_on
                continue
            for cycle in cycles_from(starts_on=contract.starts_on, until=month.ends_on, zone=month.zone):
                if cycle.ends_on > month.starts_on and (contract.ends_on is None or cycle.starts_on < contract.ends_on):
                    labels.append(cycle.label)
        return [month.label, *labels] if is_monthly or not labels else labels

    def _is_billed_by(self, contract: ContractDays, period: Period) -> bool:
        if self.cycle_of(contract) is not period.cycle:
            return False
        return period.cycle is Cycle.MONTH or (period.starts_on - contract.starts_on).days % CYCLE_DAYS == 0


def current_period(*, account: Account, at: datetime) -> Period:
    """Return the month, or the 28-day cycle of its contract, in which an instant falls for an account."""
    day = local_day(at=at, zone=account.time_zone)
    found = bound_contracts(account=account, starts_on=day, ends_on=day + timedelta(days=1))
    for contract in found.contracts:
        if found.cycle_of(contract) is Cycle.DAYS_28:
            begun = (day - contract.starts_on).days // CYCLE_DAYS * CYCLE_DAYS
            first = contract.starts_on + timedelta(days=begun)
            return days_period(label=first.isoformat(), zone=account.time_zone)
    return month_of(at=at, zone=account.time_zone)


def period_labels(*, account: Account, month: str) -> list[str]:
    """Return the periods that a run of a month bills for an account, as BoundContracts.labels. PeriodError where the
    text is no month.
    """
    period = month_period(label=month, zone=account.time_zone)
    return contracts_ending_from(account=account, month=period, until=period.ends_on).labels(period)


def contracts_ending_from(*, account: Account, month: Period, until: date) -> BoundContracts:
    """Return the contracts by which the runs of a month and of those after it, up to a day, bill an account."""
    # the last cycle of a contract that has ended may end in the month after
    return bound_contracts(account=account, starts_on=month.starts_on - timedelta(days=CYCLE_DAYS), ends_on=until)


def period_contracts(*, account: Account, period: Period) -> BoundContracts:
    """Return the account's contracts that share a day with a period, whether it bills them or another does."""
    return bound_contracts(account=account, starts_on=period.starts_on, ends_on=period.ends_on)


def bound_contracts(*, account: Account, starts_on: date, ends_on: date) -> BoundContracts:
    """Return the account's contracts that share a day with [starts_on, ends_on), by the versions that it accepted."""
    rows = list(
        Contract.objects.filter(account=account, starts_on__lt=ends_on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=starts_on))
        .order_by("starts_on", "id")
    )
    if not rows:
        return BoundContracts()
    tariffs = {row.tariff_id for row in rows}
    in_force = TariffVersion.objects.filter(tariff_id__in=tariffs, state=VersionState.IN_FORCE)
    versions = list(in_force.order_by("effective_from"))
    accepted = accepted_versions(account_id=account.pk)
    return BoundContracts(
        contracts=tuple(_contract_days(row, versions, accepted) for row in rows),
        versions={version.pk: version for version in versions},
    )


def _contract_days(contract: Contract, versions: Sequence[TariffVersion], accepted: Sequence[Accepted]) -> ContractDays:
    known = [
        VersionDays(version_id=version.pk, effective_from=version.effective_from)
        for version in versions
        if version.tariff_id == contract.tariff_id and version.effective_from is not None
    ]
    return ContractDays(
        contract_id=contract.pk,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        versions=binding_days(versions=known, accepted=accepted),
    )


def terms_on(*, account: Account, day: date) -> TariffTerms | None:
    """Return the terms that bind an account on a day by its contract; None without contract or version."""
    found = bound_contracts(account=account, starts_on=day, ends_on=day + timedelta(days=1))
    version_id = found.contracts[0].version_on(day) if found.contracts else None
    return parse_terms(document=found.versions[version_id].document) if version_id is not None else None


def version_in_force(*, tariff_id: int, on: date) -> TariffVersion | None:
    """Return the version whose terms hold on a day, if any."""
    return (
        TariffVersion.objects.filter(tariff_id=tariff_id, state=VersionState.IN_FORCE, effective_from__lte=on)
        .order_by("-effective_from")
        .first()
    )

"""Which periods an account has, and the contracts and versions of its tariffs that lie in them.

Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Q

from billing.models import (
    Contract,
    TariffVersion,
    VersionState,
)
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


def current_period(*, account: Account, at: datetime) -> Period:
    """Return the month, or the 28-day cycle of its contract, in which an instant falls for an account."""
    month = month_of(at=at, zone=account.time_zone)
    day = local_day(at=at, zone=account.time_zone)
    contracts = [found for found in contracts_in_period(account=account, period=month) if found.starts_on <= day]
    contracts = [found for found in contracts if found.ends_on is None or day < found.ends_on]
    versions = versions_by_tariff(tariff_ids={contract.tariff_id for contract in contracts})
    for contract in contracts:
        if _is_in_cycles(versions.get(contract.tariff_id, [])):
            begun = (day - contract.starts_on).days // CYCLE_DAYS * CYCLE_DAYS
            first = contract.starts_on + timedelta(days=begun)
            return days_period(label=first.isoformat(), zone=account.time_zone)
    return month


def _is_in_cycles(versions: Sequence[TariffVersion]) -> bool:
    """The first version says how a contract is billed: in cycles of 28 days from its first day, or by months."""
    known = sorted(versions, key=lambda version: str(version.effective_from))
    return bool(known) and parse_terms(document=known[0].document).cycle is Cycle.DAYS_28


def period_labels(*, account: Account, month: str) -> list[str]:
    """Return the periods that a run of a month bills for an account: the month, or the 28-day cycles of its contract
    that end in it. PeriodError where the text is no month.
    """
    period = month_period(label=month, zone=account.time_zone)
    contracts = contracts_in_period(account=account, period=period)
    versions = versions_by_tariff(tariff_ids={contract.tariff_id for contract in contracts})
    labels: list[str] = []
    for contract in contracts:
        known = sorted(
            (version for version in versions.get(contract.tariff_id, []) if version.effective_from is not None),
            key=lambda version: str(version.effective_from),
        )
        # the first version says how a contract is billed: its cycles go on from its first day
        if known and parse_terms(document=known[0].document).cycle is Cycle.DAYS_28:
            cycles = cycles_from(starts_on=contract.starts_on, until=period.ends_on, zone=account.time_zone)
            labels += [cycle.label for cycle in cycles if cycle.ends_on > period.starts_on]
    return labels or [month]


def contracts_in_period(*, account: Account, period: Period) -> list[Contract]:
    """Return the account's contracts that share a day with the period, in order."""
    return list(
        Contract.objects.filter(account=account, starts_on__lt=period.ends_on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=period.starts_on))
        .order_by("starts_on", "id")
    )


def terms_on(*, account: Account, day: date) -> TariffTerms | None:
    """Return the terms that an account's contract gives it on a day; None without contract or version."""
    contract = (
        Contract.objects.filter(account=account, starts_on__lte=day)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))
        .first()
    )
    version = version_in_force(tariff_id=contract.tariff_id, on=day) if contract is not None else None
    return parse_terms(document=version.document) if version is not None else None


def version_in_force(*, tariff_id: int, on: date) -> TariffVersion | None:
    """Return the version whose terms hold on a day, if any."""
    return (
        TariffVersion.objects.filter(tariff_id=tariff_id, state=VersionState.IN_FORCE, effective_from__lte=on)
        .order_by("-effective_from")
        .first()
    )


def versions_by_tariff(*, tariff_ids: Iterable[int]) -> dict[int, list[TariffVersion]]:
    found: dict[int, list[TariffVersion]] = {}
    for version in TariffVersion.objects.filter(tariff_id__in=list(tariff_ids), state=VersionState.IN_FORCE):
        found.setdefault(version.tariff_id, []).append(version)
    return found

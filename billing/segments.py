"""Which tariff version holds on which days of a period: contracts and versions laid over the calendar. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from billing.periods import Period, local_midnight


@dataclass(frozen=True, slots=True)
class VersionDays:
    """A tariff version and the first day of its terms; they hold until the next version's first day."""

    version_id: int
    effective_from: date


@dataclass(frozen=True, slots=True)
class ContractDays:
    """A contract's days [starts_on, ends_on), ends_on None meaning open, and the versions of its tariff."""

    contract_id: int
    starts_on: date
    ends_on: date | None
    versions: tuple[VersionDays, ...]

    def version_on(self, day: date) -> int | None:
        """Return the version that holds on a day, None before the first."""
        held = [version for version in self.versions if version.effective_from <= day]
        return max(held, key=lambda version: version.effective_from).version_id if held else None


@dataclass(frozen=True, slots=True)
class Window:
    """Days [starts_on, ends_on) of a period under one version. is_first: the contract begins on its first day."""

    contract_id: int
    version_id: int
    starts_on: date
    ends_on: date
    zone: str
    share: Fraction
    is_first: bool

    @property
    def key(self) -> str:
        """The window's days as text, inclusive: 2026-06-01/2026-06-30."""
        last = date.fromordinal(self.ends_on.toordinal() - 1)
        return f"{self.starts_on}/{last}"

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The window as instants [start, end) in UTC."""
        return local_midnight(day=self.starts_on, zone=self.zone), local_midnight(day=self.ends_on, zone=self.zone)


def plan_windows(*, period: Period, contracts: Iterable[ContractDays]) -> list[Window]:
    """Return the windows of a period in order. Days without a contract, or before its first version, are in none."""
    windows: list[Window] = []
    for contract in sorted(contracts, key=lambda contract: contract.starts_on):
        first = max(period.starts_on, contract.starts_on)
        end = min(period.ends_on, contract.ends_on or period.ends_on)
        versions = sorted(contract.versions, key=lambda version: version.effective_from)
        for version, until in _version_days(versions=versions, end=end):
            starts_on, ends_on = max(first, version.effective_from), min(end, until)
            if starts_on < ends_on:
                windows.append(
                    Window(
                        contract_id=contract.contract_id,
                        version_id=version.version_id,
                        starts_on=starts_on,
                        ends_on=ends_on,
                        zone=period.zone,
                        share=period.share(starts_on=starts_on, ends_on=ends_on),
                        is_first=starts_on == max(contract.starts_on, versions[0].effective_from),
                    )
                )
    return windows


def _version_days(*, versions: Sequence[VersionDays], end: date) -> Iterable[tuple[VersionDays, date]]:
    for index, version in enumerate(versions):
        yield version, versions[index + 1].effective_from if index + 1 < len(versions) else end

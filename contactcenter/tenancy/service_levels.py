"""By what an account's service level is measured on which day."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from contactcenter.kernel.errors import Invalid
from contactcenter.tenancy.models import Account, FormerServiceLevel


@dataclass(frozen=True, slots=True)
class Terms:
    """The formula, the threshold in seconds and the target in percent that a contract names."""

    formula: str
    seconds: int
    percent: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """The terms of an account: those of now, and the former ones, each with the day on which it no longer held."""

    now: Terms
    former: tuple[tuple[date, Terms], ...] = ()

    def on(self, day: date) -> Terms:
        """The terms of a local day."""
        place = bisect_right([until for until, _ in self.former], day)
        return self.former[place][1] if place < len(self.former) else self.now

    @property
    def seconds(self) -> list[int]:
        """Every threshold that ever held, ascending."""
        return sorted({self.now.seconds, *(terms.seconds for _, terms in self.former)})


def agreement_of(*, account: Account) -> Agreement:
    """Return what the account's service level is and was measured by."""
    rows = FormerServiceLevel.objects.filter(account=account).order_by("until_on")
    former = tuple((row.until_on, Terms(row.formula, row.seconds, row.percent)) for row in rows)
    return Agreement(_now(account), former)


def keep_former(*, account: Account, before: Agreement, starts_on: date, today: date) -> None:
    """Remember what held before `starts_on`, from which day on the account's present terms hold.

    Within the transaction that saved the account. What was agreed for later days than `starts_on` gives way. Raises
    Invalid for a day that is still to come.
    """
    if starts_on > today:
        raise Invalid(
            "A service level is changed on the day from which it holds, or later.", field="service_level_from"
        )
    held = before.on(starts_on - timedelta(days=1))
    FormerServiceLevel.objects.filter(account=account, until_on__gte=starts_on).delete()
    if held != _now(account):
        FormerServiceLevel.objects.create(
            account=account, until_on=starts_on, formula=held.formula, seconds=held.seconds, percent=held.percent
        )


def _now(account: Account) -> Terms:
    return Terms(account.service_level_formula, account.service_level_seconds, account.service_level_percent)

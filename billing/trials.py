"""A month of real usage priced under terms that are not in force yet."""

from dataclasses import dataclass

from billing.account_periods import version_in_force
from billing.linter import lint_terms
from billing.models import (
    TariffVersion,
)
from billing.periods import (
    Period,
)
from billing.pricing import Bill, Segment, price_period
from billing.queries import usage_in_period
from billing.terms import TariffTerms
from billing.terms_document import parse_terms
from contactcenter.tenancy.models import Account


@dataclass(frozen=True, slots=True)
class Trial:
    """An account's month under a version or document: the bill, how many contacts, and the bill of the one in force."""

    bill: Bill
    contacts: int
    in_force: TariffVersion | None
    in_force_bill: Bill | None
    warnings: tuple[dict[str, str], ...]


def try_terms(*, terms: TariffTerms, tariff_id: int, account: Account, period: Period) -> Trial:
    """Price a month of real usage under terms and under the tariff's version in force, whole month, nothing prorated.

    The set-up fee is left out of both: it is not of a month. The engine is that of the invoices.
    """
    usage = usage_in_period(account=account, period=period)
    in_force = version_in_force(tariff_id=tariff_id, on=period.ends_on)
    before = parse_terms(document=in_force.document) if in_force is not None else None

    def bill(tried: TariffTerms) -> Bill:
        segment = Segment(
            terms=tried,
            usage=usage,
            key=period.label,
            zone=period.zone,
            starts_on=period.starts_on,
            ends_on=period.ends_on,
        )
        return price_period(segments=[segment])

    return Trial(
        bill=bill(terms),
        contacts=sum(1 for contact in usage if contact.channel),
        in_force=in_force,
        in_force_bill=bill(before) if before else None,
        warnings=tuple(warning.as_dict() for warning in lint_terms(terms=terms, before=before)),
    )

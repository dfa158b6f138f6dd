"""A period's usage under the house's other offered tariffs, beside the account's own: read from rated hours, priced by
the one engine.

Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from billing.account_periods import period_contracts
from billing.document_fields import TermsError
from billing.forecast_queries import Outlook, first_full_day
from billing.forecasting import PROFILE_DAYS, Moment, profile_days
from billing.models import Contract, Tariff, TariffVersion, VersionState
from billing.period_sums import INLINE_LINES, HoursBeingBuilt, NeedsContacts, period_sums
from billing.periods import Period, local_day
from billing.pricing import Bill, LineKind, Segment
from billing.queries import PlannedPeriod, planned_period
from billing.terms import TariffTerms, Timing
from billing.terms_document import parse_terms
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.tenancy.models import Account

MOST = 8
"""So many other tariffs are compared, by name: each keeps hours of its own that grow with the usage."""
PARTS = {
    LineKind.USAGE: "usage",
    LineKind.SURCHARGE: "usage",
    LineKind.DISCOUNT: "discounts",
    LineKind.CAP: "discounts",
    LineKind.CREDIT: "discounts",
    LineKind.TRUE_UP: "minimum",
}


@dataclass(frozen=True, slots=True)
class _Priced:
    """A period under one version: by now and, where there is a forecast, at its end; contacts that no rate fits."""

    so_far: Bill
    expected: Bill | None
    unpriced: int

    @property
    def compared(self) -> Bill:
        return self.expected or self.so_far


def compare_tariffs(
    *, account: Account, period: Period, at: datetime, most: int | None = INLINE_LINES
) -> dict[str, Any]:
    """Return the account's tariff and the other offered ones as JSON values, each for the whole period, nothing
    prorated, set-up fees left out; difference and its parts are against the own tariff, of the end of the period where
    it is forecast.

    A row's state: ready, own, being_built (a worker adds the hours up), needs_contacts, other_currency, other_cycle.
    NothingToBill where the account has no tariff in the period.
    """
    plan = planned_period(account=account, period=period)
    own = plan.segments[-1].terms
    days = period_contracts(account=account, period=period).billed_by(period)[-1]
    contract = Contract.objects.select_related("tariff").get(pk=days.contract_id)
    try:
        base: _Priced | None = _priced(account=account, period=period, terms=own, at=at, most=most)
        state = "own"
    except NeedsContacts:
        base, state = None, "needs_contacts"
    except HoursBeingBuilt:
        base, state = None, "being_built"
    rows = [_row(name=contract.tariff.name, tariff_id=contract.tariff_id, version=None, state=state, priced=base)]
    waits = state == "being_built"
    for version in _offered(on=min(local_day(at=at, zone=period.zone), period.ends_on), without=contract.tariff_id):
        priced, state = None, "ready"
        try:
            terms = parse_terms(document=version.document)
            if terms.currency != own.currency:
                state = "other_currency"
            elif terms.cycle is not own.cycle:
                state = "other_cycle"
            elif base is not None:
                priced = _priced(account=account, period=period, terms=terms, at=at, most=most)
        except (NeedsContacts, TermsError):
            state = "needs_contacts"
        except HoursBeingBuilt:
            state, waits = "being_built", True
        if priced is None and state == "ready":
            state = rows[0]["state"]
        rows.append(
            _row(name=version.tariff.name, tariff_id=version.tariff_id, version=version, state=state, priced=priced)
            | _difference(base, priced)
        )
    if waits:
        enqueue_on_commit("billing.build_comparison", account_id=account.pk)
    is_expected = base is not None and base.expected is not None
    return {
        "account": account.pk,
        "period": period.label,
        "currency": own.currency,
        "is_expected": is_expected,
        "as_of": at,
        "tariffs": rows,
    }


def _offered(*, on: date, without: int) -> list[TariffVersion]:
    """The versions in force on a day of the offered tariffs, by name."""
    tariffs = Tariff.objects.filter(is_active=True, is_offered=True).exclude(pk=without).order_by("name")
    versions: dict[int, TariffVersion] = {}
    found = TariffVersion.objects.filter(
        tariff__in=tariffs[:MOST].values("pk"), state=VersionState.IN_FORCE, effective_from__lte=on
    )
    for version in found.select_related("tariff").order_by("effective_from"):
        versions[version.tariff_id] = version
    return sorted(versions.values(), key=lambda version: version.tariff.name)


def _priced(*, account: Account, period: Period, terms: TariffTerms, at: datetime, most: int | None) -> _Priced:
    # what would have been charged in advance belongs to the period all the same
    whole = replace(terms, fees=tuple(replace(fee, timing=Timing.ARREARS) for fee in terms.fees))
    segment = Segment(
        terms=whole,
        usage=(),
        key=period.label,
        zone=period.zone,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
    )
    today = local_day(at=at, zone=period.zone)
    sums = period_sums(
        account=account,
        period=period,
        plan=PlannedPeriod(segments=(segment,)),
        on=today,
        back=timedelta(days=PROFILE_DAYS),
        most=most,
    )
    expected = None
    if period.starts_at <= at < period.ends_at:
        first = first_full_day(shape=sums.shapes[0])
        days = profile_days(first=first, starts_on=period.starts_on)
        local = at.astimezone(ZoneInfo(period.zone))
        part = Fraction(local.minute * 60 + local.second, 3600)
        moment = Moment(period.starts_on, period.ends_on, today, local.hour, part)
        outlook = (
            Outlook.of(sums=sums, moment=moment, first=first, days=days, period=period, with_band=False)
            if first and days
            else None
        )
        expected = outlook.bill() if outlook else None
    return _Priced(so_far=sums.bill, expected=expected, unpriced=sums.unpriced)


def _row(
    *, name: str, tariff_id: int, version: TariffVersion | None, state: str, priced: _Priced | None
) -> dict[str, Any]:
    bill = priced.compared if priced else None
    return {
        "tariff": tariff_id,
        "name": name,
        "version": version.pk if version else None,
        "state": state,
        "so_far": _net(priced.so_far) if priced else None,
        "expected": _net(priced.expected) if priced and priced.expected else None,
        "net": _net(bill) if bill else None,
        "unpriced": priced.unpriced if priced else 0,
        "difference": None,
        "reason": "",
        "parts": [],
    }


def _difference(base: _Priced | None, priced: _Priced | None) -> dict[str, Any]:
    """What a tariff costs more (above 0) or less than the own, part by part; the reason is the part that says most."""
    if base is None or priced is None:
        return {}
    own, other = _by_part(base.compared), _by_part(priced.compared)
    bill = priced.compared
    parts = {part: other.get(part, 0) - own.get(part, 0) for part in ("usage", "fees", "minimum", "discounts")}
    total = sum(parts.values())
    # the part that goes furthest in the direction of the whole
    reason = max(parts, key=lambda part: parts[part] * (1 if total > 0 else -1)) if total else ""
    return {
        "difference": str(bill.money(units=total)),
        "reason": reason,
        "parts": [{"part": part, "difference": str(bill.money(units=units))} for part, units in parts.items() if units],
    }


def _by_part(bill: Bill) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in _without_set_up(bill):
        part = PARTS.get(line.kind, "fees")
        found[part] = found.get(part, 0) + line.units
    return found


def _without_set_up(bill: Bill) -> Iterable[Any]:
    return (line for line in bill.lines if line.kind is not LineKind.SET_UP)


def _net(bill: Bill) -> str:
    return str(bill.money(units=sum(line.units for line in _without_set_up(bill))))

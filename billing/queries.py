"""Reads: the bill of an account's period through the one engine, tariffs in force, costs of contacts.

Every function runs inside an account scope that its caller has opened.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from billing.accepted import accepted_versions
from billing.add_ons import with_agreed
from billing.agreed import Accepted, binding_days
from billing.document_fields import TermsError
from billing.explanation import CONTACT_RULES, seconds_text, told_classes
from billing.linter import lint_terms
from billing.models import (
    Contract,
    CreditReason,
    DocumentKind,
    Invoice,
    InvoiceLine,
    InvoiceLineUsage,
    TariffVersion,
    UsageLine,
    VersionState,
)
from billing.money import money_text, units_from_decimal
from billing.periods import (
    CYCLE_DAYS,
    Cycle,
    Period,
    cycle_period,
    cycles_from,
    days_period,
    following_period,
    local_day,
    month_of,
    month_period,
)
from billing.pricing import Bill, MixedCurrencies, Segment, price_period
from billing.segments import ContractDays, VersionDays, Window, plan_windows
from billing.snapshot import ahead_document, price_documents, restore_segment, segment_document
from billing.terms import TariffTerms, TimeClass, Timing
from billing.terms_document import parse_terms
from billing.terms_writing import terms_document
from billing.usage import FACTS, Usage, usage_from_row
from contactcenter.kernel.errors import DomainError, NotFound
from contactcenter.tenancy.models import Account
from contactcenter.tenancy.queries import accounts_in_scope


class NothingToBill(DomainError):
    """The account has no tariff in the period, and no usage that would need one."""

    code = "no_contract"
    status = 409


class UsageWithoutTariff(DomainError):
    """The account was served on days that no contract or version covers; nothing is billed until one does."""

    code = "usage_without_tariff"
    status = 409


class Unbillable(DomainError):
    """The versions of the period do not go together, such as prices in two currencies."""

    code = "unbillable"
    status = 409


@dataclass(frozen=True, slots=True)
class AccountBill:
    """A priced period of an account: the bill, and the terms of each segment as they are snapshotted."""

    account: Account
    period: Period
    bill: Bill
    segments: tuple[dict[str, Any], ...]
    usage: Mapping[str, Sequence[Usage]]


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
    versions = _versions_by_tariff(tariff_ids={contract.tariff_id for contract in contracts})
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
    versions = _versions_by_tariff(tariff_ids={contract.tariff_id for contract in contracts})
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


def account_bill(*, account: Account, period: Period) -> AccountBill:
    """Return what the period costs so far, by the versions in force on its days: accrual, draft and invoice alike.

    NothingToBill without contract and usage; UsageWithoutTariff where usage falls on days without one; Unbillable where
    the versions of the period do not go together.
    """
    windows, version_by_id = _plan(account=account, period=period)
    usage = usage_in_period(account=account, period=period)
    by_window, uncovered = _spread(windows=windows, usage=usage)
    if uncovered:
        first = uncovered[0].started_at
        raise UsageWithoutTariff(
            f"{len(uncovered)} contacts of {account.name} in {period.label} fall on days without a tariff, the first "
            f"at {first:%Y-%m-%d %H:%M} UTC.",
            data={"contacts": len(uncovered)},
        )
    if not windows:
        raise NothingToBill(f"{account.name} has no tariff in {period.label}.")
    try:
        segments = _segments(windows=windows, usage=by_window, versions=version_by_id)
        segments = _agreed(segments, account=account, period=period)
        documents = _documents(windows=windows, segments=segments, versions=version_by_id)
        if any(fee.timing is Timing.ADVANCE for segment in segments for fee in segment.terms.fees):
            documents[0]["paid_ahead"] = _paid_ahead(account=account, period=period, digits=segments[0].digits)
            documents += _ahead(account=account, period=period, windows=windows)
        priced = {segment.key: segment.usage for segment in segments}
        bill = price_documents(documents=documents, usage=priced)
    except (MixedCurrencies, TermsError) as error:
        raise Unbillable(f"{account.name} cannot be billed for {period.label}: {error}.") from error
    return AccountBill(account=account, period=period, bill=bill, segments=tuple(documents), usage=priced)


def _documents(
    *, windows: Sequence[Window], segments: Sequence[Segment], versions: Mapping[int, TariffVersion]
) -> list[dict[str, Any]]:
    return [
        segment_document(
            segment=segment,
            contract_id=window.contract_id,
            version_id=window.version_id,
            version_number=versions[window.version_id].number,
        )
        for window, segment in zip(windows, segments, strict=True)
    ]


def _ahead(*, account: Account, period: Period, windows: Sequence[Window]) -> list[dict[str, Any]]:
    """The next period under the contracts that have begun by now, for fees in advance."""
    after = following_period(period=period)
    begun = {window.contract_id for window in windows}
    contracts = [found for found in contracts_in_period(account=account, period=after) if found.pk in begun]
    versions = _versions_by_tariff(tariff_ids={contract.tariff_id for contract in contracts})
    accepted = accepted_versions(account_id=account.pk)
    ahead = plan_windows(
        period=after, contracts=[_contract_days(contract, versions, accepted) for contract in contracts]
    )
    by_id = {version.pk: version for found in versions.values() for version in found}
    segments = _segments(windows=ahead, usage=[[] for _ in ahead], versions=by_id)
    return [
        ahead_document(document=document) for document in _documents(windows=ahead, segments=segments, versions=by_id)
    ]


def _paid_ahead(*, account: Account, period: Period, digits: int) -> dict[str, int]:
    """What the bill of the period before charges in advance for this one, be it a draft still; nothing of a bill that
    was cancelled.
    """
    before = (
        Invoice.objects.filter(account=account, kind=DocumentKind.INVOICE, period_end=period.starts_on)
        .exclude(credit_notes__reason_code=CreditReason.CANCELLATION)
        .order_by("-revision")
        .first()
    )
    lines = InvoiceLine.objects.filter(invoice=before, explanation__in_advance=True) if before is not None else []
    paid: dict[str, int] = {}
    for line in lines:
        paid[line.code] = paid.get(line.code, 0) + units_from_decimal(amount=line.amount, digits=digits)
    return paid


@dataclass(frozen=True, slots=True)
class PlannedPeriod:
    """How contracts and versions lay out a period, without any usage; what price_totals needs beside the sums."""

    segments: tuple[Segment, ...]
    following: tuple[Segment, ...] = ()
    paid_ahead: Mapping[str, int] | None = None

    @property
    def plan(self) -> str:
        """A text that differs wherever terms, days or what was paid ahead differ."""
        said = [
            [
                *(segment.key, segment.zone, str(segment.share), segment.is_first, terms_document(terms=segment.terms)),
                *(repr(segment.bookings), sorted(segment.quantities.items()), segment.is_reverse_charge),
            ]
            for segment in (*self.segments, *self.following)
        ]
        return hashlib.sha256(json.dumps([said, self.paid_ahead], sort_keys=True, default=str).encode()).hexdigest()


def planned_period(*, account: Account, period: Period) -> PlannedPeriod:
    """Return the period's segments, those of the next one for fees in advance, and what was paid ahead.

    NothingToBill where no contract covers a day of it; Unbillable where a version cannot be read.
    """
    windows, versions = _plan(account=account, period=period)
    if not windows:
        raise NothingToBill(f"{account.name} has no tariff in {period.label}.")
    try:
        segments = _segments(windows=windows, usage=[[] for _ in windows], versions=versions)
        segments = _agreed(segments, account=account, period=period)
        if not any(fee.timing is Timing.ADVANCE for segment in segments for fee in segment.terms.fees):
            return PlannedPeriod(segments=tuple(segments))
        ahead = _ahead(account=account, period=period, windows=windows)
    except TermsError as error:
        raise Unbillable(f"{account.name} cannot be billed for {period.label}: {error}.") from error
    return PlannedPeriod(
        segments=tuple(segments),
        following=tuple(restore_segment(document=document, usage=()) for document in ahead),
        paid_ahead=_paid_ahead(account=account, period=period, digits=segments[0].digits),
    )


def planned_segments(*, account: Account, period: Period) -> list[Segment]:
    """Return the segments of a period as its contracts and versions lay them out, without any usage."""
    windows, versions = _plan(account=account, period=period)
    segments = _segments(windows=windows, usage=[[] for _ in windows], versions=versions)
    return _agreed(segments, account=account, period=period)


def _agreed(segments: Sequence[Segment], *, account: Account, period: Period) -> list[Segment]:
    """The segments with their approved add-ons; Unbillable where one is in another currency or an unknown category."""
    found = with_agreed(segments=segments, account=account, period=period)
    for segment in found:
        known = {category.code for category in segment.terms.taxes}
        for agreed in segment.agreed:
            currency = agreed.facts["currency"]
            if currency != segment.terms.currency or agreed.fee.tax not in known:
                raise Unbillable(
                    f"Add-on {agreed.fee.code} is in {currency} with tax category {agreed.fee.tax!r}; the tariff of "
                    f"{period.label} has {segment.terms.currency} and {', '.join(sorted(known))}."
                )
    return found


def _plan(*, account: Account, period: Period) -> tuple[list[Window], dict[int, TariffVersion]]:
    contracts = contracts_in_period(account=account, period=period)
    versions = _versions_by_tariff(tariff_ids={contract.tariff_id for contract in contracts})
    accepted = accepted_versions(account_id=account.pk)
    windows = plan_windows(
        period=period, contracts=[_contract_days(contract, versions, accepted) for contract in contracts]
    )
    return windows, {version.pk: version for found in versions.values() for version in found}


def _segments(
    *, windows: Sequence[Window], usage: Sequence[list[Usage]], versions: Mapping[int, TariffVersion]
) -> list[Segment]:
    terms = {pk: parse_terms(document=versions[pk].document) for pk in {window.version_id for window in windows}}
    return [
        Segment(
            terms=terms[window.version_id],
            usage=contacts,
            share=window.share,
            is_first=window.is_first,
            key=window.key,
            zone=window.zone,
            starts_on=window.starts_on,
            ends_on=window.ends_on,
        )
        for window, contacts in zip(windows, usage, strict=True)
    ]


def contracts_in_period(*, account: Account, period: Period) -> list[Contract]:
    """Return the account's contracts that share a day with the period, in order."""
    return list(
        Contract.objects.filter(account=account, starts_on__lt=period.ends_on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=period.starts_on))
        .order_by("starts_on", "id")
    )


def usage_in_period(*, account: Account, period: Period) -> list[Usage]:
    """Return the account's current usage whose contacts started in the period, in order of start."""
    rows = (
        UsageLine.objects.filter(
            account=account, is_current=True, started_at__gte=period.starts_at, started_at__lt=period.ends_at
        )
        .order_by("started_at", "id")
        .values_list(*FACTS)
    )
    return [usage_from_row(row) for row in rows.iterator(chunk_size=5000)]


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


def _contract_days(
    contract: Contract, versions: dict[int, list[TariffVersion]], accepted: Sequence[Accepted]
) -> ContractDays:
    known = [
        VersionDays(version_id=version.pk, effective_from=version.effective_from)
        for version in versions.get(contract.tariff_id, [])
        if version.effective_from is not None
    ]
    return ContractDays(
        contract_id=contract.pk,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        versions=binding_days(versions=known, accepted=accepted),
    )


def _versions_by_tariff(*, tariff_ids: Iterable[int]) -> dict[int, list[TariffVersion]]:
    found: dict[int, list[TariffVersion]] = {}
    for version in TariffVersion.objects.filter(tariff_id__in=list(tariff_ids), state=VersionState.IN_FORCE):
        found.setdefault(version.tariff_id, []).append(version)
    return found


def _spread(*, windows: list[Window], usage: list[Usage]) -> tuple[list[list[Usage]], list[Usage]]:
    bounds = [window.bounds for window in windows]
    by_window: list[list[Usage]] = [[] for _ in windows]
    uncovered: list[Usage] = []
    for contact in usage:
        for index, (start, end) in enumerate(bounds):
            if start <= contact.started_at < end:
                by_window[index].append(contact)
                break
        else:
            # waiting and operator hours of such days are nobody's bill
            if contact.channel:
                uncovered.append(contact)
    return by_window, uncovered


def contact_explanation(*, contact: InvoiceLineUsage, digits: int) -> dict[str, Any]:
    """Return the explanation of a contact on an invoice from its row: what explain_contact told when it was built."""
    line, usage = contact.line.explanation, contact.usage_line
    amounts = {"exact": contact.exact, "amount": money_text(amount=contact.amount, digits=digits)}
    if "unit" not in line:
        return {"component": line["component"], **amounts}
    told = {
        "component": line["component"],
        "unit": line["unit"],
        "rate": line["rate"],
        "rate_per": line["rate_per"],
        "raw_ms_by_class": told_classes(
            by_class={time_class.value: getattr(usage, f"{time_class}_ms") for time_class in TimeClass}
        ),
        "raw": contact.raw,
        "waived": contact.waived,
        "rounding": contact.rounding,
        "billed": contact.billed,
        "included": contact.included,
        "charged": contact.charged,
        **amounts,
        **{name: line[name] for name in CONTACT_RULES if name in line},
    }
    if line["unit"] == "ms":
        told["billed_s"] = seconds_text(milliseconds=contact.billed)
    return told


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

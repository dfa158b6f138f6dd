"""Reads: the bill of an account's period through the one engine, tariffs in force, costs of contacts.

Every function runs inside an account scope that its caller has opened.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from billing.account_periods import period_contracts
from billing.add_ons import with_agreed
from billing.document_fields import TermsError
from billing.explanation import CONTACT_RULES, seconds_text, told_classes
from billing.models import (
    BillingProfile,
    CreditReason,
    DocumentKind,
    Invoice,
    InvoiceLine,
    InvoiceLineUsage,
    TariffVersion,
    UsageLine,
)
from billing.money import money_text, units_from_decimal
from billing.periods import Period, following_period
from billing.prepaid import PriceDraws, grants_left
from billing.pricing import Bill, MixedCurrencies, Segment
from billing.segments import Window
from billing.snapshot import ahead_document, grant_document, price_documents, restore_segment, segment_document
from billing.terms import TimeClass, Timing
from billing.terms_document import parse_terms
from billing.terms_writing import terms_document
from billing.usage import FACTS, Usage, usage_from_row
from billing.wallet import Draw, Grant
from contactcenter.kernel.errors import DomainError
from contactcenter.tenancy.models import Account


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


def account_bill(*, account: Account, period: Period, grants: Sequence[Grant] | None = None) -> AccountBill:
    """Return what the period costs so far, by the versions in force on its days: accrual, draft and invoice alike.

    grants: the prepaid units left to it, where the caller knows them. NothingToBill without contract and usage;
    UsageWithoutTariff where usage falls on days without one; Unbillable where the versions of the period do not go
    together.
    """
    bound = period_contracts(account=account, period=period)
    windows, version_by_id = bound.windows(period), bound.versions
    usage = usage_in_period(account=account, period=period)
    by_window, uncovered = _spread(windows=windows, elsewhere=bound.windows_elsewhere(period), usage=usage)
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
        segments = _segments(windows=windows, usage=by_window, versions=version_by_id, account=account)
        segments = _agreed(segments, account=account, period=period)
        documents = _documents(windows=windows, segments=segments, versions=version_by_id)
        if any(fee.timing is Timing.ADVANCE for segment in segments for fee in segment.terms.fees):
            documents[0]["paid_ahead"] = _paid_ahead(account=account, period=period, segment=segments[0])
            documents += _ahead(account=account, period=period, windows=windows)
        if grants is None:
            grants = prepaid_grants(account=account, period=period)
        if grants:
            documents[0]["grants"] = [grant_document(grant=grant) for grant in grants]
        priced = {segment.key: segment.usage for segment in segments}
        bill = price_documents(documents=documents, usage=priced)
    except (MixedCurrencies, TermsError) as error:
        raise Unbillable(f"{account.name} cannot be billed for {period.label}: {error}.") from error
    return AccountBill(account=account, period=period, bill=bill, segments=tuple(documents), usage=priced)


def prepaid_grants(
    *, account: Account, period: Period, drawn: Mapping[str, int] = MappingProxyType({})
) -> tuple[Grant, ...]:
    """Return the prepaid units that are left to a period; Unbillable where an earlier one without an invoice is.

    drawn: what its bill takes of them for former periods.
    """
    return grants_left(account=account, period=period, draws_of=draws_of_account(account=account), drawn=drawn)


def draws_of_account(*, account: Account) -> PriceDraws:
    """Return what prices an account's periods for what they draw."""

    def draws_of(period: Period, grants: Sequence[Grant]) -> tuple[Draw, ...]:
        try:
            return account_bill(account=account, period=period, grants=grants).bill.draws
        except NothingToBill:
            return ()
        except UsageWithoutTariff as error:
            raise Unbillable(str(error)) from error

    return draws_of


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
    bound = period_contracts(account=account, period=after)
    ahead = [window for window in bound.windows(after) if window.contract_id in begun]
    segments = _segments(windows=ahead, usage=[[] for _ in ahead], versions=bound.versions, account=account)
    documents = _documents(windows=ahead, segments=segments, versions=bound.versions)
    return [ahead_document(document=document) for document in documents]


def _paid_ahead(*, account: Account, period: Period, segment: Segment) -> dict[str, int]:
    """What the bill of the period before charges in advance for this one, be it a draft still; nothing of a bill that
    was cancelled. Unbillable where it did so in another currency than the segment's.
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
        if before is not None and before.currency != segment.terms.currency:
            raise Unbillable(
                f"{account.name} cannot be billed for {period.label} in {segment.terms.currency}: the bill of "
                f"{before.period} charges {line.code} of it in advance, in {before.currency}."
            )
        paid[line.code] = paid.get(line.code, 0) + units_from_decimal(amount=line.amount, digits=segment.digits)
    return paid


@dataclass(frozen=True, slots=True)
class PlannedPeriod:
    """How contracts and versions lay out a period, without any usage; what price_totals needs beside the sums."""

    segments: tuple[Segment, ...]
    following: tuple[Segment, ...] = ()
    paid_ahead: Mapping[str, int] | None = None
    grants: tuple[Grant, ...] = ()

    @property
    def plan(self) -> str:
        """A text that differs wherever terms, days, what was paid ahead or prepaid units differ."""
        said = [
            [
                *(segment.key, segment.zone, str(segment.share), segment.is_first, terms_document(terms=segment.terms)),
                *(repr(segment.bookings), sorted(segment.quantities.items()), segment.is_reverse_charge),
            ]
            for segment in (*self.segments, *self.following)
        ]
        prepaid = list(map(str, self.grants))
        return hashlib.sha256(
            json.dumps([said, self.paid_ahead, prepaid], sort_keys=True, default=str).encode()
        ).hexdigest()


def planned_period(*, account: Account, period: Period) -> PlannedPeriod:
    """Return the period's segments, those of the next one for fees in advance, and what was paid ahead.

    NothingToBill where no contract covers a day of it; Unbillable where a version cannot be read.
    """
    bound = period_contracts(account=account, period=period)
    windows, versions = bound.windows(period), bound.versions
    if not windows:
        raise NothingToBill(f"{account.name} has no tariff in {period.label}.")
    try:
        segments = _segments(windows=windows, usage=[[] for _ in windows], versions=versions, account=account)
        segments = _agreed(segments, account=account, period=period)
        if not any(fee.timing is Timing.ADVANCE for segment in segments for fee in segment.terms.fees):
            return PlannedPeriod(segments=tuple(segments), grants=prepaid_grants(account=account, period=period))
        ahead = _ahead(account=account, period=period, windows=windows)
    except TermsError as error:
        raise Unbillable(f"{account.name} cannot be billed for {period.label}: {error}.") from error
    return PlannedPeriod(
        segments=tuple(segments),
        following=tuple(restore_segment(document=document, usage=()) for document in ahead),
        paid_ahead=_paid_ahead(account=account, period=period, segment=segments[0]),
        grants=prepaid_grants(account=account, period=period),
    )


def planned_segments(*, account: Account, period: Period) -> list[Segment]:
    """Return the segments of a period as its contracts and versions lay them out, without any usage."""
    bound = period_contracts(account=account, period=period)
    windows, versions = bound.windows(period), bound.versions
    segments = _segments(windows=windows, usage=[[] for _ in windows], versions=versions, account=account)
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


def _segments(
    *,
    windows: Sequence[Window],
    usage: Sequence[list[Usage]],
    versions: Mapping[int, TariffVersion],
    account: Account,
) -> list[Segment]:
    owes_tax = bool(windows) and BillingProfile.objects.filter(account=account, is_reverse_charge=True).exists()
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
            is_reverse_charge=owes_tax,
        )
        for window, contacts in zip(windows, usage, strict=True)
    ]


def usage_in_period(*, account: Account, period: Period) -> list[Usage]:
    """Return the account's current usage whose contacts started in the period, in order of start."""
    return usage_between(account=account, since=period.starts_at, until=period.ends_at)


def usage_between(*, account: Account, since: datetime, until: datetime) -> list[Usage]:
    """Return the account's current usage whose contacts started in [since, until), in order of start."""
    rows = (
        UsageLine.objects.filter(account=account, is_current=True, started_at__gte=since, started_at__lt=until)
        .order_by("started_at", "id")
        .values_list(*FACTS)
    )
    return [usage_from_row(row) for row in rows.iterator(chunk_size=5000)]


def _spread(
    *, windows: Sequence[Window], elsewhere: Sequence[Window], usage: list[Usage]
) -> tuple[list[list[Usage]], list[Usage]]:
    """Usage by window, and what no window covers; what falls to those elsewhere is another period's."""
    bounds = [window.bounds for window in (*windows, *elsewhere)]
    by_window: list[list[Usage]] = [[] for _ in bounds]
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
    return by_window[: len(windows)], uncovered


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

"""Reads of what rounding cost: in a running period, and on an invoice.

Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from billing.models import Invoice, InvoiceLine
from billing.period_sums import HoursBeingBuilt, NeedsContacts, Parts, period_sums, price_sums
from billing.periods import Period
from billing.pricing import Bill, LineKind
from billing.queries import PlannedPeriod, account_bill, planned_period
from billing.rating import UsageTotals
from billing.replay import usage_by_segment
from billing.rounding_cost import is_told_by_sums, line_totals, rounding_document, unrounded, without_rounding
from billing.snapshot import price_documents, restore_period
from billing.terms_document import parse_terms
from billing.terms_writing import terms_document
from billing.wallet import FOREVER
from contactcenter.tenancy.models import Account


def rounding_of_period(*, account: Account, period: Period, on: date, language: str) -> dict[str, Any]:
    """Return what rounding cost of a period so far; from its sums where they are enough. Errors as account_bill."""
    plan = planned_period(account=account, period=period)
    if not plan.grants and all(is_told_by_sums(terms=segment.terms) for segment in plan.segments):
        try:
            sums = period_sums(account=account, period=period, plan=plan, on=on)
        except (NeedsContacts, HoursBeingBuilt):
            pass
        else:
            return rounding_document(bill=sums.bill, exact=_exact_bill(plan, sums.sums), language=language)
    priced = account_bill(account=account, period=period)
    exact = price_documents(documents=list(map(_exact_document, priced.segments)), usage=priced.usage)
    return rounding_document(bill=priced.bill, exact=exact, language=language)


def rounding_of_invoice(*, invoice: Invoice, language: str) -> dict[str, Any]:
    """Return what rounding cost on an invoice, by its own snapshot; corrections of other periods are no part of it."""
    plan = PlannedPeriod(*restore_period(documents=invoice.tariff))
    if not plan.grants and all(is_told_by_sums(terms=segment.terms) for segment in plan.segments):
        rows = InvoiceLine.objects.filter(invoice=invoice, kind=LineKind.USAGE).values_list(
            "segment", "code", "explanation"
        )
        told = {(segment, code): explanation for segment, code, explanation in rows}
        sums = [
            {
                rate.code: line_totals(explanation=told[segment.key, rate.code], rate=rate)
                for rate in segment.terms.rates
                if (segment.key, rate.code) in told
            }
            for segment in plan.segments
        ]
        bill = price_sums(plan=plan, parts=_whole(sums))
        return rounding_document(bill=bill, exact=_exact_bill(plan, sums), language=language)
    usage = usage_by_segment(invoice)
    bill = price_documents(documents=invoice.tariff, usage=usage)
    exact = price_documents(documents=list(map(_exact_document, invoice.tariff)), usage=usage)
    return rounding_document(bill=bill, exact=exact, language=language)


def _exact_bill(plan: PlannedPeriod, sums: Any) -> Bill:
    segments = [replace(segment, terms=without_rounding(terms=segment.terms)) for segment in plan.segments]
    found = [
        {rate.code: unrounded(rate=rate, totals=own.get(rate.code, UsageTotals())) for rate in segment.terms.rates}
        for segment, own in zip(plan.segments, sums, strict=True)
    ]
    return price_sums(plan=replace(plan, segments=tuple(segments)), parts=_whole(found))


def _whole(sums: Iterable[Mapping[str, UsageTotals]]) -> list[Parts]:
    """Sums of segments that no prepaid units part."""
    return [[(FOREVER, own)] for own in sums]


def _exact_document(document: Mapping[str, Any]) -> dict[str, Any]:
    terms = without_rounding(terms=parse_terms(document=document["document"]))
    return {**document, "document": terms_document(terms=terms)}

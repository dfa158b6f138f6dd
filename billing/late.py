"""Reads of late usage: what came after a period was invoiced, what it costs, and who is to decide on it.

Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from billing.booked import standing_invoices
from billing.correction_lines import USAGE_KINDS, corrections_of, longer_code
from billing.corrections import Charge
from billing.models import (
    Accrual,
    CreditReason,
    Invoice,
    InvoiceLine,
    InvoiceLineUsage,
    InvoiceStatus,
    LateChoice,
    LateDecision,
    UsageLine,
)
from billing.money import units_from_decimal
from billing.periods import Period, local_midnight
from billing.prepaid import late_documents
from billing.pricing import Bill
from billing.snapshot import price_documents
from billing.usage import FACTS, Usage, usage_from_row

MOST_NAMED = 200


@dataclass(frozen=True, slots=True)
class Late:
    """An invoice whose period has usage that is not booked, or booked usage that is gone: of how many contacts, and the
    corrections it takes.

    `corrections` is empty where the contacts cost nothing (within what the plan includes, or below the minimum).
    """

    invoice: Invoice
    contacts: int
    corrections: tuple[dict[str, Any], ...]

    @property
    def units(self) -> int:
        """The sum of the corrections, before tax."""
        return sum(correction["units"] for correction in self.corrections)


def waits_for_a_person(*, late: Late, newest: Period, late_periods: int) -> bool:
    """Say whether late usage is too old for the next bill to take it in by itself."""
    return bool(late.corrections) and not is_taken_in(invoice=late.invoice, period=newest, late_periods=late_periods)


def is_taken_in(*, invoice: Invoice, period: Period, late_periods: int) -> bool:
    """Say whether the bill of a period takes in an invoice's late usage: it is recent enough, or somebody said so."""
    length = max(1, (invoice.period_end - invoice.period_start).days)
    # whole periods between the end of that one and the start of this, months counted by their usual length
    periods_back = 1 + round((period.starts_on - invoice.period_end).days / length)
    if periods_back <= late_periods:
        return True
    return LateDecision.objects.filter(invoice=invoice, choice=LateChoice.BILL).exists()


def late_usage(*, account_id: int | None = None, before: Period | None = None) -> Iterator[Late]:
    """Yield the standing invoices with usage that is not on them, oldest first; those whose corrections are booked by
    now have none.
    """
    for invoice in unsettled_invoices(account_id=account_id, before=before):
        late = late_of(invoice=invoice)
        if late is not None:
            yield late


def unsettled_invoices(*, account_id: int | None = None, before: Period | None = None) -> QuerySet[Invoice]:
    """Return the standing invoices of whose periods something changed since all was booked, oldest first, each with
    `touched`. Only these have to be priced again.
    """
    changed = Accrual.objects.filter(account=OuterRef("account"), period=OuterRef("period"))
    changed = changed.exclude(settled=F("touched"))
    invoices = (
        standing_invoices()
        .select_related("account")
        .annotate(touched=Subquery(changed.values("touched")))
        .filter(touched__isnull=False)
        .order_by("period_start", "pk")
    )
    if account_id is not None:
        invoices = invoices.filter(account_id=account_id)
    if before is not None:
        invoices = invoices.filter(period_end__lte=before.starts_on)
    return invoices


def late_of(*, invoice: Invoice, drawn: Mapping[str, int] = MappingProxyType({})) -> Late | None:
    """Return an invoice's late usage; None where all usage of its period that a rate prices is on it, and nothing else.

    drawn: prepaid units, by grant, that what is billed along with it takes.
    """
    unbooked = list(unbooked_usage(invoice=invoice).order_by("started_at", "pk").values_list("pk", flat=True))
    rows = _usage_of(invoice).order_by("started_at", "id").values_list(*FACTS)
    bill = price_late(
        invoice=invoice, drawn=drawn, usage=_by_segment(invoice, map(usage_from_row, rows.iterator(2000)))
    )
    # what no rate prices is never on an invoice
    priced = {int(contact.rated.usage.id) for line in bill.lines for contact in line.contacts}
    changed = [pk for pk in unbooked if pk in priced]
    changed += _vanished_usage(invoice=invoice).order_by("started_at", "pk").values_list("pk", flat=True)
    found = _corrections(invoice=invoice, bill=bill, changed=changed)
    return Late(invoice=invoice, contacts=len(changed), corrections=tuple(found)) if changed or found else None


def unbooked_usage(*, invoice: Invoice) -> QuerySet[UsageLine]:
    """Return the current usage of an invoice's period that is not on it."""
    billed = InvoiceLineUsage.objects.filter(usage_line=OuterRef("pk"), revision=invoice.revision)
    return _usage_of(invoice).filter(~Exists(billed))


def _vanished_usage(*, invoice: Invoice) -> QuerySet[UsageLine]:
    """The usage on an invoice of what is given nothing now: nothing came in its place."""
    same = Q(interaction=OuterRef("interaction")) | Q(call=OuterRef("call"))
    same |= Q(session_id=OuterRef("session_id"), day=OuterRef("day"))
    successors = UsageLine.objects.filter(same, account=OuterRef("account"), is_current=True)
    billed = InvoiceLineUsage.objects.filter(line__invoice=invoice, usage_line__is_current=False)
    return UsageLine.objects.filter(~Exists(successors), pk__in=billed.values("usage_line"))


def _usage_of(invoice: Invoice) -> QuerySet[UsageLine]:
    return UsageLine.objects.filter(
        account_id=invoice.account_id,
        is_current=True,
        started_at__gte=local_midnight(day=invoice.period_start, zone=invoice.time_zone),
        started_at__lt=local_midnight(day=invoice.period_end, zone=invoice.time_zone),
    )


def price_snapshot(*, invoice: Invoice, usage: Mapping[str, Sequence[Usage]]) -> Bill:
    """Return the bill of usage, by segment, under an invoice's own terms; its corrections are not part of it."""
    return price_documents(documents=invoice.tariff, usage=usage)


def price_late(*, invoice: Invoice, usage: Mapping[str, Sequence[Usage]], drawn: Mapping[str, int]) -> Bill:
    """Return the bill of all usage of an invoice's period under its own terms, with what other invoices, and
    what is `drawn` along with it, have left of its prepaid units.
    """
    return price_documents(documents=late_documents(invoice=invoice, drawn=drawn), usage=usage)


def _corrections(*, invoice: Invoice, bill: Bill, changed: Sequence[int]) -> list[dict[str, Any]]:
    names = {line.code: {"": line.name} for line in invoice.lines.all()}
    taxes = {tax["code"]: _plain(tax) for tax in invoice.taxes}
    # what is only on a later invoice keeps its name and tax from there
    for charge, entry in _booking_corrections(invoice):
        names.setdefault(charge.component, entry["names"])
        taxes.setdefault(charge.tax, entry["tax_category"])
    found = corrections_of(bill=bill, booked=_booked(invoice), drawn=_drawn(invoice))
    for correction in found:
        correction.setdefault("names", names.get(correction["component"], {"": correction["component"]}))
        if "tax_category" not in correction:
            correction["tax_category"] = taxes[correction["tax"]]
        correction |= {
            "invoice": invoice.number,
            "invoice_id": invoice.pk,
            "period": invoice.period,
            "contacts": len(changed),
            "usage": list(changed[:MOST_NAMED]),
        }
    return found


def _plain(tax: Mapping[str, str]) -> dict[str, str]:
    return {name: tax[name] for name in ("code", "percent", "category")}


def _by_segment(invoice: Invoice, usage: Iterable[Usage]) -> dict[str, list[Usage]]:
    """Part the usage of a period over its segments, by the bounds of their days in the invoice's time zone."""
    bounds = []
    for segment in invoice.tariff:
        first, _, last = segment["key"].partition("/")
        starts_at = local_midnight(day=date.fromisoformat(first), zone=invoice.time_zone)
        ends_at = local_midnight(day=date.fromisoformat(last) + timedelta(days=1), zone=invoice.time_zone)
        bounds.append((segment["key"], starts_at, ends_at))
    found: dict[str, list[Usage]] = {segment["key"]: [] for segment in invoice.tariff}
    for contact in usage:
        for key, starts_at, ends_at in bounds:
            if starts_at <= contact.started_at < ends_at:
                found[key].append(contact)
                break
    return found


def _booked(invoice: Invoice) -> dict[Charge, int]:
    """What is booked of an invoice's usage: its lines, corrections on later invoices, credits for late usage, and what
    was waived.
    """
    booked: dict[Charge, int] = {}
    for segment, code, tax_code, amount in _booking_lines(invoice).values_list("segment", "code", "tax_code", "amount"):
        charge = Charge(segment=segment, component=code, tax=tax_code)
        booked[charge] = booked.get(charge, 0) + units_from_decimal(amount=amount, digits=invoice.digits)
    for charge, entry in _booking_corrections(invoice):
        booked[charge] = booked.get(charge, 0) + entry["units"]
    return booked


def _drawn(invoice: Invoice) -> dict[Charge, dict[str, int]]:
    """What is booked of prepaid units as drawn by an invoice's usage, by grant."""
    drawn: dict[Charge, dict[str, int]] = {}
    rows = [
        (Charge(segment=segment, component=code, tax=tax_code), prepaid)
        for segment, code, tax_code, prepaid in _booking_lines(invoice)
        .filter(explanation__has_key="prepaid")
        .values_list("segment", "code", "tax_code", "explanation__prepaid")
    ]
    rows += [(charge, entry.get("prepaid", {})) for charge, entry in _booking_corrections(invoice)]
    for charge, prepaid in rows:
        own = drawn.setdefault(charge, {})
        for grant, units in prepaid.items():
            own[grant] = own.get(grant, 0) + units
    return drawn


def _booking_lines(invoice: Invoice) -> QuerySet[InvoiceLine]:
    """The lines that book an invoice's usage: its own, and those of credit notes for late usage."""
    notes = Invoice.objects.filter(corrects=invoice, status=InvoiceStatus.ISSUED, reason_code=CreditReason.LATE_USAGE)
    return InvoiceLine.objects.filter(
        invoice__in=[invoice.pk, *notes.values_list("pk", flat=True)], kind__in=USAGE_KINDS
    )


def _booking_corrections(invoice: Invoice) -> Iterator[tuple[Charge, dict[str, Any]]]:
    """The corrections that book the late usage of an invoice's period: those on later invoices, and those that were
    waived. They stand when the invoice that they corrected is cancelled, and count for the one that took its place.
    """
    later = standing_invoices().filter(
        account_id=invoice.account_id,
        currency=invoice.currency,
        corrections__contains=[{"period": invoice.period}],
    )
    for corrections in later.values_list("corrections", flat=True):
        for entry in corrections:
            if entry["period"] == invoice.period:
                tax = _charged_tax(entry["tax_category"], invoice=invoice)
                yield Charge(segment=entry["segment"], component=entry["component"], tax=tax), entry
    waived = LateDecision.objects.filter(
        invoice__account_id=invoice.account_id,
        invoice__period=invoice.period,
        invoice__currency=invoice.currency,
        choice=LateChoice.WAIVE,
    )
    for decided_on, lines in waived.values_list("invoice_id", "lines"):
        for entry in lines:
            charge = Charge(entry["segment"], entry["component"], entry["tax_category"]["code"])
            # units that usage waived on a cancelled invoice drew are drawn by the invoice in its place
            yield charge, entry if decided_on == invoice.pk else entry | {"prepaid": {}}


def booked_in_another_currency(*, account_id: int, period: str, currency: str) -> tuple[str, str] | None:
    """Return the currency and the invoice in which late usage of a period is booked, where that is another one; None
    where there is none. A bill in this currency cannot give it back.
    """
    later = standing_invoices().filter(account_id=account_id, corrections__contains=[{"period": period}])
    found = later.exclude(currency=currency).order_by("pk").values_list("currency", "number").first()
    if found is None:
        waived = LateDecision.objects.filter(
            invoice__account_id=account_id, invoice__period=period, choice=LateChoice.WAIVE
        ).exclude(invoice__currency=currency)
        found = waived.order_by("pk").values_list("invoice__currency", "invoice__number").first()
    return (found[0], found[1] or "") if found is not None else None


def _charged_tax(tax: Mapping[str, str], *, invoice: Invoice) -> str:
    """The code of the tax that a correction was charged with; another one where the invoice means another rate by it,
    as when it was billed again under reverse charge: then it is given back with the tax it was charged with.
    """
    own = next((own for own in invoice.taxes if own["code"] == tax["code"]), tax)
    same = (own["category"], Fraction(own["percent"])) == (tax["category"], Fraction(tax["percent"]))
    return tax["code"] if same else longer_code(tax=tax)

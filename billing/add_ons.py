"""Reads of fees beside the tariff: which are approved and due in a period, and on which invoices they are.

Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q

from billing.bill import AgreedFee, Segment
from billing.booked import standing_invoice, standing_invoices
from billing.models import AddOn, AddOnKind, AddOnState, DocumentKind, Invoice, InvoiceLine, InvoiceStatus
from billing.periods import Period
from billing.terms import ComponentKind, Fee, Names
from contactcenter.tenancy.models import Account

KINDS = {AddOnKind.RECURRING: ComponentKind.ADD_ON, AddOnKind.ONE_OFF: ComponentKind.ONE_OFF}


def approved_addons(*, account: Account, period: Period) -> list[AddOn]:
    """Return the approved add-ons and one-offs that a bill of the period may charge beside the price sheet.

    Every fee of theirs is a line whose `code` is the add-on's `reference` (AO-00012), whose row points at it by
    `add_on`, and whose explanation holds both; a line without is the tariff's. So "no fee outside the accepted price
    sheet or an approved add-on" holds where each line's code is a component of the sheet or one of these references.

    Recurring ones share a day with the period. A one-off is due in the period of its first day; one approved after that
    period was invoiced, in the first later one that is not. What an issued invoice charges is what it charges: of an
    invoiced period only the one-offs on its invoice are returned.
    """
    approved = AddOn.objects.filter(account=account, state=AddOnState.APPROVED, starts_on__lt=period.ends_on)
    recurring = approved.filter(kind=AddOnKind.RECURRING).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=period.starts_on)
    )
    once = approved.filter(kind=AddOnKind.ONE_OFF)
    return sorted([*recurring, *_due(once=list(once), account=account, period=period)], key=lambda add_on: add_on.pk)


def _due(*, once: Sequence[AddOn], account: Account, period: Period) -> list[AddOn]:
    if not once:
        return []
    lines = InvoiceLine.objects.filter(account=account, add_on__in=once)
    own = standing_invoice(account_id=account.pk, period=period.label)
    if own is not None:
        billed = set(lines.filter(invoice=own).values_list("add_on_id", flat=True))
        return [add_on for add_on in once if add_on.pk in billed]
    others = lines.exclude(invoice__period=period.label)
    issued = set(others.filter(invoice__in=standing_invoices()).values_list("add_on_id", flat=True))
    drafted = set(
        others.filter(invoice__kind=DocumentKind.INVOICE)
        .exclude(invoice__status=InvoiceStatus.ISSUED)
        .values_list("add_on_id", flat=True)
    )
    invoiced = list(
        standing_invoices()
        .filter(account=account, period_start__lt=period.starts_on)
        .values_list("period_start", "period_end")
    )

    def is_overdue(add_on: AddOn) -> bool:
        return add_on.pk not in drafted and any(start <= add_on.starts_on < end for start, end in invoiced)

    return [
        add_on
        for add_on in once
        if add_on.pk not in issued and (add_on.starts_on >= period.starts_on or is_overdue(add_on))
    ]


def with_agreed(*, segments: Sequence[Segment], account: Account, period: Period) -> list[Segment]:
    """Return the segments of a period, each with the approved fees that fall to it.

    A recurring fee falls to every segment that it shares a day with; one that is not prorated, and a one-off, to the
    first of them alone.
    """
    fees: list[list[AgreedFee]] = [[] for _ in segments]
    for add_on in approved_addons(account=account, period=period) if segments else ():
        agreed = agreed_fee(add_on=add_on)
        shared = [index for index, segment in enumerate(segments) if _shares_a_day(add_on, segment)]
        if add_on.kind == AddOnKind.ONE_OFF:
            holding = [index for index in shared if _holds(segments[index], add_on.starts_on)]
            shared = holding[:1] or [0]
        elif not add_on.prorate:
            shared = shared[:1]
        for index in shared:
            fees[index].append(agreed)
    return [replace(segment, agreed=tuple(found)) for segment, found in zip(segments, fees, strict=True)]


def _shares_a_day(add_on: AddOn, segment: Segment) -> bool:
    if segment.starts_on is None or segment.ends_on is None:
        return True
    return add_on.starts_on < segment.ends_on and (add_on.ends_on is None or add_on.ends_on > segment.starts_on)


def _holds(segment: Segment, day: date) -> bool:
    return segment.starts_on is not None and segment.ends_on is not None and segment.starts_on <= day < segment.ends_on


def agreed_fee(*, add_on: AddOn) -> AgreedFee:
    """Return an approved add-on as the engine charges it."""
    facts = {
        "starts_on": add_on.starts_on.isoformat(),
        "currency": add_on.currency,
        "proposed_by": str(add_on.proposed_side),
    }
    if add_on.ends_on is not None:
        facts["ends_on"] = add_on.ends_on.isoformat()
    if add_on.decided_at is not None:
        facts["approved_at"] = add_on.decided_at.isoformat()
    if add_on.prepaid_units is not None:
        facts |= {"prepaid_units": str(add_on.prepaid_units), "prepaid_unit": add_on.prepaid_unit}
    if add_on.code:
        facts["chosen_from"] = add_on.code
    return AgreedFee(
        add_on_id=add_on.pk,
        fee=Fee(
            code=add_on.reference,
            names=Names({"": f"{add_on.name} · {add_on.reference}"}),
            kind=KINDS[AddOnKind(add_on.kind)],
            amount=Fraction(add_on.amount),
            tax=add_on.tax_code,
            prorate=add_on.prorate,
            quantity=Fraction(add_on.quantity),
        ),
        starts_on=add_on.starts_on,
        ends_on=add_on.ends_on,
        facts=facts,
    )


def billed_lines(*, add_ons: Iterable[AddOn]) -> dict[int, list[tuple[Invoice, Decimal]]]:
    """Return by add-on the issued, standing invoices that charge it, oldest first, each with the amount."""
    lines = (
        InvoiceLine.objects.filter(add_on__in=list(add_ons), invoice__in=standing_invoices())
        .select_related("invoice")
        .order_by("invoice__period_start", "pk")
    )
    found: dict[int, list[tuple[Invoice, Decimal]]] = {}
    for line in lines:
        found.setdefault(line.add_on_id or 0, []).append((line.invoice, line.amount))
    return found


def billed_until(*, add_on: AddOn) -> date | None:
    """Return the end of the last period that is invoiced with an add-on, None where it is on no standing invoice."""
    own = InvoiceLine.objects.filter(add_on=add_on, invoice=OuterRef("pk"))
    last = standing_invoices().filter(Exists(own), account_id=add_on.account_id).order_by("-period_end").first()
    return last.period_end if last is not None else None

"""Prepaid units of an account: what was bought, what its invoices drew, what is left to a period.

Bought are approved one-offs that hold units (AddOn.prepaid_units). Nothing counts them down: what is left follows from
the documents that stand. Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from django.db.models import Sum

from billing.account_periods import account_period, contracts_ending_from
from billing.add_ons import billed_lines
from billing.booked import standing_invoices
from billing.models import (
    AddOn,
    AddOnState,
    CreditReason,
    DocumentKind,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    LateChoice,
    LateDecision,
)
from billing.money import decimal_from_units
from billing.periods import Period, following_period, local_midnight, month_of
from billing.wallet import Draw, Grant
from contactcenter.tenancy.models import Account

KEEPS_UNITS = (CreditReason.CANCELLATION, CreditReason.GOODWILL)
"""Credits of a purchase that leave its units: a cancelled invoice is billed again, goodwill is a gift."""


class Drawn(NamedTuple):
    """Units of a purchase that the usage of an invoice's period took, and the document that says so."""

    grant: str
    invoice_id: int
    document_id: int
    units: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """Prepaid units as they stand: bought less what credit notes took back, and what each standing document drew."""

    add_on: AddOn
    bought: int
    drawn: tuple[Drawn, ...]

    @property
    def left(self) -> int:
        """What no document that stands has drawn; what has expired is among it."""
        return self.bought - sum(drawn.units for drawn in self.drawn)

    def left_without(self, *, invoice_id: int | None) -> int:
        """What is left to the usage of an invoice's period: what no other one drew."""
        return self.bought - sum(drawn.units for drawn in self.drawn if drawn.invoice_id != invoice_id)

    def grant(self, *, units: int) -> Grant:
        """Return the purchase as the engine draws on it, with so many units left."""
        add_on, zone = self.add_on, self.add_on.account.time_zone
        return Grant(
            id=add_on.reference,
            units=units,
            granted_at=local_midnight(day=add_on.starts_on, zone=zone),
            expires_at=local_midnight(day=add_on.ends_on, zone=zone) if add_on.ends_on else None,
            priority=add_on.prepaid_priority,
            of=frozenset(add_on.prepaid_of),
            unit=add_on.prepaid_unit,
        )


def purchases(*, account_id: int, before: date | None = None) -> list[Purchase]:
    """Return what an account has bought ahead, in the order in which it is drawn; `before`: valid before that day."""
    bought = AddOn.objects.filter(account_id=account_id, state=AddOnState.APPROVED, prepaid_units__isnull=False)
    if before is not None:
        bought = bought.filter(starts_on__lt=before)
    add_ons = list(bought.select_related("account"))
    if not add_ons:
        return []
    drawn: dict[str, list[Drawn]] = {}
    for found in drawn_units(account_id=account_id):
        drawn.setdefault(found.grant, []).append(found)
    given_back = _given_back(add_ons)
    rows = [
        Purchase(
            add_on=add_on,
            bought=_bought(add_on) - given_back.get(add_on.pk, 0),
            drawn=tuple(drawn.get(add_on.reference, ())),
        )
        for add_on in add_ons
    ]
    return sorted(rows, key=lambda row: row.grant(units=0).order)


def drawn_units(*, account_id: int) -> Iterator[Drawn]:
    """Yield what standing documents drew: invoices by their own lines and by corrections of former periods, credit
    notes for late usage, and what was waived (money is, units are used all the same).
    """
    standing = standing_invoices().filter(account_id=account_id)
    billed_by = dict(standing.values_list("period", "pk"))
    lines = InvoiceLine.objects.filter(account_id=account_id, kind="usage", explanation__has_key="prepaid")
    for invoice_id, prepaid in lines.filter(invoice__in=standing).values_list("invoice_id", "explanation__prepaid"):
        yield from _draws(prepaid, invoice_id=invoice_id, document_id=invoice_id)
    notes = lines.filter(invoice__reason_code=CreditReason.LATE_USAGE, invoice__status=InvoiceStatus.ISSUED)
    for note_id, corrected_id, prepaid in notes.filter(invoice__corrects__in=standing).values_list(
        "invoice_id", "invoice__corrects_id", "explanation__prepaid"
    ):
        yield from _draws(prepaid, invoice_id=corrected_id or 0, document_id=note_id)
    waived = LateDecision.objects.filter(invoice__in=standing, choice=LateChoice.WAIVE)
    for rows in (
        standing.exclude(corrections=[]).values_list("pk", "corrections"),
        waived.values_list("invoice_id", "lines"),
    ):
        for document_id, corrections in rows:
            for entry in corrections:
                # a cancelled invoice's corrections are those of the one that took its place
                own = billed_by.get(entry["period"], entry["invoice_id"])
                yield from _draws(entry.get("prepaid", {}), invoice_id=own, document_id=document_id)


def drawn_from(*, add_on: AddOn) -> list[Drawn]:
    """Return what standing documents drew from a purchase."""
    if add_on.prepaid_units is None:
        return []
    return [drawn for drawn in drawn_units(account_id=add_on.account_id) if drawn.grant == add_on.reference]


def check_credit(*, invoice: Invoice, units_by_position: Mapping[int, int]) -> str | None:
    """Say why a credit note may not take so much (in smallest units of money) of an invoice's lines: units bought by
    one of them are used up already. None where it may.
    """
    lines = list(invoice.lines.filter(position__in=units_by_position, add_on__prepaid_units__isnull=False))
    if not lines:
        return None
    rows = {row.add_on.pk: row for row in purchases(account_id=invoice.account_id)}
    billed = billed_lines(add_ons=[row.add_on for row in rows.values()])
    for line in lines:
        row = rows[line.add_on_id or 0]
        credited = decimal_from_units(units=units_by_position[line.position], digits=invoice.digits)
        charged = sum((amount for _, amount in billed[row.add_on.pk]), Decimal(0))
        if units_credited(units=_bought(row.add_on), credited=credited, charged=charged) > row.left:
            return f"Line {line.position}: so many units of {row.add_on.reference} are not left to give back."
    return None


def _draws(prepaid: Mapping[str, int], *, invoice_id: int, document_id: int) -> Iterator[Drawn]:
    for grant, units in prepaid.items():
        yield Drawn(grant=grant, invoice_id=invoice_id, document_id=document_id, units=units)


def _bought(add_on: AddOn) -> int:
    return int((add_on.prepaid_units or 0) * add_on.quantity)


def _given_back(add_ons: Sequence[AddOn]) -> dict[int, int]:
    """Units that credit notes on the purchases' lines took back, by add-on: the share of what was charged."""
    charged: dict[int, Decimal] = dict(
        InvoiceLine.objects.filter(add_on__in=add_ons, invoice__in=standing_invoices())
        .values_list("add_on_id")
        .annotate(total=Sum("amount"))
    )
    credited = (
        InvoiceLine.objects.filter(credits__add_on__in=add_ons, credits__invoice__in=standing_invoices())
        .filter(invoice__status=InvoiceStatus.ISSUED, invoice__kind=DocumentKind.CREDIT_NOTE)
        .exclude(invoice__reason_code__in=KEEPS_UNITS)
        .values_list("credits__add_on_id")
        .annotate(total=Sum("amount"))
    )
    by_pk = {add_on.pk: add_on for add_on in add_ons}
    return {
        pk: units_credited(units=_bought(by_pk[pk]), credited=-total, charged=charged[pk]) for pk, total in credited
    }


def units_credited(*, units: int, credited: Decimal, charged: Decimal) -> int:
    """Return the units that go back with a credited part of their price: its share, a begun unit counts whole."""
    return -(-units * Fraction(credited) // Fraction(charged))


PriceDraws = Callable[[Period, Sequence[Grant]], Iterable[Draw]]
"""What the usage of a period draws from what is left to it."""


def left_before(
    *,
    account: Account,
    period: Period,
    rows: Sequence[Purchase],
    draws_of: PriceDraws,
    drawn: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, int]:
    """Return what is left of purchases to a period, by reference; `drawn`: what its bill takes for former ones.

    What other standing invoices drew is gone, and so is what the usage of earlier periods without an invoice will draw:
    draws_of prices one with what is left to it. So bills made in any order draw the same.
    """
    own = standing_invoices().filter(account=account, period=period.label).values_list("pk", flat=True).first()
    left = {row.add_on.reference: row.left_without(invoice_id=own) for row in rows}
    for grant, units in drawn.items():
        left[grant] = left.get(grant, 0) - units
    open_rows = [row for row in rows if left[row.add_on.reference] > 0]
    if open_rows:
        since = min(row.add_on.starts_on for row in open_rows)
        for earlier in _without_invoice(account=account, since=since, before=period):
            grants = [row.grant(units=left[row.add_on.reference]) for row in open_rows]
            for draw in draws_of(earlier, grants):
                left[draw.grant] -= draw.units
    return left


def grants_left(
    *, account: Account, period: Period, draws_of: PriceDraws, drawn: Mapping[str, int]
) -> tuple[Grant, ...]:
    """Return what is left to a period of the units that are valid in it; as left_before."""
    rows = purchases(account_id=account.pk, before=period.ends_on)
    valid = [row for row in rows if row.add_on.ends_on is None or row.add_on.ends_on > period.starts_on]
    if not valid:
        return ()
    left = left_before(account=account, period=period, rows=rows, draws_of=draws_of, drawn=drawn)
    return tuple(row.grant(units=left[row.add_on.reference]) for row in valid if left[row.add_on.reference] > 0)


def _without_invoice(*, account: Account, since: date, before: Period) -> list[Period]:
    """The account's periods from a day on that begin before another one and have no standing invoice, in order."""
    month = month_of(at=local_midnight(day=since, zone=account.time_zone), zone=account.time_zone)
    bound = contracts_ending_from(account=account, month=month, until=before.ends_on)
    periods: dict[str, Period] = {}
    while month.starts_on < before.ends_on:
        for label in bound.labels(month):
            periods[label] = account_period(account=account, label=label)
        month = following_period(period=month)
    billed = set(standing_invoices().filter(account=account, period__in=periods).values_list("period", flat=True))
    return sorted(
        (
            period
            for label, period in periods.items()
            if label not in billed
            and period.ends_on > since
            and (period.starts_on, label) < (before.starts_on, before.label)
        ),
        key=lambda period: (period.starts_on, period.label),
    )


def late_documents(*, invoice: Invoice, drawn: Mapping[str, int]) -> list[dict[str, object]]:
    """Return an invoice's terms for pricing late usage: with what other invoices, and what is `drawn` along with it,
    have left of its prepaid units.
    """
    first, *rest = invoice.tariff
    if "grants" not in first:
        return list(invoice.tariff)
    left = {
        row.add_on.reference: max(0, row.left_without(invoice_id=invoice.pk) - drawn.get(row.add_on.reference, 0))
        for row in purchases(account_id=invoice.account_id)
    }
    grants = [{**grant, "units": left.get(grant["id"], 0)} for grant in first["grants"]]
    return [{**first, "grants": grants}, *rest]

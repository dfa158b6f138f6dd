"""Writes of fees beside the tariff: proposed by one side, decided by the other, ended or cancelled."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction

from billing.account_periods import terms_on
from billing.actions.drafts import locked_account
from billing.add_ons import billed_until
from billing.booked import standing_invoices
from billing.models import AddOn, AddOnKind, AddOnState, Side
from billing.money import currency_digits, units_from_decimal
from billing.periods import local_day
from billing.prepaid import drawn_from
from billing.states import ADD_ON_TRANSITIONS
from billing.terms import BOOKED_KINDS, QUANTITY_BY_KIND, ComponentKind, Fee, TariffTerms
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound, PermissionDenied
from contactcenter.kernel.push import push_on_commit
from contactcenter.tenancy.models import Account


@dataclass(frozen=True, slots=True)
class Prepaid:
    """Units that a one-off buys ahead, for each of its quantity: so many of what some rates of the tariff count.

    unit: minute, contact, message, segment or order. of: codes of the rates, none meaning all that count in it. The
    lower priority is drawn first among purchases that expire together.
    """

    units: Decimal
    unit: str
    of: tuple[str, ...] = ()
    priority: int = 0


@transaction.atomic
def propose_add_on(
    *,
    account_id: int,
    side: Side,
    kind: AddOnKind,
    code: str,
    name: str,
    description: str,
    quantity: Decimal,
    amount: Decimal | None,
    tax_code: str,
    prorate: bool,
    starts_on: date,
    ends_on: date | None,
    at: datetime,
    actor_id: int,
    prepaid: Prepaid | None = None,
) -> AddOn:
    """Propose an add-on or one-off; nothing is charged until the other side approves it.

    A one-off may buy units ahead (`prepaid`), which contacts of its days draw before a price applies; what is left on
    ends_on expires.

    With a `code` of the tariff on starts_on its name, kind, amount, tax and proration are the tariff's, and those given
    are ignored; without one they are the proposal's own, in the tariff's currency and one of its tax categories.
    Invalid with the field at fault.
    """
    account = locked_account(account_id)
    terms = terms_on(account=account, day=starts_on)
    if terms is None:
        raise Invalid("The account has no tariff on this day.", field="starts_on")
    if ends_on is not None and ends_on <= starts_on:
        raise Invalid("The end must be after the start.", field="ends_on")
    if quantity <= 0:
        raise Invalid("The quantity must be above zero.", field="quantity")
    if code:
        charged = _of_tariff(terms=terms, code=code, language=account.language)
    else:
        charged = _of_its_own(terms=terms, kind=kind, name=name, amount=amount, tax_code=tax_code, prorate=prorate)
    add_on = AddOn.objects.create(
        account=account,
        code=code,
        description=description.strip(),
        quantity=quantity,
        currency=terms.currency,
        starts_on=starts_on,
        ends_on=ends_on,
        proposed_side=side,
        proposed_at=at,
        proposed_by_id=actor_id,
        **charged,
        **(_bought(prepaid, terms=terms, kind=charged["kind"], quantity=quantity) if prepaid is not None else {}),
    )
    _check_not_invoiced(add_on)
    _note("add_on.proposed", add_on, actor_id=actor_id)
    return add_on


def _of_tariff(*, terms: TariffTerms, code: str, language: str) -> dict[str, Any]:
    fee = next((fee for fee in terms.fees if fee.code == code and fee.kind in BOOKED_KINDS), None)
    if fee is None:
        raise Invalid("The tariff has no add-on or one-off of this code on that day.", field="code")
    return {
        "kind": AddOnKind.RECURRING if fee.kind is ComponentKind.ADD_ON else AddOnKind.ONE_OFF,
        "name": fee.names.text(language=language)[:150],
        "amount": _price(fee),
        "tax_code": fee.tax,
        "prorate": fee.prorate,
    }


def _bought(prepaid: Prepaid, *, terms: TariffTerms, kind: AddOnKind, quantity: Decimal) -> dict[str, Any]:
    if kind != AddOnKind.ONE_OFF:
        raise Invalid("Units are bought ahead by a one-off.", field="kind")
    counted = {rate.quantity for rate in terms.rates if not rate.quantity.is_time} | {
        QUANTITY_BY_KIND[ComponentKind.PER_MINUTE] for rate in terms.rates if rate.quantity.is_time
    }
    found = next((known for known in counted if known.word == prepaid.unit), None)
    if found is None:
        raise Invalid(f"The tariff charges by {_listed(known.word for known in counted)}.", field="unit")
    codes = {rate.code for rate in terms.rates if rate.quantity.unit == found.unit}
    if unknown := sorted(set(prepaid.of) - codes):
        raise Invalid(f"No rate {unknown[0]!r} counts in these units; there are {_listed(codes)}.", field="of")
    units = Fraction(prepaid.units) * found.scale
    if units <= 0 or units.denominator != 1 or (units * Fraction(quantity)).denominator != 1:
        raise Invalid("Buy whole units, more than none.", field="units")
    return {
        "prepaid_units": int(units),
        "prepaid_unit": found.unit,
        "prepaid_of": sorted(set(prepaid.of)),
        "prepaid_priority": prepaid.priority,
    }


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "nothing that is counted"


def _price(fee: Fee) -> Decimal:
    # what a row holds: a price with more than four digits after the point is not sold as an add-on
    scaled = fee.amount * 10_000
    if scaled.denominator != 1 or scaled <= 0:
        raise Invalid("This price cannot be agreed on: it is zero or finer than four digits.", field="code")
    return Decimal(scaled.numerator).scaleb(-4)


def _of_its_own(
    *, terms: TariffTerms, kind: AddOnKind, name: str, amount: Decimal | None, tax_code: str, prorate: bool
) -> dict[str, Any]:
    if not name.strip():
        raise Invalid("Say what it is.", field="name")
    if amount is None or amount <= 0:
        raise Invalid("The amount must be above zero.", field="amount")
    try:
        units_from_decimal(amount=amount, digits=currency_digits(currency=terms.currency))
    except ValueError as error:
        raise Invalid(f"{error}, which {terms.currency} has.", field="amount") from error
    if tax_code not in {category.code for category in terms.taxes}:
        known = ", ".join(category.code for category in terms.taxes)
        raise Invalid(f"The tariff has no such tax category; it has: {known}.", field="tax_code")
    return {"kind": kind, "name": name.strip(), "amount": amount, "tax_code": tax_code, "prorate": prorate}


@transaction.atomic
def decide_add_on(*, add_on_id: int, side: Side, is_approved: bool, reason: str, at: datetime, actor_id: int) -> AddOn:
    """Approve or decline a proposal of the other side. Forbidden for one's own; Conflict where it is decided, or where
    an add-on would begin in a period that is invoiced by now.
    """
    add_on = _locked(add_on_id)
    if add_on.proposed_side == side:
        raise PermissionDenied("The other side decides on it.")
    if is_approved:
        _check_not_invoiced(add_on)
    elif not reason.strip():
        raise Invalid("Say why.", field="reason")
    state = AddOnState.APPROVED if is_approved else AddOnState.DECLINED
    return _decided(add_on, state, reason=reason, at=at, actor_id=actor_id)


@transaction.atomic
def withdraw_add_on(*, add_on_id: int, side: Side, at: datetime, actor_id: int) -> AddOn:
    """Take one's own side's proposal back before it is decided. Forbidden for the other side's."""
    add_on = _locked(add_on_id)
    if add_on.proposed_side != side:
        raise PermissionDenied("Who proposed it withdraws it; you may decline it.")
    return _decided(add_on, AddOnState.WITHDRAWN, reason="", at=at, actor_id=actor_id)


@transaction.atomic
def end_add_on(*, add_on_id: int, side: Side, ends_on: date | None, reason: str, at: datetime, actor_id: int) -> AddOn:
    """End an approved add-on before the day ends_on, or cancel it where it has not begun by then or is a one-off.

    Days that are invoiced stay charged, a billed one-off stays altogether (give it back by a credit note): Conflict. A
    client ends add-ons from today on; agreed one-offs are cancelled by the house (Forbidden). It is never extended.
    """
    add_on = _locked(add_on_id)
    billed = billed_until(add_on=add_on)
    if add_on.kind == AddOnKind.ONE_OFF:
        if side == Side.CLIENT:
            raise PermissionDenied("An agreed one-off is cancelled by the house; write to it.")
        if billed is not None:
            raise Conflict("It is on an issued invoice; give it back by a credit note.")
        if any(drawn_from(add_on=add_on)):
            raise Conflict("An issued invoice has drawn on its units.")
        return _decided(add_on, AddOnState.CANCELLED, reason=reason, at=at, actor_id=actor_id)
    if ends_on is None:
        raise Invalid("Name the day from which it is no longer charged.", field="ends_on")
    if side == Side.CLIENT and ends_on < local_day(at=at, zone=add_on.account.time_zone):
        raise Invalid("It can end from today on.", field="ends_on")
    if billed is not None and ends_on < billed:
        raise Conflict(f"It is invoiced up to {billed}; it cannot end before.", field="ends_on")
    if add_on.ends_on is not None and ends_on > add_on.ends_on:
        raise Invalid(f"It ends before {add_on.ends_on} already; propose a new one to go on.", field="ends_on")
    if ends_on <= add_on.starts_on:
        return _decided(add_on, AddOnState.CANCELLED, reason=reason, at=at, actor_id=actor_id)
    if add_on.state != AddOnState.APPROVED:
        raise Conflict(f"It is {add_on.get_state_display().lower()}.")
    add_on.ends_on, add_on.reason = ends_on, reason.strip()
    add_on.save(update_fields=["ends_on", "reason"])
    _note("add_on.ended", add_on, actor_id=actor_id)
    return add_on


def _decided(add_on: AddOn, state: AddOnState, *, reason: str, at: datetime, actor_id: int) -> AddOn:
    if state not in ADD_ON_TRANSITIONS[add_on.state]:
        raise Conflict(f"It is {add_on.get_state_display().lower()} already.")
    add_on.state, add_on.decided_at, add_on.decided_by_id, add_on.reason = state, at, actor_id, reason.strip()
    add_on.save(update_fields=["state", "decided_at", "decided_by", "reason"])
    _note(f"add_on.{state}", add_on, actor_id=actor_id)
    return add_on


def _check_not_invoiced(add_on: AddOn) -> None:
    if add_on.kind == AddOnKind.ONE_OFF and add_on.prepaid_units is None:
        return
    billed = (
        standing_invoices()
        .filter(account_id=add_on.account_id, period_end__gt=add_on.starts_on)
        .order_by("-period_end")
        .first()
    )
    if billed is not None:
        raise Conflict(
            f"{billed.period} is invoiced ({billed.number}): it can begin on {billed.period_end} or later.",
            field="starts_on",
        )


def _locked(add_on_id: int) -> AddOn:
    found = AddOn.objects.filter(pk=add_on_id).values_list("account_id", flat=True).first()
    if found is None:
        raise NotFound("There is no such add-on.")
    account: Account = locked_account(found)
    add_on = AddOn.objects.select_for_update(of=("self",)).get(pk=add_on_id)
    add_on.account = account
    return add_on


def _note(action: str, add_on: AddOn, *, actor_id: int) -> None:
    audit.record(
        action=action,
        target=add_on,
        actor_id=actor_id,
        account_id=add_on.account_id,
        data={
            "reference": add_on.reference,
            "name": add_on.name,
            "amount": str(add_on.amount),
            "currency": add_on.currency,
            "starts_on": str(add_on.starts_on),
            "ends_on": str(add_on.ends_on) if add_on.ends_on else None,
            "reason": add_on.reason,
        },
    )
    push_on_commit(
        f"books:{add_on.account_id}",
        kind=action,
        account_id=add_on.account_id,
        payload={"id": add_on.pk, "reference": add_on.reference, "state": add_on.state},
    )

"""Step 6: the exact price of rated usage, contact by contact. No money is rounded here. Pure."""

from fractions import Fraction

from billing.rating import RatedContact, RatedRate, UsageTotals, staged_units
from billing.terms import Rate


def unit_price(*, rate: Rate) -> Fraction | None:
    """Return the exact price of one whole unit (a millisecond, a contact, ...) where that is all there is to a rate;
    None where a connect fee, a cap, tiers or stages take part.
    """
    if rate.connect_fee or rate.cap_per_contact is not None or rate.tiers is not None or rate.stages:
        return None
    return rate.price / rate.quantity.scale


def usage_price(*, rate: Rate, charged: int) -> Fraction:
    """Return the exact price of so many charged units as the whole usage of a period, without connect fees and caps:
    milliseconds x rate / 60000, or what the tiers make of it.
    """
    quantity = Fraction(charged, rate.quantity.scale)
    return rate.tiers.cost(units=quantity) if rate.tiers is not None else rate.price * quantity


def summed_price(*, rate: Rate, sums: UsageTotals, before: int | None, total: int) -> Fraction:
    """Return the sum of contact_prices from the sums of its contacts, whose charged units are filled in; only for
    rates without stages and caps. Where nobody used anything in a cycle, a first tier's flat fee is due all the same.
    """
    fees = rate.connect_fee * sums.connects
    if rate.tiers is None:
        return usage_price(rate=rate, charged=sums.charged) + fees
    scale = rate.quantity.scale
    if not sums.contacts:
        return usage_price(rate=rate, charged=0) if not total and before is None else Fraction(0)
    (price,) = rate.tiers.parts(
        before=None if before is None else Fraction(before, scale),
        units=[Fraction(sums.charged, scale)],
        total=Fraction(total, scale),
    )
    return price + fees


def contact_prices(*, rated: RatedRate, before: int | None, total: int) -> list[Fraction]:
    """Return the exact price of each contact under a rate that is more than quantity x price.

    before: units charged earlier in the cycle under a rate of the same code, None where nothing was priced yet; total:
    those of the whole cycle. Tiers follow the cycle's cumulative quantity.
    """
    rate = rated.rate
    scale = rate.quantity.scale
    if rate.tiers is not None:
        prices = rate.tiers.parts(
            before=None if before is None else Fraction(before, scale),
            units=[Fraction(contact.charged, scale) for contact in rated.contacts],
            total=Fraction(total, scale),
        )
    elif rate.stages:
        prices = [_staged_price(rate=rate, contact=contact) for contact in rated.contacts]
    else:
        prices = [rate.price * contact.charged / scale for contact in rated.contacts]
    return [
        _with_fee_and_cap(rate=rate, contact=contact, price=price)
        for contact, price in zip(rated.contacts, prices, strict=True)
    ]


def _staged_price(*, rate: Rate, contact: RatedContact) -> Fraction:
    if not contact.billed:
        return Fraction(0)
    billed = staged_units(raw=contact.raw, stages=rate.stages)
    return sum(
        (stage.price * units / rate.quantity.scale for stage, units in zip(rate.stages, billed, strict=True)),
        Fraction(0),
    )


def _with_fee_and_cap(*, rate: Rate, contact: RatedContact, price: Fraction) -> Fraction:
    if contact.billed and contact.connects:
        price += rate.connect_fee
    return price if rate.cap_per_contact is None else min(price, rate.cap_per_contact)

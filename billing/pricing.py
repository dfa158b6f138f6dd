"""Pricing: from rated usage to the lines, taxes and totals of a bill. The one engine behind quote, simulation, accrual,
forecast, invoice and correction.

Steps 6 to 10 of the order of computation: exact prices, surcharges, percent discounts, cap, minimums, fixed fees; each
line rounded once, each tax category once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from itertools import chain

from billing.adjustments import cap_lines, discount_lines, minimum_lines, surcharge_lines, volume_lines
from billing.bill import AgreedFee, Bill, Booking, Line, LineKind, PricedContact, Segment, TaxTotal
from billing.fees import PaidAhead, agreed_lines, fee_lines, fee_lines_ahead
from billing.money import currency_digits
from billing.periods import local_midnight
from billing.proration import fixed_parts
from billing.rating import Bucket, RatedRate, Rating, UsageTotals, draw_units, included_units, rate_usage
from billing.rounding import allot_exact, allot_shares, round_to_units
from billing.terms import Bucket as BucketKind
from billing.terms import Rate, TaxCategory
from billing.usage_prices import contact_prices, summed_price, unit_price, usage_price
from billing.wallet import Drawer, Grant

__all__ = ["AgreedFee", "Bill", "Booking", "Line", "LineKind", "PricedContact", "Segment", "TaxTotal"]


Pieces = Sequence[tuple[datetime, Mapping[str, int]]]
"""A segment in parts: the start of each, and the billed units of it by code of the rate."""


class MixedCurrencies(ValueError):
    """The versions that cover one period are priced in different currencies."""


def price_period(
    *,
    segments: Sequence[Segment],
    following: Sequence[Segment] = (),
    paid_ahead: Mapping[str, int] | None = None,
    grants: Sequence[Grant] = (),
) -> Bill:
    """Price a period. Usually one segment; several where the contract or the version changed within the period.

    following: the segments of the next period, for fees charged in advance; paid_ahead: what earlier bills charged in
    advance for this period, in smallest units by code (None: what is due, unless the contract begins). grants: prepaid
    units. MixedCurrencies where the segments disagree; ValueError without any segment; UsageConflict as rate_usage.
    """
    currency = _one_currency(segments=segments, following=following)
    digits = currency_digits(currency=currency)
    drawer = Drawer(grants=grants)
    ratings = _rate_segments(segments=segments, drawer=drawer)
    usage = _usage_lines(segments=segments, ratings=ratings, digits=digits)
    lines = _period_lines(segments=segments, usage=usage, following=following, paid_ahead=paid_ahead, digits=digits)
    return Bill(
        currency=currency,
        digits=digits,
        lines=tuple(lines),
        taxes=tax_totals(lines=lines),
        unpriced=tuple(chain.from_iterable(rating.unpriced for rating in ratings)),
        draws=tuple(drawer.draws),
        pending=tuple(booking for segment in segments for booking in segment.bookings if not booking.is_approved),
    )


def with_lines(*, bill: Bill, lines: Sequence[Line]) -> Bill:
    """Return the bill with further lines behind its own, of the same currency; its taxes are summed anew."""
    every = (*bill.lines, *lines)
    return replace(bill, lines=every, taxes=tax_totals(lines=every))


def price_totals(
    *,
    segments: Sequence[Segment],
    totals: Sequence[Sequence[UsageTotals]],
    following: Sequence[Segment] = (),
    paid_ahead: Mapping[str, int] | None = None,
    grants: Sequence[Grant] = (),
    pieces: Sequence[Pieces] = (),
) -> Bill:
    """Price a period from the sums of each segment's usage under each of its rates, in the tariff's order: the bill
    that price_period gives for the same usage, its lines without contacts.

    pieces: where a grant begins or expires within a segment, its parts between such instants (their starts, and the
    billed units of each rate by code); without them every grant is taken to hold throughout.

    Included units of the sums are filled in here: what the days before used up of a cycle is gone. Only for terms
    whose lines depend on sums alone (billing.running_sums.is_summable); errors as price_period.
    """
    currency = _one_currency(segments=segments, following=following)
    digits = currency_digits(currency=currency)
    drawer = Drawer(grants=grants)
    usage = _summed_lines(segments=segments, totals=totals, pieces=pieces, drawer=drawer, digits=digits)
    lines = _period_lines(segments=segments, usage=usage, following=following, paid_ahead=paid_ahead, digits=digits)
    return Bill(currency, digits, tuple(lines), tax_totals(lines=lines), unpriced=(), draws=tuple(drawer.draws))


def _one_currency(*, segments: Sequence[Segment], following: Sequence[Segment]) -> str:
    currencies = {segment.terms.currency for segment in (*segments, *following)}
    if not segments:
        raise ValueError("a period without any tariff version cannot be priced")
    if len(currencies) > 1:
        raise MixedCurrencies(f"one period is priced in {' and '.join(sorted(currencies))}")
    return currencies.pop()


def _period_lines(
    *,
    segments: Sequence[Segment],
    usage: Sequence[list[Line]],
    following: Sequence[Segment],
    paid_ahead: Mapping[str, int] | None,
    digits: int,
) -> list[Line]:
    """All lines of a period from the usage lines of its segments."""
    paid = PaidAhead(units=paid_ahead, begins=any(segment.is_first for segment in segments))
    parts = fixed_parts(segments=segments, digits=digits)
    lines: list[Line] = []
    for number, (segment, priced, fixed) in enumerate(zip(segments, usage, parts, strict=True), start=1):
        fees = fee_lines(segment=segment, parts=fixed, digits=digits, paid=paid, is_last=number == len(segments))
        lines += _segment_lines(segment=segment, usage=priced, fees=fees, parts=fixed, digits=digits)
    for segment, fixed in zip(following, fixed_parts(segments=following, digits=digits), strict=True):
        lines += fee_lines_ahead(segment=segment, parts=fixed, digits=digits)
    return lines


def tax_totals(*, lines: Iterable[Line]) -> tuple[TaxTotal, ...]:
    """Return the tax of each category of some lines: rounded once, from the sum of its lines (EN 16931, BR-CO-17)."""
    base_by_category: dict[TaxCategory, int] = {}
    for line in lines:
        base_by_category[line.tax] = base_by_category.get(line.tax, 0) + line.units
    return tuple(
        TaxTotal(
            category=category, base_units=base, units=round_to_units(value=base * category.percent / 100, digits=0)
        )
        for category, base in base_by_category.items()
    )


def _segment_lines(
    *, segment: Segment, usage: list[Line], fees: list[Line], parts: Mapping[str, int], digits: int
) -> list[Line]:
    recurring = [line for line in fees if line.kind is LineKind.RECURRING]
    surcharges = surcharge_lines(segment=segment, usage=usage, digits=digits)
    discounts = discount_lines(segment=segment, usage=usage, surcharges=surcharges, digits=digits)
    cap = cap_lines(segment=segment, counted=[*usage, *surcharges, *discounts], parts=parts, digits=digits)
    volumes = volume_lines(segment=segment, usage=usage, digits=digits)
    used = [*usage, *surcharges, *discounts, *cap, *volumes]
    true_up = minimum_lines(segment=segment, usage=used, recurring=recurring, parts=parts, digits=digits)
    once = [
        line
        for kind in (LineKind.SET_UP, LineKind.HOLIDAY, LineKind.ONE_OFF, LineKind.CREDIT)
        for line in fees
        if line.kind is kind
    ]
    return [*recurring, *used, *true_up, *once, *agreed_lines(segment=segment, parts=parts, digits=digits)]


def _rate_segments(*, segments: Sequence[Segment], drawer: Drawer) -> list[Rating]:
    buckets, ends_at = _cycle_buckets(segments=segments), _ends_at(segments)
    return [
        rate_usage(
            terms=segment.terms,
            usage=segment.usage,
            share=segment.share,
            zone=segment.zone,
            buckets={
                rate.code: buckets[_cycle_key(rate)] for rate in segment.terms.rates if rate.bucket is BucketKind.CYCLE
            },
            drawer=drawer if drawer.grants else None,
            ends_at=ends_at,
        )
        for segment in segments
    ]


def _ends_at(segments: Sequence[Segment]) -> datetime | None:
    """When what the period includes expires: at the end of its last day, where that is known."""
    days = [(segment.ends_on, segment.zone) for segment in segments if segment.ends_on is not None]
    return local_midnight(day=max(days)[0], zone=max(days)[1]) if days else None


def _starts_at(segment: Segment) -> datetime:
    if segment.starts_on is None:
        raise ValueError("prepaid units are drawn in segments whose days are known")
    return local_midnight(day=segment.starts_on, zone=segment.zone)


def _cycle_key(rate: Rate) -> tuple[str, str]:
    """Versions of a rate share what a cycle counts, where they count the same thing."""
    return rate.code, rate.quantity.unit


def _cycle_buckets(*, segments: Sequence[Segment]) -> dict[tuple[str, str], Bucket]:
    """One bucket of included units per rate and cycle: the sum of what each version includes for its days."""
    included: dict[tuple[str, str], Fraction] = {}
    for segment in segments:
        for rate in segment.terms.rates:
            if rate.bucket is BucketKind.CYCLE:
                part = included_units(terms=segment.terms, rate=rate, share=segment.share)
                included[_cycle_key(rate)] = included.get(_cycle_key(rate), Fraction(0)) + part
    return {key: Bucket(allowance=round_to_units(value=part, digits=0)) for key, part in included.items()}


def _usage_lines(*, segments: Sequence[Segment], ratings: Sequence[Rating], digits: int) -> list[list[Line]]:
    """The usage lines of each segment. Tiers follow the quantity of the whole cycle, whichever version it falls to."""
    in_all: dict[tuple[str, str], int] = {}
    for rating in ratings:
        for rated in rating.rates:
            key = _cycle_key(rated.rate)
            in_all[key] = in_all.get(key, 0) + _charged(rated)
    before: dict[tuple[str, str], int] = {}
    lines: list[list[Line]] = []
    for segment, rating in zip(segments, ratings, strict=True):
        lines.append([])
        for rated in rating.rates:
            key = _cycle_key(rated.rate)
            lines[-1].append(
                _usage_line(rated=rated, segment=segment, digits=digits, before=before.get(key), total=in_all[key])
            )
            if rated.contacts or not in_all[key]:
                before[key] = before.get(key, 0) + _charged(rated)
    return lines


def _summed_lines(
    *,
    segments: Sequence[Segment],
    totals: Sequence[Sequence[UsageTotals]],
    pieces: Sequence[Pieces],
    drawer: Drawer,
    digits: int,
) -> list[list[Line]]:
    """What _usage_lines gives, from sums: included units and tiers follow the whole cycle here as there."""
    buckets, ends_at = _cycle_buckets(segments=segments), _ends_at(segments)
    rows: list[list[tuple[Rate, RatedRate, UsageTotals]]] = []
    in_all: dict[tuple[str, str], int] = {}
    for index, (segment, found) in enumerate(zip(segments, totals, strict=True)):
        rows.append([])
        for rate, sums in zip(segment.terms.rates, found, strict=True):
            key = _cycle_key(rate)
            included = included_units(terms=segment.terms, rate=rate, share=segment.share)
            own = Bucket(allowance=round_to_units(value=included, digits=0))
            bucket = buckets[key] if rate.bucket is BucketKind.CYCLE else own
            if drawer.grants:
                whole = [(_starts_at(segment), {rate.code: sums.billed})]
                used, before_it = 0, len(drawer.draws)
                for at, billed in pieces[index] if pieces else whole:
                    used += draw_units(
                        rate=rate,
                        billed=billed.get(rate.code, 0),
                        bucket=bucket,
                        drawer=drawer,
                        taker=segment.key,
                        at=at,
                        ends_at=ends_at,
                    )
                drawn = drawer.drawn_since(before_it)
            else:
                used, drawn = min(sums.billed, bucket.left), {}
                bucket.left -= used
            rated = RatedRate(rate=rate, allowance=bucket.allowance, contacts=(), drawn=drawn)
            rows[-1].append((rate, rated, sums._replace(included=used, charged=sums.billed - used)))
            in_all[key] = in_all.get(key, 0) + sums.billed - used
    before: dict[tuple[str, str], int] = {}
    lines: list[list[Line]] = []
    for segment, found_rows in zip(segments, rows, strict=True):
        lines.append([])
        for rate, rated, sums in found_rows:
            key = _cycle_key(rate)
            exact = summed_price(rate=rate, sums=sums, before=before.get(key), total=in_all[key])
            if sums.contacts or not in_all[key]:
                before[key] = before.get(key, 0) + sums.charged
            lines[-1].append(
                Line(
                    LineKind.USAGE,
                    rate,
                    segment,
                    exact,
                    round_to_units(value=exact, digits=digits),
                    digits,
                    usage=rated,
                    totals=sums,
                    unit_price=unit_price(rate=rate),
                )
            )
    return lines


def _charged(rated: RatedRate) -> int:
    return sum(contact.charged for contact in rated.contacts)


def _usage_line(*, rated: RatedRate, segment: Segment, digits: int, before: int | None, total: int) -> Line:
    rate, price = rated.rate, unit_price(rate=rated.rate)
    if price is None:
        exacts = contact_prices(rated=rated, before=before, total=total)
        exact = sum(exacts, Fraction(0))
        if not exacts and not total and before is None:
            # nobody used it, and the first tier's flat fee is charged all the same
            exact = usage_price(rate=rate, charged=0)
        units = round_to_units(value=exact, digits=digits)
        parts = allot_exact(total_units=units, shares=exacts, digits=digits) if exacts else []
    else:
        exacts = [price * contact.charged for contact in rated.contacts]
        exact = price * _charged(rated)
        units = round_to_units(value=exact, digits=digits)
        # every contact's exact share has the denominator of the price: the shares are whole numerators over it
        scale = price.numerator * 10**digits
        parts = allot_shares(
            total_units=units,
            numerators=[contact.charged * scale for contact in rated.contacts],
            denominator=price.denominator,
        )
    contacts = tuple(map(PricedContact, rated.contacts, exacts, parts))
    return Line(
        LineKind.USAGE,
        rate,
        segment,
        exact,
        units,
        digits,
        usage=rated,
        contacts=contacts,
        unit_price=price,
        totals=rated.totals,
    )

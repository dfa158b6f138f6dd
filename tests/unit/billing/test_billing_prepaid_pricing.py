"""Prepaid units in the engine: never more than was bought, never out of their days, by sums as by contacts."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from billing.pricing import price_period, price_totals
from billing.rating import Usage, rate_usage
from billing.running_sums import is_summable
from billing.terms import TariffTerms
from billing.wallet import Grant
from tests.unit.billing.strategies import START, segment, tariffs, usages

END = START + timedelta(days=28)
SUMMABLE = tariffs().filter(lambda terms: is_summable(terms=terms))


@st.composite
def grants(draw: st.DrawFn) -> list[Grant]:
    """Some purchases of units, that begin and expire on days around the usage."""
    found = []
    for number in range(draw(st.integers(0, 4))):
        begun = START + timedelta(days=draw(st.integers(-2, 4)))
        lasts = draw(st.one_of(st.none(), st.integers(1, 6)))
        found.append(
            Grant(
                id=f"g{number}",
                units=draw(st.one_of(st.integers(0, 5), st.integers(0, 3_000_000))),
                granted_at=begun,
                expires_at=begun + timedelta(days=lasts) if lasts else None,
                priority=draw(st.integers(0, 1)),
                unit=draw(st.sampled_from(["ms", "ms", "contact", "message", ""])),
            )
        )
    return found


@given(tariffs(), usages, grants())
def test_every_draw_is_within_its_purchase_and_its_days(
    terms: TariffTerms, usage: list[Usage], bought: list[Grant]
) -> None:
    bill = price_period(segments=[segment(terms, usage)], grants=bought)
    units = {rate.code: rate.quantity.unit for rate in terms.rates}
    started = {contact.id: contact.started_at for contact in usage}
    for grant in bought:
        own = [draw for draw in bill.draws if draw.grant == grant.id]
        assert sum(draw.units for draw in own) <= grant.units
        for draw in own:
            assert grant.unit in ("", units[draw.code])
            assert grant.granted_at <= started[draw.taker]
            assert grant.expires_at is None or started[draw.taker] < grant.expires_at
    told = [line.usage.drawn for line in bill.lines if line.usage is not None]
    for grant in bought:
        drawn = sum(draw.units for draw in bill.draws if draw.grant == grant.id)
        assert sum(own.get(grant.id, 0) for own in told) == drawn


@given(SUMMABLE, usages, grants())
def test_sums_between_the_borders_of_grants_draw_as_contacts_do(
    terms: TariffTerms, usage: list[Usage], bought: list[Grant]
) -> None:
    one = segment(terms, usage)
    borders = {border for grant in bought for border in (grant.granted_at, grant.expires_at) if border}
    cuts = [START, *sorted(border for border in borders if START < border < END), END]
    pieces = []
    for since, until in pairwise(cuts):
        rating = rate_usage(terms=terms, usage=[own for own in usage if since <= own.started_at < until])
        pieces.append((since, {rated.rate.code: rated.totals.billed for rated in rating.rates}))
    totals = [rated.totals._replace(included=0, charged=0) for rated in rate_usage(terms=terms, usage=usage).rates]
    by_contacts = price_period(segments=[one], grants=bought)
    by_sums = price_totals(segments=[one], totals=[totals], grants=bought, pieces=[pieces])
    assert [(line.units, line.totals) for line in by_sums.lines] == [
        (line.units, line.totals) for line in by_contacts.lines
    ]
    assert [dict(line.usage.drawn) for line in by_sums.lines if line.usage] == [
        dict(line.usage.drawn) for line in by_contacts.lines if line.usage
    ]


@given(tariffs(), usages, grants(), st.integers(1, 3))
def test_parts_of_a_time_billed_one_after_another_draw_what_is_left(
    terms: TariffTerms, usage: list[Usage], bought: list[Grant], days: int
) -> None:
    middle = START + timedelta(days=days)
    halves = [
        [own for own in usage if own.started_at < middle],
        [own for own in usage if own.started_at >= middle],
    ]
    left = {grant.id: grant.units for grant in bought}
    drawn = dict.fromkeys(left, 0)
    for half in halves:
        standing = [replace(grant, units=left[grant.id]) for grant in bought]
        for draw in price_period(segments=[segment(terms, half)], grants=standing).draws:
            left[draw.grant] -= draw.units
            drawn[draw.grant] += draw.units
    for grant in bought:
        assert left[grant.id] >= 0
        assert drawn[grant.id] == grant.units - left[grant.id]

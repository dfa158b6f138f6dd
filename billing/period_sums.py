"""The sums of a period by segment, read from rated hours: what prices any days of it without a look at a contact.

Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import add

from billing.models import RatedShape
from billing.periods import Period, local_midnight
from billing.pricing import Bill, Segment, price_totals
from billing.queries import PlannedPeriod
from billing.rated_hours import UNPRICED, has_hours, ready_shape, totals_between
from billing.rating import UsageTotals
from billing.running_sums import is_summable
from contactcenter.kernel.errors import DomainError
from contactcenter.tenancy.models import Account

INLINE_LINES = 20_000
"""So many usage lines are read within a request where hours are not there yet; more are left to the worker."""


Parts = Sequence[tuple[datetime, Mapping[str, UsageTotals]]]
"""A segment in parts: the start of each, and the sums of it by code of the rate."""


class NeedsContacts(DomainError):
    """The tariff prices contact by contact: a cap or steps of one contact, counted free ones, or surcharges."""

    code = "needs_contacts"
    status = 409


class HoursBeingBuilt(DomainError):
    """The hours of the account are not there yet; a worker builds them."""

    code = "hours_being_built"
    status = 409


@dataclass(frozen=True, slots=True)
class PeriodSums:
    """A planned period, the hours of each of its segments, and the sums of what came in each.

    parts: each segment's sums between the instants at which prepaid units begin or expire in it, with the starts.
    uncovered: whether contacts fall on days that no segment covers.
    """

    plan: PlannedPeriod
    shapes: tuple[RatedShape, ...]
    parts: tuple[Parts, ...]
    uncovered: bool = False

    @property
    def sums(self) -> tuple[Mapping[str, UsageTotals], ...]:
        """The sums of each segment."""
        return tuple(map(summed, self.parts))

    @property
    def bill(self) -> Bill:
        """What came so far costs this; the lines are without contacts."""
        return price_sums(plan=self.plan, parts=self.parts)

    @property
    def unpriced(self) -> int:
        """How many contacts no rate fits."""
        return sum(found[UNPRICED].contacts for found in self.sums if UNPRICED in found)


def period_sums(
    *, account: Account, period: Period, plan: PlannedPeriod, on: date, back: timedelta = timedelta(0),
    most: int | None = INLINE_LINES,
) -> PeriodSums:  # fmt: skip
    """Return the sums of a period's segments. back: how far before the period the hours shall reach.

    NeedsContacts where the terms need each contact; HoursBeingBuilt where more than `most` usage lines are to be read
    for it first.
    """
    if not all(is_summable(terms=segment.terms) for segment in plan.segments):
        raise NeedsContacts("This tariff prices contact by contact.")
    since = local_midnight(day=period.starts_on - back, zone=period.zone)
    shapes: list[RatedShape] = []
    for segment in plan.segments:
        shape = ready_shape(account=account, terms=segment.terms, since=since, on=on, most=most)
        if shape is None:
            raise HoursBeingBuilt("The hours of this account are being added up. Try again in a moment.")
        shapes.append(shape)
    bounds = [segment_bounds(segment=segment, period=period) for segment in plan.segments]
    return PeriodSums(
        plan=plan,
        shapes=tuple(shapes),
        parts=tuple(
            tuple(
                (since, totals_between(shape=shape, since=since, until=until))
                for since, until in pairwise(instants(plan=plan, since=start, until=end))
            )
            for shape, (start, end) in zip(shapes, bounds, strict=True)
        ),
        uncovered=any(
            has_hours(shape=shapes[0], since=end, until=start)
            for (_, end), (start, _) in pairwise([(period.starts_at,) * 2, *bounds, (period.ends_at,) * 2])
            if end < start
        ),
    )


def segment_bounds(*, segment: Segment, period: Period) -> tuple[datetime, datetime]:
    """Return a segment's days as instants [start, end)."""
    starts_on, ends_on = segment.starts_on or period.starts_on, segment.ends_on or period.ends_on
    return local_midnight(day=starts_on, zone=segment.zone), local_midnight(day=ends_on, zone=segment.zone)


def instants(*, plan: PlannedPeriod, since: datetime, until: datetime) -> list[datetime]:
    """Return [since, until) cut where prepaid units of the plan begin or expire, with both ends."""
    borders = {border for grant in plan.grants for border in (grant.granted_at, grant.expires_at) if border is not None}
    return [since, *sorted(border for border in borders if since < border < until), until]


def summed(parts: Parts) -> dict[str, UsageTotals]:
    """Return the sums of a segment's parts together."""
    found: dict[str, UsageTotals] = {}
    for _, totals in parts:
        for code, own in totals.items():
            found[code] = UsageTotals(*map(add, found.get(code, UsageTotals()), own))
    return found


def price_sums(*, plan: PlannedPeriod, parts: Sequence[Parts]) -> Bill:
    """Return the bill of a planned period from the sums of each segment's parts by code of the rate."""
    sums = list(map(summed, parts))
    return price_totals(
        segments=plan.segments,
        totals=[
            [found.get(rate.code, UsageTotals()) for rate in segment.terms.rates]
            for segment, found in zip(plan.segments, sums, strict=True)
        ],
        following=plan.following,
        paid_ahead=plan.paid_ahead,
        grants=plan.grants,
        pieces=[
            [(at, {code: own.billed for code, own in found.items()}) for at, found in own_parts] for own_parts in parts
        ],
    )

"""Rating: which rate prices a contact, and how much of its time or count is billed, included, and charged. Whole units,
no money.

Steps 2 to 5 of the order of computation: billable time by basis, the split at time bands, rounding once per contact,
included units and wallets consumed in order of start.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from functools import partial
from operator import attrgetter, itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from billing.rounding import DurationRule, TimeRule, round_duration, round_to_units, whole_steps
from billing.terms import HANDLING, ComponentKind, Rate, Stage, TariffTerms
from billing.time_bands import Calendar, Part, Slice
from billing.usage import CLASS_FIELDS, Usage, UsageConflict, in_order
from billing.wallet import Drawer

__all__ = ["Usage", "UsageConflict"]


NO_SLICES: tuple[Slice, ...] = ()


class RatedContact(NamedTuple):
    """A contact, or the part of it that falls to one rate. Units are those of the rate: milliseconds, contacts, ...

    raw - waived + rounding = billed; billed - included = charged. connects: the contact began under this rate.
    """

    usage: Usage
    raw: int
    waived: int
    rounding: int
    billed: int
    included: int
    charged: int
    connects: bool = True
    slices: tuple[Slice, ...] = ()


class UsageTotals(NamedTuple):
    """The sums of the contacts under one rate, and how many of them pay its connect fee."""

    contacts: int = 0
    raw: int = 0
    waived: int = 0
    rounding: int = 0
    billed: int = 0
    included: int = 0
    charged: int = 0
    connects: int = 0


class RatedRate(NamedTuple):
    """One rate with all its contacts in order of start, the units of it that the period includes, and those that its
    contacts drew from each prepaid grant: they are among what counts as included.
    """

    rate: Rate
    allowance: int
    contacts: tuple[RatedContact, ...]
    drawn: Mapping[str, int] = MappingProxyType({})

    @property
    def totals(self) -> UsageTotals:
        """The sums of the contacts."""
        raw, waived, rounding, billed, included, charged = (
            sum(map(itemgetter(field), self.contacts)) for field in range(1, 7)
        )
        return UsageTotals(
            contacts=len(self.contacts),
            raw=raw,
            waived=waived,
            rounding=rounding,
            billed=billed,
            included=included,
            charged=charged,
            connects=sum(1 for contact in self.contacts if contact.billed and contact.connects),
        )


class Rating(NamedTuple):
    """The usage of one period under one tariff version. unpriced are the contacts that no rate fits: never dropped in
    silence.
    """

    rates: tuple[RatedRate, ...]
    unpriced: tuple[Usage, ...]


class Bucket:
    """The included units of one rate in a period: how many there are, and how many are left."""

    __slots__ = ("allowance", "left")

    def __init__(self, *, allowance: int) -> None:
        self.allowance = allowance
        self.left = allowance


def rate_usage(
    *,
    terms: TariffTerms,
    usage: Iterable[Usage],
    share: Fraction = Fraction(1),
    zone: str = "UTC",
    buckets: Mapping[str, Bucket] | None = None,
    drawer: Drawer | None = None,
    ends_at: datetime | None = None,
) -> Rating:
    """Rate the usage of one period under one tariff version.

    share is the part of the period's days that the version covers; included units that are prorated shrink to it (half
    up to whole units). buckets: by code, where versions of a cycle share them. drawer: the account's prepaid units;
    those that expire before the period ends are drawn before what is included. The order of the input and repeated
    contacts change nothing. UsageConflict where one id stands for two different contacts.
    """
    taken: dict[str, list[Usage]] = {rate.code: [] for rate in terms.rates}
    parts: dict[str, dict[str, Part]] = {rate.code: {} for rate in terms.rates}
    unpriced: list[Usage] = []
    lanes_by_kind: dict[tuple[str, ...], tuple[tuple[Rate, ...], ...]] = {}
    # beside what prices the handling of a contact, a rate is charged only where it has something to count
    counted = {rate.code for rate in terms.rates if rate.lane != HANDLING}
    calendar = Calendar(zone=ZoneInfo(zone), holidays=frozenset(terms.holidays))
    for contact in in_order(usage=usage):
        kind = (contact.channel, contact.direction, contact.language, contact.queue, contact.campaign)
        lanes = lanes_by_kind.get(kind)
        if lanes is None:
            lanes = lanes_by_kind[kind] = fitting_rates(terms=terms, usage=contact)
        is_priced = False
        for lane in lanes:
            rate = lane[0] if not lane[0].match.is_timed else calendar.rate_at(lane, contact.started_at)
            if rate is None or (rate.code in counted and not raw_units(rate=rate, usage=contact)):
                continue
            is_priced = True
            if lane[0].match.is_timed and rate.quantity.is_time and not rate.stages:
                for code, part in calendar.split(lane, rate, contact, raw=raw_units(rate=rate, usage=contact)).items():
                    taken[code].append(contact)
                    parts[code][contact.id] = part
            else:
                taken[rate.code].append(contact)
        # time of no contact is recorded whether or not the tariff charges it
        if not is_priced and contact.channel:
            unpriced.append(contact)
    rated = []
    for rate in terms.rates:
        own = (buckets or {}).get(rate.code)
        if own is None:
            included = included_units(terms=terms, rate=rate, share=share)
            own = Bucket(allowance=round_to_units(value=included, digits=0))
        rated.append(
            _rate_contacts(
                rate=rate,
                contacts=taken[rate.code],
                parts=parts[rate.code],
                bucket=own,
                drawer=drawer
                if drawer is not None and drawer.serves(code=rate.code, unit=rate.quantity.unit)
                else None,
                ends_at=ends_at,
            )
        )
    return Rating(rates=tuple(rated), unpriced=tuple(unpriced))


def fitting_rates(*, terms: TariffTerms, usage: Usage) -> tuple[tuple[Rate, ...], ...]:
    """Return the rates that may price a contact of this kind, lane by lane, best first; the last of a lane holds at any
    time, unless the lane leaves a gap.
    """
    lanes: dict[str, list[Rate]] = {}
    for rate in sorted(terms.rates, key=lambda rate: -rate.match.weight):
        if rate.lane == HANDLING and not usage.channel:
            continue
        fits = rate.match.fits(
            # time of no contact came by no channel: what a matcher says of channels is not asked of it
            channel=usage.channel or next(iter(rate.match.channels), ""),
            direction=usage.direction,
            language=usage.language,
            queue=usage.queue,
            campaign=usage.campaign,
        )
        lane = lanes.setdefault(rate.lane, [])
        if fits and not (lane and not lane[-1].match.is_timed):
            lane.append(rate)
    return tuple(tuple(lane) for lane in lanes.values() if lane)


def included_units(*, terms: TariffTerms, rate: Rate, share: Fraction) -> Fraction:
    """Return the exact units that a rate includes, and those that discounts make free, in a period of which the version
    covers share.
    """
    included = rate.included * (share if rate.prorate else 1)
    for discount in terms.discounts:
        if rate.code in discount.of:
            included += discount.units * rate.quantity.scale * (share if discount.prorate else 1)
    return included


def raw_units(*, rate: Rate, usage: Usage) -> int:
    """Return what the rate counts of a contact, before any rounding."""
    return measure(rate=rate)(usage)


def measure(*, rate: Rate) -> Callable[[Usage], int]:
    """Return the function that counts a contact's units for a rate."""
    match rate.kind:
        case ComponentKind.PER_CONTACT:
            return lambda usage: 1 if usage.channel else 0
        case ComponentKind.PER_MESSAGE:
            return attrgetter("messages")
        case ComponentKind.PER_SEGMENT:
            return attrgetter("segments")
        case ComponentKind.PER_ORDER:
            return attrgetter("orders")
    wrap = rate.wrap
    fields = sorted(CLASS_FIELDS[time_class] for time_class in rate.basis)
    # a slice, so that one class is read as a sequence as well
    wanted: list[Any] = list(fields) if len(fields) > 1 else [slice(fields[0], fields[0] + 1)]
    classes: Callable[[Usage], Any] = itemgetter(*wanted)
    if wrap is None:
        return lambda usage: sum(classes(usage))

    def with_wrap(usage: Usage) -> int:
        recorded: int = sum(classes(usage))
        if not recorded:
            return 0
        others = recorded - usage.wrap_ms
        if wrap.fixed_ms is not None:
            return others + wrap.fixed_ms
        return others + min(usage.wrap_ms, wrap.most_ms or 0)

    return with_wrap


def staged_units(*, raw: int, stages: Sequence[Stage]) -> list[int]:
    """Return a contact's billed milliseconds in each stage: a begun step of the last stage reached counts whole."""
    found: list[int] = []
    for index, stage in enumerate(stages):
        until = stages[index + 1].from_ms if index + 1 < len(stages) else raw
        within = max(0, min(raw, until) - stage.from_ms)
        found.append(whole_steps(value=within, step=stage.step_ms, rule=TimeRule.UP) if stage.step_ms else within)
    return found


def _rate_contacts(
    *,
    rate: Rate,
    contacts: list[Usage],
    parts: Mapping[str, Part],
    bucket: Bucket,
    drawer: Drawer | None,
    ends_at: datetime | None,
) -> RatedRate:
    units, rule, is_time = measure(rate=rate), rate.rounding, rate.quantity.is_time
    graceless: DurationRule | None = replace(rule, grace_ms=0) if rate.grace_contacts is not None else None
    graces = 0
    before = len(drawer.draws) if drawer is not None else 0
    rated: list[RatedContact] = []
    for contact in contacts:
        part = parts.get(contact.id) if parts else None
        connects, slices = True, NO_SLICES
        if part is not None:
            raw, billed, connects, slices = part
        else:
            raw = units(contact)
            if not is_time:
                billed = raw
            elif rate.stages:
                billed = sum(staged_units(raw=raw, stages=rate.stages)) if raw > rule.grace_ms else 0
            else:
                billed = round_duration(duration_ms=raw, rule=rule)
        if graceless is not None and raw and not billed:
            graces += 1
            if graces > (rate.grace_contacts or 0):
                billed = round_duration(duration_ms=raw, rule=graceless)
        waived = raw - billed if billed < raw else 0
        if drawer is None:
            included = billed if billed < bucket.left else bucket.left
            bucket.left -= included
        else:
            included = draw_units(
                rate=rate,
                billed=billed,
                bucket=bucket,
                drawer=drawer,
                taker=contact.id,
                at=contact.started_at,
                ends_at=ends_at,
            )
        rated.append(
            RatedContact(
                contact,
                raw,
                waived,
                billed - raw + waived,
                billed,
                included,
                billed - included,
                connects,
                slices,
            )
        )
    drawn = drawer.drawn_since(before) if drawer is not None else {}
    return RatedRate(rate=rate, allowance=bucket.allowance, contacts=tuple(rated), drawn=drawn)


def draw_units(
    *, rate: Rate, billed: int, bucket: Bucket, drawer: Drawer, taker: str, at: datetime, ends_at: datetime | None
) -> int:
    """Use up prepaid and included units in order of expiry and return how many; what is included expires with the
    period, at ends_at.
    """
    draw = partial(drawer.draw, code=rate.code, unit=rate.quantity.unit, taker=taker, at=at)
    taken = draw(units=billed, expiring_before=ends_at) if ends_at is not None else 0
    included = min(billed - taken, bucket.left)
    bucket.left -= included
    taken += included
    return taken + draw(units=billed - taken)

"""Rating: which rate prices a contact, and how much of its time or count is billed, included, and charged. Whole
milliseconds, no money.

Steps 2 to 5 of the order of computation: billable time by basis, rounding once per contact, included units consumed in
order of start.
"""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from operator import itemgetter
from typing import NamedTuple

from billing.rounding import MoneyRule, round_duration, round_to_units
from billing.terms import ComponentKind, Rate, TariffTerms, TimeClass


class Usage(NamedTuple):
    """One contact as the engine sees it: when it began (aware), how it came, and the operator's milliseconds of each
    class.
    """

    id: str
    started_at: datetime
    channel: str
    direction: str
    talk_ms: int = 0
    hold_ms: int = 0
    wrap_ms: int = 0
    focus_ms: int = 0
    open_ms: int = 0
    label: str = ""

    def ms_by_class(self) -> dict[TimeClass, int]:
        """The recorded time by class, zero classes included."""
        return dict(zip(TimeClass, self[4:9], strict=True))


class RatedContact(NamedTuple):
    """A contact under the rate that prices it. Units are milliseconds for per_minute, contacts for per_contact.

    raw - waived + rounding = billed; billed - included = charged.
    """

    usage: Usage
    raw: int
    waived: int
    rounding: int
    billed: int
    included: int
    charged: int


class RatedRate(NamedTuple):
    """One rate with all its contacts in order of start, and the units of it that the period includes."""

    rate: Rate
    allowance: int
    contacts: tuple[RatedContact, ...]


class Rating(NamedTuple):
    """The usage of one period under one tariff version. unpriced are the contacts that no rate fits: never dropped in
    silence.
    """

    rates: tuple[RatedRate, ...]
    unpriced: tuple[Usage, ...]


class UsageConflict(ValueError):
    """Two contacts of different content carry the same id."""


# the first field of the five class fields in Usage
_CLASS_FIELDS = {time_class: Usage._fields.index(f"{time_class}_ms") for time_class in TimeClass}


def rate_usage(*, terms: TariffTerms, usage: Iterable[Usage], share: Fraction = Fraction(1)) -> Rating:
    """Rate the usage of one period under one tariff version.

    share is the part of the period's days that the version covers; included units that are prorated shrink to it (half
    up to whole units). The order of the input and repeated contacts change nothing. UsageConflict where one id stands
    for two different contacts.
    """
    contacts = sorted(_unique(usage), key=lambda contact: (contact.started_at, contact.id))
    by_rate: dict[str, list[Usage]] = {rate.code: [] for rate in terms.rates}
    unpriced: list[Usage] = []
    chosen: dict[tuple[str, str], str | None] = {}
    for contact in contacts:
        key = (contact.channel, contact.direction)
        if key not in chosen:
            fitting = first_fitting_rate(terms=terms, channel=contact.channel, direction=contact.direction)
            chosen[key] = fitting.code if fitting else None
        code = chosen[key]
        if code is None:
            unpriced.append(contact)
        else:
            by_rate[code].append(contact)
    return Rating(
        rates=tuple(_rate_contacts(rate=rate, contacts=by_rate[rate.code], share=share) for rate in terms.rates),
        unpriced=tuple(unpriced),
    )


def first_fitting_rate(*, terms: TariffTerms, channel: str, direction: str) -> Rate | None:
    """Return the first rate, in the tariff's order, that fits a contact of this channel and direction; None where none
    does.
    """
    return next((rate for rate in terms.rates if rate.match.fits(channel=channel, direction=direction)), None)


def allowance(*, rate: Rate, share: Fraction) -> int:
    """Return the whole units a rate includes in a period of which the version covers share."""
    return round_to_units(
        value=rate.included * share if rate.prorate else rate.included, digits=0, rule=MoneyRule.HALF_UP
    )


def _unique(usage: Iterable[Usage]) -> Iterable[Usage]:
    seen: dict[str, Usage] = {}
    for contact in usage:
        known = seen.setdefault(contact.id, contact)
        if known != contact:
            raise UsageConflict(f"the id {contact.id!r} stands for two different contacts")
    return seen.values()


def _rate_contacts(*, rate: Rate, contacts: list[Usage], share: Fraction) -> RatedRate:
    allowed = allowance(rate=rate, share=share)
    left = allowed
    per_contact = rate.kind is ComponentKind.PER_CONTACT
    fields = sorted(_CLASS_FIELDS[time_class] for time_class in rate.basis)
    # a slice, so that one class is read as a sequence as well
    classes = itemgetter(*fields) if len(fields) > 1 else itemgetter(slice(fields[0], fields[0] + 1))
    rule = rate.rounding
    rated: list[RatedContact] = []
    for contact in contacts:
        if per_contact:
            raw = billed = 1
        else:
            raw = sum(classes(contact))
            billed = round_duration(duration_ms=raw, rule=rule)
        waived = raw if billed == 0 else 0
        included = billed if billed < left else left
        left -= included
        rated.append(RatedContact(contact, raw, waived, billed - raw + waived, billed, included, billed - included))
    return RatedRate(rate=rate, allowance=allowed, contacts=tuple(rated))

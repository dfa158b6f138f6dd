"""What looks wrong with a tariff that is valid: warnings that name the row they mean and never forbid. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from fractions import Fraction

from billing.coverage import covers, overlaps, uncovered
from billing.matching import Channel
from billing.money import currency_digits, exact_text
from billing.terms import (
    BOOKED_KINDS,
    HANDLING,
    Cap,
    ComponentKind,
    Discount,
    Fee,
    Matcher,
    Minimum,
    MinimumVolume,
    PriceComponent,
    Rate,
    Surcharge,
    TariffTerms,
    TimeClass,
)
from billing.tiers import TierMode

LEAP = 10
SPOKEN_CLASSES = frozenset({TimeClass.TALK, TimeClass.HOLD})


@dataclass(frozen=True, slots=True)
class Finding:
    """kind is stable and machine-readable; component is the code of the row, "" for the tariff as a whole."""

    kind: str
    component: str
    message: str
    before: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the warning as JSON values."""
        return asdict(self)


def lint_terms(*, terms: TariffTerms, before: TariffTerms | None = None) -> list[Finding]:
    """Return the warnings of terms, beside the version in force where there is one.

    ten_times and tenth: a price against the same component's before; free: a price of zero; digits: an amount finer
    than its currency; never_fits: heavier or earlier rates take every contact of it; overlap: the order alone decides
    between two rates; bands_differ: rates of a lane that time bands part disagree on basis or rounding; no_talk: a
    spoken basis for written channels; twice: one class of time is charged by two lanes; cliff: more usage costs less;
    above_cap: a minimum, fee or connect fee above its cap; never: a component that can change nothing; uncovered:
    contacts no rate fits; currency: another one than before.
    """
    found: list[Finding] = []
    known = {component.code: component for component in before.components} if before is not None else {}
    for component in terms.components:
        found += _price_warnings(component, known.get(component.code), digits=currency_digits(currency=terms.currency))
    for rate in terms.rates:
        found += _lane_warnings(rate, terms)
        found += _rate_warnings(rate)
    found += _shared_time(terms)
    found += _whole_warnings(terms)
    missing = uncovered(
        matchers=[rate.match for rate in terms.rates if rate.lane == HANDLING], holidays=bool(terms.holidays)
    )
    if missing and terms.rates:
        found.append(Finding("uncovered", "", f"No rate fits {', '.join(missing)}; such contacts would be free."))
    if before is not None and before.currency != terms.currency:
        found.append(Finding("currency", "", f"The currency was {before.currency}.", before=before.currency))
    return found


def _price(component: PriceComponent) -> Fraction:
    match component:
        case Rate():
            return component.price
        case Surcharge() | Discount():
            return component.percent or (component.amount if isinstance(component, Surcharge) else component.units)
        case MinimumVolume():
            return component.units
        case Cap() | Minimum() | Fee():
            return component.amount


def _is_free(component: PriceComponent) -> bool:
    if isinstance(component, Rate):
        prices = [component.price, component.connect_fee, *(stage.price for stage in component.stages)]
        if component.tiers is not None:
            prices += [value for tier in component.tiers.steps for value in (tier.price, tier.flat)]
        return not any(prices)
    return _price(component) == 0


def _price_warnings(component: PriceComponent, before: PriceComponent | None, *, digits: int) -> list[Finding]:
    found: list[Finding] = []
    price = _price(component)
    old = _price(before) if before is not None and _same_kind(component, before) else Fraction(0)
    if old and price >= LEAP * old:
        text = exact_text(value=old)
        found.append(
            Finding("ten_times", component.code, f"At least ten times the price before ({text}).", before=text)
        )
    elif old and 0 < price * LEAP <= old:
        text = exact_text(value=old)
        found.append(Finding("tenth", component.code, f"At most a tenth of the price before ({text}).", before=text))
    if _is_free(component):
        found.append(Finding("free", component.code, "The price is zero.", before=exact_text(value=old) if old else ""))
    if isinstance(component, Fee | Minimum | Cap) and (price * 10**digits).denominator != 1:
        found.append(Finding("digits", component.code, "The amount is finer than the currency; its line is rounded."))
    return found


def _same_kind(one: PriceComponent, other: PriceComponent) -> bool:
    return type(one) is type(other) and getattr(one, "kind", None) is getattr(other, "kind", None)


def _lane_warnings(rate: Rate, terms: TariffTerms) -> list[Finding]:
    """How a rate stands to those that are tried before it."""
    found: list[Finding] = []
    position = terms.rates.index(rate)
    for index, other in enumerate(terms.rates):
        if other is rate or other.lane != rate.lane:
            continue
        is_first = other.match.weight > rate.match.weight or (
            other.match.weight == rate.match.weight and index < position
        )
        if not is_first:
            continue
        if covers(other.match, rate.match):
            return [Finding("never_fits", rate.code, f"{other.code} is tried before and takes every contact of it.")]
        if other.match.weight == rate.match.weight and overlaps(other.match, rate.match):
            if not covers(rate.match, other.match):
                text = f"Some contacts fit {other.code} too; the order of the rows decides. A weight would say it."
                found.append(Finding("overlap", rate.code, text))
            elif other.match.is_timed and (other.basis, other.rounding) != (rate.basis, rate.rounding):
                text = f"{other.code} takes over at certain times, with another basis or rounding; the start decides."
                found.append(Finding("bands_differ", rate.code, text))
    return found


def _rate_warnings(rate: Rate) -> list[Finding]:
    found: list[Finding] = []
    if rate.quantity.is_time and rate.basis <= SPOKEN_CLASSES and not _may_be_voice(rate.match):
        found.append(Finding("no_talk", rate.code, "Talk and hold are on calls alone; this rate would bill nothing."))
    if rate.tiers is not None:
        cliff = _cliff(rate)
        if cliff is not None:
            found.append(Finding("cliff", rate.code, f"Beyond {exact_text(value=cliff)} more usage costs less."))
    if rate.cap_per_contact is not None and rate.connect_fee >= rate.cap_per_contact:
        found.append(Finding("above_cap", rate.code, "The connect fee alone reaches the cap of a contact."))
    return found


def _cliff(rate: Rate) -> Fraction | None:
    """The first bound of volume tiers beyond which the whole costs less than at the bound."""
    if rate.tiers is None or rate.tiers.mode is not TierMode.VOLUME:
        return None
    for tier, following in zip(rate.tiers.steps, rate.tiers.steps[1:], strict=False):
        if tier.up_to is not None:
            beyond = following.flat + following.cost(units=tier.up_to)
            if beyond < rate.tiers.cost(units=tier.up_to):
                return tier.up_to
    return None


def _may_be_voice(match: Matcher) -> bool:
    return not match.channels or Channel.VOICE in match.channels


def _shared_time(terms: TariffTerms) -> Iterable[Finding]:
    """Rates of different lanes that charge the same class of time of the same contacts."""
    timed = [rate for rate in terms.rates if rate.quantity.is_time]
    for index, rate in enumerate(timed):
        for other in timed[:index]:
            shared = rate.basis & other.basis
            if rate.lane != other.lane and shared and overlaps(rate.match, other.match):
                names = ", ".join(sorted(shared))
                yield Finding("twice", rate.code, f"{names} of the same contacts is charged by {other.code} too.")


def _whole_warnings(terms: TariffTerms) -> Iterable[Finding]:
    if terms.cap is not None and terms.minimum is not None and terms.minimum.amount > terms.cap.amount:
        yield Finding("above_cap", terms.minimum.code, "The minimum is above the cap; it is what will be charged.")
    rates = {rate.code: rate for rate in terms.rates}
    for volume in terms.minimum_volumes:
        if rates[volume.of].cap_per_contact is not None:
            text = f"Long contacts of {volume.of} use the volume up beyond their cap: more usage may cost less."
            yield Finding("cliff", volume.code, text)
    for component in terms.components:
        cause = ""
        match component:
            case Surcharge() | Discount() | Cap() if not rates:
                cause = "There is no usage price that it could change."
            case Surcharge() | Rate() if component.match.is_holiday and not terms.holidays:
                cause = "The tariff names no holidays."
            case Fee(kind=ComponentKind.HOLIDAY) if not terms.holidays:
                cause = "The tariff names no holidays."
            case Fee() if not component.quantity and component.kind not in BOOKED_KINDS:
                cause = "Its quantity is zero."
        if cause:
            yield Finding("never", component.code, f"{cause} It will never be charged.")

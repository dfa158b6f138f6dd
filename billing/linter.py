"""What looks wrong with a tariff that is valid: warnings that name the row they mean and never forbid. Pure."""

from dataclasses import asdict, dataclass
from fractions import Fraction

from billing.money import currency_digits, exact_text
from billing.terms import (
    Channel,
    ComponentKind,
    Direction,
    Matcher,
    PriceComponent,
    Rate,
    TariffTerms,
    TimeClass,
)

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

    ten_times and tenth: a price against the same component's before; free: a price of zero; never_fits: an earlier rate
    takes every contact; no_talk: a spoken basis for written channels; digits: an amount finer than its currency;
    uncovered: contacts no rate fits; currency: another one than before.
    """
    found: list[Finding] = []
    known = {component.code: component for component in _components(before)} if before is not None else {}
    for component in _components(terms):
        found += _price_warnings(component, known.get(component.code), digits=currency_digits(currency=terms.currency))
    for index, rate in enumerate(terms.rates):
        cover = next((earlier for earlier in terms.rates[:index] if _covers(earlier.match, rate.match)), None)
        if cover is not None:
            found.append(Finding("never_fits", rate.code, f"{cover.code} stands above and takes every contact of it."))
        if rate.kind is ComponentKind.PER_MINUTE and rate.basis <= SPOKEN_CLASSES and not _may_be_voice(rate.match):
            found.append(
                Finding("no_talk", rate.code, "Talk and hold are on calls alone; this rate would bill nothing.")
            )
    missing = [
        f"{channel} {direction}"
        for channel in Channel
        for direction in Direction
        if not any(rate.match.fits(channel=channel, direction=direction) for rate in terms.rates)
    ]
    if missing and terms.rates:
        found.append(Finding("uncovered", "", f"No rate fits {', '.join(missing)}; such contacts would be free."))
    if before is not None and before.currency != terms.currency:
        found.append(Finding("currency", "", f"The currency was {before.currency}.", before=before.currency))
    return found


def _components(terms: TariffTerms) -> list[PriceComponent]:
    return [*terms.rates, *terms.fees, *([terms.minimum] if terms.minimum else [])]


def _price(component: PriceComponent) -> Fraction:
    return component.price if isinstance(component, Rate) else component.amount


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
    if price == 0:
        found.append(Finding("free", component.code, "The price is zero.", before=exact_text(value=old) if old else ""))
    if not isinstance(component, Rate) and (price * 10**digits).denominator != 1:
        found.append(Finding("digits", component.code, "The amount is finer than the currency; its line is rounded."))
    return found


def _same_kind(one: PriceComponent, other: PriceComponent) -> bool:
    return type(one) is type(other) and getattr(one, "kind", None) is getattr(other, "kind", None)


def _covers(outer: Matcher, inner: Matcher) -> bool:
    return (not outer.channels or (inner.channels or frozenset(Channel)) <= outer.channels) and (
        not outer.directions or (inner.directions or frozenset(Direction)) <= outer.directions
    )


def _may_be_voice(match: Matcher) -> bool:
    return not match.channels or Channel.VOICE in match.channels

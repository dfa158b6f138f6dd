"""What one row of a price sheet says: the price, and each rule behind it in a sentence. Pure; nothing is rounded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from fractions import Fraction

from billing.documents.sheet_wording import SheetWording
from billing.documents.wording import BASIS_TEXTS
from billing.matching import WEEKDAYS, Channel, Direction, Matcher, TimeBand
from billing.money import exact_text
from billing.periods import Cycle
from billing.proration import is_prorated
from billing.rounding import DurationRule, round_duration
from billing.terms import (
    BOOKED_KINDS,
    Bucket,
    Cap,
    ComponentKind,
    Counts,
    Discount,
    Fee,
    Minimum,
    MinimumVolume,
    PriceComponent,
    Quantity,
    Rate,
    Surcharge,
    TariffTerms,
    Timing,
)
from billing.tiers import Tier, Tiers

Told = tuple[str, list[str]]


@dataclass(frozen=True, slots=True)
class PriceTexts:
    """Writes the components of one tariff in one language."""

    terms: TariffTerms
    words: SheetWording

    def of(self, component: PriceComponent) -> Told:
        """Return a component's price and the sentences that explain it."""
        say = self.words.say
        match component:
            case Rate():
                return self._rate(component)
            case Surcharge():
                price = f"+{self._percent(component.percent)}"
                if component.amount:
                    price = say("for_each_contact", price=f"+{self._money(component.amount)}")
                return price, [self._applies(component.match), self._on(component.of)]
            case Discount():
                if component.units:
                    return self._free(component)
                return f"\u2212{self._percent(component.percent)}", [self._on(component.of)]
            case Cap():
                price = say("at_most", price=self._per_period(component.amount))
                return price, [say("cap_text"), self._share(is_prorated=component.prorate)]
            case MinimumVolume():
                rate = self._rate_called(component.of)
                price = say("volume_least", count=self._number(component.units), unit=self._unit(rate.quantity))
                name = rate.names.text(language=self.words.language)
                return price, [say("volume_text", name=name), self._share(is_prorated=component.prorate)]
            case Minimum():
                price = say("at_least", price=self._per_period(component.amount))
                text = "minimum_usage" if component.counts is Counts.USAGE else "minimum_both"
                return price, [say(text), self._share(is_prorated=component.prorate)]
            case Fee():
                return self._fee(component)

    def tax(self, component: PriceComponent) -> str:
        """Return the tax that is added to a component's price."""
        category = self.terms.tax(code=component.tax)
        if not category.percent:
            return self.words.say("untaxed")
        return self.words.say("tax_of", percent=self._number(category.percent))

    def _rate(self, rate: Rate) -> Told:
        say, quantity = self.words.say, rate.quantity
        details = [self._applies(rate.match)]
        if quantity.is_time:
            details.append(say("counted", what=self._basis(rate)))
        price = self._each(rate.price, quantity)
        if rate.tiers is not None:
            price = self.words.text("by_tiers")
            details += self._tiers(rate.tiers, quantity)
        elif rate.stages:
            price = self.words.text("by_tiers")
            details += self._stages(rate)
        elif quantity.is_time:
            details += self._increments(rate.rounding)
        if quantity.is_time and rate.rounding.grace_ms:
            seconds = self._seconds(rate.rounding.grace_ms)
            count = rate.grace_contacts
            details.append(
                say("grace", seconds=seconds) if count is None else say("grace_some", seconds=seconds, count=count)
            )
        if rate.wrap is not None:
            fixed = rate.wrap.fixed_ms
            most = self._seconds(rate.wrap.most_ms or 0)
            details.append(
                say("wrap_most", seconds=most) if fixed is None else say("wrap_fixed", seconds=self._seconds(fixed))
            )
        if rate.included:
            count_text = self._number(rate.included / quantity.scale)
            details.append(say("included", count=count_text, unit=self._unit(quantity)))
            details.append(self._share(is_prorated=rate.prorate))
            details += [say("included_version")] if rate.bucket is Bucket.VERSION else []
        details += [say("connect", price=self._money(rate.connect_fee))] if rate.connect_fee else []
        if rate.cap_per_contact is not None:
            details.append(say("contact_cap", price=self._money(rate.cap_per_contact)))
        details += [say("beside")] if rate.is_beside else []
        return price, details

    def _fee(self, fee: Fee) -> Told:
        say = self.words.say
        amount = self._money(fee.amount)
        if fee.kind is ComponentKind.SET_UP:
            return amount, [say("once")]
        if fee.kind is ComponentKind.HOLIDAY:
            return amount, [say("per_holiday")]
        if fee.kind is ComponentKind.ONE_OFF:
            return amount, [say("where_booked")]
        price = self._per_period(fee.amount)
        details = [say("where_booked")] if fee.kind in BOOKED_KINDS else []
        if fee.kind is ComponentKind.CREDIT:
            price = f"\u2212{price}"
        elif fee.quantity != 1:
            price = say("times", count=self._number(fee.quantity), price=price)
        details += [say("advance")] if fee.timing is Timing.ADVANCE else []
        return price, [*details, self._share(is_prorated=is_prorated(fee=fee))]

    def _free(self, discount: Discount) -> Told:
        rates = [rate for rate in self.terms.rates if rate.code in discount.of]
        units = dict.fromkeys(self._unit(rate.quantity) for rate in rates)
        price = self.words.say("free_units", count=self._number(discount.units), unit=" / ".join(units))
        return price, [self._on(discount.of), self._share(is_prorated=discount.prorate)]

    def _applies(self, match: Matcher) -> str:
        say = self.words.say
        channels = [self.words.text(channel.value) for channel in Channel if channel in match.channels]
        parts = [", ".join(channels) or say("any_contact")]
        if match.directions:
            ways = (say("incoming" if way is Direction.IN else "outgoing") for way in sorted(match.directions))
            parts.append(", ".join(ways))
        for key, values in (("languages", match.languages), ("queues", match.queues), ("campaigns", match.campaigns)):
            if values:
                parts.append(say(key, list=", ".join(sorted(values))))
        if match.bands:
            parts.append(" / ".join(self._band(band) for band in match.bands))
        if match.is_holiday is not None:
            parts.append(say("on_holidays" if match.is_holiday else "not_holidays"))
        return say("applies", what="; ".join(parts))

    def _band(self, band: TimeBand) -> str:
        names = self.words.say("days").split()
        days = [name for day, name in zip(WEEKDAYS, names, strict=True) if day in band.days]
        until = "24:00" if band.until == time(0) else f"{band.until:%H:%M}"
        return " ".join([*([", ".join(days)] if days else []), f"{band.since:%H:%M}\u2013{until}"])

    def _basis(self, rate: Rate) -> str:
        if rate.basis_name in BASIS_TEXTS:
            return self.words.text(BASIS_TEXTS[rate.basis_name]).lower()
        return " + ".join(self.words.text(f"basis_{name}") for name in rate.basis_name.split("+"))

    def _increments(self, rule: DurationRule) -> Iterable[str]:
        """The steps in words, with a contact just beyond the first step and half a step as the example."""
        say = self.words.say
        if rule.is_exact:
            yield say("increment_none")
        else:
            first, step = self._seconds(rule.first_ms), self._seconds(rule.step_ms)
            yield say(f"increment_{rule.rule.value}", first=first, step=step)
            raw = max(rule.first_ms, rule.grace_ms, rule.least_ms) // 1000 * 1000 + max(rule.step_ms // 2, 1000)
            billed = round_duration(duration_ms=raw, rule=rule)
            yield say("increment_example", raw=self._seconds(raw), billed=self._seconds(billed))
        if rule.least_ms:
            yield say("least", seconds=self._seconds(rule.least_ms))

    def _tiers(self, tiers: Tiers, quantity: Quantity) -> Iterable[str]:
        say, unit = self.words.say, self._unit(quantity)
        yield say(f"tiers_{tiers.mode.value}")
        for tier in tiers.steps:
            price = self._tier(tier, quantity)
            if tier.up_to is not None:
                yield say("tier_to", count=self._number(tier.up_to), unit=unit, price=price)
            else:
                yield say("tier_above" if len(tiers.steps) > 1 else "tier_all", price=price)

    def _tier(self, tier: Tier, quantity: Quantity) -> str:
        say = self.words.say
        if tier.block is None:
            price = self._each(tier.price, quantity)
        else:
            block = say("tier_block", count=self._number(tier.block), unit=self._unit(quantity))
            price = f"{self._money(tier.price)} {block}"
        return f"{price} {say('tier_flat', price=self._money(tier.flat))}" if tier.flat else price

    def _stages(self, rate: Rate) -> Iterable[str]:
        say = self.words.say
        yield say("by_length")
        for stage in rate.stages:
            price = self._each(stage.price, rate.quantity)
            if stage.step_ms:
                price = f"{price} {say('stage_steps', seconds=self._seconds(stage.step_ms))}"
            yield say("stage", seconds=self._seconds(stage.from_ms), price=price)

    def _on(self, codes: frozenset[str]) -> str:
        if not codes:
            return self.words.say("on_all")
        named = [rate.names.text(language=self.words.language) for rate in self.terms.rates if rate.code in codes]
        return self.words.say("on_rates", list=", ".join(named))

    def _share(self, *, is_prorated: bool) -> str:
        return self.words.say("share" if is_prorated else "whole")

    def _rate_called(self, code: str) -> Rate:
        return next(rate for rate in self.terms.rates if rate.code == code)

    def _each(self, price: Fraction, quantity: Quantity) -> str:
        per = f"per_{quantity.word}"
        unit = self.words.text(per) if quantity.is_time else self.words.say(per)
        return f"{self._money(price)} {unit}"

    def _per_period(self, amount: Fraction) -> str:
        per = "per_month" if self.terms.cycle is Cycle.MONTH else "per_28_days"
        return f"{self._money(amount)} {self.words.say(per)}"

    def _unit(self, quantity: Quantity) -> str:
        return self.words.say(f"unit_{quantity.word}")

    def _money(self, amount: Fraction) -> str:
        return self.words.price(text=exact_text(value=amount), currency=self.terms.currency)

    def _percent(self, value: Fraction) -> str:
        return f"{self._number(value)} %"

    def _number(self, value: Fraction) -> str:
        return self.words.number(text=exact_text(value=value))

    def _seconds(self, milliseconds: int) -> str:
        return self.words.seconds(milliseconds=milliseconds)

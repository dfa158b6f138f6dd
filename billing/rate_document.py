"""The usage prices of a tariff document: matcher, basis, rounding, tiers and stages read from their JSON form."""

from collections.abc import Mapping, Sequence
from datetime import time
from fractions import Fraction
from typing import Any

from billing.document_fields import FieldReader
from billing.matching import Channel, Direction, Matcher, TimeBand, Weekday
from billing.rounding import DurationRule, TimeRule
from billing.terms import (
    BASIS_BY_NAME,
    QUANTITY_BY_KIND,
    Bucket,
    ComponentKind,
    Names,
    Rate,
    Stage,
    TimeClass,
    Wrap,
)
from billing.terms_schema import MOST_TIERS
from billing.tiers import Tier, TierMode, Tiers

SECOND_MS = 1000
LONGEST_MS = 86_400_000
ROUNDING_BY_NAME = {
    "none": DurationRule(),
    "6s": DurationRule(first_ms=6000, step_ms=6000),
    "60s": DurationRule(first_ms=60_000, step_ms=60_000),
}


class RateReader(FieldReader):
    """Reads a rate and its parts."""

    def rate(
        self,
        entry: Mapping[str, Any],
        field: str,
        *,
        kind: ComponentKind,
        code: str,
        names: Names,
        tax: str,
        prorate: bool,
    ) -> Rate:
        """Read a component of one of the usage kinds."""
        quantity = QUANTITY_BY_KIND[kind]
        price_field, included_field = f"rate_per_{quantity.word}", f"included_{quantity.word}s"
        tiers = self.tiers(entry.get("tiers"), f"{field}.tiers")
        stages = self.stages(entry.get("stages"), f"{field}.stages", price_field=price_field)
        if entry.get("tiers") is None and entry.get("stages") is None:
            price = self.amount(entry.get(price_field), f"{field}.{price_field}")
        else:
            self.one_of(entry, field, (price_field, "tiers", "stages"))
            price = tiers.steps[0].price if tiers else stages[0].price if stages else Fraction(0)
        read_included = self.amount if quantity.is_time else self.whole
        included = Fraction(read_included(entry.get(included_field, "0"), f"{field}.{included_field}"))
        rounding = self.rounding(entry.get("rounding", "none"), f"{field}.rounding")
        basis_name, basis = self.basis(entry.get("basis", "all_work"), f"{field}.basis")
        if stages and (included or not rounding.is_exact):
            self.refuse(f"{field}.stages", f"have steps of their own; leave out {included_field} and rounding steps")
        cap = entry.get("cap_per_contact")
        return Rate(
            code=code,
            names=names,
            kind=kind,
            price=price,
            tax=tax,
            match=self.matcher(entry.get("match", {}), f"{field}.match"),
            basis_name=basis_name,
            basis=basis,
            rounding=rounding,
            included=included * quantity.scale,
            prorate=prorate,
            bucket=self.choice(entry.get("included_for", "cycle"), f"{field}.included_for", list(Bucket)),
            connect_fee=self.amount(entry.get("connect_fee"), f"{field}.connect_fee", default="0"),
            cap_per_contact=None if cap is None else self.amount(cap, f"{field}.cap_per_contact"),
            tiers=tiers,
            stages=stages,
            wrap=self.wrap(entry.get("wrap"), f"{field}.wrap", basis=basis),
            grace_contacts=self.grace_contacts(entry.get("grace_contacts"), f"{field}.grace_contacts", rounding),
            is_beside=self.flag(entry.get("beside", False), f"{field}.beside"),
        )

    def one_of(self, entry: Mapping[str, Any], field: str, names: Sequence[str]) -> None:
        """Refuse an entry that has none or several of these fields."""
        given = [name for name in names if entry.get(name) is not None]
        if len(given) != 1:
            self.refuse(f"{field}.{given[1] if given else names[0]}", f"exactly one of {', '.join(names)} is needed")

    def texts(self, value: object, field: str) -> frozenset[str]:
        """Read one text or a list of them; a missing one is none."""
        if value is None:
            return frozenset()
        items = [value] if isinstance(value, str) else self.sequence(value, field)
        return frozenset(self.text(item, f"{field}[{index}]") for index, item in enumerate(items))

    def names(self, value: object, field: str) -> Names:
        """Read a name: one text, or texts by language."""
        if isinstance(value, Mapping):
            texts = {key: self.text(text, f"{field}.{key}") for key, text in self.mapping(value, field).items()}
            if not texts:
                self.refuse(field, "names no language")
            return Names(by_language=texts or {"": ""})
        return Names(by_language={"": self.text(value, field)})

    def matcher(self, value: object, field: str) -> Matcher:
        """Read which contacts a price is for."""
        entry = self.mapping(value, field)
        self.only(entry, field, {"channel", "direction", "language", "queue", "campaign", "time", "holiday", "weight"})
        bands = entry.get("time", [])
        items = [bands] if isinstance(bands, Mapping) else self.sequence(bands, f"{field}.time")
        holiday = entry.get("holiday")
        return Matcher(
            channels=self.choices(entry.get("channel"), f"{field}.channel", list(Channel)),
            directions=self.choices(entry.get("direction"), f"{field}.direction", list(Direction)),
            languages=self.texts(entry.get("language"), f"{field}.language"),
            queues=self.texts(entry.get("queue"), f"{field}.queue"),
            campaigns=self.texts(entry.get("campaign"), f"{field}.campaign"),
            bands=tuple(self.band(item, f"{field}.time[{index}]") for index, item in enumerate(items)),
            is_holiday=None if holiday is None else self.flag(holiday, f"{field}.holiday"),
            weight=self.whole(entry.get("weight"), f"{field}.weight"),
        )

    def band(self, value: object, field: str) -> TimeBand:
        """Read a band of local time."""
        entry = self.mapping(value, field)
        self.only(entry, field, {"days", "from", "to"})
        return TimeBand(
            days=self.choices(entry.get("days"), f"{field}.days", list(Weekday)),
            since=self.clock(entry.get("from", "00:00"), f"{field}.from"),
            until=self.clock(entry.get("to", "24:00"), f"{field}.to"),
        )

    def clock(self, value: object, field: str) -> time:
        """Read a local time of day to the minute; 24:00 is the end of the day."""
        if value == "24:00":
            return time(0)
        try:
            if isinstance(value, str) and len(value) == 5:
                return time.fromisoformat(value)
        except ValueError:
            pass
        self.refuse(field, f"must be a local time such as 18:00 (in YAML: quoted), not {value!r}")
        return time(0)

    def basis(self, value: object, field: str) -> tuple[str, frozenset[TimeClass]]:
        """Read which time is billed: a name, or a list of classes."""
        if isinstance(value, list):
            classes = self.choices(value, field, list(TimeClass))
            if not classes:
                self.refuse(field, "names no class of time")
            return "+".join(time_class for time_class in TimeClass if time_class in classes), classes
        name = self.choice(value, field, list(BASIS_BY_NAME))
        return name, BASIS_BY_NAME[name]

    def rounding(self, value: object, field: str) -> DurationRule:
        """Read how one contact's time is rounded: a name, or its parts in seconds."""
        if isinstance(value, str):
            return ROUNDING_BY_NAME[self.choice(value, field, list(ROUNDING_BY_NAME))]
        entry = self.mapping(value, field)
        self.only(entry, field, {"first_s", "step_s", "grace_s", "least_s", "rule"})
        rule = DurationRule(
            first_ms=self.milliseconds(entry.get("first_s"), f"{field}.first_s"),
            step_ms=self.milliseconds(entry.get("step_s"), f"{field}.step_s"),
            grace_ms=self.milliseconds(entry.get("grace_s"), f"{field}.grace_s"),
            least_ms=self.milliseconds(entry.get("least_s"), f"{field}.least_s"),
            rule=self.choice(entry.get("rule", "up"), f"{field}.rule", list(TimeRule)),
        )
        if rule.first_ms and not rule.step_ms:
            self.refuse(f"{field}.step_s", "is needed beside first_s")
        return rule

    def milliseconds(self, value: object, field: str) -> int:
        """Read seconds as whole milliseconds, a day at most; a missing value is 0."""
        exact = self.amount(value, field, default="0") * SECOND_MS
        if exact.denominator != 1:
            self.refuse(field, f"must be whole milliseconds, not {value} s")
        if exact > LONGEST_MS:
            self.refuse(field, f"must not be longer than a day, but is {value} s")
        return int(exact)

    def wrap(self, value: object, field: str, *, basis: frozenset[TimeClass]) -> Wrap | None:
        """Read what counts as wrap-up: at most so much, or always so much."""
        if value is None:
            return None
        entry = self.mapping(value, field)
        self.only(entry, field, {"most_s", "fixed_s"})
        self.one_of(entry, field, ("most_s", "fixed_s"))
        if TimeClass.WRAP not in basis:
            self.refuse(field, "says how wrap-up counts, but the basis leaves wrap-up out")
        most, fixed = (
            None if entry.get(name) is None else self.milliseconds(entry[name], f"{field}.{name}")
            for name in ("most_s", "fixed_s")
        )
        return Wrap(most_ms=most, fixed_ms=fixed)

    def grace_contacts(self, value: object, field: str, rounding: DurationRule) -> int | None:
        """Read how many contacts of a period have the grace; a missing value is all of them."""
        if value is None:
            return None
        if not rounding.grace_ms:
            self.refuse(field, "counts contacts within the grace, but rounding.grace_s is 0")
        return self.whole(value, field)

    def stages(self, value: object, field: str, *, price_field: str) -> tuple[Stage, ...]:
        """Read prices by how long a contact has lasted, in order, the first from 0."""
        if value is None:
            return ()
        found: list[Stage] = []
        for index, item in enumerate(self.sequence(value, field)[:MOST_TIERS]):
            where = f"{field}[{index}]"
            entry = self.mapping(item, where)
            self.only(entry, where, {"from_s", "step_s", price_field})
            stage = Stage(
                from_ms=self.milliseconds(entry.get("from_s"), f"{where}.from_s"),
                price=self.amount(entry.get(price_field), f"{where}.{price_field}"),
                step_ms=self.milliseconds(entry.get("step_s"), f"{where}.step_s"),
            )
            before = found[-1].from_ms if found else -1
            if stage.from_ms <= before or (not found and stage.from_ms):
                self.refuse(f"{where}.from_s", "must rise from stage to stage, and be 0 in the first")
            found.append(stage)
        if not found:
            self.refuse(field, "has no stage")
        return tuple(found)

    def tiers(self, value: object, field: str) -> Tiers | None:
        """Read prices by the quantity of the period, in order, the last without end."""
        if value is None:
            return None
        entry = self.mapping(value, field)
        self.only(entry, field, {"mode", "steps"})
        mode = self.choice(entry.get("mode"), f"{field}.mode", list(TierMode))
        items = self.sequence(entry.get("steps"), f"{field}.steps")
        if not 1 <= len(items) <= MOST_TIERS:
            self.refuse(f"{field}.steps", f"must be 1 to {MOST_TIERS}, not {len(items)}")
            return None
        found: list[Tier] = []
        for index, item in enumerate(items):
            where = f"{field}.steps[{index}]"
            step = self.mapping(item, where)
            self.only(step, where, {"up_to", "price", "flat", "block"})
            up_to, block = (
                None if step.get(name) is None else self.amount(step[name], f"{where}.{name}")
                for name in ("up_to", "block")
            )
            if (up_to is None) != (index == len(items) - 1):
                self.refuse(f"{where}.up_to", "is needed in every tier but the last, which has none")
            if up_to is not None and up_to <= (found[-1].up_to or 0 if found else 0):
                self.refuse(f"{where}.up_to", "must rise from tier to tier")
            if block == 0:
                self.refuse(f"{where}.block", "must be above 0")
                block = None
            found.append(
                Tier(
                    up_to=up_to,
                    price=self.amount(step.get("price"), f"{where}.price", default="0"),
                    flat=self.amount(step.get("flat"), f"{where}.flat", default="0"),
                    block=block,
                )
            )
        return Tiers(mode=mode, steps=tuple(found))

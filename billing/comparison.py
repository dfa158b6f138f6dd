"""What the same work would cost with the client's own staff, from inputs the client can edit. Pure, exact until shown.

How many are at work in an hour: for calls the fewest who answer the target share within the threshold (Erlang C of the
hour's calls and their mean work, contactcenter.kernel.erlang); what is written fills the time between calls, and needs
more people only beyond it; at least so many as the client wants in an open hour. That is lenient to own staff: nobody
gives up, and written work never waits for a call.

Paid hours = productive hours / productive share, since breaks, training and absence are paid too; cost = paid hours x
wage x load (usually 2 to 2.5: taxes, seats, software, management).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.money import decimal_from_units, exact_text
from billing.periods import CYCLE_DAYS, Cycle
from billing.rounding import round_to_units
from billing.terms import WORK_CLASSES, TimeClass
from billing.volumes import Stream, Volumes
from contactcenter.kernel.erlang import operators_in_hour

USUAL_PRODUCTIVE_SHARE = Fraction(3, 4)
USUAL_LOAD = Fraction(9, 4)
WEEKS_PER_PERIOD = {Cycle.MONTH: Fraction(365, 12 * 7), Cycle.DAYS_28: Fraction(CYCLE_DAYS, 7)}
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class InHouse:
    """Own staff for so many productive hours: hours to pay, whole ones as people plan them, and the exact cost."""

    productive_hours: Fraction
    productive_share: Fraction
    wage_per_hour: Fraction
    load: Fraction

    @property
    def paid_hours(self) -> Fraction:
        """The hours to pay, exactly."""
        return self.productive_hours / self.productive_share

    @property
    def whole_paid_hours(self) -> int:
        """The hours to pay, to the nearest hour."""
        return round_to_units(value=self.paid_hours, digits=0)

    @property
    def cost(self) -> Fraction:
        """What they cost, exactly."""
        return self.paid_hours * self.wage_per_hour * self.load


@dataclass(frozen=True, slots=True)
class StaffRules:
    """What the client may edit. target_percent of the calls are answered within_s; least_staff in an open hour."""

    wage_per_hour: Fraction
    productive_share: Fraction = USUAL_PRODUCTIVE_SHARE
    load: Fraction = USUAL_LOAD
    target_percent: int = 80
    within_s: int = 20
    least_staff: int = 1


def in_house(
    *,
    productive_hours: Fraction,
    wage_per_hour: Fraction = Fraction(0),
    productive_share: Fraction = USUAL_PRODUCTIVE_SHARE,
    load: Fraction = USUAL_LOAD,
) -> InHouse:
    """Return what own staff needs; ValueError where the share is not above 0 and at most 1, or a value is negative."""
    if not 0 < productive_share <= 1:
        raise ValueError(f"the productive share must be above 0 and at most 1, not {productive_share}")
    if min(productive_hours, wage_per_hour, load) < 0:
        raise ValueError("hours, wage and load must not be negative")
    return InHouse(productive_hours, productive_share, wage_per_hour, load)


def staff_plan(*, volumes: Volumes, cycle: Cycle, rules: StaffRules) -> list[list[int]]:
    """Return how many are at work in each of the 24 hours of the seven days of a usual week, Monday first."""
    weeks = WEEKS_PER_PERIOD[cycle]
    week_weights = {
        index: sum(stream.weight(weekday=weekday, hour=hour) for weekday in range(7) for hour in range(24))
        for index, stream in enumerate(volumes.streams)
    }

    def at_work(weekday: int, hour: int) -> int:
        calls = call_ms = written_ms = Fraction(0)
        is_open = False
        for index, stream in enumerate(volumes.streams):
            weight = stream.weight(weekday=weekday, hour=hour)
            if not weight:
                continue
            is_open = True
            contacts = Fraction(stream.contacts * weight, week_weights[index]) / weeks
            if stream.channel == "voice":
                calls += contacts
                call_ms += contacts * _work_ms(stream)
            else:
                written_ms += contacts * _work_ms(stream)
        on_calls = 0
        if call_ms:
            on_calls = operators_in_hour(
                contacts=calls,
                work_s=call_ms / calls / 1000,
                target_percent=rules.target_percent,
                within_s=rules.within_s,
            )
        busy = -(-(call_ms + written_ms) // HOUR_MS)
        return max(on_calls, int(busy), rules.least_staff if is_open else 0)

    return [[at_work(weekday, hour) for hour in range(24)] for weekday in range(7)]


def compare(*, volumes: Volumes, cycle: Cycle, rules: StaffRules) -> tuple[list[list[int]], InHouse]:
    """Return the staff of a usual week and what a billing period of it costs; ValueError as in_house."""
    plan = staff_plan(volumes=volumes, cycle=cycle, rules=rules)
    hours = sum(map(sum, plan)) * WEEKS_PER_PERIOD[cycle]
    own = in_house(
        productive_hours=hours,
        wage_per_hour=rules.wage_per_hour,
        productive_share=rules.productive_share,
        load=rules.load,
    )
    return plan, own


def comparison_document(
    *, volumes: Volumes, cycle: Cycle, rules: StaffRules, quoted_units: int, digits: int
) -> dict[str, Any]:
    """Return the comparison of a usual period as JSON values; saved is what the quote costs less than own staff."""
    plan, own = compare(volumes=volumes, cycle=cycle, rules=rules)
    cost = round_to_units(value=own.cost, digits=digits)

    def money(units: int) -> str:
        return str(decimal_from_units(units=units, digits=digits))

    return {
        "staff": plan,
        "most_staff": max(map(max, plan)),
        "productive_hours": _tenths(own.productive_hours),
        "paid_hours": _tenths(own.paid_hours),
        "full_time": _tenths(own.paid_hours / FULL_TIME_HOURS[cycle]),
        "cost": money(cost),
        "quoted": money(quoted_units),
        "saved": money(cost - quoted_units),
        "formula": {
            "paid_hours": f"{exact_text(value=own.productive_hours)} / {exact_text(value=own.productive_share)}",
            "cost": f"{exact_text(value=own.paid_hours)} × {exact_text(value=own.wage_per_hour)} × "
            f"{exact_text(value=own.load)}",
        },
    }


FULL_TIME_HOURS = {cycle: 40 * weeks for cycle, weeks in WEEKS_PER_PERIOD.items()}
"""What one person at 40 hours a week is paid for in a period."""


def _tenths(value: Fraction) -> str:
    return str(decimal_from_units(units=round_to_units(value=value, digits=1), digits=1))


def _work_ms(stream: Stream) -> int:
    # booked operators work whatever comes
    return sum(stream.mean_ms[time_class] for time_class in (*WORK_CLASSES, TimeClass.OPERATOR))

"""A small telephone system: gives the day's calls to the operators and writes the queue_log of it. Pure."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contactcenter.dashboards.demo.plan import Arrival, DayPlan, Shift, talk_seconds

PATIENCE_S: Final = (40, 150)
CHECK_EVERY_S: Final = 5
AFTER_CALL_S: Final = 8
"""An operator breathes before the next call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the queue_log of this account's line, complete at this instant."""

    at: datetime
    line: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Engaged:
    """An operator is ringing or talking during [starts_at, ends_at)."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephony:
    """The day's log in order, and by operator's address when the telephone has them."""

    lines: tuple[LogLine, ...]
    engaged: Mapping[str, tuple[Engaged, ...]]


def run_telephony(*, plan: DayPlan, seed: int) -> Telephony:
    """Answer the plan's calls with its shifts. Every call ends as completed, abandoned or timed out."""
    chance = random.Random(f"telephony {seed} {plan.day.isoformat()}")
    lines: list[LogLine] = []
    engaged: dict[str, list[Engaged]] = defaultdict(list)
    for call in (arrival for arrival in plan.arrivals if arrival.channel == "voice"):
        lines += _one_call(chance, call, plan.shifts, engaged)
    lines.sort(key=lambda line: (line.at, line.line))
    return Telephony(
        lines=tuple(lines),
        engaged={email: tuple(sorted(spans, key=lambda span: span.starts_at)) for email, spans in engaged.items()},
    )


def _one_call(
    chance: random.Random, call: Arrival, shifts: Sequence[Shift], engaged: dict[str, list[Engaged]]
) -> list[LogLine]:
    entered = call.at.replace(microsecond=0)
    uid = f"{int(entered.timestamp())}.{call.index}"
    queue = f"{call.account.slug}-{call.language}"
    found: list[LogLine] = []

    def log(at: datetime, agent: str, event: str, *data: object) -> None:
        fields = [str(int(at.timestamp())), uid, queue, agent, event, *(str(item) for item in data)]
        found.append(LogLine(at=at, line=call.account.facts["line"], text="|".join(fields)))

    log(entered, "NONE", "ENTERQUEUE", "", call.person.number, 1, call.person.name)
    gives_up = entered + timedelta(seconds=chance.randint(*PATIENCE_S))
    at = entered
    missed: set[str] = set()
    while at < gives_up:
        free = [shift for shift in shifts if _can_take(shift, call, at, engaged) and shift.operator.email not in missed]
        if not free:
            at += timedelta(seconds=CHECK_EVERY_S)
            continue
        free.sort(key=lambda shift: (-shift.operator.languages[call.language], _last_end(engaged, shift)))
        operator = free[0].operator
        if chance.random() < 0.05:
            ring = 15
            engaged[operator.email].append(Engaged(starts_at=at, ends_at=at + timedelta(seconds=ring)))
            at += timedelta(seconds=ring)
            log(at, operator.name, "RINGNOANSWER", ring * 1000)
            missed.add(operator.email)
            continue
        ring = chance.randint(2, 9)
        answered = at + timedelta(seconds=ring)
        if answered >= gives_up:
            break
        ended = answered + timedelta(seconds=talk_seconds(chance))
        engaged[operator.email].append(Engaged(starts_at=at, ends_at=ended + timedelta(seconds=AFTER_CALL_S)))
        waited, talked = int((answered - entered).total_seconds()), int((ended - answered).total_seconds())
        log(answered, operator.name, "CONNECT", waited, f"{int(at.timestamp())}.{call.index + 5000}", ring)
        event = "COMPLETECALLER" if chance.random() < 0.7 else "COMPLETEAGENT"
        log(ended, operator.name, event, waited, talked, 1)
        return found
    waited = int((gives_up - entered).total_seconds())
    log(gives_up, "NONE", "ABANDON", 1, 1, waited)
    return found


def _can_take(shift: Shift, call: Arrival, at: datetime, engaged: Mapping[str, list[Engaged]]) -> bool:
    operator = shift.operator
    if call.account.family not in operator.families or operator.languages.get(call.language, 0) < 2:
        return False
    # nobody picks up just before going
    if not (shift.is_working(at=at) and shift.is_working(at=at + timedelta(minutes=4))):
        return False
    return all(at >= span.ends_at or at < span.starts_at for span in engaged[operator.email])


def _last_end(engaged: Mapping[str, list[Engaged]], shift: Shift) -> datetime:
    spans = engaged[shift.operator.email]
    return max((span.ends_at for span in spans), default=shift.starts_at)


def free_at(*, spans: Sequence[Engaged], at: datetime) -> datetime:
    """Return the first instant from `at` on at which the telephone does not have the operator."""
    for span in spans:
        if span.starts_at <= at < span.ends_at:
            at = span.ends_at
    return at

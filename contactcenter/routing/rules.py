"""What a queue asks of an operator, and what waiting changes about it. Pure: no Django and no clock.

Every step widens the choice; the account's entitlement and its certifications are no part of it, so nothing relaxes
them (R4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from contactcenter.kernel.business_time import Hours, is_open, next_opening

LOWER_LEVEL: Final = "lower_level"
DROP_OPTIONAL: Final = "drop_optional"
OVERFLOW: Final = "overflow"
MACHINE: Final = "machine"
INTERPRETER: Final = "interpreter"
CALLBACK: Final = "callback"
VOICEMAIL: Final = "voicemail"

NO_SKILLS: Final[Mapping[int, int]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What changes after so long. `level` for LOWER_LEVEL; `pool` for OVERFLOW, None: everybody entitled."""

    after: timedelta
    action: str
    level: int | None = None
    pool: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """A queue's demands. Skills are {skill id: level}; `members` None: everybody entitled to the account.

    `steps` in order of time. `sticky`: so long after serving a contact its operator is asked first.
    """

    queue_id: int = 0
    first_level: int = 3
    skills: Mapping[int, int] = field(default_factory=dict)
    optional: Mapping[int, int] = field(default_factory=dict)
    members: frozenset[int] | None = None
    steps: tuple[Step, ...] = ()
    sticky: timedelta = timedelta(days=7)
    offer_seconds: int = 30
    hours: Hours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is asked at one moment; `relaxed` names the steps that led there, `stage` counts them.

    `machine` and `interpreter`: operators below the level may be asked with this help.
    """

    level: int
    skills: Mapping[int, int]
    optional: Mapping[int, int]
    members: frozenset[int] | None
    machine: bool
    interpreter: bool
    stage: int
    relaxed: tuple[str, ...]

    @property
    def is_language_open(self) -> bool:
        """Whether operators who do not speak the language at all may be asked."""
        return self.machine or self.interpreter


def default_steps(first_level: int) -> tuple[Step, ...]:
    """The steps of a queue that names none: a level lower after one minute, and another after three."""
    levels = (max(1, first_level - 1), max(1, first_level - 2))
    return tuple(
        Step(after=timedelta(seconds=seconds), action=LOWER_LEVEL, level=level)
        for seconds, level in zip((60, 180), levels, strict=True)
    )


def stage_of(rules: QueueRules, *, waited: timedelta) -> int:
    """How many steps a ticket has behind it after waiting so long."""
    return sum(step.after <= waited for step in rules.steps)


def demand_at(
    rules: QueueRules, *, stage: int, is_text: bool, machine_allowed: bool, interpreter_allowed: bool
) -> Demand:
    """What is asked after the first `stage` steps; the consents are the account's, and only text goes by machine."""
    passed = rules.steps[:stage]
    actions = {step.action for step in passed}
    members = rules.members
    for step in passed:
        if step.action == OVERFLOW and members is not None:
            members = None if step.pool is None else members | step.pool
    return Demand(
        level=min([rules.first_level, *(step.level for step in passed if step.level is not None)]),
        skills=rules.skills,
        optional=NO_SKILLS if DROP_OPTIONAL in actions else rules.optional,
        members=members,
        machine=is_text and machine_allowed and MACHINE in actions,
        interpreter=interpreter_allowed and INTERPRETER in actions,
        stage=stage,
        relaxed=tuple(dict.fromkeys(step.action for step in passed)),
    )


def look_again_at(rules: QueueRules, *, enqueued_at: datetime, at: datetime) -> datetime | None:
    """When time alone next changes who may take a ticket: the next step, or the opening of its queue. None: never."""
    if not is_open(rules.hours, at=at):
        return next_opening(rules.hours, at=at)
    later = [enqueued_at + step.after for step in rules.steps if enqueued_at + step.after > at]
    return min(later, default=None)

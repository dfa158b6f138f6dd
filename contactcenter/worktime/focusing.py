"""Which of an operator's signs of attention the ledger has to be told, so that it says the same as if told all. Pure.

A console tells again and again that a ticket is on screen with activity. The ledger lets attention last FOCUS_LASTS
from the last sign, so that what lies between two signs that are no further apart adds nothing: at most one sign in
STEP is recorded, and the latest one is held back until it is known whether it matters.
"""

from dataclasses import dataclass

from contactcenter.worktime.segments import FOCUS_LASTS, SECOND

STEP = 45 * SECOND
"""Signs of one and the same attention are recorded at most so often; held ones are flushed long before it lapses."""


@dataclass(frozen=True, slots=True)
class Attention:
    """What an operator attends to ("": nothing), as the ledger was last told, and a later sign that it was not told.

    Instants are milliseconds since the epoch.
    """

    subject: str
    told: int
    held: int | None = None

    @property
    def latest(self) -> int:
        """The instant of the last sign, told or held."""
        return self.told if self.held is None else self.held


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sign makes of it: the attention afterwards, and what to record.

    `held`: the instant of the sign that was held back, if that matters now; `told`: the instant of the sign taken, if
    it is recorded.
    """

    after: Attention
    held: int | None = None
    told: int | None = None


def take(before: Attention | None, *, subject: str, at: int, active: bool) -> Taken:
    """Return what becomes of it once the subject is said to have the attention at this instant, or no longer.

    Attention only moves forward: a sign that arrives after a later one counts from that one on.
    """
    if before is None:
        return Taken(Attention(subject if active else "", at), told=at)
    if not active and subject != before.subject:
        return Taken(before)  # it had no attention to lose
    if active and subject == before.subject:
        at = max(at, before.latest)
        if at - before.told < STEP:
            return Taken(before if at == before.told else Attention(subject, before.told, at))
    elif before.subject:
        # in the ledger an end at the instant of a beginning comes before it
        at = max(at, before.latest + 1)
    else:
        at = max(at, before.latest)
    return Taken(Attention(subject if active else "", at), held=_needed(before, at), told=at)


def flush(before: Attention, *, at: int) -> int | None:
    """Return the instant of the held sign once it has waited long enough by `at` and is to be recorded."""
    return before.held if at >= before.told + STEP else None


def forget(before: Attention, *, subject: str, at: int) -> tuple[Attention | None, int | None]:
    """Return the attention once something else ends that to the subject at `at`, and the held sign's instant if needed.

    What comes afterwards begins anew (None); attention to another subject stays, with its sign held back.
    """
    if subject != before.subject:
        return before, None
    return None, before.held if before.held is not None and before.held > at else _needed(before, at)


def _needed(before: Attention, at: int) -> int | None:
    """The held sign, if without it the attention would have lapsed before `at`."""
    return before.held if at > before.told + FOCUS_LASTS else None

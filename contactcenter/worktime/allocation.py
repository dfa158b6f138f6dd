"""Decision: whose account each unit of a session's slices belongs to, under a policy. Pure, and can be run again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from contactcenter.worktime.ledger import CONTACT_KINDS, Kind, Slice
from contactcenter.worktime.sharing import Turns

MOST_PERCENT_PARTS = 10_000
"""Percents with two decimals; finer weights would make the rounds of a split too long."""


class IdleKind(StrEnum):
    """Whose the idle time is."""

    NONE = "none"
    HOME = "home"
    PERCENT = "percent"
    EQUAL = "equal"
    DEDICATED = "dedicated"


class OpenKind(StrEnum):
    """Whose the time is in which chats are open but none has the focus."""

    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class Policy:
    """How time without a single owner is allocated.

    `weights` are the accounts of the idle time in ascending order with their part of it: one for home and dedicated,
    the percents (only their proportion counts), equal ones for equal, empty for none. Dedicated is kept apart from
    home because tariffs price it differently.
    """

    idle: IdleKind = IdleKind.NONE
    weights: tuple[tuple[int, int], ...] = ()
    open: OpenKind = OpenKind.EQUAL

    def __post_init__(self) -> None:
        accounts = [account for account, _ in self.weights]
        if accounts != sorted(set(accounts)):
            raise ValueError("weights: accounts must be in ascending order, each once")
        if any(weight < 0 for _, weight in self.weights):
            raise ValueError("weights: a part must not be negative")
        if sum(weight for _, weight in self.weights) > MOST_PERCENT_PARTS:
            raise ValueError(f"weights: parts must not sum to more than {MOST_PERCENT_PARTS}")
        if self.idle is IdleKind.NONE:
            if self.weights:
                raise ValueError("weights: the idle policy none takes no accounts")
        elif not any(weight for _, weight in self.weights):
            raise ValueError(f"weights: the idle policy {self.idle} needs an account with a part above zero")
        if self.idle in (IdleKind.HOME, IdleKind.DEDICATED) and len(self.weights) != 1:
            raise ValueError(f"weights: the idle policy {self.idle} takes exactly one account")


@dataclass(frozen=True, slots=True)
class Share:
    """So many units of the slice (by its position) are this account's (None: nobody's) for this interaction."""

    position: int
    kind: Kind
    account: int | None
    interaction: int | None
    units: int


def allocate(*, slices: Sequence[Slice], policy: Policy) -> list[Share]:
    """Return the shares of all slices, in order; the shares of a slice sum to it.

    Time with one owner stays its owner's. Open time is split among the open interactions, idle time by the idle
    policy; both carry their remainder through the session. What a slice gets depends only on itself and those before.
    """
    shares: list[Share] = []
    open_turns: Turns[tuple[int, int | None, str]] = Turns()
    idle_turns: Turns[int] = Turns()
    for position, piece in enumerate(slices):
        if piece.kind is Kind.OPEN:
            weights = [((c.account, c.interaction, c.id), 1) for c in piece.candidates]
            split = open_turns.share(units=piece.units, weights=weights)
            shares += [Share(position, piece.kind, key[0], key[1], units) for key, units in split.items()]
        elif piece.kind is Kind.IDLE and policy.weights:
            parts = idle_turns.share(units=piece.units, weights=policy.weights)
            shares += [Share(position, piece.kind, account, None, units) for account, units in parts.items()]
        else:
            shares.append(Share(position, piece.kind, piece.account, piece.interaction, piece.units))
    return shares


def totals(*, shares: Sequence[Share]) -> Counter[tuple[int | None, Kind]]:
    """Return the units of each account and class."""
    sums: Counter[tuple[int | None, Kind]] = Counter()
    for share in shares:
        sums[(share.account, share.kind)] += share.units
    return sums


def occupancy(*, slices: Sequence[Slice]) -> Fraction | None:
    """Return on-contact / (on-contact + idle) by wall clock, 0 to 1; None if there was neither.

    Source: Amazon Connect. Offers and breaks are neither.
    """
    on_contact = sum(piece.units for piece in slices if piece.kind in CONTACT_KINDS)
    idle = sum(piece.units for piece in slices if piece.kind is Kind.IDLE)
    return Fraction(on_contact, on_contact + idle) if on_contact + idle else None

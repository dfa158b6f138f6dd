"""Decision: whose account each unit of a session's slices belongs to, under a policy. Pure, and can be run again."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from contactcenter.worktime.ledger import CONTACT_KINDS, Candidate, Kind, Slice
from contactcenter.worktime.sharing import Turns, by_remainder, deal

MOST_PERCENT_PARTS = 10_000
"""Percents with two decimals; finer weights would make the rounds of a split too long."""
HOUR = 3_600_000
"""The stretch whose handled time decides a proportional split, counted from the epoch, in units."""
ACCEPTED = frozenset({Kind.TALK, Kind.HOLD, Kind.FOCUS, Kind.OPEN})
"""A slice of these shows a contact that was accepted; wrap-up only ends one."""


class IdleKind(StrEnum):
    """Whose the idle time is. Proportional and leads_to look ahead: what comes later in the session decides."""

    NONE = "none"
    HOME = "home"
    PERCENT = "percent"
    PROPORTIONAL = "proportional"
    EQUAL = "equal"
    LEADS_TO = "leads_to"
    DEDICATED = "dedicated"


class OpenKind(StrEnum):
    """Whose the time is in which chats are open but none has the focus."""

    EQUAL = "equal"
    WEIGHTED = "weighted"
    LAST_FOCUSED = "last_focused"
    AS_IDLE = "as_idle"


LOOKS_AHEAD = frozenset({IdleKind.PROPORTIONAL, IdleKind.LEADS_TO})
_WITHOUT_ACCOUNTS = LOOKS_AHEAD | {IdleKind.NONE}


@dataclass(frozen=True, slots=True)
class Policy:
    """How time without a single owner is allocated.

    `weights` are the accounts of the idle time in ascending order with their part of it: one for home and dedicated,
    the percents (only their proportion counts), equal ones for equal, empty for the rest. Dedicated is kept apart from
    home because tariffs price it differently. `open_weights` are the parts of the accounts of open chats for weighted;
    an account that is not listed has the part 1.
    """

    idle: IdleKind = IdleKind.NONE
    weights: tuple[tuple[int, int], ...] = ()
    open: OpenKind = OpenKind.EQUAL
    open_weights: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        _require_parts(self.weights, "weights")
        _require_parts(self.open_weights, "open_weights")
        if self.idle in _WITHOUT_ACCOUNTS:
            if self.weights:
                raise ValueError(f"weights: the idle policy {self.idle} takes no accounts")
        elif not any(weight for _, weight in self.weights):
            raise ValueError(f"weights: the idle policy {self.idle} needs an account with a part above zero")
        if self.idle in (IdleKind.HOME, IdleKind.DEDICATED) and len(self.weights) != 1:
            raise ValueError(f"weights: the idle policy {self.idle} takes exactly one account")
        if self.open_weights and self.open is not OpenKind.WEIGHTED:
            raise ValueError(f"open_weights: the open-chat policy {self.open} takes no accounts")
        if any(weight == 0 for _, weight in self.open_weights):
            raise ValueError("open_weights: a part must be above zero")

    @property
    def looks_ahead(self) -> bool:
        """Whether what a slice is allocated to can change as its session goes on."""
        return self.idle in LOOKS_AHEAD


def _require_parts(parts: Sequence[tuple[int, int]], name: str) -> None:
    accounts = [account for account, _ in parts]
    if accounts != sorted(set(accounts)):
        raise ValueError(f"{name}: accounts must be in ascending order, each once")
    if any(weight < 0 for _, weight in parts):
        raise ValueError(f"{name}: a part must not be negative")
    if sum(weight for _, weight in parts) > MOST_PERCENT_PARTS:
        raise ValueError(f"{name}: parts must not sum to more than {MOST_PERCENT_PARTS}")


@dataclass(frozen=True, slots=True)
class Share:
    """So many units of the slice (by its position) are this account's (None: nobody's) for this interaction."""

    position: int
    kind: Kind
    account: int | None
    interaction: int | None
    units: int


def allocate(*, slices: Sequence[Slice], policy: Policy, hour: int = HOUR) -> list[Share]:
    """Return the shares of all slices, in order; the shares of a slice sum to it.

    Time with one owner stays its owner's. Open time is split among the open interactions, idle time by the idle
    policy; both carry their remainder through the session (a proportional split through its hour of `hour` units).
    Unless the policy looks ahead, what a slice gets depends only on itself and those before.
    """
    pieces = list(_cut(slices, hour)) if policy.idle is IdleKind.PROPORTIONAL else list(enumerate(slices))
    owned: list[list[Share]] = []
    open_turns: Turns[tuple[int, int | None, str]] = Turns()
    focused: dict[tuple[int, int | None], int] = {}
    for position, piece in pieces:
        if piece.kind is Kind.FOCUS and piece.account is not None:
            focused[piece.account, piece.interaction] = len(owned)
        if _is_idle(piece, policy):
            owned.append([])
        elif piece.kind is Kind.OPEN:
            claims = _open_claims(piece.candidates, policy, focused)
            split = open_turns.share(units=piece.units, weights=claims)
            owned.append([Share(position, piece.kind, key[0], key[1], units) for key, units in split.items()])
        else:
            owned.append([Share(position, piece.kind, piece.account, piece.interaction, piece.units)])
    shares = _with_idle(pieces, owned, policy, hour)
    return _merged(shares) if len(pieces) > len(slices) else shares


def _is_idle(piece: Slice, policy: Policy) -> bool:
    """Time for the idle policy; what a correction assigned to an account is that account's."""
    if piece.kind is Kind.OPEN:
        return policy.open is OpenKind.AS_IDLE
    return piece.kind is Kind.IDLE and piece.account is None


def _open_claims(
    candidates: Sequence[Candidate], policy: Policy, focused: dict[tuple[int, int | None], int]
) -> list[tuple[tuple[int, int | None, str], int]]:
    claimants = list(candidates)
    if policy.open is OpenKind.LAST_FOCUSED:
        seen = {c: focused.get((c.account, c.interaction), -1) for c in claimants}
        latest = max(seen.values())
        claimants = [c for c in claimants if seen[c] == latest]
    parts = dict(policy.open_weights)
    return [((c.account, c.interaction, c.id), parts.get(c.account, 1)) for c in claimants]


def _with_idle(
    pieces: Sequence[tuple[int, Slice]], owned: Sequence[Sequence[Share]], policy: Policy, hour: int
) -> list[Share]:
    shares: list[Share] = []
    turns: Turns[int] = Turns()
    leads = _leads([piece for _, piece in pieces]) if policy.idle is IdleKind.LEADS_TO else []
    by_hour = _by_hour(pieces, owned, hour) if policy.idle is IdleKind.PROPORTIONAL else {}
    for index, (position, piece) in enumerate(pieces):
        if owned[index]:
            shares += owned[index]
            continue
        parts: dict[int | None, int]
        if policy.idle is IdleKind.LEADS_TO:
            parts = {leads[index]: piece.units}
        elif policy.idle is IdleKind.PROPORTIONAL:
            parts = by_hour[index]
        elif policy.weights:
            parts = dict(turns.share(units=piece.units, weights=policy.weights).items())
        else:
            parts = {None: piece.units}
        shares += [Share(position, piece.kind, account, None, units) for account, units in parts.items()]
    return shares


def _leads(slices: Sequence[Slice]) -> list[int | None]:
    """For each slice the account of the next contact accepted after it, None if there is none in the session.

    The chats of an open slice were accepted before it: from there only contacts with an owner of their own count.
    """
    found: list[int | None] = []
    following: int | None = None
    following_owned: int | None = None
    for piece in reversed(slices):
        found.append(following_owned if piece.kind is Kind.OPEN else following)
        if piece.kind is Kind.OPEN:
            following = piece.candidates[0].account
        elif piece.kind in ACCEPTED and piece.account is not None:
            following = following_owned = piece.account
    return found[::-1]


def _by_hour(
    pieces: Sequence[tuple[int, Slice]], owned: Sequence[Sequence[Share]], hour: int
) -> dict[int, dict[int | None, int]]:
    """The owners of each idle piece (by its index): in proportion to what its hour handled, without any nobody."""
    idle: dict[int, list[int]] = {}
    handled: dict[int, Counter[int | None]] = {}
    for index, ((_, piece), shares) in enumerate(zip(pieces, owned, strict=True)):
        number = piece.start // hour
        if not shares:
            idle.setdefault(number, []).append(index)
        for share in shares:
            if share.kind in CONTACT_KINDS and share.account is not None:
                handled.setdefault(number, Counter())[share.account] += share.units
    found: dict[int, dict[int | None, int]] = {}
    for number, indexes in idle.items():
        lengths = [pieces[index][1].units for index in indexes]
        weights = sorted(handled[number].items(), key=lambda item: item[0] or 0) if number in handled else [(None, 1)]
        quota = by_remainder(units=sum(lengths), weights=weights)
        found.update(zip(indexes, deal(lengths=lengths, among=list(quota.items())), strict=True))
    return found


def _cut(slices: Sequence[Slice], hour: int) -> Iterable[tuple[int, Slice]]:
    """The slices with their positions, cut where an hour begins."""
    for position, piece in enumerate(slices):
        start = piece.start
        while start < piece.end:
            end = min(piece.end, (start // hour + 1) * hour)
            yield position, replace(piece, start=start, end=end)
            start = end


def _merged(shares: Iterable[Share]) -> list[Share]:
    """One share for each owner of a slice, in the order of their first piece."""
    sums: dict[tuple[int, Kind, int | None, int | None], int] = {}
    for share in shares:
        key = (share.position, share.kind, share.account, share.interaction)
        sums[key] = sums.get(key, 0) + share.units
    return [Share(*key, units) for key, units in sums.items()]


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

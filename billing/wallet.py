"""Prepaid units: grants with expiry and priority, drawn in one fixed order while rating (step 5 of the order of
computation). Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grant:
    """What was paid ahead: whole units (milliseconds, contacts, ...).

    Valid for contacts that start in [granted_at, expires_at). of: codes of the rates it is for, none meaning all of
    them. unit: what those rates count ("ms", "contact", ...), "" meaning anything. A lower priority is drawn first
    among grants of equal expiry.
    """

    id: str
    units: int
    granted_at: datetime
    expires_at: datetime | None = None
    priority: int = 0
    of: frozenset[str] = frozenset()
    unit: str = ""

    def serves(self, *, code: str, unit: str) -> bool:
        """Say whether the grant is for a rate that counts in these units."""
        return (not self.of or code in self.of) and self.unit in ("", unit)

    def holds_throughout(self, *, since: datetime, until: datetime) -> bool:
        """Say whether the grant neither begins nor expires within [since, until)."""
        return self.granted_at <= since and (self.expires_at is None or self.expires_at >= until)

    @property
    def order(self) -> tuple[datetime, int, datetime, str]:
        """Grants are drawn by expiry, priority, time and id."""
        return (self.expires_at or FOREVER, self.priority, self.granted_at, self.id)


class Draw(NamedTuple):
    """So many units of a grant, taken by a contact on a rate."""

    grant: str
    taker: str
    code: str
    units: int


@dataclass(slots=True)
class Drawer:
    """The grants of one account while a period is rated: what is left of each, and what was drawn."""

    grants: Sequence[Grant] = ()
    draws: list[Draw] = field(default_factory=list)
    _left: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.grants = sorted(self.grants, key=lambda grant: grant.order)
        self._left = {grant.id: grant.units for grant in self.grants}

    def serves(self, *, code: str, unit: str) -> bool:
        """Say whether a grant is for this rate."""
        return any(grant.serves(code=code, unit=unit) for grant in self.grants)

    def draw(
        self, *, units: int, code: str, unit: str, taker: str, at: datetime, expiring_before: datetime | None = None
    ) -> int:
        """Take up to so many units from the grants valid at that time; return how many were taken.

        expiring_before: only from grants that expire before then.
        """
        taken = 0
        for grant in self.grants:
            if taken == units:
                break
            if expiring_before is not None and (grant.expires_at or FOREVER) >= expiring_before:
                break
            is_valid = grant.granted_at <= at and (grant.expires_at is None or at < grant.expires_at)
            if not is_valid or not grant.serves(code=code, unit=unit):
                continue
            part = min(units - taken, self._left[grant.id])
            if part:
                self._left[grant.id] -= part
                self.draws.append(Draw(grant.id, taker, code, part))
                taken += part
        return taken

    def drawn_since(self, draws: int) -> dict[str, int]:
        """Sum by grant what was drawn after the first so many draws."""
        found: dict[str, int] = {}
        for draw in self.draws[draws:]:
            found[draw.grant] = found.get(draw.grant, 0) + draw.units
        return found

    def left(self, *, grant: str) -> int:
        """What is left of a grant: never below zero."""
        return self._left[grant]

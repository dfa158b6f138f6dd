"""Writes of usage lines, whatever they are of: a line whose facts changed gets a further version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from billing.accrued import note_usage
from billing.models import UsageLine, UsageSource
from billing.rated_hours import note_hours
from contactcenter.tenancy.models import Account


@dataclass(frozen=True, slots=True)
class Collected:
    """How many usage lines are new, how many got a further version or went without one, how many stood as they were."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Collected") -> "Collected":
        return Collected(self.added + other.added, self.changed + other.changed, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class Source:
    """A slice, under an allocation run, of which so many milliseconds are a line's."""

    session_id: int
    allocation_run_id: int
    allocation_version: int
    slice_id: int
    kind: str
    started_at: datetime
    ended_at: datetime
    ms: int


@dataclass(slots=True)
class LineWriter:
    """The lines of one transaction: put or drop each, then finish, which brings the running sums along."""

    at: datetime
    came: list[UsageLine] = field(default_factory=list)
    dropped: list[UsageLine] = field(default_factory=list)
    added: int = 0
    unchanged: int = 0

    def put(
        self,
        *,
        known: UsageLine | None,
        account: Account,
        facts: Mapping[str, Any],
        more: Mapping[str, Any],
        sources: Sequence[Source] = (),
    ) -> None:
        """Let the current line say the facts: by itself, as a further version of the known one, or as it stands.

        known: the newest line of its origin, current or dropped. `more` is copied to a new line and does not make one.
        Lines from before spans were kept stand without them.
        """
        if known is None or not known.is_current:
            self.added += 1
        elif all(
            getattr(known, name) == value or (name == "spans" and not known.spans) for name, value in facts.items()
        ):
            self.unchanged += 1
            return
        else:
            self.drop(known=known, account=account)
        line = UsageLine.objects.create(
            account=account, version=known.version + 1 if known else 1, collected_at=self.at, **facts, **more
        )
        UsageSource.objects.bulk_create(
            UsageSource(
                account_id=account.pk,
                usage_line=line,
                session_id=source.session_id,
                allocation_run_id=source.allocation_run_id,
                allocation_version=source.allocation_version,
                slice_id=source.slice_id,
                kind=source.kind,
                started_at=source.started_at,
                ended_at=source.ended_at,
                ms=source.ms,
            )
            for source in sources
        )
        self.came.append(line)

    def drop(self, *, known: UsageLine | None, account: Account) -> None:
        """Let the known line be current no more: what it was of is given nothing now."""
        if known is None or not known.is_current:
            return
        UsageLine.objects.filter(pk=known.pk).update(is_current=False)
        known.is_current, known.account = False, account
        self.dropped.append(known)

    def finish(self) -> Collected:
        """Bring the running sums and hours along and tell what was done."""
        note_usage(added=self.came, dropped=self.dropped)
        note_hours(added=self.came, dropped=self.dropped)
        return Collected(added=self.added, changed=len(self.dropped), unchanged=self.unchanged)

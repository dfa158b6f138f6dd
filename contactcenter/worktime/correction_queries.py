"""What a correction would change, calculated from the events without writing anything."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contactcenter.kernel.errors import Invalid
from contactcenter.kernel.intervals import floor_to_ms
from contactcenter.operators.models import Operator
from contactcenter.tenancy.queries import accounts_in_scope
from contactcenter.tickets.models import Interaction
from contactcenter.worktime.allocation import allocate
from contactcenter.worktime.corrections import Assign, BadChange, Change, TakeBack, changes_of, events_of, span_of
from contactcenter.worktime.derivation import DerivedSession
from contactcenter.worktime.events import EventInput
from contactcenter.worktime.ledger import Kind
from contactcenter.worktime.models import AllocationRun, OperatorEvent
from contactcenter.worktime.policies import from_document, policy_of
from contactcenter.worktime.records import event_of, to_instant, to_ms
from contactcenter.worktime.rewriting import silence_after, silence_before, stretch

UNSAVED = 2**62
"""The serial of a correction that is only looked at: it lies over all others."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What the sessions around a correction say before and after it.

    Totals are [{"account", "kind", "ms"}] by account (None: nobody's) and class, slices [{"started_at", "ended_at",
    "kind", "account", "interaction", "reason"}]; both sides sum to the time logged in.
    """

    starts_at: datetime
    ends_at: datetime
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    slices_before: list[dict[str, Any]]
    slices_after: list[dict[str, Any]]

    @property
    def is_empty(self) -> bool:
        """Whether the time stays what it was; that a correction says so makes no difference."""
        return _outline(self.slices_before) == _outline(self.slices_after)


def _outline(slices: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Where another owner begins, and where the last one ends."""
    edges: list[tuple[Any, ...]] = []
    reached = None
    for piece in slices:
        reason = piece["reason"] if piece["kind"] == Kind.BREAK else ""
        owner = (piece["kind"], piece["account"], piece["interaction"], reason)
        if not edges or edges[-1][1:] != owner or reached != piece["started_at"]:
            edges.append((piece["started_at"], *owner))
        reached = piece["ended_at"]
    return [*edges, (reached,)]


def readable_changes(
    *, operator_id: int, documents: Sequence[Mapping[str, Any]]
) -> tuple[list[Change], dict[str, datetime]]:
    """Return the changes and the instants of the events they take back.

    Raises Invalid, naming the field, for a change that cannot be made, or an event, account or interaction that is
    unknown or out of reach.
    """
    try:
        changes = changes_of(documents)
    except BadChange as error:
        raise Invalid(str(error), field=error.field) from error
    keys = [change.source_key for change in changes if isinstance(change, TakeBack)]
    told = OperatorEvent.objects.filter(operator_id=operator_id, source_key__in=keys)
    told_at = dict(told.values_list("source_key", "at"))
    assigns = [change for change in changes if isinstance(change, Assign)]
    accounts = [change.account_id for change in assigns if change.account_id is not None]
    known_accounts = set(accounts_in_scope().filter(pk__in=accounts).values_list("pk", flat=True))
    interactions = [change.interaction_id for change in assigns if change.interaction_id is not None]
    owners = dict(Interaction.objects.filter(pk__in=interactions).values_list("pk", "account_id"))
    for position, change in enumerate(changes):
        where = f"changes[{position}]"
        if isinstance(change, TakeBack):
            if change.source_key not in told_at:
                raise Invalid(f"The operator has no event {change.source_key}.", field=f"{where}.source_key")
        elif isinstance(change, Assign):
            if change.account_id is not None and change.account_id not in known_accounts:
                raise Invalid("There is no such account.", field=f"{where}.account_id")
            named = change.interaction_id
            if named is not None and owners.get(named, 0) != change.account_id:
                raise Invalid("The account has no such interaction.", field=f"{where}.interaction_id")
    return changes, told_at


def correction_effect(*, operator_id: int, documents: Sequence[Mapping[str, Any]], at: datetime) -> Effect:
    """Return what the changes would do to the sessions around them, as of `at`; writes nothing. Raises Invalid."""
    at = floor_to_ms(at)
    changes, told_at = readable_changes(operator_id=operator_id, documents=documents)
    first, last = span_of(changes=changes, told_at=told_at)
    start = silence_before(operator_id=operator_id, instant=first)
    end = silence_after(operator_id=operator_id, instant=last)
    inputs = events_of(changes=changes, told_at=told_at, serial=UNSAVED, reason="preview", author_id=0)
    extra = [event_of(_columns(event)) for event in inputs]
    before = stretch(operator_id=operator_id, start=start, end=end, at=at)
    after = stretch(operator_id=operator_id, start=start, end=end, at=at, extra=extra)
    policies = _Policies(operator_id)
    return Effect(
        starts_at=first,
        ends_at=last,
        before=policies.totals(before),
        after=policies.totals(after),
        slices_before=_slices(before),
        slices_after=_slices(after),
    )


def _columns(event: EventInput) -> tuple[Any, ...]:
    data = {**event.data, "subject": event.subject}
    at = floor_to_ms(event.at)
    key, kind = event.source_key, str(event.kind)
    return (at, kind, key, event.account_id, event.interaction_id, None, event.channel, event.reason, data, None)


class _Policies:
    """The policy of each session of an operator: that of its current run, else the operator's."""

    def __init__(self, operator_id: int) -> None:
        self.operator_id = operator_id

    def totals(self, sessions: Sequence[DerivedSession]) -> list[dict[str, Any]]:
        starts = [to_instant(session.stay.start) for session in sessions]
        runs = AllocationRun.objects.filter(
            session__operator_id=self.operator_id, session__started_at__in=starts, is_current=True
        )
        known = {to_ms(run.session.started_at): run.policy for run in runs.select_related("session")}
        own = policy_of(operator=Operator.objects.get(pk=self.operator_id))
        sums: Counter[tuple[int | None, str]] = Counter()
        for session in sessions:
            document = known.get(session.stay.start)
            policy = from_document(document=document) if document else own
            for share in allocate(slices=session.slices, policy=policy):
                sums[share.account, str(share.kind)] += share.units
        ordered = sorted(sums.items(), key=lambda item: (item[0][0] or 0, item[0][1]))
        return [{"account": account, "kind": kind, "ms": ms} for (account, kind), ms in ordered]


def _slices(sessions: Sequence[DerivedSession]) -> list[dict[str, Any]]:
    return [
        {
            "started_at": to_instant(piece.start),
            "ended_at": to_instant(piece.end),
            "kind": str(piece.kind),
            "account": piece.account,
            "interaction": piece.interaction,
            "reason": piece.reason,
        }
        for session in sessions
        for piece in session.slices
    ]

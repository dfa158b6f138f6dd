"""Writes of usage: what the time ledger allocated to an account's interactions becomes usage lines, each once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from billing.accrued import note_usage
from billing.models import CollectedRun, UsageLine, UsageSource
from billing.rated_hours import note_hours
from billing.terms import WORK_CLASSES
from billing.usage_facts import Facts, facts_of
from contactcenter.contacts.models import ContactPoint
from contactcenter.tickets.models import CallSegment, Channel, Direction, Interaction
from contactcenter.worktime.models import Allocation, AllocationRun
from contactcenter.worktime.queries import settled_allocations

BATCH = 500
LOOK_BACK = timedelta(days=7)
CLASSES = tuple(time_class.value for time_class in WORK_CLASSES)


@dataclass(frozen=True, slots=True)
class Collected:
    """How many usage lines are new, how many interactions got a further version, how many stood as they were."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Collected") -> "Collected":
        return Collected(self.added + other.added, self.changed + other.changed, self.unchanged + other.unchanged)


@transaction.atomic
def collect_usage(*, interaction_ids: Iterable[int], at: datetime) -> Collected:
    """Bring the usage lines of ended interactions up to what is allocated to them now.

    Afterwards each has one current line that equals the sum of its sources; running it again changes nothing. A line
    whose milliseconds or other facts changed gets a further version; the former one stays for the invoice that may hold
    it.
    """
    interactions = list(
        Interaction.objects.select_for_update(of=("self",))
        .filter(pk__in=list(interaction_ids), ended_at__isnull=False)
        .select_related("ticket__contact", "ticket__account")
        .order_by("pk")
    )
    sources = _allocated(interactions)
    current = {
        line.interaction_id: line for line in UsageLine.objects.filter(interaction__in=interactions, is_current=True)
    }
    points = _contact_points(interactions)
    facts = facts_of(interactions=interactions)
    added = changed = unchanged = 0
    came: list[UsageLine] = []
    dropped: list[UsageLine] = []
    for interaction in interactions:
        pieces = sources[interaction.pk]
        totals = {time_class: sum(piece.ms for piece in pieces if piece.kind == time_class) for time_class in CLASSES}
        known = current.get(interaction.pk)
        if known is None and not pieces:
            continue
        if known is not None and _says(known, totals, facts[interaction.pk]):
            unchanged += 1
            continue
        if known is not None:
            UsageLine.objects.filter(pk=known.pk).update(is_current=False)
            known.account = interaction.ticket.account
            dropped.append(known)
            changed += 1
        else:
            added += 1
        line = _add_line(
            interaction,
            pieces,
            totals,
            facts[interaction.pk],
            version=known.version + 1 if known else 1,
            point=points[interaction.pk],
            at=at,
        )
        came.append(line)
    note_usage(added=came, dropped=dropped)
    note_hours(added=came, dropped=dropped)
    return Collected(added=added, changed=changed, unchanged=unchanged)


def collect_session(*, session_id: int, at: datetime) -> Collected:
    """Collect the interactions whose time in a session is no longer what their usage says; mark its run as done.

    A session's run grows many times a day: only what differs is locked and collected.
    """
    runs = list(AllocationRun.objects.filter(session_id=session_id, is_current=True))
    collected = _in_batches(_differing(session_id=session_id), at=at)
    former = AllocationRun.objects.filter(session_id=session_id, is_current=False).values("pk")
    CollectedRun.objects.filter(allocation_run_id__in=former).delete()
    CollectedRun.objects.bulk_create(
        [CollectedRun(allocation_run_id=run.pk, revision=run.revision, collected_at=at) for run in runs],
        update_conflicts=True,
        unique_fields=["allocation_run_id"],
        update_fields=["revision", "collected_at"],
    )
    return collected


def collect_run(*, allocation_run_id: int, at: datetime) -> Collected:
    """Collect the session of an allocation run; nothing for a run that is gone."""
    session_id = AllocationRun.objects.filter(pk=allocation_run_id).values_list("session_id", flat=True).first()
    return Collected() if session_id is None else collect_session(session_id=session_id, at=at)


def collect_pending(*, at: datetime) -> Collected:
    """Collect whatever no task has: runs that are new, grown or superseded, and interactions that ended since."""
    collected = Collected()
    done = CollectedRun.objects.filter(allocation_run_id=OuterRef("pk"), revision=OuterRef("revision"))
    pending = AllocationRun.objects.filter(~Exists(done), is_current=True)
    superseded = AllocationRun.objects.filter(
        Exists(CollectedRun.objects.filter(allocation_run_id=OuterRef("pk"))), is_current=False
    )
    for session_id in sorted({run.session_id for run in (*pending, *superseded)}):
        collected += collect_session(session_id=session_id, at=at)
    return collected + _collect_missed(at=at, run__made_at__gte=at - LOOK_BACK)


def collect_period(*, account_id: int, since: datetime, until: datetime, at: datetime) -> Collected:
    """Collect every ended interaction of [since, until) that has allocated time and no usage line, however old."""
    started = Interaction.objects.filter(account_id=account_id, started_at__gte=since, started_at__lt=until)
    return _collect_missed(at=at, interaction_id__in=started.values("pk"))


def _collect_missed(*, at: datetime, **narrowed: Any) -> Collected:
    allocated = Allocation.objects.filter(run__is_current=True, kind__in=CLASSES, **narrowed).values("interaction_id")
    line = UsageLine.objects.filter(interaction=OuterRef("pk"))
    missed = Interaction.objects.filter(~Exists(line), pk__in=allocated, ended_at__isnull=False)
    return _in_batches(list(missed.order_by("pk").values_list("pk", flat=True)), at=at)


def _differing(*, session_id: int) -> list[int]:
    """The interactions whose milliseconds of a class in the session differ between allocations and usage."""
    allocated = (
        settled_allocations()
        .filter(run__session_id=session_id, kind__in=CLASSES, interaction_id__isnull=False, ms__gt=0)
        .values_list("interaction_id", "kind")
        .annotate(total=Sum("ms"))
    )
    used = (
        UsageSource.objects.filter(session_id=session_id, usage_line__is_current=True)
        .values_list("usage_line__interaction_id", "kind")
        .annotate(total=Sum("ms"))
    )
    return sorted({pair[0] for pair in set(allocated) ^ set(used)})


def _in_batches(interaction_ids: Sequence[int], *, at: datetime) -> Collected:
    collected = Collected()
    for start in range(0, len(interaction_ids), BATCH):
        collected += collect_usage(interaction_ids=interaction_ids[start : start + BATCH], at=at)
    return collected


def _allocated(interactions: Sequence[Interaction]) -> dict[int, list[Allocation]]:
    account_by_id = {interaction.pk: interaction.account_id for interaction in interactions}
    found: dict[int, list[Allocation]] = defaultdict(list)
    rows = (
        settled_allocations()
        .filter(interaction_id__in=account_by_id, kind__in=CLASSES, ms__gt=0)
        .select_related("run", "slice")
        .order_by("slice__started_at", "pk")
    )
    for row in rows:
        if row.interaction_id is not None and row.account_id == account_by_id[row.interaction_id]:
            found[row.interaction_id].append(row)
    return found


def _says(line: UsageLine, totals: dict[str, int], facts: Facts) -> bool:
    return all(getattr(line, f"{name}_ms") == ms for name, ms in totals.items()) and all(
        getattr(line, name) == value for name, value in asdict(facts).items()
    )


def _add_line(
    interaction: Interaction,
    pieces: Sequence[Allocation],
    totals: dict[str, int],
    facts: Facts,
    *,
    version: int,
    point: str,
    at: datetime,
) -> UsageLine:
    ticket = interaction.ticket
    line = UsageLine.objects.create(
        account=ticket.account,
        interaction=interaction,
        version=version,
        channel=interaction.channel,
        direction=interaction.direction,
        started_at=interaction.started_at,
        **{f"{name}_ms": ms for name, ms in totals.items()},
        **asdict(facts),
        contact_name=ticket.contact.name,
        contact_point=point,
        ticket_id=ticket.pk,
        ticket_number=f"{ticket.account.ticket_prefix}-{ticket.number}",
        collected_at=at,
    )
    UsageSource.objects.bulk_create(
        UsageSource(
            account_id=interaction.account_id,
            usage_line=line,
            session_id=piece.run.session_id,
            allocation_run_id=piece.run_id,
            allocation_version=piece.run.version,
            slice_id=piece.slice_id,
            kind=piece.kind,
            started_at=piece.slice.started_at,
            ended_at=piece.slice.ended_at,
            ms=piece.ms,
        )
        for piece in pieces
    )
    return line


def _contact_points(interactions: Sequence[Interaction]) -> dict[int, str]:
    """The number or address each contact was reached at: the call's own for voice, else the contact's on the
    channel.
    """
    legs = {
        segment.interaction_id: segment.call
        for segment in CallSegment.objects.filter(interaction__in=interactions).select_related("call")
    }
    contact_ids = {interaction.ticket.contact_id for interaction in interactions}
    kinds = {Channel.VOICE.value: "phone"}
    by_contact = {
        (point.contact_id, point.kind): point.value
        for point in ContactPoint.objects.filter(contact_id__in=contact_ids).order_by("-pk")
    }
    points: dict[int, str] = {}
    for interaction in interactions:
        call = legs.get(interaction.pk)
        if call is not None:
            points[interaction.pk] = call.from_number if call.direction == Direction.INBOUND else call.to_number
        else:
            kind = kinds.get(interaction.channel, interaction.channel)
            points[interaction.pk] = by_contact.get((interaction.ticket.contact_id, kind), "")
    return points

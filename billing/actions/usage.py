"""Writes of usage: what the time ledger allocated to an account's interactions becomes usage lines, each once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Sum

from billing.actions.menu_usage import collect_calls
from billing.actions.operator_time import collect_session_time
from billing.actions.usage_lines import Collected, LineWriter, Source
from billing.models import CollectedRun, UsageLine, UsageMark, UsageSource
from billing.terms import WORK_CLASSES
from billing.usage import told_spans
from billing.usage_facts import MENU_OUTCOMES, SHORTEST_MENU, facts_of
from billing.usage_spans import Stretch, spans_of
from contactcenter.contacts.models import ContactPoint
from contactcenter.tickets.models import Call, CallSegment, Channel, Direction, Interaction
from contactcenter.worktime.models import Allocation, AllocationRun, Session
from contactcenter.worktime.queries import settled_allocations

BATCH = 500
LOOK_BACK = timedelta(days=7)
CLASSES = tuple(time_class.value for time_class in WORK_CLASSES)


@transaction.atomic
def collect_usage(*, interaction_ids: Iterable[int], at: datetime) -> Collected:
    """Bring the usage lines of ended interactions up to what is allocated to them now.

    Afterwards each that is given time has one current line that equals the sum of its sources, any other has none;
    running it again changes nothing. A line whose milliseconds or other facts changed gets a further version; the
    former one stays for the invoice that may hold it.
    """
    interactions = list(
        Interaction.objects.select_for_update(of=("self",))
        .filter(pk__in=list(interaction_ids), ended_at__isnull=False)
        .select_related("ticket__contact", "ticket__account")
        .order_by("pk")
    )
    sources = _allocated(interactions)
    newest = {
        line.interaction_id: line for line in UsageLine.objects.filter(interaction__in=interactions).order_by("version")
    }
    points = _contact_points(interactions)
    facts = facts_of(interactions=interactions)
    writer = LineWriter(at=at)
    for interaction in interactions:
        pieces = sources[interaction.pk]
        known = newest.get(interaction.pk)
        own, ticket = facts[interaction.pk], interaction.ticket
        if not pieces:
            writer.drop(known=known, account=ticket.account)
            continue
        worked = (Stretch(piece.kind, piece.started_at, piece.ended_at, piece.ms) for piece in pieces)
        spans = spans_of(started_at=interaction.started_at, stretches=(*worked, *own.stretches))
        writer.put(
            known=known,
            account=ticket.account,
            facts={
                **{f"{name}_ms": sum(piece.ms for piece in pieces if piece.kind == name) for name in CLASSES},
                **own.columns,
                "spans": told_spans(spans=spans),
            },
            more={
                "interaction": interaction,
                "channel": interaction.channel,
                "direction": interaction.direction,
                "started_at": interaction.started_at,
                "contact_name": ticket.contact.name,
                "contact_point": points[interaction.pk],
                "ticket_id": ticket.pk,
                "ticket_number": f"{ticket.account.ticket_prefix}-{ticket.number}",
            },
            sources=pieces,
        )
    return writer.finish()


def collect_session(*, session_id: int, at: datetime) -> Collected:
    """Collect the interactions whose time in a session is no longer what their usage says, and, once it has ended, its
    waiting and operator hours; mark its run as done.

    A session's run grows many times a day: only what differs is locked and collected.
    """
    runs = list(AllocationRun.objects.filter(session_id=session_id, is_current=True))
    collected = _in_batches(_differing(session_id=session_id), at=at)
    collected += collect_session_time(session_id=session_id, at=at)
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
    """Collect whatever no task has: runs that are new, grown or superseded, interactions that ended since, and facts
    that changed since they were collected.
    """
    collected = Collected()
    done = CollectedRun.objects.filter(allocation_run_id=OuterRef("pk"), revision=OuterRef("revision"))
    pending = AllocationRun.objects.filter(~Exists(done), is_current=True)
    superseded = AllocationRun.objects.filter(
        Exists(CollectedRun.objects.filter(allocation_run_id=OuterRef("pk"))), is_current=False
    )
    for session_id in sorted({run.session_id for run in (*pending, *superseded)}):
        collected += collect_session(session_id=session_id, at=at)
    collected += _collect_missed(at=at, run__made_at__gte=at - LOOK_BACK)
    while found := _collect_marked(at=at):
        collected += found[0]
    return collected


@transaction.atomic
def _collect_marked(*, at: datetime) -> tuple[Collected] | None:
    """Take a batch of marks and collect what they are of; None where there is none."""
    marks = list(UsageMark.objects.select_for_update(skip_locked=True).order_by("pk")[:BATCH])
    if not marks:
        return None
    calls = {mark.call_id for mark in marks if mark.call_id is not None}
    parts = CallSegment.objects.filter(call_id__in=calls, interaction__isnull=False)
    interactions = {mark.interaction_id for mark in marks} | set(parts.values_list("interaction_id", flat=True))
    collected = collect_usage(interaction_ids=[pk for pk in interactions if pk is not None], at=at)
    collected += collect_calls(call_ids=calls, at=at)
    UsageMark.objects.filter(pk__in=[mark.pk for mark in marks]).delete()
    return (collected,)


def collect_period(*, account_id: int, since: datetime, until: datetime, at: datetime) -> Collected:
    """Collect everything of [since, until) that has no usage line, however old: ended interactions with allocated time,
    calls that left the menu for nobody, and the waiting and operator hours of ended sessions.
    """
    started: dict[str, Any] = {"account_id": account_id, "started_at__gte": since, "started_at__lt": until}
    interactions = Interaction.objects.filter(**started)
    collected = _collect_missed(at=at, interaction_id__in=interactions.values("pk"))
    line = UsageLine.objects.filter(call=OuterRef("pk"))
    in_menu = Q(enqueued_at__gte=F("started_at") + SHORTEST_MENU) | Q(outcome__in=MENU_OUTCOMES)
    handled = CallSegment.objects.filter(call=OuterRef("pk"), interaction__isnull=False)
    calls = Call.objects.filter(in_menu, ~Exists(line), ~Exists(handled), ended_at__isnull=False, **started)
    collected += collect_calls(call_ids=list(calls.values_list("pk", flat=True)), at=at)
    line = UsageLine.objects.filter(account_id=account_id, session_id=OuterRef("pk"))
    sessions = Session.objects.filter(~Exists(line), ended_at__isnull=False, started_at__lt=until, ended_at__gt=since)
    given = Allocation.objects.filter(run__session=OuterRef("pk"), until_version=None, account_id=account_id)
    for session_id in sessions.filter(Exists(given)).order_by("pk").values_list("pk", flat=True):
        collected += collect_session_time(session_id=session_id, at=at)
    return collected


def _collect_missed(*, at: datetime, **narrowed: Any) -> Collected:
    allocated = Allocation.objects.filter(until_version=None, kind__in=CLASSES, **narrowed).values("interaction_id")
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
        UsageSource.objects.filter(
            session_id=session_id, usage_line__is_current=True, usage_line__interaction_id__isnull=False
        )
        .values_list("usage_line__interaction_id", "kind")
        .annotate(total=Sum("ms"))
    )
    return sorted({pair[0] for pair in set(allocated) ^ set(used)})


def _in_batches(interaction_ids: Sequence[int], *, at: datetime) -> Collected:
    collected = Collected()
    for start in range(0, len(interaction_ids), BATCH):
        collected += collect_usage(interaction_ids=interaction_ids[start : start + BATCH], at=at)
    return collected


def _allocated(interactions: Sequence[Interaction]) -> dict[int, list[Source]]:
    account_by_id = {interaction.pk: interaction.account_id for interaction in interactions}
    found: dict[int, list[Source]] = defaultdict(list)
    rows = (
        settled_allocations()
        .filter(interaction_id__in=account_by_id, kind__in=CLASSES, ms__gt=0)
        .select_related("run", "slice")
        .order_by("slice__started_at", "pk")
    )
    for row in rows:
        if row.interaction_id is not None and row.account_id == account_by_id[row.interaction_id]:
            found[row.interaction_id].append(
                Source(
                    session_id=row.run.session_id,
                    allocation_run_id=row.run_id,
                    allocation_version=row.run.version,
                    slice_id=row.slice_id,
                    kind=row.kind,
                    started_at=row.slice.started_at,
                    ended_at=row.slice.ended_at,
                    ms=row.ms,
                )
            )
    return found


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

"""Writes of the clocks of tickets: brought up to what has happened, and flagged where their time ran out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Max, Min, Q

from contactcenter.kernel.push import push_on_commit
from contactcenter.tickets import sla
from contactcenter.tickets.calendars import hours_of
from contactcenter.tickets.models import Direction, Message, MessageKind, SlaClock, SlaPolicy, Ticket
from contactcenter.tickets.models.ticket import OPEN_STATUSES

_MS: Final = timedelta(milliseconds=1)


@transaction.atomic
def keep_clocks(*, ticket_id: int, at: datetime, resumed_at: datetime | None = None) -> None:
    """Bring the ticket's clocks up to its messages, its status and its policy as they are now. Safe to run twice.

    `resumed_at`: a hold, or being put away, ended just then. Afterwards the ticket's due_at, due_for and is_breached
    tell the same as its clocks. A ticket without a policy has no clocks.
    """
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket_id)
    rows = list(SlaClock.objects.filter(ticket_id=ticket_id).order_by("started_at", "id"))
    if ticket.sla_policy_id is None and not rows:
        return
    clocks = clocks_as_of(ticket=ticket, rows=rows, at=at, resumed_at=resumed_at)
    _write(ticket=ticket, rows=rows, clocks=clocks)
    following = sla.next_due(clocks)
    ticket.due_at = following.due_at if following else None
    ticket.due_for = following.kind if following else ""
    ticket.is_breached = any(clock.breached_at for clock in clocks)
    ticket.save(update_fields=["due_at", "due_for", "is_breached"])


def clocks_as_of(
    *, ticket: Ticket, rows: Sequence[SlaClock], at: datetime, resumed_at: datetime | None = None
) -> list[sla.Clock]:
    """Return the ticket's clocks, given these rows, as its messages, status and policy make them; reads only."""
    policy = SlaPolicy.objects.select_related("calendar").get(pk=ticket.sla_policy_id) if ticket.sla_policy_id else None
    return sla.keep_clocks(
        [clock_of(row=row) for row in rows],
        facts=replace(_facts(ticket), stands=ticket.clocks_stand, resumed_at=resumed_at),
        targets=targets_of(policy=policy, priority=ticket.priority) if policy else {},
        hours=hours_of(policy.calendar) if policy else None,
        at=at,
    )


@transaction.atomic
def stop_clocks(*, ticket_id: int, at: datetime) -> None:
    """Let every promise on the ticket stand from now on: it is on hold, or put away. Twice changes no more."""
    if Ticket.objects.filter(pk=ticket_id, clocks_stand=False).update(clocks_stand=True):
        keep_clocks(ticket_id=ticket_id, at=at)


@transaction.atomic
def resume_clocks(*, ticket_id: int, at: datetime) -> None:
    """Let the promises run on from now, where nothing else makes them stand. Twice changes no more."""
    if Ticket.objects.filter(pk=ticket_id, clocks_stand=True).update(clocks_stand=False):
        keep_clocks(ticket_id=ticket_id, at=at, resumed_at=at)


def put_under_policy(*, ticket: Ticket, policy_id: int | None, at: datetime) -> None:
    """Let this policy (None: none) hold for the ticket from now on, and bring its clocks up to it."""
    if ticket.sla_policy_id != policy_id:
        Ticket.objects.filter(pk=ticket.pk).update(sla_policy=policy_id)
    elif policy_id is None:
        return
    keep_clocks(ticket_id=ticket.pk, at=at)
    ticket.refresh_from_db(fields=["sla_policy", "due_at", "due_for", "is_breached"])


def flag_breaches(*, at: datetime, limit: int = 500) -> list[int]:
    """Flag the clocks whose time ran out before `at`, and their tickets, and tell the screens; return the tickets."""
    overdue = SlaClock.objects.filter(due_at__lt=at, breached_at__isnull=True).order_by("due_at")
    tickets = list(dict.fromkeys(overdue.values_list("ticket_id", flat=True)[:limit]))
    for ticket_id in tickets:
        with transaction.atomic():
            keep_clocks(ticket_id=ticket_id, at=at)
            account_id = Ticket.objects.values_list("account_id", flat=True).get(pk=ticket_id)
            push_on_commit(
                f"account:{account_id}",
                kind="ticket.changed",
                account_id=account_id,
                payload={"ticket_id": ticket_id, "is_breached": True},
            )
    return tickets


def tickets_under(*, policy_id: int | None = None, calendar_id: int | None = None) -> list[int]:
    """Return the open tickets that a change of this policy or calendar concerns."""
    wanted = Q(sla_policy_id=policy_id) if policy_id is not None else Q(sla_policy__calendar_id=calendar_id)
    return list(Ticket.objects.filter(wanted, status__in=OPEN_STATUSES).order_by("id").values_list("pk", flat=True))


def targets_of(*, policy: SlaPolicy, priority: int) -> dict[str, timedelta]:
    """Return what the policy promises to a ticket of this priority, by kind of clock."""
    lines = {line.priority: line for line in policy.targets.all()}
    line = lines.get(priority, lines.get(None))
    if line is None:
        return {}
    promised = {
        sla.FIRST_REPLY: line.first_reply_s,
        sla.NEXT_REPLY: line.next_reply_s,
        sla.RESOLUTION: line.resolution_s,
    }
    return {kind: timedelta(seconds=value) for kind, value in promised.items() if value is not None}


def _facts(ticket: Ticket) -> sla.Facts:
    written = Message.objects.filter(ticket_id=ticket.pk, kind=MessageKind.MESSAGE)
    known = written.aggregate(
        first_message_at=Min("at", filter=Q(direction=Direction.INBOUND)),
        first_reply_at=Min("at", filter=Q(direction=Direction.OUTBOUND)),
        last_reply_at=Max("at", filter=Q(direction=Direction.OUTBOUND)),
    )
    later = Q(at__gt=known["last_reply_at"]) if known["last_reply_at"] else Q()
    unanswered = written.filter(later, direction=Direction.INBOUND).aggregate(since=Min("at"))["since"]
    if known["first_message_at"] and known["first_reply_at"]:
        # what the account wrote of its own accord answers nothing
        answers = written.filter(direction=Direction.OUTBOUND, at__gte=known["first_message_at"])
        known["first_reply_at"] = answers.aggregate(at=Min("at"))["at"]
    return sla.Facts(
        status=ticket.status,
        opened_at=ticket.opened_at,
        solved_at=ticket.solved_at,
        unanswered_since=unanswered,
        **known,
    )


def clock_of(*, row: SlaClock) -> sla.Clock:
    """Return the clock of a row."""
    return sla.Clock(
        kind=row.kind,
        target=timedelta(seconds=row.target_s),
        started_at=row.started_at,
        elapsed=row.elapsed_ms * _MS,
        running_since=row.running_since,
        due_at=row.due_at,
        met_at=row.met_at,
        breached_at=row.breached_at,
    )


def _write(*, ticket: Ticket, rows: list[SlaClock], clocks: list[sla.Clock]) -> None:
    """Make the rows of the ticket agree with its clocks; a row is known by its kind and beginning."""
    known = {(row.kind, row.started_at): row for row in rows}
    for clock in clocks:
        values: dict[str, Any] = asdict(clock)
        values["target_s"] = values.pop("target") // timedelta(seconds=1)
        values["elapsed_ms"] = values.pop("elapsed") // _MS
        row = known.pop((clock.kind, clock.started_at), None)
        if row is None:
            SlaClock.objects.create(account_id=ticket.account_id, ticket=ticket, **values)
            continue
        different = [name for name, value in values.items() if getattr(row, name) != value]
        for name in different:
            setattr(row, name, values[name])
        if different:
            row.save(update_fields=different)
    if known:
        SlaClock.objects.filter(pk__in=[row.pk for row in known.values()]).delete()

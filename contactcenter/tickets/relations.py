"""Two tickets turn out to be one matter, one to be two, or a closed one goes on: merge, split, follow-up.

What moves is found by the foreign keys themselves: this app knows none of the apps above it. Facts of service
(interactions, ratings, assignments) stay where they happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import models, transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.tickets import actions
from contactcenter.tickets.models import (
    Direction,
    Message,
    MessageKind,
    RelationKind,
    Ticket,
    TicketRelation,
    TicketStatus,
)

TIMELINE: Final = frozenset({"tickets.Message", "tickets.Note", "tickets.Call", "channels_app.ChannelThread"})
"""What a merge takes along: the entries, and the threads by which further messages come."""
OF_TYPE: Final = {"message": "tickets.Message", "note": "tickets.Note", "call": "tickets.Call"}
"""What can be split off, by the type of a timeline's entry."""


class AlreadyMerged(Conflict):
    """The ticket is part of another one; data["ticket_id"] is that."""

    code = "already_merged"


@transaction.atomic
def merge_tickets(*, kept_id: int, merged_id: int, actor_id: int | None, at: datetime) -> TicketRelation:
    """Move the entries and threads of one ticket to another and close it; what comes later comes to the kept one.

    Raises NotFound out of scope; Invalid for one and the same ticket, two accounts or two contacts (merge those first,
    so that nobody is answered somebody else's matter); Conflict for a kept ticket that is closed; AlreadyMerged.
    """
    if kept_id == merged_id:
        raise Invalid("A ticket cannot be merged into itself.", field="ticket_id")
    kept, merged = _locked(kept_id, merged_id)
    if kept.account_id != merged.account_id:
        raise Invalid("The ticket belongs to another account.", field="ticket_id")
    if kept.contact_id != merged.contact_id:
        raise Invalid("The tickets are of two contacts. Merge the contacts first.", field="ticket_id")
    for ticket in (kept, merged):
        _refuse_merged(ticket)
    if kept.status == TicketStatus.CLOSED:
        raise Conflict("The ticket to merge into is closed.", data={"status": kept.status})
    moved: dict[str, list[int]] = {}
    for label, model in _references():
        ids = _ids(model, ticket_id=merged_id)
        if label == "channels_app.ChannelThread":
            ids = _without_twins(model, ids=ids, kept_id=kept_id)
        if ids:
            model._default_manager.filter(pk__in=ids).update(ticket_id=kept_id)
            moved[label] = ids
    was = merged.status
    changes: dict[str, Any] = {"unread": kept.unread + merged.unread}
    if merged.last_activity_at > kept.last_activity_at:
        changes |= {"last_activity_at": merged.last_activity_at, "preview": merged.preview}
    if merged.unread and kept.status in {TicketStatus.PENDING, TicketStatus.SOLVED}:
        changes |= {"status": TicketStatus.OPEN, "solved_at": None}
    Ticket.objects.filter(pk=kept_id).update(**changes)
    Ticket.objects.filter(pk=merged_id).update(
        status=TicketStatus.CLOSED, solved_at=merged.solved_at or at, unread=0, merged_into_id=kept_id
    )
    relation = TicketRelation.objects.create(
        account_id=kept.account_id, kind=RelationKind.MERGE, ticket=kept, other=merged, at=at, actor_id=actor_id,
        moved=moved, status=was,
    )  # fmt: skip
    _note_both(relation, words=("ticket.merge", "ticket.merged"), data={"moved": _counts(moved)})
    return relation


@transaction.atomic
def undo_merge(*, relation_id: int, actor_id: int | None, at: datetime) -> TicketRelation:
    """Move back exactly what the merge moved and is still there; the ticket gets the status it had.

    What arrived since stays with the kept ticket. NotFound out of scope, Conflict where it is undone already.
    """
    found = TicketRelation.objects.filter(pk=relation_id, kind=RelationKind.MERGE).first()
    if found is None:
        raise NotFound("There is no such merge.")
    _locked(found.ticket_id, found.other_id)
    relation = TicketRelation.objects.select_for_update(of=("self",)).get(pk=relation_id)
    if relation.undone_at is not None:
        raise Conflict("This merge is undone already.")
    for label, model in _references():
        ids = _ids(model, pk__in=relation.moved.get(label, []), ticket_id=relation.ticket_id)
        model._default_manager.filter(pk__in=ids).update(ticket_id=relation.other_id)
    solved = relation.status in {TicketStatus.SOLVED, TicketStatus.CLOSED}
    Ticket.objects.filter(pk=relation.other_id).update(
        status=relation.status, merged_into=None, **({} if solved else {"solved_at": None})
    )
    relation.undone_at = at
    relation.save(update_fields=["undone_at"])
    _note_both(relation, words=("ticket.unmerge", "ticket.unmerged"), data={}, actor_id=actor_id)
    return relation


@transaction.atomic
def split_ticket(
    *, ticket_id: int, entries: Sequence[Mapping[str, Any]], subject: str, actor_id: int | None, at: datetime
) -> TicketRelation:
    """Move these entries ({"type", "id"}) to a new ticket of the same contact, and link the two.

    The chat itself goes on in the old ticket; an answer to a moved mail comes to the new one. Raises Invalid where an
    entry is not of this ticket, or all of its messages would go.
    """
    ticket = _locked_one(ticket_id)
    _refuse_merged(ticket)
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        wanted.setdefault(OF_TYPE[entry["type"]], set()).add(entry["id"])
    if not wanted:
        raise Invalid("Choose what goes to the new ticket.", field="entries")
    moved: dict[str, list[int]] = {}
    for label, model in _references():
        asked = wanted.get(label, set())
        ids = _ids(model, pk__in=asked, ticket_id=ticket_id)
        if len(ids) != len(asked):
            raise Invalid("An entry does not stand on this ticket.", field="entries")
        if ids:
            moved[label] = ids
    remaining = Message.objects.filter(ticket_id=ticket_id).exclude(pk__in=moved.get("tickets.Message", []))
    if "tickets.Message" in moved and not remaining.exists():
        raise Invalid("Leave something on this ticket.", field="entries")
    first = Message.objects.filter(pk__in=moved.get("tickets.Message", [])).order_by("at", "id").first()
    received = Message.objects.filter(
        pk__in=moved.get("tickets.Message", []), direction=Direction.INBOUND, kind=MessageKind.MESSAGE
    ).count()
    other = actions.open_ticket(
        account_id=ticket.account_id,
        contact=ticket.contact,
        channel=first.channel if first else ticket.channel,
        at=first.at if first else at,
        subject=subject.strip() or (first.subject if first else "") or ticket.subject,
        language=ticket.language,
        preview=(first.reply_text or first.text) if first else "",
        priority=ticket.priority,
        unread=received,
    )
    for label, model in _references():
        if label in moved:
            model._default_manager.filter(pk__in=moved[label]).update(ticket_id=other.pk)
    return _related(RelationKind.SPLIT, ticket=ticket, other=other, at=at, actor_id=actor_id, moved=moved)


@transaction.atomic
def open_follow_up(*, ticket_id: int, subject: str, actor_id: int | None, at: datetime) -> TicketRelation:
    """Open a new ticket of the same contact that goes on where this one (often closed) ended."""
    ticket = _locked_one(ticket_id)
    other = actions.open_ticket(
        account_id=ticket.account_id,
        contact=ticket.contact,
        channel=ticket.channel,
        at=at,
        subject=subject.strip() or ticket.subject,
        language=ticket.language,
        preview=ticket.preview,
        priority=ticket.priority,
    )
    return _related(RelationKind.FOLLOW_UP, ticket=ticket, other=other, at=at, actor_id=actor_id, moved={})


def _related(
    kind: RelationKind,
    *,
    ticket: Ticket,
    other: Ticket,
    at: datetime,
    actor_id: int | None,
    moved: dict[str, list[int]],
) -> TicketRelation:
    relation = TicketRelation.objects.create(
        account_id=ticket.account_id, kind=kind, ticket=ticket, other=other, at=at, actor_id=actor_id, moved=moved
    )
    _note_both(relation, words=(f"ticket.{kind}", f"ticket.{kind}_of"), data={"moved": _counts(moved)})
    return relation


def _note_both(
    relation: TicketRelation, *, words: tuple[str, str], data: dict[str, Any], actor_id: int | None = None
) -> None:
    """One audit row on each side, naming the other, and both told to the screens."""
    prefix = relation.ticket.account.ticket_prefix
    sides = ((words[0], relation.ticket, relation.other), (words[1], relation.other, relation.ticket))
    for action, target, mate in sides:
        audit.record(
            action=action,
            target=target,
            actor_id=actor_id or relation.actor_id,
            account_id=relation.account_id,
            data={**data, "to": f"{prefix}-{mate.number}", "ticket_id": mate.pk},
        )
        actions.push_ticket_changed(target)


def _counts(moved: Mapping[str, Sequence[int]]) -> dict[str, int]:
    return {label: len(ids) for label, ids in moved.items()}


def _references() -> Iterator[tuple[str, type[models.Model]]]:
    for relation in sorted(
        Ticket._meta.get_fields(include_hidden=True), key=lambda one: str(getattr(one, "field", ""))
    ):
        if isinstance(relation, models.ManyToOneRel) and relation.related_model._meta.label in TIMELINE:
            yield relation.related_model._meta.label, relation.related_model


def _ids(model: type[models.Model], **wanted: Any) -> list[int]:
    rows = model._default_manager.select_for_update(of=("self",)).filter(**wanted)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _without_twins(model: type[models.Model], *, ids: list[int], kept_id: int) -> list[int]:
    """Leave out threads that the kept ticket has itself."""
    known = set(model._default_manager.filter(ticket_id=kept_id).values_list("endpoint_id", "key"))
    rows = model._default_manager.filter(pk__in=ids).values_list("pk", "endpoint_id", "key")
    return sorted(pk for pk, *place in rows if tuple(place) not in known)


def _locked(first_id: int, second_id: int) -> tuple[Ticket, Ticket]:
    rows = Ticket.objects.select_for_update(of=("self",)).filter(pk__in=[first_id, second_id]).order_by("pk")
    tickets = {ticket.pk: ticket for ticket in rows}
    for ticket_id in (first_id, second_id):
        if ticket_id not in tickets:
            raise NotFound("There is no such ticket.", data={"ticket_id": ticket_id})
    return tickets[first_id], tickets[second_id]


def _locked_one(ticket_id: int) -> Ticket:
    ticket = Ticket.objects.select_for_update(of=("self",)).select_related("contact").filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound("There is no such ticket.")
    return ticket


def _refuse_merged(ticket: Ticket) -> None:
    if ticket.merged_into_id is not None:
        raise AlreadyMerged("This ticket is part of another one.", data={"ticket_id": ticket.merged_into_id})

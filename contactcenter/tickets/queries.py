"""One ticket: its head and its timeline, as the console and the client portal show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import Prefetch, QuerySet

from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.intervals import as_text
from contactcenter.kernel.models import AuditEntry
from contactcenter.kernel.statements import rows_from
from contactcenter.tickets.cards import card_from, number_text, rows_of, text_or_none
from contactcenter.tickets.models import Attachment, Call, Interaction, Message, Note, OrderCorrection, Rating, Ticket
from contactcenter.tickets.recipients import recipients_of

TIMELINE_ENTRIES: Final = 300
"""The newest so many entries of each type are shown."""
CHANNEL_OF_ENDPOINT: Final = {"email": "email", "webchat": "chat", "sms": "sms", "social": "social"}


def get_ticket(*, ticket_id: int) -> Ticket:
    """Return the ticket; NotFound outside the account scope, as for one that does not exist."""
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound("There is no such ticket.")
    return ticket


def counted_orders(*, ticket_id: int) -> QuerySet[Interaction]:
    """Return the wrapped-up contacts of a ticket, the newest first, with what was corrected of their orders."""
    get_ticket(ticket_id=ticket_id)
    corrections = OrderCorrection.objects.select_related("by").order_by("pk")
    return (
        Interaction.objects.filter(ticket_id=ticket_id, wrapped_at__isnull=False)
        .select_related("operator")
        .prefetch_related(Prefetch("order_corrections", queryset=corrections))
        .order_by("-started_at", "-pk")
    )


# lists of {name: text}; null where there is none
DETAIL: Final = {
    "priority": "t.priority",
    "opened_at": "t.opened_at",
    "solved_at": "t.solved_at",
    "points": """
        (SELECT json_agg(
            json_build_object('kind', p.kind, 'value', p.value, 'opted_out', k.id IS NOT NULL) ORDER BY p.id)
         FROM contacts_contactpoint p LEFT JOIN contacts_pointconsent k
           ON k.account_id = p.account_id AND k.value = p.value AND k.opted_out_at IS NOT NULL
           AND k.kind = CASE p.kind WHEN 'phone' THEN 'sms' ELSE p.kind END
           AND (k.opted_in_at IS NULL OR k.opted_out_at > k.opted_in_at)
         WHERE p.contact_id = t.contact_id AND p.kind <> 'chat')
    """,
    "endpoints": """
        (SELECT json_agg(json_build_object('kind', e.kind, 'name', e.name, 'provider', e.provider) ORDER BY h.id)
         FROM channels_app_channelthread h JOIN channels_app_endpoint e ON e.id = h.endpoint_id
         WHERE h.ticket_id = t.id)
    """,
    "sends_sms": """
        EXISTS (SELECT 1 FROM channels_app_endpoint e
                WHERE e.account_id = t.account_id AND e.kind = 'sms' AND e.is_active)
    """,
    "linked_tickets": """
        (SELECT count(DISTINCT o.ticket_id) FROM tickets_ticketlink l
         JOIN tickets_ticketlink o ON o.key = l.key AND o.ticket_id <> l.ticket_id WHERE l.ticket_id = t.id)
    """,
    "history_count": "(SELECT count(*) - 1 FROM tickets_ticket h WHERE h.contact_id = t.contact_id)",
    "wrapping_at": "s.wrapping_at",
    "wrap_due_at": "s.wrap_due_at",
    "wrap_extended": "s.wrap_extended",
    "bridge": "s.bridge",
    "relations": """
        (SELECT json_agg(json_build_object('id', x.id, 'kind', x.kind, 'is_first', x.ticket_id = t.id,
                'ticket_id', y.id, 'number', y.number, 'subject', y.subject, 'at', x.at) ORDER BY x.id)
         FROM tickets_ticketrelation x
         JOIN tickets_ticket y ON y.id = CASE WHEN x.ticket_id = t.id THEN x.other_id ELSE x.ticket_id END
         WHERE (x.ticket_id = t.id OR x.other_id = t.id) AND x.undone_at IS NULL)
    """,
    "drafts": """
        (SELECT json_agg(json_build_object('channel', d.channel, 'text', d.text))
         FROM tickets_draft d WHERE d.ticket_id = t.id AND d.user_id = %s)
    """,
}


def ticket_detail(*, ticket_id: int, user_id: int | None, with_team: bool) -> dict[str, Any]:
    """Return the card and what the head of an opened ticket adds; `with_team` adds drafts and the wrap-up clock."""
    rows = rows_of(Ticket.objects.filter(pk=ticket_id), further=DETAIL, parameters=[user_id or 0])
    if not rows:
        raise NotFound("There is no such ticket.")
    row = rows[0]
    points, endpoints = row["points"] or [], row["endpoints"] or []
    return {
        **card_from(row),
        "priority": row["priority"],
        "opened_at": as_text(row["opened_at"]),
        "solved_at": text_or_none(row["solved_at"]),
        "contact_points": points,
        "history_count": row["history_count"],
        "channels_available": _channels(endpoints=endpoints, points=points, sends_sms=row["sends_sms"]),
        "linked_tickets": row["linked_tickets"] if with_team else 0,
        "endpoints": endpoints,
        "drafts": (row["drafts"] or []) if with_team else [],
        "bridge": (row["bridge"] or "") if with_team else "",
        "relations": _relations(row["relations"] or [], prefix=row["ticket_prefix"]) if with_team else [],
        "wrap": (
            {
                "ticket_id": ticket_id,
                "started_at": as_text(row["wrapping_at"]),
                "due_at": text_or_none(row["wrap_due_at"]),
                "extended": row["wrap_extended"],
            }
            if with_team and row["wrapping_at"]
            else None
        ),
    }


_ROLES: Final = {"merge": ("kept", "merged"), "split": ("split", "split_off"), "follow_up": ("followed", "follow_up")}


def _relations(rows: Iterable[dict[str, Any]], *, prefix: str) -> list[dict[str, Any]]:
    return [
        {
            "id": row["id"],
            "role": _ROLES[row["kind"]][0 if row["is_first"] else 1],
            "ticket_id": row["ticket_id"],
            "number": number_text(prefix=prefix, number=row["number"]),
            "subject": row["subject"],
            "at": as_text(datetime.fromisoformat(row["at"])),
        }
        for row in rows
    ]


def _channels(*, endpoints: Iterable[dict[str, str]], points: list[dict[str, str]], sends_sms: bool) -> list[str]:
    """Return the channels a reply can go by: those it came by, mail to a known address, SMS to a known number."""
    channels = [CHANNEL_OF_ENDPOINT[one["kind"]] for one in endpoints if one["kind"] in CHANNEL_OF_ENDPOINT]
    if any(point["kind"] == "email" for point in points):
        channels.append("email")
    if sends_sms and any(point["kind"] in {"sms", "phone"} for point in points):
        channels.append("sms")
    return list(dict.fromkeys(channels))


def timeline(*, ticket_id: int, with_team: bool) -> list[dict[str, Any]]:
    """Return the ticket's entries, oldest first. `with_team` adds notes and events, which clients never see."""
    there = _kinds_there(ticket_id)
    entries = _messages(ticket_id, with_files=there.files)
    entries += _calls(ticket_id) if there.calls else []
    entries += _ratings(ticket_id) if there.ratings else []
    # what was written is within the account scope; the audit trail knows no scope and comes after the check
    if not entries and not Ticket.objects.filter(pk=ticket_id).exists():
        raise NotFound("There is no such ticket.")
    if with_team:
        entries += _notes(ticket_id) if there.notes else []
        entries += _events(ticket_id) if there.events else []
    return sorted(entries, key=lambda entry: (entry["at"], entry["type"], entry["id"]))


class _Kinds(NamedTuple):
    files: bool
    calls: bool
    ratings: bool
    notes: bool
    events: bool


def _kinds_there(ticket_id: int) -> _Kinds:
    """Return what a ticket has besides messages: most have little, and asking for nothing costs as much as for much.

    Whoever asks: it only says which of the queries, each within the account scope, would find nothing.
    """
    rows = rows_from(
        "SELECT EXISTS (SELECT 1 FROM tickets_message m JOIN tickets_attachment f ON f.message_id = m.id"
        " WHERE m.ticket_id = %s), EXISTS (SELECT 1 FROM tickets_call WHERE ticket_id = %s),"
        " EXISTS (SELECT 1 FROM tickets_rating WHERE ticket_id = %s),"
        " EXISTS (SELECT 1 FROM tickets_note WHERE ticket_id = %s),"
        " EXISTS (SELECT 1 FROM kernel_auditentry WHERE target_type = 'tickets.ticket' AND target_id = %s)",
        [ticket_id] * 5,
    )
    return _Kinds(*rows[0])


def _entry(**fields: Any) -> dict[str, Any]:
    blank: dict[str, Any] = {
        "channel": None,
        "direction": None,
        "kind": "",
        "text": "",
        "html_available": False,
        "subject": "",
        "status": None,
        "error": "",
        "attachments": [],
        "call": None,
        "score": None,
        "client_uuid": None,
        "parts": None,
        "is_cut": False,
        "edits": [],
        "recipients": None,
        "bounces": [],
        "complaints": [],
        "incomplete": "",
        "protection": [],
    }
    return blank | fields


def _messages(ticket_id: int, *, with_files: bool = True) -> list[dict[str, Any]]:
    messages = list(
        Message.objects.filter(ticket_id=ticket_id)
        .select_related("operator", "contact")
        .order_by("-at", "-id")[:TIMELINE_ENTRIES]
    )
    files: dict[int, list[dict[str, Any]]] = defaultdict(list)
    of_messages = Attachment.objects.filter(message_id__in=[message.pk for message in messages])
    for attachment in of_messages.order_by("id") if with_files else ():
        files[attachment.message_id].append(
            {
                "id": attachment.pk,
                "filename": attachment.filename,
                "content_type": attachment.content_type,
                "size": attachment.size,
                "state": attachment.state,
                "error": attachment.error,
                "url": f"/api/v1/attachments/{attachment.pk}/",
            }
        )
    return [
        _entry(
            type="message",
            id=message.pk,
            at=as_text(message.at),
            author=_author(message),
            channel=message.channel,
            direction=message.direction,
            kind=message.kind,
            text=message.reply_text or message.text,
            html_available=bool(message.html),
            subject=message.subject,
            status=message.status,
            error=message.error,
            parts=message.parts,
            is_cut=bool(message.reply_text) and message.reply_text != message.text,
            edits=message.headers.get("edits", []),
            attachments=files[message.pk],
            client_uuid=str(message.client_uuid) if message.client_uuid else None,
            recipients=recipients_of(message.headers),
            bounces=message.headers.get("bounces", []),
            complaints=message.headers.get("complaints", []),
            incomplete=message.headers.get("problem", ""),
            protection=message.headers.get("protection", []),
        )
        for message in messages
    ]


def _author(message: Message) -> dict[str, str]:
    if message.operator is not None:
        return {"kind": "operator", "name": message.operator.display_name}
    if message.direction == "in" and message.contact is not None:
        return {"kind": "contact", "name": message.contact.name}
    return {"kind": "system", "name": ""}


def _calls(ticket_id: int) -> list[dict[str, Any]]:
    calls = Call.objects.filter(ticket_id=ticket_id).select_related("operator", "contact")
    return [
        _entry(
            type="call",
            id=call.pk,
            at=as_text(call.started_at),
            author={"kind": "contact", "name": call.contact.name if call.contact else call.from_name},
            channel="voice",
            direction=call.direction,
            call={
                "direction": call.direction,
                "outcome": call.outcome,
                "ended_at": as_text(call.ended_at) if call.ended_at else None,
                "wait_ms": call.wait_ms,
                "talk_ms": call.talk_ms,
                "hold_ms": call.hold_ms,
                "from": call.from_number,
                "to": call.to_number,
                "operator": call.operator.display_name if call.operator else None,
                "hung_up_by": call.hung_up_by,
                "flags": call.flags,
            },
        )
        for call in calls.order_by("-started_at", "-id")[:TIMELINE_ENTRIES]
    ]


def _ratings(ticket_id: int) -> list[dict[str, Any]]:
    ratings = Rating.objects.filter(ticket_id=ticket_id).select_related("interaction", "ticket__contact")
    return [
        _entry(
            type="rating",
            id=rating.pk,
            at=as_text(rating.at),
            author={"kind": "contact", "name": rating.ticket.contact.name},
            channel=rating.interaction.channel,
            text=rating.comment,
            score=rating.score,
        )
        for rating in ratings.order_by("-at", "-id")[:TIMELINE_ENTRIES]
    ]


def _notes(ticket_id: int) -> list[dict[str, Any]]:
    notes = Note.objects.filter(ticket_id=ticket_id).select_related("author").order_by("-at", "-id")
    return [
        _entry(
            type="note",
            id=note.pk,
            at=as_text(note.at),
            author=(
                {"kind": "operator", "name": note.author.full_name}
                if note.author
                else {"kind": "system", "name": note.author_name}
            ),
            text=note.text,
            client_uuid=str(note.client_uuid) if note.client_uuid else None,
        )
        for note in notes[:TIMELINE_ENTRIES]
    ]


def _events(ticket_id: int) -> list[dict[str, Any]]:
    """Changes of the ticket from the audit trail; `kind` is the action, `text` its new value."""
    rows = AuditEntry.objects.filter(target_type="tickets.ticket", target_id=ticket_id).select_related("actor")
    return [
        _entry(
            type="event",
            id=row.pk,
            at=as_text(row.at),
            author=(
                {"kind": "operator", "name": row.actor.full_name}
                if row.actor
                else {"kind": "system", "name": row.data.get("api_key", "")}
            ),
            kind=row.action,
            text=str(row.data.get("to", "")),
        )
        for row in rows.order_by("-id")[:TIMELINE_ENTRIES]
    ]


def entry(*, ticket_id: int, entry_type: str, entry_id: int) -> dict[str, Any]:
    """Return one message or note of a ticket as its timeline shows it."""
    for one in {"message": _messages, "note": _notes}[entry_type](ticket_id):
        if one["id"] == entry_id:
            return one
    raise NotFound("There is no such entry.")


def get_message(*, message_id: int) -> Message:
    """Return a message in scope."""
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    return message


def get_attachment(*, attachment_id: int) -> Attachment:
    """Return an attachment in scope."""
    attachment = Attachment.objects.filter(pk=attachment_id).first()
    if attachment is None:
        raise NotFound("There is no such attachment.")
    return attachment

"""Messages and calls as records of their own, for whoever reads them over the API or is told of them by webhook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.kernel.intervals import as_text
from contactcenter.tickets.models import Attachment, Call, CallSegment, Message

PAGE: Final = 50


def list_messages(
    *, account_id: int | None, ticket_id: int | None, before_id: int | None, size: int = PAGE
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of messages, the newest first, and the cursor of the next page (None at the end)."""
    messages = Message.objects.order_by("-id")
    if account_id is not None:
        messages = messages.filter(account_id=account_id)
    if ticket_id is not None:
        messages = messages.filter(ticket_id=ticket_id)
    if before_id is not None:
        messages = messages.filter(pk__lt=before_id)
    rows = list(_with_operators(messages)[: size + 1])
    page = rows[:size]
    return message_records(page), str(page[-1].pk) if len(rows) > size else None


def message_record(*, message_id: int) -> dict[str, Any]:
    """Return one message; NotFound outside the account scope."""
    found = messages_by_id([message_id])
    if not found:
        raise NotFound("There is no such message.")
    return found[message_id]


def messages_by_id(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return these messages by id; what is out of scope is left out."""
    records = message_records(list(_with_operators(Message.objects.filter(pk__in=ids))))
    return {record["id"]: record for record in records}


def _with_operators(messages: QuerySet[Message]) -> QuerySet[Message]:
    return messages.select_related("operator").defer("html", "headers")


def message_records(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Return the messages in their order. One query for the files of any number."""
    files: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for attachment in Attachment.objects.filter(message__in=messages).order_by("id"):
        files[attachment.message_id].append(
            {
                "id": attachment.pk,
                "filename": attachment.filename,
                "content_type": attachment.content_type,
                "size": attachment.size,
                "url": f"/api/v1/attachments/{attachment.pk}/",
            }
        )
    return [
        {
            "id": message.pk,
            "account_id": message.account_id,
            "ticket_id": message.ticket_id,
            "contact_id": message.contact_id,
            "direction": message.direction,
            "channel": message.channel,
            "kind": message.kind,
            "operator": message.operator.display_name if message.operator else None,
            "subject": message.subject,
            "text": message.text,
            "reply_text": message.reply_text,
            "language": message.language,
            "at": as_text(message.at),
            "status": message.status,
            "error": message.error,
            "attachments": files[message.pk],
        }
        for message in messages
    ]


def list_calls(
    *,
    account_id: int | None,
    ticket_id: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    after_id: int | None,
    size: int = PAGE,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the calls that began in [starts_at, ends_at), the newest first, and the next page's cursor.

    Invalid for a cursor this server did not give out.
    """
    calls = Call.objects.select_related("operator").order_by("-started_at", "-id")
    if account_id is not None:
        calls = calls.filter(account_id=account_id)
    if ticket_id is not None:
        calls = calls.filter(ticket_id=ticket_id)
    if starts_at is not None:
        calls = calls.filter(started_at__gte=starts_at)
    if ends_at is not None:
        calls = calls.filter(started_at__lt=ends_at)
    if after_id is not None:
        last = Call.objects.filter(pk=after_id).values_list("started_at", flat=True).first()
        if last is None:
            raise Invalid("The cursor is not one this server gave out.", field="cursor")
        calls = calls.filter(started_at__lte=last).filter(Q(started_at__lt=last) | Q(pk__lt=after_id))
    rows = list(calls[: size + 1])
    page = rows[:size]
    return [_call(call) for call in page], str(page[-1].pk) if len(rows) > size else None


def calls_by_id(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return these calls by id, without their segments; what is out of scope is left out."""
    return {call.pk: _call(call) for call in Call.objects.select_related("operator").filter(pk__in=ids)}


def call_record(*, call_id: int) -> dict[str, Any]:
    """Return one call with its segments, in their order; NotFound outside the account scope."""
    call = Call.objects.select_related("operator").filter(pk=call_id).first()
    if call is None:
        raise NotFound("There is no such call.")
    segments = CallSegment.objects.filter(call=call).select_related("operator").order_by("position")
    return {**_call(call), "segments": [_segment(segment) for segment in segments]}


def _call(call: Call) -> dict[str, Any]:
    return {
        "id": call.pk,
        "account_id": call.account_id,
        "ticket_id": call.ticket_id,
        "contact_id": call.contact_id,
        "external_id": call.external_id,
        "direction": call.direction,
        "from": call.from_number,
        "to": call.to_number,
        "queue": call.queue_name,
        "operator": call.operator.display_name if call.operator else None,
        "started_at": as_text(call.started_at),
        "answered_at": _text(call.answered_at),
        "ended_at": _text(call.ended_at),
        "wait_ms": call.wait_ms,
        "ring_ms": call.ring_ms,
        "talk_ms": call.talk_ms,
        "hold_ms": call.hold_ms,
        "outcome": call.outcome,
        "hung_up_by": call.hung_up_by,
        "flags": call.flags,
    }


def _segment(segment: CallSegment) -> dict[str, Any]:
    return {
        "position": segment.position,
        "kind": segment.kind,
        "queue": segment.queue_name,
        "operator": segment.operator.display_name if segment.operator else segment.operator_name or None,
        "enqueued_at": _text(segment.enqueued_at),
        "answered_at": _text(segment.answered_at),
        "ended_at": _text(segment.ended_at),
        "wait_ms": segment.wait_ms,
        "ring_ms": segment.ring_ms,
        "talk_ms": segment.talk_ms,
        "hold_ms": segment.hold_ms,
        "outcome": segment.outcome,
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else as_text(instant)

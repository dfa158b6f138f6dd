"""Messages that a provider hands over in pieces (Vonage's long SMS): held until all are there. Needs a scope.

The caller has made the pieces of one sender wait for each other. A piece that comes after the rest was shown without
it (`piece_release`) still takes its place in the entry.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from channels_app.actions import push_message_changed
from channels_app.contract import InboundKind, InboundMessage
from channels_app.models import Endpoint, MessagePiece, Receipt
from contactcenter.tickets.models import Message

# telephones number their long messages from 0 to 255: the same number a day later is another message
WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What became of a piece: nothing to show yet, the whole message, or the entry that it completed."""

    whole: InboundMessage | None = None
    outcome: dict[str, Any] | None = None


def hold_piece(*, endpoint: Endpoint, inbound: InboundMessage, receipt_id: int) -> Held:
    """Keep the piece; with the last one the message is whole, and `note_entry` must be told its entry."""
    piece = inbound.piece
    assert piece is not None  # noqa: S101  the caller's case
    received_at = Receipt.objects.values_list("received_at", flat=True).get(pk=receipt_id)
    key = _key(inbound)
    group = _group(endpoint, key=key, at=received_at)
    if any(row.message_id and row.number == piece.number for row in group):
        # the telephone began to count anew
        group = []
    group = [row for row in group if row.number != piece.number]
    mine = MessagePiece(
        account_id=endpoint.account_id,
        endpoint=endpoint,
        key=key,
        number=piece.number,
        total=piece.total,
        text=inbound.text,
        receipt_id=receipt_id,
        received_at=received_at,
        message_id=next((row.message_id for row in group if row.message_id), None),
    )
    mine.save()
    group.append(mine)
    if mine.message_id is not None:
        _complete(group, message_id=mine.message_id)
        return Held(outcome={"message": mine.message_id})
    if len(group) < piece.total:
        return Held(outcome={"waits_for": piece.total - len(group)})
    return Held(whole=whole_of(inbound, group))


def whole_of(inbound: InboundMessage, group: list[MessagePiece]) -> InboundMessage:
    """Return the message that the pieces make; `problem` says how many never came."""
    text = _text(group)
    return replace(
        inbound,
        text=text,
        reply_text=text,
        kind=InboundKind.MESSAGE,
        # a keyword is a whole message
        consent=None,
        parts=group[0].total,
        problem=_problem(group),
    )


def note_entry(*, receipt_id: int, message_id: int) -> None:
    """Remember which entry the pieces of this receipt's message made."""
    mine = MessagePiece.objects.select_related("endpoint").get(receipt_id=receipt_id)
    ids = [row.pk for row in _group(mine.endpoint, key=mine.key, at=mine.received_at)]
    MessagePiece.objects.filter(pk__in=ids).update(message_id=message_id)


def waiting_group(*, receipt_id: int) -> list[MessagePiece]:
    """Return the pieces that wait together with this receipt's; [] if they wait no more."""
    mine = MessagePiece.objects.select_related("endpoint").filter(receipt_id=receipt_id, message__isnull=True).first()
    return [] if mine is None else _group(mine.endpoint, key=mine.key, at=mine.received_at)


def _group(endpoint: Endpoint, *, key: str, at: datetime) -> list[MessagePiece]:
    """The newest message under this key that is not whole yet."""
    rows = MessagePiece.objects.filter(
        endpoint=endpoint, key=key, received_at__gt=at - WINDOW, received_at__lt=at + WINDOW
    )
    by_entry: dict[int | None, list[MessagePiece]] = {}
    for row in rows.order_by("-received_at", "-pk"):
        by_entry.setdefault(row.message_id, []).append(row)
    for group in by_entry.values():
        distinct = {row.number: row for row in reversed(group)}
        if len(distinct) < group[0].total or group[0].message_id is None:
            return list(distinct.values())
    return []


def _complete(group: list[MessagePiece], *, message_id: int) -> None:
    message = Message.objects.select_for_update(of=("self",)).get(pk=message_id)
    message.text = message.reply_text = _text(group)
    headers = {name: value for name, value in message.headers.items() if name != "problem"}
    problem = _problem(group)
    message.headers = {**headers, "problem": problem} if problem else headers
    message.save(update_fields=["text", "reply_text", "headers"])
    push_message_changed(message)


def _text(group: list[MessagePiece]) -> str:
    return "".join(row.text for row in sorted(group, key=lambda row: row.number))


def _problem(group: list[MessagePiece]) -> str:
    missing = group[0].total - len(group)
    return f"{missing} of {group[0].total} parts did not arrive" if missing else ""


def _key(inbound: InboundMessage) -> str:
    piece = inbound.piece
    assert piece is not None  # noqa: S101  the caller's case
    return f"{inbound.sender.value} {piece.reference} {piece.total}"[:200]

"""Pieces that waited long enough for the rest of their message are shown without it. Needs a scope."""

from datetime import datetime, timedelta

from django.db import transaction

from channels_app import pieces
from channels_app.contract import InboundMessage
from channels_app.endpoints import endpoint_info
from channels_app.ingest import ingest_message, serialise_sender
from channels_app.models import MessagePiece, Receipt
from channels_app.registry import adapter_for

HELD_FOR = timedelta(minutes=2)
AT_ONCE = 100


def overdue(*, at: datetime) -> list[tuple[int, int]]:
    """Return (account id, receipt id) of pieces that have waited too long, the oldest first."""
    rows = MessagePiece.objects.filter(message__isnull=True, received_at__lte=at - HELD_FOR)
    return list(rows.order_by("received_at", "pk").values_list("account_id", "receipt_id")[:AT_ONCE])


@transaction.atomic
def release_piece(*, receipt_id: int) -> int | None:
    """Show what came of the message that this piece belongs to; returns the entry, None if it is shown already."""
    receipt = Receipt.objects.select_related("endpoint__account").get(pk=receipt_id)
    inbound = adapter_for(kind=receipt.endpoint.kind, provider=receipt.endpoint.provider).translate(
        raw=bytes(receipt.raw), endpoint=endpoint_info(receipt.endpoint), received_at=receipt.received_at
    )
    if not isinstance(inbound, InboundMessage):
        return None
    serialise_sender(endpoint=receipt.endpoint, inbound=inbound)
    group = pieces.waiting_group(receipt_id=receipt_id)
    if not group:
        return None
    result = ingest_message(endpoint=receipt.endpoint, inbound=pieces.whole_of(inbound, group), receipt_id=receipt_id)
    pieces.note_entry(receipt_id=receipt_id, message_id=result.message_id)
    Receipt.objects.filter(pk=receipt_id).update(message_id=result.message_id, outcome=result.outcome())
    return result.message_id

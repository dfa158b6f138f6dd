"""What the intake and its screens read. Each needs a scope."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from channels_app.models import (
    ChannelThread,
    Endpoint,
    EndpointKind,
    MailFolder,
    MessageTemplate,
    Receipt,
    ReceiptState,
)
from contactcenter.kernel.errors import NotFound
from contactcenter.tickets.models import Channel, Direction, Message

MAX_TEMPLATES = 500


def ticket_on_endpoint(*, endpoint_id: int, ticket_id: int) -> int | None:
    """Return the ticket id if the ticket has a place on this endpoint."""
    found = ChannelThread.objects.filter(endpoint_id=endpoint_id, ticket_id=ticket_id).exists()
    return ticket_id if found else None


def ticket_of_thread(*, endpoint_id: int, keys: Sequence[str]) -> int | None:
    """Return the newest ticket of the channel's own threads with one of these keys on this endpoint."""
    return (
        ChannelThread.objects.filter(endpoint_id=endpoint_id, key__in=[key[:200] for key in keys])
        .order_by("-ticket_id")
        .values_list("ticket_id", flat=True)
        .first()
    )


def ticket_of_answers(*, endpoint_id: int, account_id: int, external_ids: Sequence[str], contact_id: int) -> int | None:
    """Return the ticket of the nearest earlier message that is referred to, on this endpoint.

    Counts a message of ours, and one of the same contact; what somebody else wrote to the account joins nobody.
    """
    wanted = [item[:500] for item in external_ids]
    rows = Message.objects.filter(
        account_id=account_id, external_id__in=wanted, ticket__threads__endpoint_id=endpoint_id
    ).values_list("external_id", "ticket_id", "direction", "contact_id")
    order = {external_id: index for index, external_id in enumerate(wanted)}
    fitting = [
        (order[external_id], -ticket_id)
        for external_id, ticket_id, direction, contact in rows
        if direction == Direction.OUTBOUND or contact == contact_id
    ]
    return -min(fitting)[1] if fitting else None


def mail_folders(*, endpoint_id: int) -> list[dict[str, Any]]:
    """Return the folders of a mailbox that is read by IMAP, with their counts; an endpoint out of scope is NotFound.

    The counts are of mails that the server had when the folder was last compared (`checked_at`) or that came since.
    """
    if not Endpoint.objects.filter(pk=endpoint_id).exists():
        raise NotFound("There is no such endpoint.")
    here = Q(entries__is_present=True)
    rows = MailFolder.objects.filter(endpoint_id=endpoint_id).annotate(
        stored=Count("entries", filter=here & Q(entries__receipt__isnull=False)),
        ticketed=Count("entries", filter=here & Q(entries__receipt__state=ReceiptState.PROCESSED)),
        refused=Count("entries", filter=here & Q(entries__receipt=None)),
    )
    return [
        {
            "name": row.name,
            "on_server": row.on_server,
            "stored": row.stored,
            "ticketed": row.ticketed,
            "refused": row.refused,
            "missing": max(row.on_server - row.stored - row.refused, 0),
            "checked_at": row.checked_at,
            "error": row.error,
            "error_at": row.error_at,
        }
        for row in rows.order_by("pk")
    ]


def receipts(*, state: str = "", endpoint_id: int | None = None) -> QuerySet[Receipt]:
    """Return receipts without their raw bytes, the newest first."""
    rows = Receipt.objects.select_related("endpoint", "account").defer("raw").order_by("-received_at", "-pk")
    if state:
        rows = rows.filter(state=state)
    if endpoint_id is not None:
        rows = rows.filter(endpoint_id=endpoint_id)
    return rows


def receipt_page(
    *, state: str, endpoint_id: int | None, before_id: int | None, size: int
) -> tuple[list[Receipt], int | None]:
    """Return a page of receipts, the newest first, and the cursor of the next page (None at the end)."""
    rows = receipts(state=state, endpoint_id=endpoint_id).order_by("-pk")
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    page = list(rows[: size + 1])
    return page[:size], page[size - 1].pk if len(page) > size else None


def get_receipt(*, receipt_id: int) -> Receipt:
    """Return the receipt with its raw bytes; one outside the scope is NotFound."""
    receipt = Receipt.objects.select_related("endpoint", "account").filter(pk=receipt_id).first()
    if receipt is None:
        raise NotFound("There is no such receipt.")
    return receipt


def last_inbound_at(*, endpoint_id: int, contact_id: int | None, channel: str) -> datetime | None:
    """Return when the contact last wrote on the endpoint; asked for social networks only, which limit answers by it."""
    if channel != Channel.SOCIAL or contact_id is None:
        return None
    return (
        Message.objects.filter(
            contact_id=contact_id, channel=channel, direction=Direction.INBOUND, receipt__endpoint_id=endpoint_id
        )
        .order_by("-at")
        .values_list("at", flat=True)
        .first()
    )


def social_place(*, ticket_id: int) -> ChannelThread | None:
    """Return the ticket's place on a social network, its endpoint loaded; the one by which a reply would leave."""
    return (
        ChannelThread.objects.select_related("endpoint", "ticket")
        .filter(ticket_id=ticket_id, endpoint__kind=EndpointKind.SOCIAL, endpoint__is_active=True)
        .order_by("-pk")
        .first()
    )


def templates_of(*, endpoint_id: int) -> list[MessageTemplate]:
    """Return the approved templates of an endpoint by name and language."""
    return list(MessageTemplate.objects.filter(endpoint_id=endpoint_id).order_by("name", "language")[:MAX_TEMPLATES])

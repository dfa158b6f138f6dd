"""What happens to receipts and messages that did not make it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from channels_app.models import Receipt, ReceiptState
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.tickets.models import Channel, Direction, Message, MessageStatus


@transaction.atomic
def retry_receipts(*, receipt_ids: Sequence[int], actor_id: int | None, at: datetime) -> int:
    """Put failed receipts back to be processed, with all their attempts; returns how many. Others are left alone."""
    failed = list(
        Receipt.objects.select_for_update(of=("self",))
        .defer("raw")
        .filter(pk__in=receipt_ids, state=ReceiptState.FAILED)
        .order_by("pk")
    )
    for receipt in failed:
        Receipt.objects.filter(pk=receipt.pk).update(state=ReceiptState.PENDING, attempts=0, next_attempt_at=at)
        audit.record(
            action="receipt.retry",
            target=receipt,
            actor_id=actor_id,
            account_id=receipt.account_id,
            data={"error": receipt.error[:300]},
        )
        enqueue_on_commit("channels.process_receipts", receipt_ids=[receipt.pk])
    return len(failed)


@transaction.atomic
def resend_message(*, message_id: int, actor_id: int | None, at: datetime) -> Message:
    """Queue a message that was not sent once more; anything but a failed outgoing message is a Conflict."""
    message = Message.objects.select_for_update(of=("self",)).filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    if message.direction != Direction.OUTBOUND or message.status != MessageStatus.FAILED:
        raise Conflict("Only a message that was not sent can be sent again.", field="status")
    message.status, message.attempts, message.next_attempt_at, message.error = MessageStatus.QUEUED, 0, at, ""
    if message.channel in {Channel.SMS, Channel.SOCIAL}:
        # the provider's name for the attempt that failed: late reports on it must not touch the new one
        message.external_id = ""
    message.save(update_fields=["status", "attempts", "next_attempt_at", "error", "external_id"])
    audit.record(action="message.resend", target=message, actor_id=actor_id, account_id=message.account_id)
    push_message_changed(message)
    enqueue_on_commit("channels.deliver_message", message_id=message.pk)
    return message


def push_message_changed(message: Message) -> None:
    """Tell everybody entitled to the account that the message's status changed."""
    push_on_commit(
        f"account:{message.account_id}",
        kind="entry.changed",
        account_id=message.account_id,
        payload={"ticket_id": message.ticket_id, "entry": {"type": "message", "id": message.pk}},
    )

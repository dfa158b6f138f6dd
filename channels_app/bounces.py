"""Mails of ours that came back, or are late. Runs within the transaction of the receipt; needs the account's scope."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from channels_app.actions import push_message_changed
from channels_app.contract import BounceReport
from channels_app.email.reports import undelivered_reason
from contactcenter.tickets.models import Direction, Message, MessageStatus
from contactcenter.tickets.recipients import LISTS

MAX_BOUNCES = 50
_LEFT = (MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.DELIVERED)


def record_bounce(*, ticket_id: int, answers: Sequence[str], bounce: BounceReport, at: datetime) -> int:
    """Show on our message what a server says of it; returns how many messages (0 or 1) it was about.

    Whoever knows the id of a message of ours has received it, or its bounce: it cannot be guessed. The message is
    marked as not sent if it is lost for good to everybody whom it was sent to; a copy that did not arrive, and a server
    that still tries, are shown on a message that counts as sent.
    """
    wanted = bounce.message_id or next(iter(answers), "")
    message = (
        Message.objects.select_for_update(of=("self",))
        .filter(ticket_id=ticket_id, external_id=wanted[:500], direction=Direction.OUTBOUND, external_id__gt="")
        .order_by("pk")
        .first()
    )
    if message is None:
        return 0
    entry: dict[str, Any] = {
        "at": at.astimezone(UTC).isoformat(),
        "recipient": bounce.recipient,
        "code": bounce.status or bounce.reply_code,
        "hard": bounce.hard,
        "final": bounce.final,
        "reason": bounce.reason,
    }
    bounces = [*message.headers.get("bounces", []), entry][-MAX_BOUNCES:]
    changes: dict[str, Any] = {"headers": {**message.headers, "bounces": bounces}}
    if message.status in _LEFT:
        if not bounce.final:
            said = " ".join(filter(None, (entry["code"], bounce.reason))) or "the server still tries"
            changes["error"] = f"Not delivered yet: {said}"[:500]
        else:
            whom = f" from {bounce.recipient}" if bounce.recipient and len(_sent_to(message)) > 1 else ""
            changes["error"] = f"Came back{whom}: {undelivered_reason(bounce)}"[:500]
            if _all_came_back(message, bounces):
                changes |= {"status": MessageStatus.FAILED, "next_attempt_at": None}
    Message.objects.filter(pk=message.pk).update(**changes)
    push_message_changed(message)
    return 1


def _sent_to(message: Message) -> set[str]:
    return {item["email"].lower() for name in LISTS for item in message.headers.get(name, [])}


def _all_came_back(message: Message, bounces: Sequence[dict[str, Any]]) -> bool:
    """One that names none of several recipients counts for none of them: it may be a forwarding address's."""
    sent_to = _sent_to(message)
    if len(sent_to) <= 1:
        return True
    return sent_to <= {item["recipient"].lower() for item in bounces if item["final"]}

"""Mails that go round in circles: kept and shown like all others, but never offered to anybody and never answered.

A mail of ours that comes back bears an id that only we give. A machine that answers every mail of ours without saying
that it is one (RFC 3834) betrays itself by the rate: so many mails of one sender under one subject in a few minutes.
Needs the account's scope.
"""

from dataclasses import replace
from datetime import timedelta

from channels_app.contract import InboundKind, InboundMessage
from contactcenter.kernel.statements import rows_from
from contactcenter.tickets.models import Channel

RATE = 10
WINDOW = timedelta(minutes=10)


def guarded(*, account_id: int, contact_id: int, inbound: InboundMessage) -> InboundMessage:
    """Return the mail, as an automatic one with the reason under `loop` in its headers where it is part of a loop."""
    if inbound.channel != Channel.EMAIL or inbound.kind != InboundKind.MESSAGE:
        return inbound
    reason = _loop(account_id, contact_id, inbound)
    if not reason:
        return inbound
    return replace(inbound, kind=InboundKind.AUTO_REPLY, headers={**inbound.headers, "loop": reason})


def _loop(account_id: int, contact_id: int, inbound: InboundMessage) -> str:
    came_back, alike = rows_from(
        "SELECT EXISTS (SELECT 1 FROM tickets_message WHERE account_id = %s AND channel = 'email'"
        " AND direction = 'out' AND external_id = %s),"
        " (SELECT count(*) FROM tickets_message WHERE account_id = %s AND channel = 'email' AND direction = 'in'"
        " AND contact_id = %s AND at > %s AND at <= %s AND subject = %s)",
        [
            account_id,
            inbound.external_id[:500],
            account_id,
            contact_id,
            inbound.at - WINDOW,
            inbound.at,
            inbound.subject[:998],
        ],
    )[0]
    if came_back:
        return "a mail of ours came back"
    if alike >= RATE:
        return f"more than {RATE} mails of this sender under this subject within {WINDOW.seconds // 60} minutes"
    return ""

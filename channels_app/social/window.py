"""How long after a contact's last message a network lets a business write. Pure.

WhatsApp and Messenger: 24 hours; Messenger and Instagram: 7 days for a human agent, if the page has that permission.
"""

from datetime import UTC, datetime, timedelta

from channels_app.contract import AdapterError, OutboundMessage

WINDOW = timedelta(hours=24)
HUMAN_AGENT_WINDOW = timedelta(days=7)


def open_until(*, last_inbound_at: datetime | None, window: timedelta = WINDOW) -> datetime | None:
    """Return the instant at which the window closes, exclusive; None where the contact never wrote."""
    return None if last_inbound_at is None else last_inbound_at + window


def refuse_closed(*, message: OutboundMessage, network: str, way_out: str, window: timedelta = WINDOW) -> None:
    """Raise a permanent AdapterError that says when the window closed and what is left to do.

    Judged by when the message is sent, not by when it was written.
    """
    until = open_until(last_inbound_at=message.last_inbound_at, window=window)
    if until is None:
        raise AdapterError(f"The contact has not written by {network} yet: {way_out}", permanent=True)
    if (message.sent_at or message.at) >= until:
        closed = until.astimezone(UTC)
        hours = "24-hour" if window == WINDOW else f"{window.days}-day"
        raise AdapterError(
            f"The {hours} window of {network} closed at {closed:%Y-%m-%d %H:%M} UTC: {way_out}", permanent=True
        )

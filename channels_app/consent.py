"""What follows from a contact's word about being written to: it is kept, and confirmed where the endpoint says how."""

from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from channels_app.contract import AdapterError, Consent, InboundMessage, OutboundMessage
from channels_app.models import Endpoint
from contactcenter.contacts.consent import is_opted_out, record_consent
from contactcenter.contacts.models import ContactPoint, PointKind
from contactcenter.tickets.actions import send_automatic_reply
from contactcenter.tickets.models import Direction, Message, MessageKind

_TEXTS = {Consent.OPT_OUT: "stop_text", Consent.OPT_IN: "start_text", Consent.HELP: "help_text"}
# one automatic answer an hour: two robots must not talk
QUIET = timedelta(hours=1)


def take_consent(*, endpoint: Endpoint, inbound: InboundMessage, message: Message, point: ContactPoint) -> None:
    """Keep the word of a keyword, and queue the endpoint's text for it, if it has one.

    "yes" and "start" of somebody who had not opted out are ordinary words: nothing follows. Runs in the transaction of
    the message.
    """
    consent = inbound.consent
    if consent is None:
        return
    if consent != Consent.HELP:
        changed = record_consent(
            account_id=endpoint.account_id,
            kind=point.kind,
            value=point.value,
            opted_out=consent == Consent.OPT_OUT,
            at=inbound.at,
            source="contact",
            word=inbound.text.strip(),
        )
        if not changed:
            return
    text = str(endpoint.settings.get(_TEXTS[consent]) or "").strip()
    answered = Message.objects.filter(
        ticket_id=message.ticket_id,
        direction=Direction.OUTBOUND,
        kind=MessageKind.AUTO_REPLY,
        reply_text=text,
        at__gt=inbound.at - QUIET,
    )
    if text and not answered.exists():
        send_automatic_reply(
            ticket=message.ticket,
            channel=inbound.channel,
            text=text,
            at=inbound.at,
            client_uuid=uuid5(NAMESPACE_URL, f"consent:{message.account_id}:{message.pk}"),
        )


def refuse_opted_out(message: OutboundMessage) -> None:
    """Raise a permanent AdapterError if the recipient has opted out of messages of this account.

    Who complained of a mail gets no automatic one any more; what a person writes still leaves.
    """
    if not is_opted_out(
        account_id=message.account_id, kind=message.recipient.kind, value=message.recipient.value.lower()
    ):
        return
    if message.recipient.kind == PointKind.EMAIL:
        raise AdapterError("recipient: complained of a mail; automatic mail is no longer sent.", permanent=True)
    raise AdapterError("recipient: has opted out (STOP); nothing may be sent until they write START.", permanent=True)

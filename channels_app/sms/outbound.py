"""What all SMS providers share on the way out."""

import phonenumbers

from channels_app.contract import AdapterError, EndpointInfo, OutboundMessage
from channels_app.webhook import settings_text

# https://www.twilio.com/docs/messaging/api/message-resource
MAX_MEDIA = 10


def callback_url(endpoint: EndpointInfo, message: OutboundMessage, *more: str) -> str:
    """Return where the provider reports on this message: our webhook, with our own name for the message.

    `more` are further pairs of the query, as they stand ("status=%d").
    """
    return f"{endpoint.webhook_url}?" + "&".join(("report=1", f"ref={message.client_uuid}", *more))


def text_only(message: OutboundMessage) -> None:
    """Refuse, permanently, what a text message cannot carry."""
    if message.attachments:
        raise AdapterError("attachments: an SMS carries text only; remove the file.", permanent=True)
    if not message.text.strip():
        raise AdapterError("text: an SMS needs a text.", permanent=True)


def text_or_files(message: OutboundMessage) -> None:
    """Refuse, permanently, what a provider that fetches files by itself (MMS) cannot send."""
    if not message.attachments:
        text_only(message)
        return
    if len(message.attachments) > MAX_MEDIA:
        raise AdapterError(f"attachments: at most {MAX_MEDIA} files leave with one message.", permanent=True)
    if not all(file.url for file in message.attachments):
        raise AdapterError(
            "attachments: the provider fetches files by their address, and this installation has no public one "
            "(PUBLIC_URL).",
            permanent=True,
        )


def required_url(endpoint: EndpointInfo, name: str) -> str:
    """Return an address among the endpoint's settings; a permanent AdapterError where it is not set."""
    url = settings_text(endpoint, name)
    if not url:
        raise AdapterError(f"{name}: set the gateway's address in the endpoint's settings.", permanent=True)
    return url


def national(number: str) -> str:
    """Return the number without its country code, as some gateways want it; other forms unchanged."""
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return number

"""The chat's adapter: receipts to messages, and replies to the visitor's open sockets."""

from datetime import datetime

from channels_app.contract import (
    AdapterError,
    ContactRef,
    Delivered,
    EndpointInfo,
    InboundMessage,
    OutboundMessage,
)
from channels_app.webchat.protocol import decode_receipt, instant
from contactcenter.kernel.push import push_on_commit


class WebchatAdapter:
    """Satisfies contract.Adapter for chat widgets."""

    channel = "chat"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundMessage:
        """Return the visitor's message; the session's uuid is the thread and the point of contact."""
        try:
            kept = decode_receipt(raw)
        except ValueError as error:
            raise AdapterError(f"The chat receipt cannot be read: {error}", permanent=True) from error
        session = str(kept.session)
        hints = tuple(language for language in (kept.language, endpoint.language) if language)
        return InboundMessage(
            channel=self.channel,
            external_id=f"{session}:{kept.uuid}",
            at=received_at,
            sender=ContactRef(kind="chat", value=session, name=kept.name),
            text=kept.text,
            reply_text=kept.text,
            language_hints=hints,
            thread_keys=(session,),
            own_keys=(session,),
        )

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Push the reply to the visitor's sockets. A visitor who is away finds it in the history on return."""
        if not message.thread_key:
            raise AdapterError("thread_key: the ticket has no chat session to answer.", permanent=True)
        push_on_commit(
            f"chat:{message.thread_key}",
            kind="entry.added",
            account_id=message.account_id,
            payload={
                "entry": {
                    "id": str(message.message_id),
                    "from": "operator",
                    "text": message.text,
                    "at": instant(message.at),
                    "name": message.author_name,
                }
            },
        )
        return Delivered(external_id=message.external_id)

    def check(self, *, endpoint: EndpointInfo) -> str:
        """A widget has no other side to ask."""
        return "The widget needs no connection of its own."

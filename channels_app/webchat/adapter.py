"""The chat's adapter: receipts to messages, and replies to the visitor's open sockets."""

from datetime import datetime
from textwrap import shorten

from channels_app.contract import (
    AdapterError,
    ContactRef,
    Delivered,
    EndpointInfo,
    InboundAttachment,
    InboundMessage,
    OutboundMessage,
)
from channels_app.webchat.protocol import KeptText, decode_receipt, form_key
from channels_app.webchat.queries import message_entry
from contactcenter.kernel.push import push_on_commit
from contactcenter.tickets.models import Message


class WebchatAdapter:
    """Satisfies contract.Adapter for chat widgets."""

    channel = "chat"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundMessage:
        """Return the visitor's message; the session's uuid is the thread and the point of contact."""
        try:
            kept = decode_receipt(raw)
        except ValueError as error:
            raise AdapterError(f"The chat receipt cannot be read: {error}", permanent=True) from error
        if kept.form:
            return _form(kept, endpoint=endpoint, received_at=received_at)
        session = str(kept.session)
        return InboundMessage(
            channel=self.channel,
            external_id=f"{session}:{kept.uuid}",
            at=received_at,
            sender=ContactRef(kind="chat", value=user_point(kept.user) if kept.user else session, name=kept.name),
            text=kept.text,
            reply_text=kept.text,
            language_hints=_hints(kept, endpoint=endpoint),
            thread_keys=(session,),
            own_keys=(session,),
            attachments=_files(kept),
        )

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Push the reply to the visitor's sockets. A visitor who is away finds it in the history on return."""
        if not message.thread_key:
            raise AdapterError("thread_key: the ticket has no chat session to answer.", permanent=True)
        stored = Message.objects.select_related("operator").get(pk=message.message_id)
        push_on_commit(
            f"chat:{message.thread_key}",
            kind="entry.added",
            account_id=message.account_id,
            payload={"entry": message_entry(stored)},
        )
        return Delivered(external_id=message.external_id)

    def check(self, *, endpoint: EndpointInfo) -> str:
        """A widget has no other side to ask."""
        return "The widget needs no connection of its own."


def user_point(user: str) -> str:
    """Return the point of contact of a visitor whom the client's site has named."""
    return f"user:{user}"


def _form(kept: KeptText, *, endpoint: EndpointInfo, received_at: datetime) -> InboundMessage:
    """What was left while nobody was there: a matter of its own, answered by mail."""
    key = form_key(kept.session)
    return InboundMessage(
        channel="email",
        external_id=f"{kept.session}:{kept.uuid}",
        at=received_at,
        sender=ContactRef(kind="email", value=kept.email, name=kept.name),
        text=kept.text,
        reply_text=kept.text,
        subject=shorten(" ".join(kept.text.split()), 80, placeholder="\u2026"),
        language_hints=_hints(kept, endpoint=endpoint),
        thread_keys=(key,),
        own_keys=(key,),
        attachments=_files(kept),
        headers={"chat": True, "from": [{"name": kept.name, "email": kept.email}]},
    )


def _hints(kept: KeptText, *, endpoint: EndpointInfo) -> tuple[str, ...]:
    return tuple(language for language in (kept.language, endpoint.language) if language)


def _files(kept: KeptText) -> tuple[InboundAttachment, ...]:
    if kept.file is None:
        return ()
    file = kept.file
    return (InboundAttachment(filename=file.filename, content_type=file.content_type, content=file.content),)

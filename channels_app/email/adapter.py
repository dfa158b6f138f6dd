"""The e-mail adapter: raw mails to messages, and replies to raw mails on their way."""

from dataclasses import asdict
from datetime import datetime

from channels_app.contract import (
    ContactRef,
    Delivered,
    EndpointInfo,
    InboundAttachment,
    InboundKind,
    InboundMessage,
    OutboundMessage,
)
from channels_app.email.addresses import token_among
from channels_app.email.authorization import authorization_of
from channels_app.email.compose import compose
from channels_app.email.headers import Address
from channels_app.email.mailbox import check_mailbox
from channels_app.email.parse import ParsedEmail, translate_email
from channels_app.email.structure import parse_head
from channels_app.email.transport import Transport, transport_for

UNKNOWN_SENDER = "unknown sender"


class EmailAdapter:
    """Satisfies contract.Adapter for mailboxes."""

    channel = "email"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundMessage:
        """Return the mail as a message; any bytes give one."""
        mail = translate_email(raw)
        recipients = (*(item.email for item in (*mail.to, *mail.cc)), *mail.delivered_to)
        # our own address as the sender, or the mark that our mails bear: the mail came round in a loop
        looped = mail.from_email.lower() == endpoint.address or is_marked(raw, endpoint.address)
        return InboundMessage(
            channel=self.channel,
            external_id=mail.message_id,
            at=received_at,
            sender=ContactRef(kind="email", value=mail.from_email or UNKNOWN_SENDER, name=mail.from_name),
            text=mail.text,
            reply_text=mail.reply_text,
            html=mail.html,
            subject=mail.subject,
            # a mail from our own address came round in a loop: shown, never answered
            kind=InboundKind.AUTO_REPLY if looped and mail.kind == InboundKind.MESSAGE else mail.kind,
            language_hints=(endpoint.language,) if endpoint.language else (),
            answers=_answers(mail),
            reply_token=token_among(recipients=recipients, address=endpoint.address),
            attachments=tuple(
                InboundAttachment(
                    filename=item.filename,
                    content_type=item.content_type,
                    content=item.content,
                    content_id=item.content_id,
                )
                for item in mail.attachments
            ),
            headers=_headers(mail, looped=looped),
            bounces=mail.bounces,
            complaint=mail.complaint,
            problem="; ".join(mail.problems),
        )

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Send the reply by the endpoint's mail server, or write it to the outbox where none is configured."""
        mail = compose(endpoint=endpoint, message=message)
        everybody = (*(message.to or (message.recipient,)), *message.cc, *message.bcc)
        problem = _transport(endpoint).send(
            mail=mail,
            sender=endpoint.address,
            recipients=list(dict.fromkeys(one.value for one in everybody)),
            name=message.external_id,
        )
        return Delivered(external_id=message.external_id, problem=problem)

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Log in to the mail servers, open the folders, send nothing; what is wrong is an AdapterError's sentence."""
        said = [_transport(endpoint).check()]
        if endpoint.secrets.get("imap_url"):
            said.append(check_mailbox(endpoint))
        return " ".join(said)


def _transport(endpoint: EndpointInfo) -> Transport:
    return transport_for(endpoint.secrets, address=endpoint.address, tokens=authorization_of(endpoint))


def is_marked(raw: bytes, address: str) -> bool:
    """Tell whether the mail's own head bears the X-Loop of this mailbox."""
    return parse_head(raw).header("x-loop").strip().lower() == address.lower().encode("ascii", "replace")


def _answers(mail: ParsedEmail) -> tuple[str, ...]:
    """Ids of earlier mails, nearest first: what a bounce returns, In-Reply-To, References from the end."""
    return tuple(dict.fromkeys((*mail.returned_message_ids, *mail.in_reply_to, *reversed(mail.references))))[:50]


def _headers(mail: ParsedEmail, *, looped: bool) -> dict[str, object]:
    headers: dict[str, object] = {
        "from": [{"name": mail.from_name, "email": mail.from_email}] if mail.from_email else [],
        "to": _listed(mail.to),
        "cc": _listed(mail.cc),
        "reply_to": _listed(mail.reply_to),
        "in_reply_to": list(mail.in_reply_to[:20]),
        "references": list(mail.references[-50:]),
    }
    if mail.date is not None:
        headers["date"] = mail.date.isoformat()
    if looped:
        headers["loop"] = True
    if mail.bounce is not None:
        headers["bounce"] = asdict(mail.bounce)
    if mail.protection:
        headers["protection"] = list(mail.protection)
    if mail.complaint is not None and mail.complaint.nature:
        headers["feedback_type"] = mail.complaint.nature
    return headers


def _listed(addresses: tuple[Address, ...]) -> list[dict[str, str]]:
    return [{"name": item.name, "email": item.email} for item in addresses]

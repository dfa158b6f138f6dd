"""The SMTP and LMTP doors: a mail is acknowledged (250) only after its receipt is committed."""

import asyncio
import logging

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from channels_app.contract import EndpointInfo
from channels_app.email.door import EmptyMessage, MessageTooLarge, store_email
from channels_app.endpoints import UnknownEndpoint, find_mailbox

logger = logging.getLogger(__name__)
# aiosmtpd writes several lines for each connection
logging.getLogger("mail.log").setLevel(logging.WARNING)

UNKNOWN_RECIPIENT = "550 5.1.1 no such mailbox here"
TOO_LARGE = "552 5.3.4 the message is larger than this server takes"
TRY_LATER = "451 4.3.0 the message cannot be stored just now, try again later"
TOO_MANY = "452 4.5.3 too many recipients"
STORED = "250 OK stored"
MAX_RECIPIENTS = 50


class IntakeHandler:
    """aiosmtpd hooks. The database work runs in threads; each answer tells the sending server the truth."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        """Accept a recipient that is an active mailbox."""
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return TOO_MANY
        answer = await asyncio.to_thread(_check_recipient, address)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store the mail for each recipient, then acknowledge.

        By SMTP there is one answer: if one mailbox fails the sender tries all again, and what is stored already is a
        duplicate then. By LMTP (RFC 2033) every recipient has an answer of its own.
        """
        raw = envelope.original_content or b""
        answers = await asyncio.to_thread(_store, list(envelope.rcpt_tos), raw)
        if isinstance(server, LMTP):
            return "\r\n".join(answers)
        return next((answer for answer in answers if answer != STORED), STORED)


class LmtpController(Controller):
    """Listens for LMTP."""

    def factory(self) -> SMTP:
        """Return the protocol of one connection."""
        return LMTP(self.handler, **self.SMTP_kwargs)


def mail_controller(*, host: str, port: int, lmtp: bool = False) -> Controller:
    """Return the listener, not yet started; `data_size_limit` makes aiosmtpd answer 552 by itself."""
    return (LmtpController if lmtp else Controller)(
        IntakeHandler(),
        hostname=host,
        port=port,
        data_size_limit=settings.MAX_MESSAGE_BYTES,
        ident="contact centre",
        # we take raw bytes as they are
        decode_data=False,
        enable_SMTPUTF8=True,
    )


def _check_recipient(address: str) -> str | None:
    close_old_connections()
    try:
        find_mailbox(address=address)
    except UnknownEndpoint:
        return UNKNOWN_RECIPIENT
    except (OperationalError, InterfaceError):
        logger.exception("the database is out of reach")
        return TRY_LATER
    finally:
        close_old_connections()
    return None


def _store(recipients: list[str], raw: bytes) -> list[str]:
    """Store once per mailbox and return the answer for each recipient."""
    close_old_connections()
    try:
        answers: dict[str, str] = {}
        mailboxes: dict[int, tuple[EndpointInfo, str]] = {}
        for recipient in recipients:
            try:
                endpoint = find_mailbox(address=recipient)
            except UnknownEndpoint:
                answers[recipient] = UNKNOWN_RECIPIENT
            else:
                # the envelope's recipient carries the signed tag when the mail was sent to it blind
                if endpoint.id not in mailboxes or "+" in recipient:
                    mailboxes[endpoint.id] = endpoint, recipient
                answers[recipient] = str(endpoint.id)
        stored = {str(pk): _store_one(*mailbox, raw) for pk, mailbox in mailboxes.items()}
        return [stored.get(answers[recipient], answers[recipient]) for recipient in recipients]
    except Error:
        logger.exception("a mail could not be stored")
        return [TRY_LATER] * len(recipients)
    finally:
        close_old_connections()


def _store_one(endpoint: EndpointInfo, recipient: str, raw: bytes) -> str:
    try:
        content = b"X-Original-To: " + recipient.encode("ascii", "replace") + b"\r\n" + raw
        store_email(endpoint=endpoint, raw=content, at=timezone.now())
    except MessageTooLarge:
        return TOO_LARGE
    except EmptyMessage:
        return "554 5.6.0 the message is empty"
    except Exception:
        # a door: whatever went wrong, the sender keeps the mail
        logger.exception("a mail could not be stored")
        return TRY_LATER
    return STORED

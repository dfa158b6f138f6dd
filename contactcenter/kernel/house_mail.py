"""Mails of the house to its clients, by the server of EMAIL_URL; without one they are kept in the outbox folder."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

PORTS = {"smtp": 25, "smtps": 465}
TIMEOUT_S = 30


class MailNotConfigured(ValueError):
    """EMAIL_URL is not smtp://, smtp://?tls=starttls or smtps://."""


def send_house_mail(
    *,
    sender: str,
    recipient: str,
    subject: str,
    body: str,
    attachments: Sequence[tuple[str, bytes, str]] = (),
    cc: Sequence[str] = (),
    message_id: str = "",
) -> None:
    """Send a mail with files (name, content, type), under a Message-ID of the caller's where one is given.

    Errors of smtplib and OSError where the server does not take it.
    """
    headers = {"Message-ID": message_id} if message_id else {}
    mail = EmailMessage(subject, body, sender, [recipient], cc=list(cc), headers=headers, connection=_connection())
    for name, content, content_type in attachments:
        mail.attach(name, content, content_type)
    mail.send()


def _connection() -> BaseEmailBackend:
    if settings.EMAIL_BACKEND == "django.core.mail.backends.locmem.EmailBackend":
        return get_connection()
    if not settings.EMAIL_URL:
        return get_connection(
            "django.core.mail.backends.filebased.EmailBackend", file_path=str(settings.OUTBOX_DIR / "house")
        )
    url = urlsplit(settings.EMAIL_URL)
    if url.scheme not in PORTS or not url.hostname:
        raise MailNotConfigured("EMAIL_URL: expected smtp://host, smtp://host?tls=starttls or smtps://host")
    return get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=url.hostname,
        port=url.port or PORTS[url.scheme],
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
        use_tls=dict(parse_qsl(url.query)).get("tls") == "starttls",
        use_ssl=url.scheme == "smtps",
        timeout=TIMEOUT_S,
    )

"""How a raw mail leaves: by SMTP, or, where no server is configured, into the outbox folder."""

import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings

from channels_app.contract import AdapterError

TIMEOUT_S = 20
_PORTS = {"none": 25, "starttls": 587, "tls": 465}


class Transport(Protocol):
    """Takes one raw mail; raises AdapterError."""

    def send(self, *, mail: bytes, sender: str, recipient: str, name: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Writes each mail as a file: the demo, and installations without a mail server yet."""

    directory: Path

    def send(self, *, mail: bytes, sender: str, recipient: str, name: str) -> None:
        """Write the mail to `directory`/`name`.eml; the same name again is the same mail."""
        self.directory.mkdir(parents=True, exist_ok=True)
        target = self.directory / f"{re.sub(r'[^A-Za-z0-9.@_-]', '_', name)}.eml"
        partial = target.with_suffix(".partial")
        partial.write_bytes(mail)
        partial.replace(target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """Hands mails to a mail server; `security` is none, starttls or tls."""

    host: str
    port: int
    user: str
    password: str
    security: str

    def send(self, *, mail: bytes, sender: str, recipient: str, name: str) -> None:
        """Send; a 5xx answer is permanent, anything else may be tried again."""
        try:
            with self._connect() as client:
                if self.user:
                    client.login(self.user, self.password)
                client.sendmail(sender, [recipient], mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _refused(code, answer) from error
        except smtplib.SMTPAuthenticationError as error:
            raise AdapterError("The mail server refuses the login of this mailbox.", permanent=False) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise AdapterError(f"The mail server {self.host} is out of reach: {error}", permanent=False) from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        client = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        if self.security == "starttls":
            client.starttls(context=context)
        return client


def transport_for(endpoint_secrets: Mapping[str, str]) -> Transport:
    """Return the transport of an endpoint: its own secret `smtp_url`, else EMAIL_URL, else the outbox.

    URLs are smtp://user:password@host:port (plain), the same with ?tls=starttls, or smtps:// (TLS from the start).
    """
    url = endpoint_secrets.get("smtp_url") or settings.EMAIL_URL
    if not url:
        return Outbox(directory=Path(settings.OUTBOX_DIR))
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query)).get("tls", "none")
    security = {"smtp": asked, "smtps": "tls"}.get(parts.scheme)
    if security not in _PORTS or not parts.hostname:
        raise AdapterError("smtp_url: expected smtp://host, smtp://host?tls=starttls or smtps://host.", permanent=True)
    return Smtp(
        host=parts.hostname,
        port=parts.port or _PORTS[security],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security=security,
    )


def _refused(code: int, answer: bytes | str) -> AdapterError:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return AdapterError(f"The mail server answered {code} {text}"[:400], permanent=500 <= code < 600)

"""How a raw mail leaves: by SMTP, or, where no server is configured, into the outbox folder."""

import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings

from channels_app.contract import AdapterError
from channels_app.email.servers import SMTP_PORTS, MailServer, mail_server

TIMEOUT_S = 20


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
    """Hands mails to a mail server."""

    server: MailServer

    def send(self, *, mail: bytes, sender: str, recipient: str, name: str) -> None:
        """Send; a 5xx answer is permanent, anything else may be tried again."""
        try:
            with self._connect() as client:
                if self.server.user:
                    client.login(self.server.user, self.server.password)
                client.sendmail(sender, [recipient], mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _refused(code, answer) from error
        except smtplib.SMTPAuthenticationError as error:
            raise AdapterError("The mail server refuses the login of this mailbox.", permanent=False) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise AdapterError(
                f"The mail server {self.server.place} is out of reach: {error}", permanent=False
            ) from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.server.security == "tls":
            return smtplib.SMTP_SSL(self.server.host, self.server.port, timeout=TIMEOUT_S, context=context)
        client = smtplib.SMTP(self.server.host, self.server.port, timeout=TIMEOUT_S)
        if self.server.security == "starttls":
            client.starttls(context=context)
        return client


def transport_for(endpoint_secrets: Mapping[str, str]) -> Transport:
    """Return the transport of an endpoint: its own secret `smtp_url`, else EMAIL_URL, else the outbox.

    URLs are smtp://user:password@host:port (plain), the same with ?tls=starttls, or smtps:// (TLS from the start).
    """
    url = endpoint_secrets.get("smtp_url") or settings.EMAIL_URL
    if not url:
        return Outbox(directory=Path(settings.OUTBOX_DIR))
    return Smtp(server=mail_server(url, name="smtp_url", scheme="smtp", ports=SMTP_PORTS))


def _refused(code: int, answer: bytes | str) -> AdapterError:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return AdapterError(f"The mail server answered {code} {text}"[:400], permanent=500 <= code < 600)

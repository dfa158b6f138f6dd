"""How a raw mail leaves: by SMTP, or, where no server is configured, into the outbox folder."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings

from channels_app.contract import AdapterError
from channels_app.email.servers import SMTP_PORTS, MailServer, TokenSource, mail_server
from channels_app.email.xoauth2 import MECHANISM, initial_response, refusal

TIMEOUT_S = 20


class Transport(Protocol):
    """Takes one raw mail and returns what it refused though it took the rest, '' if nothing; raises AdapterError."""

    def send(self, *, mail: bytes, sender: str, recipients: Sequence[str], name: str) -> str: ...

    def check(self) -> str:
        """Return a sentence that says that mails could leave; sends none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Writes each mail as a file: the demo, and installations without a mail server yet."""

    directory: Path

    def send(self, *, mail: bytes, sender: str, recipients: Sequence[str], name: str) -> str:
        """Write the mail to `directory`/`name`.eml; the same name again is the same mail."""
        self.directory.mkdir(parents=True, exist_ok=True)
        target = self.directory / f"{re.sub(r'[^A-Za-z0-9.@_-]', '_', name)}.eml"
        partial = target.with_suffix(".partial")
        partial.write_bytes(mail)
        partial.replace(target)
        return ""

    def check(self) -> str:
        """Say where mails are kept."""
        return "No mail server is configured: mails are kept in the outbox folder and not sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """Hands mails to a mail server."""

    server: MailServer

    def send(self, *, mail: bytes, sender: str, recipients: Sequence[str], name: str) -> str:
        """Send; a 5xx answer is permanent, anything else may be tried again.

        Recipients that the server refuses while it takes others are returned as a sentence: the mail has left, and must
        not leave twice.
        """
        with self._as_errors(), self._connect() as client:
            refused = client.sendmail(sender, list(recipients), mail)
        return "; ".join(f"Refused for {address}: {_answer(*said)}" for address, said in refused.items())[:500]

    def check(self) -> str:
        """Connect, encrypt and log in as configured, send nothing."""
        with self._as_errors(), self._connect() as client:
            client.noop()
        how = {"none": "without encryption", "starttls": "by STARTTLS", "tls": "by TLS"}[self.server.security]
        user = f" as {self.server.user}" if self.server.user else ""
        return f"{self.server.place} takes mail{user}, {how}."

    def _connect(self) -> smtplib.SMTP:
        tokens = self.server.by_token
        token = tokens.access_token() if tokens is not None else ""
        context = ssl.create_default_context()
        host, port = self.server.host, self.server.port
        if self.server.security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
        else:
            client = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
        try:
            if self.server.security == "starttls":
                client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
            if token:
                self._authenticate(client, token)
            elif self.server.user:
                client.login(self.server.user, self.server.password)
        except BaseException:
            client.close()
            raise
        return client

    def _authenticate(self, client: smtplib.SMTP, token: str) -> None:
        """Log in by XOAUTH2. A refused token is asked for anew at the next attempt: it may have been withdrawn."""
        if MECHANISM not in client.esmtp_features.get("auth", "").upper().split():
            raise AdapterError(f"{self.server.place} does not offer to log in by {MECHANISM}.", permanent=False)
        challenges: list[bytes] = []

        def answer(challenge: bytes | None = None) -> str:
            if challenge is None:
                return initial_response(user=self.server.user, access_token=token)
            challenges.append(challenge)
            return ""

        try:
            client.auth(MECHANISM, answer)
        except smtplib.SMTPAuthenticationError as error:
            if self.server.tokens is not None:
                self.server.tokens.forget()
            said = " ".join(filter(None, (refusal(b" ".join(challenges)), _answer(error.smtp_code, error.smtp_error))))
            raise AdapterError(
                f"{self.server.place} refuses the access token of {self.server.user}: {said}. Check that SMTP is "
                "switched on and that the app was authorised for this mailbox.",
                permanent=False,
            ) from error

    @contextmanager
    def _as_errors(self) -> Iterator[None]:
        place = self.server.place
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            answers = list(error.recipients.values())
            # one that may be tried again is enough to try again
            temporary = [said for said in answers if not 500 <= said[0] < 600]
            raise _refused(*(temporary or answers)[0]) from error
        except smtplib.SMTPAuthenticationError as error:
            raise AdapterError(
                f"{place} refuses the login of {self.server.user}: {_answer(error.smtp_code, error.smtp_error)}. "
                "Check the user and the password.",
                permanent=False,
            ) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except ssl.SSLCertVerificationError as error:
            raise AdapterError(
                f"The certificate of {place} is not trusted: {error.verify_message}.", permanent=False
            ) from error
        except ssl.SSLError as error:
            raise AdapterError(
                f"{place} does not speak TLS as configured ({error.reason or error}). smtps:// is TLS from the start, "
                "smtp://...?tls=starttls begins plainly.",
                permanent=False,
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise AdapterError(f"The mail server {place} is out of reach: {error}", permanent=False) from error


def transport_for(
    endpoint_secrets: Mapping[str, str], *, address: str = "", tokens: TokenSource | None = None
) -> Transport:
    """Return the transport of an endpoint: its own secret `smtp_url`, else EMAIL_URL, else the outbox.

    An `smtp_url` without a password logs `address` in by `tokens`, where there are any.

    URLs are smtp://user:password@host:port (plain), the same with ?tls=starttls, or smtps:// (TLS from the start).
    """
    if own := endpoint_secrets.get("smtp_url"):
        return Smtp(
            server=mail_server(own, name="smtp_url", scheme="smtp", ports=SMTP_PORTS, address=address, tokens=tokens)
        )
    if settings.EMAIL_URL:
        return Smtp(server=mail_server(settings.EMAIL_URL, name="EMAIL_URL", scheme="smtp", ports=SMTP_PORTS))
    return Outbox(directory=Path(settings.OUTBOX_DIR))


def _refused(code: int, answer: bytes | str) -> AdapterError:
    return AdapterError(f"The mail server answered {_answer(code, answer)}"[:400], permanent=500 <= code < 600)


def _answer(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(f"{code} {text}".split())[:300]

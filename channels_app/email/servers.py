"""Mail servers as an endpoint names them: smtp://user:password@host:port?tls=starttls, imaps://user:password@host."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from channels_app.contract import AdapterError

SMTP_PORTS = {"none": 25, "starttls": 587, "tls": 465}
IMAP_PORTS = {"none": 143, "starttls": 143, "tls": 993}


class TokenSource(Protocol):
    """Gives access tokens in place of a password; what it raises is an AdapterError's sentence."""

    def access_token(self) -> str: ...

    def forget(self) -> None:
        """Take note that the server did not take the token."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where a mail server listens and how to log in; `security` is none, starttls or tls.

    Without a password, but with `tokens`, it is by XOAUTH2.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    security: str
    tokens: TokenSource | None = field(default=None, repr=False, compare=False)

    @property
    def by_token(self) -> TokenSource | None:
        """The source of the token to log in with, None where it is a password or nothing."""
        return None if self.password else self.tokens

    @property
    def place(self) -> str:
        """Host and port, for a sentence."""
        return f"{self.host}:{self.port}"


def mail_server(
    url: str,
    *,
    name: str,
    scheme: str,
    ports: Mapping[str, int],
    address: str = "",
    tokens: TokenSource | None = None,
) -> MailServer:
    """Return the server of a URL: scheme:// (plain, or encrypted by ?tls=starttls) or schemes:// (TLS from the start).

    `tokens` are for a URL without a password; the user is then `address` where the URL names none.
    Raises a permanent AdapterError that names the setting `name` and shows no part of the URL.
    """
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query)).get("tls", "none")
    security = {scheme: asked, f"{scheme}s": "tls"}.get(parts.scheme, "")
    try:
        port = parts.port
    except ValueError:
        raise AdapterError(f"{name}: the port is not a number from 1 to 65535.", permanent=True) from None
    if security not in ports or not parts.hostname:
        raise AdapterError(
            f"{name}: expected {scheme}://host, {scheme}://host?tls=starttls or {scheme}s://host.", permanent=True
        )
    return MailServer(
        host=parts.hostname,
        port=port or ports[security],
        user=unquote(parts.username or "") or (address if tokens is not None else ""),
        password=unquote(parts.password or ""),
        security=security,
        tokens=tokens,
    )

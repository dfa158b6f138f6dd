"""Mail servers as an endpoint names them: smtp://user:password@host:port?tls=starttls, imaps://user:password@host."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from channels_app.contract import AdapterError

SMTP_PORTS = {"none": 25, "starttls": 587, "tls": 465}
IMAP_PORTS = {"none": 143, "starttls": 143, "tls": 993}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where a mail server listens and how to log in; `security` is none, starttls or tls."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    security: str

    @property
    def place(self) -> str:
        """Host and port, for a sentence."""
        return f"{self.host}:{self.port}"


def mail_server(url: str, *, name: str, scheme: str, ports: Mapping[str, int]) -> MailServer:
    """Return the server of a URL: scheme:// (plain, or encrypted by ?tls=starttls) or schemes:// (TLS from the start).

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
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security=security,
    )

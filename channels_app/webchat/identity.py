"""Who a visitor is, in the words of the client's own site: a JSON Web Token (HS256) signed with the endpoint's secret.

Pure: the caller brings the instant. docs/webchat.md says how a site makes one.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

MAX_TOKEN: Final = 4_000
LEEWAY: Final = timedelta(seconds=30)
"""Clocks of two machines differ."""
SESSION_TOKEN_FOR: Final = timedelta(hours=12)
"""So long a verified visitor's widget may come back without a fresh proof."""
_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,250}\.[^@\s,;<>.]{2,}")


class IdentityRefused(Exception):
    """The token proves nothing; the message names the claim and the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A visitor as the client's site knows them. `email` is '' where the site named none."""

    user: str
    name: str
    email: str


def is_email(text: str) -> bool:
    """Say whether the text can be a mail address."""
    return len(text) <= 320 and _EMAIL.fullmatch(text) is not None


def verify_identity(*, token: str, secret: str, at: datetime) -> Identity:
    """Return who the token names, or raise IdentityRefused. Only HS256 is taken, whatever the token's header says."""
    if not secret:
        raise IdentityRefused("identity: this chat has no identity secret.")
    header, _, rest = token.partition(".")
    payload, _, signature = rest.partition(".")
    if len(token) > MAX_TOKEN or not signature:
        raise IdentityRefused("identity: expected a JSON Web Token.")
    if _document(header).get("alg") != "HS256":
        raise IdentityRefused("identity: alg must be HS256.")
    expected = hmac.new(secret.encode(), f"{header}.{payload}".encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(expected, _bytes(signature)):
        raise IdentityRefused("identity: the signature is not of this chat's secret.")
    claims = _document(payload)
    _check_times(claims, at=at)
    user = claims.get("sub")
    user = str(user) if isinstance(user, int) and not isinstance(user, bool) else user
    if not isinstance(user, str) or not user.strip() or len(user) > 200 or "\x00" in user:
        raise IdentityRefused("identity: sub must be the visitor's id, at most 200 characters.")
    email = _text(claims, "email").lower()
    if email and not is_email(email):
        raise IdentityRefused("identity: email is no mail address.")
    return Identity(user=user.strip(), name=" ".join(_text(claims, "name").split())[:120], email=email)


def _check_times(claims: dict[str, Any], *, at: datetime) -> None:
    expires = _instant(claims, "exp")
    if expires is None:
        raise IdentityRefused("identity: exp is missing.")
    if at >= expires + LEEWAY:
        raise IdentityRefused("identity: the token has expired.")
    begins = _instant(claims, "nbf")
    if begins is not None and at < begins - LEEWAY:
        raise IdentityRefused("identity: the token is not valid yet (nbf).")


def _instant(claims: dict[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 32_503_680_000:
        raise IdentityRefused(f"identity: {name} must be seconds since 1970.")
    return datetime.fromtimestamp(value, tz=UTC)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name) or ""
    if not isinstance(value, str):
        raise IdentityRefused(f"identity: {name} must be text.")
    return value.encode("utf-8", "replace").decode().replace("\x00", "").strip()


def _bytes(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise IdentityRefused("identity: expected a JSON Web Token.") from None


def _document(part: str) -> dict[str, Any]:
    try:
        document = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        raise IdentityRefused("identity: expected a JSON Web Token.") from None
    if not isinstance(document, dict):
        raise IdentityRefused("identity: expected a JSON Web Token.")
    return document


def session_of(*, key: str, endpoint_id: int, user: str) -> UUID:
    """Return the one session of a verified visitor on an endpoint: the same on every device, and not to be guessed."""
    return UUID(bytes=_keyed(key, f"session:{endpoint_id}:{user}")[:16], version=4)


def session_token(*, key: str, session: UUID, at: datetime) -> str:
    """Return a token with which the session may be taken up again until `SESSION_TOKEN_FOR` from now."""
    until = int((at + SESSION_TOKEN_FOR).timestamp())
    return f"u{until:x}.{_keyed(key, f'token:{session}:{until}').hex()}"


def is_session_token(*, key: str, session: UUID, token: str, at: datetime) -> bool:
    """Say whether the token is one of `session_token` for this session, and still good."""
    match = re.fullmatch(r"u([0-9a-f]{1,12})\.([0-9a-f]{64})", token)
    if match is None:
        return False
    until = int(match[1], 16)
    proof = _keyed(key, f"token:{session}:{until}").hex()
    return hmac.compare_digest(proof, match[2]) and at.timestamp() < until


def _keyed(key: str, value: str) -> bytes:
    return hmac.new(f"channels.webchat:{key}".encode(), value.encode(), hashlib.sha256).digest()

"""The text of API keys: cc_<eight hex digits, public>_<256 random bits>. Pure but for the system's randomness."""

import hashlib
import secrets
from typing import Final

MARK: Final = "cc_"
_LONGEST: Final = 200


def new_token() -> tuple[str, str]:
    """Return a new token and its public prefix."""
    prefix = f"{MARK}{secrets.token_hex(4)}"
    return f"{prefix}_{secrets.token_urlsafe(32)}", prefix


def digest(token: str) -> str:
    """Return what is kept of a token: its sha256 in hex. 256 random bits need no slow hash (ADR 14)."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_in(header: str) -> str | None:
    """Return the token of an Authorization header, None where it carries none of ours."""
    scheme, _, value = header.strip().partition(" ")
    token = value.strip()
    if scheme.lower() != "bearer" or not token.startswith(MARK) or len(token) > _LONGEST:
        return None
    return token

"""Signed reply addresses (support+r-1f-9c2e...@shop.example) and keyed Message-IDs: what a reply proves.

The tag names a ticket and carries a keyed hash over endpoint and ticket, so that nobody joins a ticket by guessing
its number. Hexadecimal only, because mail servers may change the case of a local part.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable

_TAG = re.compile(r"^(?P<local>[^@+]+)\+(?P<tag>[^@]+)@(?P<domain>[^@]+)$")
_TOKEN = re.compile(r"^r-(?P<ticket>[0-9a-f]{1,15})-(?P<proof>[0-9a-f]{20})$")


def without_tag(address: str) -> str:
    """Return the address without its +tag."""
    match = _TAG.match(address)
    return f"{match['local']}@{match['domain']}" if match else address


def reply_token(*, key: str, endpoint_id: int, ticket_id: int) -> str:
    """Return the token that lets a mail to this endpoint join this ticket."""
    return f"r-{ticket_id:x}-{_proof(key, f'reply:{endpoint_id}:{ticket_id}', 20)}"


def verified_ticket(*, key: str, endpoint_id: int, token: str) -> int | None:
    """Return the ticket id a token names, or None if it is malformed or not signed by us for this endpoint."""
    match = _TOKEN.match(token.lower())
    if match is None:
        return None
    ticket_id = int(match["ticket"], 16)
    expected = _proof(key, f"reply:{endpoint_id}:{ticket_id}", 20)
    return ticket_id if hmac.compare_digest(expected, match["proof"]) else None


def reply_address(*, address: str, token: str) -> str:
    """Return the address of the endpoint with the token as its +tag."""
    local, _, domain = address.partition("@")
    return f"{local}+{token}@{domain}"


def token_among(*, recipients: Iterable[str], address: str) -> str:
    """Return the token with which one of `recipients` addresses the endpoint, or ''."""
    for recipient in recipients:
        match = _TAG.match(recipient.strip().lower())
        if match and f"{match['local']}@{match['domain']}" == address.lower() and _TOKEN.match(match["tag"]):
            return match["tag"]
    return ""


def outgoing_message_id(*, key: str, message_id: int, address: str) -> str:
    """Return the Message-ID (without angle brackets) of a message that we send: the same one on every attempt."""
    domain = address.partition("@")[2] or "localhost"
    return f"m{message_id:x}.{_proof(key, f'message:{message_id}', 24)}@{domain}"


def _proof(key: str, value: str, length: int) -> str:
    return hmac.new(f"channels.email:{key}".encode(), value.encode(), hashlib.sha256).hexdigest()[:length]

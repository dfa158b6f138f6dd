"""Signatures of Standard Webhooks (standardwebhooks.com, v1: HMAC-SHA256). Pure but for the system's randomness."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

MARK: Final = "whsec_"
SECRET_BYTES: Final = 32
"""The standard asks for 24 to 64."""


def new_secret() -> str:
    """Return a new secret: whsec_ and 32 random bytes in base64."""
    return MARK + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def signature(*, secret: str, message_id: str, timestamp: int, body: str) -> str:
    """Return "v1,<base64>" over "<id>.<timestamp>.<body>". ValueError where the secret is none."""
    try:
        key = base64.b64decode(secret.removeprefix(MARK), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is whsec_ and base64") from error
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")


def headers(*, secrets_in_use: Iterable[str], message_id: str, timestamp: int, body: str) -> dict[str, str]:
    """Return the three headers of a message; during a rotation it carries a signature for each secret."""
    signatures = [
        signature(secret=secret, message_id=message_id, timestamp=timestamp, body=body) for secret in secrets_in_use
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }

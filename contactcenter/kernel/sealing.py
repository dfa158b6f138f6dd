"""Secrets at rest: JSON documents that only this installation's keys can read.

The first of settings.SECRETS_KEYS encrypts, all of them decrypt: a new key is put in front, `manage.py rotate_secrets`
seals everything anew, then the old key may go.
"""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from contactcenter.kernel.errors import DomainError


class Unreadable(DomainError):
    """No key of SECRETS_KEYS opens what is stored."""

    code = "secrets_unreadable"
    status = 500


def seal(document: Mapping[str, Any]) -> str:
    """Return the document encrypted and authenticated, as text; an empty one is ''."""
    if not document:
        return ""
    return _keys().encrypt(json.dumps(document, ensure_ascii=False).encode()).decode("ascii")


def unseal(sealed: str) -> dict[str, Any]:
    """Return the document that was sealed; '' is an empty one. Raises Unreadable."""
    if not sealed:
        return {}
    try:
        document: dict[str, Any] = json.loads(_keys().decrypt(sealed))
    except InvalidToken:
        raise Unreadable("No key of SECRETS_KEYS opens these secrets: put the key back that sealed them.") from None
    return document


def reseal(sealed: str) -> str:
    """Return the same document sealed with the first key. Raises Unreadable."""
    return seal(unseal(sealed))


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SECRETS_KEYS])

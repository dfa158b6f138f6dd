"""Typed readers of environment variables that refuse bad values with a sentence."""

import base64
import os
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str) -> str:
    """Return the variable as it stands, or the default."""
    return os.environ.get(name, default)


def boolean(name: str, *, default: bool) -> bool:
    """Return a yes/no variable; anything else is refused."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r}: expected yes or no (1/0, true/false, on/off).")


def integer(name: str, *, default: int, minimum: int, maximum: int) -> int:
    """Return a whole number within [minimum, maximum]; anything else is refused."""
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r}: expected a whole number.") from None
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name}={number}: expected {minimum} to {maximum}.")
    return number


def names(name: str, *, default: Sequence[str]) -> list[str]:
    """Return a comma-separated list without empty entries."""
    value = os.environ.get(name)
    if value is None:
        return list(default)
    return [part.strip() for part in value.split(",") if part.strip()]


def choice(name: str, *, default: str, choices: Sequence[str]) -> str:
    """Return one of `choices`; anything else is refused."""
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r}: expected {' or '.join(choices)}.")
    return value


def postgres(name: str, *, default: str) -> dict[str, object]:
    """Return Django's connection settings for a postgresql:// URL (host may be ?host=/socket/dir)."""
    value = os.environ.get(name) or default
    parts = urlsplit(value)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name}: expected postgresql://user:password@host:port/database.")
    database = parts.path.lstrip("/")
    if not database:
        raise ImproperlyConfigured(f"{name}: the URL names no database.")
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name}: the port is not a number.") from None
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(database),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(port or query.get("port", "")),
    }


def redis(name: str, *, default: str) -> str:
    """Return a redis://, rediss:// or unix:// URL."""
    value = os.environ.get(name) or default
    if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured(f"{name}: expected redis://host:port/0 (or rediss://, unix://).")
    return value


def fernet_keys(name: str, *, derived_from: str) -> list[str]:
    """Return a comma-separated list of Fernet keys (32 bytes in URL-safe base64); none given: one made from a secret.

    Deriving is one-way (HKDF-SHA256), so the key tells nothing about the secret.
    """
    given = names(name, default=[])
    for position, key in enumerate(given, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}: key {position} is not 32 bytes in URL-safe base64 (44 characters, ending in '=')."
            ) from None
    if given:
        return given
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=name.encode())
    return [base64.urlsafe_b64encode(kdf.derive(derived_from.encode())).decode("ascii")]


def host_ports(name: str) -> frozenset[tuple[str, int]]:
    """Return a comma-separated list of host:port pairs ([::1]:25 for IPv6); anything else is refused."""
    pairs = set()
    for item in names(name, default=[]):
        try:
            parts = urlsplit(f"//{item}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or not port or parts.path or parts.username is not None:
            raise ImproperlyConfigured(f"{name}: {item!r} is not host:port.")
        pairs.add((host, port))
    return frozenset(pairs)


def base_url(name: str, *, default: str) -> str:
    """Return an http(s)://host[:port][/path] URL without a slash at its end."""
    value = (os.environ.get(name) or default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name}={value!r}: expected https://host.")
    return value

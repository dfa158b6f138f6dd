"""What a provider's webhook asks of its door. Pure values and one protocol; nothing here knows Django.

The one view (`hooks.py`) asks the door of the endpoint's provider in this order: `challenge` (a handshake is answered
and nothing stored), `verify` (before anything is parsed), `split` (the receipts to store, in one transaction), and
after the commit `answer`.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import parse_qsl

from channels_app.contract import Adapter, EndpointInfo

MAX_FIELDS = 1_000


class BadSignature(Exception):
    """The request does not prove that the provider sent it; its text names what is missing or wrong."""


class MalformedWebhook(Exception):
    """The request cannot be what the provider sends; its text names the field and the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """One HTTP request as it came. `url` is the full address that the provider called, its query included.

    `headers` has lower-case names; `query` is the part after the question mark, undecoded.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: str
    body: bytes

    def header(self, name: str) -> str:
        """Return the header, or ''."""
        return self.headers.get(name.lower(), "")

    def query_pairs(self) -> list[tuple[str, str]]:
        """Return the decoded pairs of the query, in order, blank values included."""
        return _pairs(self.query)

    def form_pairs(self) -> list[tuple[str, str]]:
        """Return the decoded pairs of a form in the body; a body of another type has none.

        Raises MalformedWebhook where the body is no text.
        """
        content_type = self.header("content-type").split(";")[0].strip().lower()
        if content_type not in {"", "application/x-www-form-urlencoded"}:
            return []
        try:
            return _pairs(self.body.decode("utf-8").strip())
        except UnicodeDecodeError:
            raise MalformedWebhook("body: expected a form in UTF-8.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """One message, report or edit of a request, in the form in which its receipt keeps it.

    `external_id` makes it unique on its endpoint. Ids of messages, reports and edits share that one room: prefix what
    is no message ("status:SM1:delivered").
    """

    external_id: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswer:
    """What the provider expects to hear."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class WebhookDoor(Protocol):
    """The webhook of one provider; every method is pure."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """Return the answer to a handshake, None where this is none; raise BadSignature for a wrong one."""
        ...

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Raise BadSignature unless the provider sent this; compares in constant time, before any parsing."""
        ...

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """Return what to store, in order; raise MalformedWebhook where nothing can be understood."""
        ...

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """Return what the provider expects after everything is stored."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderField:
    """One setting that a provider needs of an endpoint, as the form of the admin page shows it."""

    name: str
    secret: bool = False
    required: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One way to reach a kind of channel: its adapter, its webhook's door, and what is to be configured.

    `max_text` is how much a message may hold, `window` how long after the contact's last message one may write,
    `max_files` how many files leave with one message (0: none) and `text_with_files` whether a text leaves with them:
    all for the screens; the adapter refuses.
    """

    name: str
    adapter: Adapter
    door: WebhookDoor
    fields: tuple[ProviderField, ...] = ()
    max_text: int | None = None
    window: timedelta | None = None
    max_files: int = 0
    text_with_files: bool = False


def kept(request: WebhookRequest) -> bytes:
    """Return the request as its receipt keeps it, for a provider whose request is one event. Headers stay outside."""
    try:
        body, encoding = request.body.decode("utf-8"), "text"
    except UnicodeDecodeError:
        body, encoding = base64.b64encode(request.body).decode("ascii"), "base64"
    document = {
        "method": request.method,
        "query": request.query,
        "content_type": request.header("content-type"),
        "body": body,
        "encoding": encoding,
    }
    return json.dumps(document, ensure_ascii=False).encode()


def reopened(raw: bytes) -> WebhookRequest:
    """Return the request that `kept` made; ValueError for other bytes."""
    document = json.loads(raw)
    try:
        body = document["body"]
        return WebhookRequest(
            method=document["method"],
            url="",
            headers={"content-type": document["content_type"]},
            query=document["query"],
            body=base64.b64decode(body) if document["encoding"] == "base64" else body.encode(),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"no kept request: {error}") from None


def by_name(providers: Iterable[Provider]) -> dict[str, Provider]:
    """Return the providers by their names."""
    return {provider.name: provider for provider in providers}


def content_id(*parts: bytes | str) -> str:
    """Return an id made of the content, for a provider that gives none: the same content again is the same id."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return f"sha256:{digest.hexdigest()}"


def settings_text(endpoint: EndpointInfo, name: str, default: str = "") -> str:
    """Return a setting as text; '' counts as not given."""
    value: Any = endpoint.settings.get(name)
    return str(value).strip() if value not in (None, "") else default


def verify_basic(*, request: WebhookRequest, endpoint: EndpointInfo, user: str) -> None:
    """Compare user (setting `hook_username`, else `user`) and secret `hook_password` of basic authentication.

    Raises BadSignature; without a password set nobody is let in.
    """
    password = endpoint.secrets.get("hook_password", "")
    wanted = f"{settings_text(endpoint, 'hook_username', user)}:{password}"
    scheme, _, given = request.header("authorization").partition(" ")
    try:
        shown = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        shown = b""
    fits = hmac.compare_digest(shown, wanted.encode())
    if not password or scheme.lower() != "basic" or not fits:
        raise BadSignature("Authorization: user or password is missing or wrong (basic authentication).")


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise MalformedWebhook(f"At most {MAX_FIELDS} fields are taken.") from None

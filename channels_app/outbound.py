"""The one HTTP client for everything that leaves: providers' interfaces, gateways, customers' webhooks.

It reaches public addresses only. A name is resolved once, every address it has must be global (an IPv4 address mapped
into IPv6 counts as what it stands for), and the connection goes to the very address that was checked, so that a name
which changes its mind (DNS rebinding) gains nothing. Redirects are not followed. settings.OUTBOUND_ALLOWED_HOSTS opens
single host:port pairs: gateways on the own premises. Times and sizes are bounded. What goes wrong is an AdapterError
that says whether to try again: 4xx is permanent but for 408, 409, 425 and 429, everything else is not; Retry-After
is passed on.
"""

import ipaddress
import json as json_codec
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from django.conf import settings
from django.utils import timezone

from channels_app.contract import AdapterError

TIMEOUT_S = 10.0
# an answer that drips is given up after so many times the patience for one wait
MOST_TIMEOUTS = 6
MAX_ANSWER_BYTES = 1_000_000
MAX_SHOWN = 200
FILE_TIMEOUT_S = 30.0
MAX_HANDOVERS = 3
LONGEST_WAIT = timedelta(days=1)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRY_AGAIN = frozenset({408, 409, 425, 429})
_SocketOptions = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]


class PrivateAddress(AdapterError):
    """The host is none that requests may leave for."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is a private address: requests leave for public ones only.", permanent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other side said; `headers` has lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text, whatever its bytes are."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the decoded body; what is no JSON is a temporary AdapterError (a gateway in between, most often)."""
        try:
            return json_codec.loads(self.body)
        except ValueError:
            raise AdapterError(f"The answer is no JSON: {_shown(self.body)!r}", permanent=False) from None


def send_request(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str | list[str]] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
    content: bytes | None = None,
    auth: tuple[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
    limit: int = MAX_ANSWER_BYTES,
    refuse_errors: bool = True,
) -> Answer:
    """Send one request and return its answer. Safe against private addresses, endless answers and slow servers.

    `form` is sent URL-encoded, or with `files` (name: (file name, bytes, content type)) as multipart; `params` are
    added to the query that `url` may have. `auth` is user and password. `timeout_s` bounds connecting, sending and each
    wait for bytes. An answer longer than `limit` bytes is a permanent AdapterError. With `refuse_errors` a status
    outside 200 to 299 is an AdapterError, without it an answer like others.
    """
    address = _checked_url(url)
    try:
        with _client().stream(
            method,
            address.copy_merge_params(params) if params else address,
            headers=dict(headers or {}),
            json=json,
            data=dict(form) if form is not None else None,
            files=dict(files) if files else None,
            content=content,
            auth=auth,
            timeout=timeout_s,
        ) as response:
            answer = Answer(
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=_bounded(response, limit=limit, until=monotonic() + MOST_TIMEOUTS * timeout_s),
            )
    except httpx.TimeoutException as error:
        raise AdapterError(f"{address.host} did not answer in {timeout_s:g} s.", permanent=False) from error
    except httpx.HTTPError as error:
        raise AdapterError(f"{address.host} is out of reach: {error}"[:400], permanent=False) from error
    if refuse_errors and not 200 <= answer.status < 300:
        raise error_of(answer, host=address.host)
    return answer


def fetch_file(
    *, url: str, limit: int, headers: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None
) -> bytes:
    """Return the bytes of a file of at most `limit` bytes.

    Providers hand files over to their stores by a redirect: up to three are followed, each address checked like the
    first, and `headers` and `auth` go to the first host only.
    """
    address, first = url, urlsplit(url)[:2]
    for _ in range(1 + MAX_HANDOVERS):
        at_home = urlsplit(address)[:2] == first
        answer = send_request(
            method="GET",
            url=address,
            headers=headers if at_home else None,
            auth=auth if at_home else None,
            timeout_s=FILE_TIMEOUT_S,
            limit=limit,
            refuse_errors=False,
        )
        if answer.status not in _REDIRECTS or not answer.headers.get("location"):
            break
        address = urljoin(address, answer.headers["location"])
    if not 200 <= answer.status < 300:
        raise error_of(answer, host=urlsplit(address).hostname or "")
    return answer.body


def error_of(answer: Answer, *, host: str, reason: str = "") -> AdapterError:
    """Return what a refusing answer means: permanent or not, and when to try again. `reason` stands for the body."""
    status = answer.status
    return AdapterError(
        f"{host} answered {status}: {reason or _shown(answer.body)}"[:400],
        permanent=300 <= status < 500 and status not in _TRY_AGAIN,
        retry_after=_retry_after(answer.headers.get("retry-after", ""), now=timezone.now()),
    )


def _checked_url(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise AdapterError(f"{url[:100]!r} is no address: {error}", permanent=True) from error
    if address.scheme not in {"http", "https"} or not address.host:
        raise AdapterError(f"{url[:100]!r}: expected an http or https address.", permanent=True)
    return address


def _bounded(response: httpx.Response, *, limit: int, until: float) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if monotonic() > until:
            raise AdapterError("The answer came too slowly to be waited for.", permanent=False)
        if size > limit:
            raise AdapterError(f"The answer is longer than {limit} bytes.", permanent=True)
        chunks.append(chunk)
    return b"".join(chunks)


def _retry_after(value: str, *, now: datetime) -> timedelta | None:
    """RFC 9110, 10.2.3: seconds or a date; what is neither counts as not given."""
    if not value:
        return None
    if value.strip().isdecimal():
        return min(timedelta(seconds=min(int(value), 10**7)), LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(value) - now
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)


def _shown(body: bytes) -> str:
    return " ".join(body[: 4 * MAX_SHOWN].decode("utf-8", "replace").split())[:MAX_SHOWN]


class _PublicOnly(httpcore.NetworkBackend):
    """Opens connections to the addresses that it has checked itself."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _SocketOptions | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check every address, connect to one of them."""
        error: Exception | None = None
        for address in _resolve(host, port):
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        raise error or httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: _SocketOptions | None = None
    ) -> httpcore.NetworkStream:
        """Refuse: a local socket is no public address."""
        raise PrivateAddress(path)


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host} is not known") from error
    addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
    if (host.lower(), port) not in settings.OUTBOUND_ALLOWED_HOSTS and not all(map(is_public, addresses)):
        raise PrivateAddress(host)
    return addresses


def is_public(address: str) -> bool:
    """Return whether an IP address is reachable by anybody: neither private, local, reserved nor multicast.

    IPv6 addresses that carry an IPv4 one (mapped, 6to4, Teredo, NAT64) count as that one too.
    """
    parsed = ipaddress.ip_address(address.split("%")[0])
    carried: list[ipaddress.IPv4Address] = []
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
        if parsed.sixtofour is not None:
            carried.append(parsed.sixtofour)
        if parsed.teredo is not None:
            carried.append(parsed.teredo[1])
        if parsed in _NAT64:
            carried.append(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF))
    return parsed.is_global and not parsed.is_multicast and all(item.is_global for item in carried)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One client for the process. It keeps no cookie and no connection: nothing passes from one account to another."""
    transport = httpx.HTTPTransport()
    # the transport offers no parameter for it; pyproject.toml pins the minor version
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(trust_env=False),
        max_connections=50,
        max_keepalive_connections=0,
        network_backend=_PublicOnly(),
    )
    client = httpx.Client(transport=transport, follow_redirects=False, trust_env=False)
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client

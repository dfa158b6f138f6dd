"""How the recorded webhooks of one provider reach an endpoint of ours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

Case = Mapping[str, Any]


@dataclass
class Call:
    """One request to send; `sign` may change everything but the address."""

    method: str
    query: str
    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)


def _unsigned(call: Call, url: str, case: Case) -> None:
    """Leave the request as it is."""


def _same(urn: str) -> str:
    return urn.partition(":")[2]


@dataclass
class Spec:
    """`file` is the case file; `settings_of` and `skip` look at a case, `skip` gives the reason or ''."""

    file: str
    kind: str
    provider: str
    address: str = "2020"
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    settings_of: Callable[[Case], dict[str, Any]] = lambda case: {}
    sign: Callable[[Call, str, Case], None] = _unsigned
    call_of: Callable[[Case], Call] | None = None
    # the point of contact that an address of theirs is for us
    sender: Callable[[str], str] = _same
    skip: Callable[[Case], str] = lambda case: ""

    def call(self, case: Case) -> Call:
        """Return the request of a case."""
        return (self.call_of or call_to_receive_or_report)(case)


def call_to_receive_or_report(case: Case) -> Call:
    """Their addresses end in receive/ or status/ (sent/, delivered/, ...): ours is one, and reports say so in it."""
    parts = urlsplit(case["URL"])
    what = [part for part in parts.path.split("/") if part][3]
    query = parts.query.replace("uuid=", "ref=") if what == "status" else parts.query
    if what != "receive":
        # the last of two statuses does not count
        query = f"report=1&{query}" if what == "status" else f"report=1&{query}&status={what}"
    if "MultipartForm" in case:
        lines = "".join(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in case["MultipartForm"].items()
        )
        return Call("POST", query, f"{lines}--x--\r\n".encode(), "multipart/form-data; boundary=x")
    data = case.get("Data")
    if data is None:
        return Call("GET", query, b"", "")
    json_body = data.lstrip()[:1] in {"{", "["}
    return Call("POST", query, data.encode(), "application/json" if json_body else "application/x-www-form-urlencoded")


def with_fields(call: Call, **fields: str) -> None:
    """Add fields to the query."""
    call.query = "&".join(part for part in (call.query, urlencode(fields)) if part)

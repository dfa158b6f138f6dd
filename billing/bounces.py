"""Reports of mail servers about documents that came back (RFC 3464): which mail it was, and what was said. Pure."""

import re
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple


class Bounce(NamedTuple):
    """A mail that was not delivered for good: its Message-ID and the code and words of the server."""

    message_id: str
    detail: str


def read_bounce(*, raw: bytes) -> Bounce | None:
    """Return what a mail reports as failed; None where it is no delivery report, reports a delay, or names no mail."""
    mail = message_from_bytes(raw)
    if mail.get_content_type() != "multipart/report":
        return None
    parts = list(mail.walk())
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    blocks: list[Message] = [block for block in (status.get_payload() if status else []) if isinstance(block, Message)]
    failed = next((block for block in blocks if (block.get("Action") or "").strip().lower() == "failed"), None)
    if failed is None:
        return None
    message_id = _original_id(parts)
    said = (failed.get("Diagnostic-Code") or "").partition(";")[2].strip()
    detail = " ".join(f"{(failed.get('Status') or '').strip()} {' '.join(said.split())}".split())
    return Bounce(message_id, detail or "not delivered") if message_id else None


def _original_id(parts: list[Message]) -> str:
    for part in parts:
        kind, payload = part.get_content_type(), part.get_payload()
        if kind == "message/rfc822" and isinstance(payload, list) and payload:
            found = payload[0].get("Message-ID") if isinstance(payload[0], Message) else None
        elif kind == "text/rfc822-headers" and isinstance(payload, str):
            found = message_from_bytes(payload.encode(errors="replace")).get("Message-ID")
        else:
            continue
        match = re.search(r"<[^<>\s]+>", found or "")
        if match:
            return match[0]
    return ""

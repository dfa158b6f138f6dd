"""The text of a webhook: {"type", "timestamp", "data"} as Standard Webhooks recommends. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from contactcenter.kernel.intervals import as_text

MOST_TEXT: Final = 4_000
"""Characters of a message's text that a webhook carries; the rest is in the API."""


def body_of(*, kind: str, at: datetime, data: Mapping[str, Any]) -> str:
    """Return the body to be signed and sent, byte for byte the same each time."""
    document = {"type": kind, "timestamp": as_text(at), "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def short_message(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message's public shape with its texts cut; `truncated` says whether anything is missing."""
    cut = {name: record[name][:MOST_TEXT] for name in ("text", "reply_text")}
    return {**record, **cut, "truncated": any(len(record[name]) > MOST_TEXT for name in cut)}

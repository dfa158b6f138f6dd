"""Delivery reports (RFC 3464): whether the mail they return is lost for good, and why."""

import re

from channels_app.email.headers import header_text
from channels_app.email.structure import Part, split_headers

_FINAL = frozenset({"failed"})
_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_GROUPS = re.compile(rb"(?:\r?\n){2,}")
MAX_REASON = 300


def undelivered_reason(root: Part) -> str:
    """Return why a recipient's server finally refused the mail (status and diagnosis), '' if it did not, or not yet.

    A report of a delay (`Action: delayed`) is no failure: the sending server still tries.
    """
    for part in root.walk():
        if part.content_type.value in _REPORTS:
            for group in _GROUPS.split(part.content.strip())[:20]:
                fields = {name: header_text(value) for name, value in split_headers(group)[0]}
                if fields.get("action", "").lower() in _FINAL:
                    diagnosis = fields.get("diagnostic-code", "").partition(";")[2].strip()
                    said = " ".join(filter(None, (fields.get("status", ""), diagnosis)))
                    return (said or "the recipient's server refused it")[:MAX_REASON]
    if root.header("x-failed-recipients"):
        return f"no delivery to {header_text(root.header('x-failed-recipients'))}"[:MAX_REASON]
    return ""

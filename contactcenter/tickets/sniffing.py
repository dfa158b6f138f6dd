"""The type of a file by its bytes, whatever its name and sender claim."""

import re

import puremagic

_SNIFFED_BYTES = 8_192
# what a browser would run or render as a page is served as plain bytes, whatever it is
_ACTIVE = re.compile(r"html|xml|svg|javascript|ecmascript|x-sh|x-msdownload|x-dosexec|flash")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


def sniff(content: bytes) -> str:
    """Return the media type that the bytes show; `application/octet-stream` for what is unknown or active."""
    head = content[:_SNIFFED_BYTES]
    try:
        found = str(puremagic.from_string(head, mime=True))
    except (puremagic.PureError, ValueError):
        found = ""
    if not found and content:
        found = "text/plain" if _is_text(head) else ""
    if not _TYPE.fullmatch(found) or _ACTIVE.search(found):
        return "text/plain" if _is_text(head) and head else "application/octet-stream"
    return found


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # a multi-byte character may be cut at the end of the sample
        return error.start >= len(head) - 4
    return True

"""Attachment files: kept by content outside the web root, never executed, given out only through the account scope."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


def store_file(content: bytes) -> str:
    """Keep the bytes and return their sha256. The file is complete and on disk before this returns; twice is once."""
    digest = hashlib.sha256(content).hexdigest()
    target = path_of(digest)
    if target.exists():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return digest


def path_of(sha256: str) -> Path:
    """Return where the file of this digest is kept."""
    return Path(settings.ATTACHMENTS_DIR) / sha256[:2] / sha256

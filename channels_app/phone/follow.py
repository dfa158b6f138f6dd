"""A log file that grows: its complete lines, past rotation (another file under the name) and truncation."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

_READ_BYTES = 1024 * 1024


def follow_lines(path: Path, *, wait: Callable[[], bool]) -> Iterator[bytes]:
    """Return the complete lines of the file from its beginning, in portions, as they are written.

    At the end of what is there it calls `wait`, which returns whether to go on. A file that was moved away is read to
    its end, then the new one under the name from its beginning; a truncated one from its beginning. A missing file is
    waited for. A last line without its end counts once the file has been moved away or `wait` returns False.
    """
    source = _Opened(path)
    try:
        while True:
            portion = source.lines()
            if portion:
                yield portion
                continue
            if source.was_replaced():
                rest = source.rest()
                if rest:
                    yield rest
                source.reopen()
                continue
            if not wait():
                rest = source.lines() + source.rest()
                if rest:
                    yield rest
                return
    finally:
        source.close()


class _Opened:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._position = 0
        self._pending = b""
        self.reopen()

    def reopen(self) -> None:
        self.close()
        self._position, self._pending = 0, b""
        try:
            self._file = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            self._file = -1

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def lines(self) -> bytes:
        """Return the complete lines written since."""
        if self._file < 0:
            return b""
        if os.fstat(self._file).st_size < self._position:
            os.lseek(self._file, 0, os.SEEK_SET)
            self._position, self._pending = 0, b""
        found = os.read(self._file, _READ_BYTES)
        self._position += len(found)
        complete, separator, self._pending = (self._pending + found).rpartition(b"\n")
        return complete + separator

    def rest(self) -> bytes:
        """Return the last line that was never ended."""
        rest, self._pending = self._pending, b""
        return rest

    def was_replaced(self) -> bool:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        if self._file < 0:
            return True
        opened = os.fstat(self._file)
        return (now.st_ino, now.st_dev) != (opened.st_ino, opened.st_dev)

"""JSON objects in a file as people save them: one a line, one after the other, or in an array. Pure."""

import json
from collections.abc import Iterator
from typing import Any


class NotJson(ValueError):
    """The rest of the file is no JSON; `line` and `raw` say where and what."""

    def __init__(self, message: str, *, line: int, raw: bytes) -> None:
        super().__init__(message)
        self.line = line
        self.raw = raw


def json_objects(data: bytes, *, under: str = "") -> Iterator[tuple[int, dict[str, Any]]]:
    """Return every object with the line it begins on (from 1).

    Objects in an array, or in an array under the key `under`, count singly. Raises NotJson at the first place that
    cannot be read; what stood before has been returned.
    """
    text = data.decode("utf-8-sig", errors="replace")
    decoder = json.JSONDecoder()
    position = 0
    while True:
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        if position >= len(text):
            return
        line = text.count("\n", 0, position) + 1
        try:
            found, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise NotJson(f"not JSON: {error}", line=line, raw=text[position:].encode()) from None
        if isinstance(found, dict) and under and isinstance(found.get(under), list):
            found = found[under]
        for each in found if isinstance(found, list) else [found]:
            if not isinstance(each, dict):
                raise NotJson("not a JSON object", line=line, raw=json.dumps(each).encode())
            yield line, each

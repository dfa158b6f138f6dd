"""How often a word is used in a language, by the word lists of the wordfreq package (about 2.5 million words).

A list of a language takes 8 bytes a word: its CRC-32 and its frequency in one number, in order. Two words of one list
share a CRC once in 20,000 to 100,000 look-ups, which then answers with the other's frequency: evidence, not proof.

Making the lists takes a process two seconds, so they are kept under VAR_DIR and mapped: later processes share them.
"""

import logging
import math
import mmap
import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final
from zlib import crc32

from django.conf import settings

logger = logging.getLogger(__name__)

# words rarer than one in ten million are left out: 2.5 million stay, the others tell languages apart no better
_RAREST_CENTIBELS: Final = 700
_LOG_OF_CENTIBEL: Final = -math.log(10) / 100
_RAREST: Final = _RAREST_CENTIBELS * _LOG_OF_CENTIBEL
# a word that other languages know says little of a language whose words nobody counted: one in a million, the rarest
# that the small lists hold
_UNCOUNTED: Final = 600 * _LOG_OF_CENTIBEL
# Serbian and Croatian are counted together, in Latin letters
_LIST_OF: Final = {"hr": "sh", "sr": "sh"}
COUNTED: Final = frozenset(
    {"en", "es", "de", "fr", "it", "pt", "nl", "pl", "tr", "ro", "cs", "sv", "fi", "hu", "hr", "ru", "uk", "bg", "sr"}
    | {"da", "nb", "sk", "sl", "ca", "mk"}
)
_FREQUENCY_BITS: Final = 10
# a text of more words is clear by its n-grams
MAX_WORDS: Final = 20
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def log_likelihoods(*, text: str, candidates: Iterable[str]) -> dict[str, float]:
    """Return code > natural logarithm of how probable the first words of the text are in that language.

    Words that no candidate's list knows say nothing. `candidates` are codes of ISO 639-1; a language without a list
    takes every word for a rare one.
    """
    codes = tuple(candidates)
    totals = dict.fromkeys(codes, 0.0)
    # not "İ".lower(), which is two characters
    words = [match.group().replace("’", "'") for match in _WORD.finditer(text.replace("İ", "i").lower())]
    for word in words[:MAX_WORDS]:
        found = {code: _log_frequency(code, word) for code in codes if code in COUNTED}
        if all(value is None for value in found.values()):
            continue
        for code in codes:
            value = found.get(code, _UNCOUNTED)
            totals[code] += _RAREST if value is None else value
    return totals


# most words of most messages are the same few
@lru_cache(maxsize=20_000)
def _log_frequency(code: str, word: str) -> float | None:
    table = _table(_LIST_OF.get(code, code))
    key = crc32((_in_latin_letters(word) if code == "sr" else word).encode()) << _FREQUENCY_BITS
    index = bisect_left(table, key)
    if index == len(table) or table[index] >> _FREQUENCY_BITS != key >> _FREQUENCY_BITS:
        return None
    return (table[index] - key) * _LOG_OF_CENTIBEL


def _in_latin_letters(word: str) -> str:
    from wordfreq.transliterate import SR_LATN_TABLE

    return word.translate(SR_LATN_TABLE)


@cache
def _table(name: str) -> "memoryview[int]":
    # named after what it is made of and how: another package or another form is another file
    made_of = f"{version('wordfreq')}-{_RAREST_CENTIBELS}-{_FREQUENCY_BITS}-{sys.byteorder}"
    kept = settings.VAR_DIR / "words" / made_of / name
    if not kept.exists():
        made = _made_table(name)
        try:
            _keep(made, at=kept)
        except OSError as error:
            # read-only or full: this process does with its own
            logger.warning("the words of %s are not kept: %s", name, error)
            return memoryview(made)
    with kept.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).cast("Q")


def _keep(made: "array[int]", *, at: Path) -> None:
    """Write in one step: processes that start together see all of the file or none."""
    at.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=at.parent, delete=False) as file:
        file.write(made.tobytes())
    Path(file.name).chmod(0o644)
    Path(file.name).replace(at)


def _made_table(name: str) -> "array[int]":
    from wordfreq import get_frequency_list  # takes 20 MB, which processes that find the file need not spend

    # not through its own cache, which would keep the words
    by_centibel = get_frequency_list.__wrapped__(name, "best")[: _RAREST_CENTIBELS + 1]
    return array(
        "Q",
        sorted(
            crc32(word.encode()) << _FREQUENCY_BITS | centibels
            for centibels, words in enumerate(by_centibel)
            for word in words
        ),
    )

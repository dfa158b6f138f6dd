"""How a text is written: which scripts it mixes, and what their alphabets rule out. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

LATIN: Final = "latin"
CYRILLIC: Final = "cyrillic"
HAN: Final = "han"
OTHER: Final = "other"
# letters and the marks that belong to them; digits and punctuation of the blocks are left out
_RANGES: Final = {
    LATIN: r"A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff",
    CYRILLIC: r"\u0400-\u0481\u0483-\u0487\u048a-\u052f",
    "greek": r"\u0370-\u0373\u0376-\u037d\u0386-\u03ff\u1f00-\u1fff",
    "armenian": r"\u0531-\u0556\u0561-\u0587",
    "hebrew": r"\u0591-\u05f2",
    "arabic": r"\u0620-\u065f\u066e-\u06d3\u06d5-\u06dc\u06fa-\u06ff\u0750-\u077f",
    "devanagari": r"\u0900-\u0963\u0971-\u097f",
    "georgian": r"\u10a0-\u10fa\u10fc-\u10ff\u1c90-\u1cbf",
    "hangul": r"\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "kana": r"\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff",
    HAN: r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
}
_RUNS: Final = {script: re.compile(f"[{letters}]+") for script, letters in _RANGES.items()}
# scripts that say the language by themselves, among the languages we know
SCRIPT_LANGUAGE: Final = MappingProxyType(
    {"greek": "el", "armenian": "hy", "hebrew": "he", "arabic": "ar", "devanagari": "hi", "georgian": "ka",
     "hangul": "ko", "kana": "ja", HAN: "zh"}
)  # fmt: skip
# Everybody borrows names and brands in Latin letters, hardly anybody in others.
_LATIN_WEIGHT: Final = 0.5
_NEGLIGIBLE: Final = 0.05

_CYRILLIC_ALPHABETS: Final = {
    "ru": frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
    "uk": frozenset("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"),
    "bg": frozenset("абвгдежзийклмнопрстуфхцчшщъьюяѝ"),
    "sr": frozenset("абвгдђежзијклљмнњопрстћуфхцчџш"),
    "kk": frozenset("аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"),
}
# letters of languages nobody is hired for: Belarusian, Macedonian; Persian, Urdu; Danish, Icelandic, Azeri, Baltic,
# Vietnamese
_FOREIGN: Final = frozenset("ўѓќѕ" + "پچژگکیٹڈڑںےہھ" + "æøðþəāēīūģķļņėįųơưạảấầẩậắằẵặẹẻẽếềểệỉịọỏốồổộớờởợụủứừửựỳỵỷỹ")
_FOREIGN_SHARE: Final = 0.02
# In so short a text of characters that both use there is nothing to tell Japanese from Chinese.
_HAN_LETTERS: Final = 8


@dataclass(frozen=True, slots=True)
class Passage:
    """What of a text is in one script: `text` without the others, `letters` in it, `weight` 0 to 1 in the whole."""

    script: str
    text: str
    letters: int
    weight: float


def passages(text: str) -> list[Passage]:
    """Return the text apart by script, the weightiest first; Han characters beside kana are Japanese."""
    text = unicodedata.normalize("NFKC", text)
    counted = {script: sum(map(len, runs.findall(text))) for script, runs in _RUNS.items()}
    if counted["kana"]:
        counted["kana"] += counted.pop(HAN)
    letters = {script: count for script, count in counted.items() if count}
    unknown = sum(map(str.isalpha, text)) - sum(letters.values())
    if unknown > 0:
        letters[OTHER] = unknown
    weights = {script: count * (_LATIN_WEIGHT if script == LATIN else 1) for script, count in letters.items()}
    whole = sum(weights.values())
    apart = [
        Passage(script, _without(set(letters) - {script}, text), letters[script], weight / whole)
        for script, weight in weights.items()
        if weight >= whole * _NEGLIGIBLE
    ]
    return sorted(apart, key=lambda passage: -passage.weight)


def _without(scripts: set[str], text: str) -> str:
    # punctuation stays: an apostrophe does not part a word
    for script in scripts - {OTHER}:
        text = _RUNS[script].sub(" ", text)
    return text


def cyrillic_candidates(passage: Passage) -> tuple[str, ...]:
    """Return the languages whose alphabet fits the letters of the passage best."""
    letters = [letter for letter in passage.text.lower() if letter.isalpha()]
    strange = {code: sum(letter not in known for letter in letters) for code, known in _CYRILLIC_ALPHABETS.items()}
    fewest = min(strange.values())
    return tuple(code for code, count in strange.items() if count == fewest)


def has_foreign_letters(passage: Passage) -> bool:
    """Say whether letters that no language of ours has are more than a borrowed name or two."""
    return sum(letter in _FOREIGN for letter in passage.text.lower()) > passage.letters * _FOREIGN_SHARE


def han_shares(passage: Passage) -> Mapping[str, float]:
    """Return how probable Chinese and Japanese are for a text of Han characters alone."""
    if passage.letters > _HAN_LETTERS:
        return {"zh": 1.0}
    try:
        "".join(filter(str.isalpha, passage.text)).encode("shift_jis")
    except UnicodeEncodeError:
        return {"zh": 1.0}
    return {"zh": 0.6, "ja": 0.4}

"""Which language a text is in; "unsure" is an answer, because a wrong one sends it to the wrong operator."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lingua import IsoCode639_1, Language, LanguageDetector, LanguageDetectorBuilder

# The more candidates, the less certain a short text: languages that operators are hired for.
CANDIDATES = (
    "en", "ru", "es", "de", "fr", "it", "pt", "nl", "pl", "uk", "tr", "ar", "zh", "ja",
    "ko", "he", "hi", "hy", "ka", "kk", "ro", "sr", "bg", "cs", "sv", "fi", "el", "hu",
)  # fmt: skip
# Trigrams alone (a model of 10 MB, 0.2 ms) settle a sentence they are sure of; the rest, and short texts, need all
# n-grams (500 MB, loaded when first needed, 2 ms).
SENTENCE_LETTERS = 40
LONG_TEXT_LETTERS = 120
SURE_BY_TRIGRAMS = 0.95
SURE = 0.5
LEAD = 0.2
# A hint decides between candidates, but not for one that the text all but excludes, unless it has hardly any letters.
PLAUSIBLE = 0.05
FEW_LETTERS = 5
MAX_CHARACTERS = 4_000
_NOISE = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|\d+")


@dataclass(frozen=True, slots=True)
class DetectedLanguage:
    """`code` is ISO 639-1, '' for unsure; `confidence` is 0 to 1 (0 where only a hint decided)."""

    code: str
    confidence: float


UNSURE = DetectedLanguage("", 0.0)


def detect_language(*, text: str, hints: Sequence[str] = ()) -> DetectedLanguage:
    """Return the language of `text`.

    A clear text speaks for itself. An unclear one ("ok", "Hola") takes the first of `hints` (contact, endpoint, ...)
    that it does not contradict; a text without letters takes the first hint. Without a fitting hint: unsure.
    """
    known_hints = [code for code in (hint.strip().lower()[:2] for hint in hints) if code]
    cleaned = _NOISE.sub(" ", text[:MAX_CHARACTERS])
    letters = sum(map(str.isalpha, cleaned))
    if letters < 2:
        return DetectedLanguage(known_hints[0], 0.0) if known_hints else UNSURE
    confidences = _confidences(cleaned, accurate=False) if letters >= SENTENCE_LETTERS else []
    if letters < LONG_TEXT_LETTERS and not (confidences and confidences[0][1] >= SURE_BY_TRIGRAMS):
        confidences = _confidences(cleaned, accurate=True)
    if not confidences:
        return UNSURE
    (best, share), *others = confidences
    lead = share - (others[0][1] if others else 0.0)
    if share >= SURE and lead >= LEAD:
        return DetectedLanguage(best, share)
    plausible = {code: value for code, value in confidences if value >= PLAUSIBLE or letters <= FEW_LETTERS}
    for hint in known_hints:
        if hint in plausible:
            return DetectedLanguage(hint, plausible[hint])
    return DetectedLanguage("", share)


def load_models() -> None:
    """Read the models now, a few seconds, instead of with the first text.

    For processes that serve sockets: while it reads, the library keeps the interpreter to itself and everything waits.
    The other scripts have one candidate each and need no model.
    """
    for accurate in (False, True):
        for latin_or_cyrillic in ("hello", "привет"):
            _confidences(latin_or_cyrillic, accurate=accurate)


def _confidences(text: str, *, accurate: bool) -> list[tuple[str, float]]:
    """Return (code, confidence) of every candidate that fits the script at all, the best first."""
    values = _detector(accurate).compute_language_confidence_values(text)
    return [(item.language.iso_code_639_1.name.lower(), item.value) for item in values if item.value > 0]


@lru_cache(maxsize=2)
def _detector(accurate: bool) -> LanguageDetector:
    languages = [Language.from_iso_code_639_1(getattr(IsoCode639_1, code.upper())) for code in CANDIDATES]
    builder = LanguageDetectorBuilder.from_languages(*languages)
    return (builder if accurate else builder.with_low_accuracy_mode()).build()

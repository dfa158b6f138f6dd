"""Which language a text is in; "unsure" is an answer, because a wrong one sends it to the wrong operator."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from lingua import IsoCode639_1, Language, LanguageDetector, LanguageDetectorBuilder

from channels_app.scripts import (
    CYRILLIC,
    HAN,
    LATIN,
    SCRIPT_LANGUAGE,
    Passage,
    cyrillic_candidates,
    han_shares,
    has_foreign_letters,
    passages,
)
from channels_app.word_frequency import log_likelihoods

# The more candidates, the less certain a short text: languages that operators are hired for. Croatian stands for the
# language that Serbs, Croats and Bosnians write in Latin letters.
LATIN_CANDIDATES = ("en", "es", "de", "fr", "it", "pt", "nl", "pl", "tr", "ro", "cs", "sv", "fi", "hu", "hr")
SERBO_CROATIAN = ("sr", "hr", "bs")
SURE = 0.65
# What makes an answer doubtful halves its confidence: below SURE, still the best guess.
DOUBT = 0.5
# A hint decides between candidates, but not for one that the text all but excludes, unless it has hardly any letters.
PLAUSIBLE = 0.02
FEW_LETTERS = 5
MAX_CHARACTERS = 4_000
# n-grams of a longer passage tell nothing new and cost 0.7 us a character
MAX_PASSAGE_CHARACTERS = 1_000
# Two opinions of the same letters are not two: so damped, a single word that is SURE is right 99 times in 100.
DAMPING = 0.4
# Languages nobody is hired for that look like some that are. A text whose words are so many times likelier in one of
# them is doubtful.
STRANGERS = {LATIN: ("da", "nb", "sk", "sl", "ca"), CYRILLIC: ("mk",)}
LIKELIER_BY = math.log(100)
# the library says 0 where the n-grams of a text say as good as 0
LEAST_SHARE = 1e-30
_QUOTED = re.compile(r"^[ \t]*>[^\n]*$|^-- ?\r?\n[\s\S]*\Z", re.MULTILINE)
_UKRAINIAN_WORD = re.compile(r"\bщ(?=о)", re.IGNORECASE)
_ANY_SHCHA = re.compile("щ", re.IGNORECASE)
_REGION = re.compile("[-_]")
_ADDRESS = ("http:", "https:", "www.")


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
    known_hints = [code for code in (_REGION.split(hint.strip().lower())[0] for hint in hints) if code]
    apart = _written(text)
    ranked = _rank(apart)
    best, share = ranked[0] if ranked else ("", 0.0)
    if share >= SURE:
        return DetectedLanguage(best, share)
    letters = sum(passage.letters for passage in apart)
    if letters < 2:
        return DetectedLanguage(known_hints[0], 0.0) if known_hints else UNSURE
    plausible = {code: value for code, value in ranked if value >= PLAUSIBLE or letters <= FEW_LETTERS}
    for hint in known_hints:
        if hint in plausible:
            return DetectedLanguage(hint, plausible[hint])
    return DetectedLanguage("", share)


def rank_languages(*, text: str) -> list[tuple[str, float]]:
    """Return (code, share) of every language the text can be in, the most probable first; [] where none fits.

    Shares are 0 to 1 and sum to at most 1. They are of what a person wrote: addresses do not count,
    quoted lines and signatures only where there is nothing else. Only the beginning of a long text is read.
    """
    return _rank(_written(text))


def load_models() -> None:
    """Read the models now, a few seconds, instead of with the first text.

    For processes that serve sockets (while it reads, the library keeps the interpreter to itself and everything waits)
    and for those that fork: their children share the memory. The other scripts have one candidate each and need none.
    """
    for latin_or_cyrillic in ("hello", "привет"):
        rank_languages(text=latin_or_cyrillic)


def _written(text: str) -> list[Passage]:
    # a lone surrogate is no character, and the library refuses it
    beginning = text[:MAX_CHARACTERS].encode(errors="ignore").decode()
    return passages(_words(_QUOTED.sub(" ", beginning))) or passages(_words(beginning))


def _rank(apart: Sequence[Passage]) -> list[tuple[str, float]]:
    shares: dict[str, float] = {}
    for passage in apart:
        doubt = DOUBT if has_foreign_letters(passage) else 1.0
        for code, share in _passage_shares(passage).items():
            shares[code] = shares.get(code, 0.0) + share * passage.weight * doubt
    return sorted(shares.items(), key=lambda item: -item[1])


def _words(text: str) -> str:
    return " ".join(word for word in text.split() if "@" not in word and not word.lower().startswith(_ADDRESS))


def _passage_shares(passage: Passage) -> dict[str, float]:
    if passage.script == HAN:
        return dict(han_shares(passage))
    if passage.script in SCRIPT_LANGUAGE:
        return {SCRIPT_LANGUAGE[passage.script]: 1.0}
    if passage.script == CYRILLIC:
        return _by_ngrams(passage, cyrillic_candidates(passage))
    if passage.script == LATIN:
        shares = _by_ngrams(passage, LATIN_CANDIDATES)
        croatian = shares.pop("hr", 0.0)
        return shares | {code: croatian / len(SERBO_CROATIAN) for code in SERBO_CROATIAN if croatian}
    return {}


def _by_ngrams(passage: Passage, candidates: tuple[str, ...]) -> dict[str, float]:
    if len(candidates) == 1:
        return {candidates[0]: 1.0}
    text = passage.text[:MAX_PASSAGE_CHARACTERS]
    if "uk" in candidates:
        # the library holds that Ukrainian has no щ; where the word or its alphabet says Ukrainian, hide it
        text = (_UKRAINIAN_WORD if "ru" in candidates else _ANY_SHCHA).sub("ш", text)
    values = _detector(candidates, settings.LANGUAGE_MODELS).compute_language_confidence_values(text)
    by_ngrams = {item.language.iso_code_639_1.name.lower(): item.value for item in values}
    shares = _both(by_ngrams, log_likelihoods(text=passage.text, candidates=candidates))
    best = max(shares, key=lambda code: shares[code])
    if _is_of_a_stranger(passage, best):
        shares[best] *= DOUBT
    return shares


def _is_of_a_stranger(passage: Passage, best: str) -> bool:
    strangers = STRANGERS[passage.script]
    likelihoods = log_likelihoods(text=passage.text, candidates=(best, *strangers))
    return any(likelihoods[code] > likelihoods[best] + LIKELIER_BY for code in strangers)


def _both(by_ngrams: Mapping[str, float], by_words: Mapping[str, float]) -> dict[str, float]:
    """Return the shares by both opinions: n-grams of letters, and logarithms by whole words."""
    logs = {
        code: DAMPING * (math.log(max(by_ngrams.get(code, 0.0), LEAST_SHARE)) + likelihood)
        for code, likelihood in by_words.items()
    }
    best = max(logs.values())
    weights = {code: math.exp(value - best) for code, value in logs.items()}
    whole = sum(weights.values())
    return {code: weight / whole for code, weight in weights.items()}


@lru_cache(maxsize=64)
def _detector(candidates: tuple[str, ...], models: str) -> LanguageDetector:
    # the models are the library's own and shared by all detectors of the process
    languages = [Language.from_iso_code_639_1(getattr(IsoCode639_1, code.upper())) for code in candidates]
    builder = LanguageDetectorBuilder.from_languages(*languages)
    return (builder.with_low_accuracy_mode() if models == "small" else builder).build()

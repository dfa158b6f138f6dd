"""Language detection on texts of a known language: accuracy per language and length beside what known detectors reach,
how often it is unsure, its speed and its memory.

The published figures let each detector choose among up to 75 languages and count a missing answer as a wrong one. So
`guess`, which always answers, is what is compared with them; ours chooses among the languages of our operators. What
the product acts on is `answered`: the answers it is sure of, the share it leaves open ("unsure") counted apart.
"""

import csv
import os
import subprocess
import sys
from math import comb
from pathlib import Path
from statistics import median
from time import perf_counter

from channels_app.language import detect_language, load_models, rank_languages

CASES = Path(os.environ.get("CASES_DIR", Path(__file__).parents[1] / ".." / "shared" / "cases")) / "language"
LENGTHS = ("single-words", "word-pairs", "sentences")
NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "de": "German", "en": "English", "es": "Spanish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hy": "Armenian", "it": "Italian", "ja": "Japanese", "ka": "Georgian",
    "kk": "Kazakh", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sr": "Serbian",
    "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip
# the best single detector of the published table by its average over our languages
BEST_DETECTOR = "lingua-high-accuracy"
# detectors of one language each answer another question: is it this language or not
ONE_LANGUAGE = "-detector"
TEXT = "Dónde está mi pedido, por favor? Lo estoy esperando desde el lunes y nadie me ha llamado todavía. "
MEMORY_OF = """
from pathlib import Path
from django.conf import settings
from channels_app.language import load_models
settings.LANGUAGE_MODELS
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])
before = resident()
load_models()
print(resident() - before)
"""


def texts_of(*, length: str, code: str) -> list[str]:
    """Return the texts of one language and length that the cases hold."""
    return [line for line in (CASES / length / f"{code}.txt").read_text("utf-8").splitlines() if line.strip()]


def published(*, length: str) -> dict[str, dict[str, float]]:
    """Return language code > detector > published accuracy in percent."""
    with (CASES / "published_accuracy" / f"{length}-accuracy-values.csv").open(encoding="utf-8", newline="") as file:
        rows = {row.pop("language"): row for row in csv.DictReader(file)}
    return {
        code: {
            detector: float(value)
            for detector, value in rows[name].items()
            if not detector.endswith(ONE_LANGUAGE) and value not in {"", "NaN"}
        }
        for code, name in NAMES.items()
    }


def run(*, quick: bool) -> dict[str, object]:
    """Return accuracy per length and language, how many of these cells reach the published figures, speed, memory."""
    load_models()
    speed = {
        f"{length}_characters_us": _microseconds(length, rounds=20 if quick else 200) for length in (20, 100, 1000)
    }
    common = {"speed": speed, "models_mb": _models_mb()}
    if not CASES.is_dir():
        return common | {"accuracy": "not measured: CASES_DIR has no folder language"}
    step = 6 if quick else 1
    cells = {
        length: {code: _cell(length, code, figures, step=step) for code, figures in published(length=length).items()}
        for length in LENGTHS
    }
    flat = [cell for by_language in cells.values() for cell in by_language.values()]
    return common | {
        "summary": {
            "cells": len(flat),
            "at_or_above_best_per_cell": sum(cell["difference"] >= 0 for cell in flat),
            f"at_or_above_{BEST_DETECTOR}": sum(cell["guess"] >= cell[BEST_DETECTOR] for cell in flat),
            "below_by_more_than_chance": [
                f"{length} {code}"
                for length, by_language in cells.items()
                for code, cell in by_language.items()
                if _is_below_beyond_chance(cell)
            ],
        },
        "lengths": {length: _mean(list(by_language.values())) for length, by_language in cells.items()},
        "languages": cells,
    }


def _cell(length: str, code: str, figures: dict[str, float], *, step: int) -> dict[str, float]:
    texts = texts_of(length=length, code=code)[::step]
    guesses = [(rank_languages(text=text) or [("", 0.0)])[0][0] for text in texts]
    answers = [answer for answer in (detect_language(text=text).code for text in texts) if answer]
    right = sum(answer == code for answer in answers)
    guess = 100 * sum(guess == code for guess in guesses) / len(texts)
    best = max(figures.values())
    return {
        "texts": len(texts),
        "guess": round(guess, 1),
        "best_published": round(best, 1),
        "difference": round(guess - best, 1),
        BEST_DETECTOR: round(figures[BEST_DETECTOR], 1),
        "answered": round(100 * right / len(answers), 1) if answers else 0.0,
        "unsure": round(100 - 100 * len(answers) / len(texts), 1),
    }


def _is_below_beyond_chance(cell: dict[str, float]) -> bool:
    """Say whether a detector of the published accuracy would do as badly on so few texts once in twenty or less."""
    texts, accuracy = int(cell["texts"]), cell["best_published"] / 100
    right = round(cell["guess"] / 100 * texts)
    chance = sum(comb(texts, hits) * accuracy**hits * (1 - accuracy) ** (texts - hits) for hits in range(right + 1))
    return chance <= 0.05


def _mean(cells: list[dict[str, float]]) -> dict[str, float]:
    names = ("guess", "best_published", BEST_DETECTOR, "answered", "unsure")
    return {name: round(sum(cell[name] for cell in cells) / len(cells), 2) for name in names}


def _microseconds(characters: int, *, rounds: int) -> int:
    text = (TEXT * (characters // len(TEXT) + 1))[:characters]
    durations = []
    for _ in range(rounds):
        started = perf_counter()
        detect_language(text=text)
        durations.append(perf_counter() - started)
    return round(median(durations) * 1_000_000)


def _models_mb() -> int:
    """Return what the models take in a process of their own, which its forked children share."""
    told = subprocess.run([sys.executable, "-c", MEMORY_OF], check=True, capture_output=True, text=True, timeout=120)
    return round(int(told.stdout) * os.sysconf("SC_PAGE_SIZE") / 2**20)

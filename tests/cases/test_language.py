"""The texts of cases/language, whose file says their language, beside what the best known detector reaches on them.

Every fourth text, so that it takes seconds; `make bench` measures all. The floors are the published averages of the
detector that is best over these languages.
"""

import pytest

from bench.language import BEST_DETECTOR, CASES, LENGTHS, NAMES, published, texts_of
from channels_app.language import detect_language, rank_languages

STEP = 4
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="CASES_DIR has no folder language")


def _sample(length: str) -> list[tuple[str, str]]:
    return [(code, text) for code in NAMES for text in texts_of(length=length, code=code)[::STEP]]


@pytest.mark.parametrize("length", LENGTHS)
def test_best_guesses_reach_the_published_average_of_the_best_detector(length: str) -> None:
    figures = published(length=length)
    floor = sum(by_detector[BEST_DETECTOR] for by_detector in figures.values()) / len(figures)
    sample = _sample(length)
    right = sum(rank_languages(text=text)[0][0] == code for code, text in sample)
    assert len(sample) >= 600
    assert 100 * right / len(sample) >= floor


@pytest.mark.parametrize(
    ("length", "least_right", "most_unsure"),
    [("single-words", 0.97, 0.40), ("word-pairs", 0.99, 0.25), ("sentences", 0.995, 0.05)],
)
def test_sure_answers_are_right_and_unsure_ones_bounded(length: str, least_right: float, most_unsure: float) -> None:
    sample = _sample(length)
    answered = [
        (code, answer) for code, answer in ((code, detect_language(text=text).code) for code, text in sample) if answer
    ]
    assert sum(code == answer for code, answer in answered) >= least_right * len(answered)
    assert len(sample) - len(answered) <= most_unsure * len(sample)


@pytest.mark.parametrize("code", ["ar", "he", "hy", "ja", "ka"])
def test_sentence_in_a_script_of_one_language_is_always_sure(code: str) -> None:
    for text in texts_of(length="sentences", code=code)[::STEP]:
        assert detect_language(text=text).code == code

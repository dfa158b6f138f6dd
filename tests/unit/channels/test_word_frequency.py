"""Word lists: which language uses a word more, and what an unknown word says."""

import math

import pytest
from wordfreq import word_frequency

from channels_app.word_frequency import MAX_WORDS, _log_frequency, _table, log_likelihoods


@pytest.mark.parametrize(("code", "word"), [("en", "the"), ("es", "gracias"), ("ru", "спасибо"), ("bg", "благодаря")])
def test_likelihood_of_a_word_is_the_logarithm_of_its_frequency(code: str, word: str) -> None:
    # the package rounds to a hundredth of a decade
    assert log_likelihoods(text=word, candidates=[code])[code] == pytest.approx(
        math.log(word_frequency(word, code)), abs=math.log(10) / 100
    )


def test_words_of_a_text_add_up() -> None:
    both = log_likelihoods(text="The parcel", candidates=["en"])["en"]
    assert both == pytest.approx(
        sum(log_likelihoods(text=word, candidates=["en"])["en"] for word in ("the", "parcel")), abs=1e-9
    )


def test_word_that_no_list_knows_says_nothing() -> None:
    assert log_likelihoods(text="xqzwvk", candidates=["en", "fr"]) == {"en": 0.0, "fr": 0.0}


def test_word_that_only_another_language_knows_counts_as_one_in_ten_million() -> None:
    found = log_likelihoods(text="objednávka", candidates=["cs", "en"])
    assert found["en"] == pytest.approx(math.log(1e-7))
    assert found["cs"] > found["en"]


def test_language_without_a_list_takes_a_known_word_for_a_rare_one() -> None:
    assert log_likelihoods(text="спасибо", candidates=["ru", "kk"])["kk"] == pytest.approx(math.log(1e-6))


def test_serbian_in_cyrillic_letters_is_looked_up_in_latin_ones() -> None:
    serbian = log_likelihoods(text="његова", candidates=["sr", "bg"])
    croatian = log_likelihoods(text="njegova", candidates=["hr"])
    assert serbian["sr"] == croatian["hr"] > serbian["bg"]


def test_words_behind_the_first_twenty_are_not_read() -> None:
    assert log_likelihoods(text="the " * MAX_WORDS + "and " * 500, candidates=["en"]) == log_likelihoods(
        text="the " * MAX_WORDS, candidates=["en"]
    )


def test_turkish_dotted_capital_is_one_letter() -> None:
    found = log_likelihoods(text="İstanbul", candidates=["tr"])
    assert found == log_likelihoods(text="istanbul", candidates=["tr"])
    assert found["tr"] > math.log(1e-5)


@pytest.fixture
def forgotten():
    _table.cache_clear()
    _log_frequency.cache_clear()
    yield
    _table.cache_clear()
    _log_frequency.cache_clear()


def test_lists_are_kept_and_a_second_process_reads_what_the_first_has_made(settings, tmp_path, forgotten) -> None:
    settings.VAR_DIR = tmp_path
    made = log_likelihoods(text="gracias", candidates=["es"])
    (kept,) = (tmp_path / "words").rglob("es")
    assert kept.stat().st_size % 8 == 0
    first = kept.read_bytes()
    _table.cache_clear()
    _log_frequency.cache_clear()
    assert log_likelihoods(text="gracias", candidates=["es"]) == made
    assert [path.read_bytes() for path in (tmp_path / "words").rglob("*") if path.is_file()] == [first]


def test_lists_serve_where_they_cannot_be_kept(settings, tmp_path, forgotten) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.VAR_DIR = tmp_path / "file"
    assert log_likelihoods(text="gracias", candidates=["es"])["es"] == pytest.approx(
        math.log(word_frequency("gracias", "es")), abs=math.log(10) / 100
    )

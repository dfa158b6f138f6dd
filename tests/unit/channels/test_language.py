"""Language detection: sure, unsure, and what hints may decide."""

import pytest

from channels_app.language import detect_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Здравствуйте, я хотел бы узнать, когда придёт мой заказ", "ru"),
        ("Дякую, чекаю на вашу відповідь", "uk"),
        ("¿Dónde está mi pedido? Lo estoy esperando desde el lunes", "es"),
        ("I ordered a lamp two weeks ago and nothing has arrived", "en"),
        ("Ich habe eine Frage zu meiner Rechnung vom letzten Monat", "de"),
        ("请问我的订单什么时候到", "zh"),
    ],
)
def test_clear_text_speaks_for_itself(text: str, code: str) -> None:
    detected = detect_language(text=text, hints=["fr"])
    assert detected.code == code
    assert detected.confidence >= 0.5


def test_text_without_letters_takes_the_first_hint() -> None:
    assert detect_language(text="12 345 :-)", hints=["ru", "en"]).code == "ru"


def test_text_without_letters_and_hints_is_unsure() -> None:
    assert detect_language(text="???", hints=[]).code == ""


def test_unclear_word_without_hint_is_unsure() -> None:
    assert detect_language(text="ok").code == ""


def test_unclear_word_takes_the_hint_it_does_not_contradict() -> None:
    assert detect_language(text="ok", hints=["es"]).code == "es"


def test_hint_in_another_script_is_not_taken() -> None:
    assert detect_language(text="ok", hints=["ru"]).code == ""


def test_addresses_and_numbers_do_not_count_as_text() -> None:
    assert detect_language(text="https://example.org/the/english/page 42 me@example.org", hints=["es"]).code == "es"


def test_long_text_is_read_within_its_beginning_only() -> None:
    assert detect_language(text="Dónde está mi pedido, por favor? " * 10_000).code == "es"

"""Dates, numbers and amounts as the three languages write them (CLDR's patterns for en, ru and es)."""

from datetime import date

import pytest

from billing.documents.wording import _ROWS, Wording

NARROW, NO_BREAK = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("language", "money", "negative", "day"),
    [
        ("en", "€12,345.60", "−€1.00", "1 June 2026"),
        ("ru", f"12{NARROW}345,60{NO_BREAK}€", f"−1,00{NO_BREAK}€", f"1{NO_BREAK}июня 2026{NO_BREAK}г."),
        ("es", f"12.345,60{NO_BREAK}€", f"−1,00{NO_BREAK}€", "1 de junio de 2026"),
        ("de", "€12,345.60", "−€1.00", "1 June 2026"),
    ],
)
def test_amounts_and_dates_follow_the_language(language: str, money: str, negative: str, day: str) -> None:
    words = Wording(language)
    assert words.money(amount="12345.60", currency="EUR") == money
    assert words.money(amount="-1.00", currency="EUR") == negative
    assert words.day(on=date(2026, 6, 1)) == day


def test_currency_without_a_symbol_is_written_by_its_code() -> None:
    assert Wording("en").money(amount="5.000", currency="KWD") == f"5.000{NO_BREAK}KWD"


@pytest.mark.parametrize(
    ("text", "currency", "written"),
    [("1", "EUR", "€1.00"), ("0.0085", "EUR", "€0.0085"), ("5", "JPY", "¥5"), ("1/3", "EUR", f"1/3{NO_BREAK}€")],
)
def test_prices_have_at_least_the_digits_of_their_currency(text: str, currency: str, written: str) -> None:
    assert Wording("en").price(text=text, currency=currency) == written


@pytest.mark.parametrize(
    ("ms", "minutes", "seconds"), [(90_000, "1:30", "90"), (1500, "0:01.5", "1.5"), (0, "0:00", "0")]
)
def test_time_loses_nothing(ms: int, minutes: str, seconds: str) -> None:
    assert Wording("en").minutes(milliseconds=ms) == minutes
    assert Wording("en").seconds(milliseconds=ms) == seconds
    assert Wording("ru").seconds(milliseconds=ms) == seconds.replace(".", ",")


def test_every_text_exists_in_every_language() -> None:
    assert {key for key, row in _ROWS.items() if len(row) != 3 or not all(row)} == set()

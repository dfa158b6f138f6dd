"""Keywords: the whole message, in three languages, and nothing else."""

import pytest

from channels_app.contract import Consent
from channels_app.sms.keywords import asks_for_nobody, consent_of


@pytest.mark.parametrize("text", ["STOP", "stop", " Stop. ", "StopAll", "STOP ALL", "unsubscribe", "CANCEL", "end", "Quit!", "СТОП", "стоп", "ALTO", "baja"])  # fmt: skip # noqa: E501
def test_word_opts_out(text: str) -> None:
    assert consent_of(text) == Consent.OPT_OUT


@pytest.mark.parametrize("text", ["START", "yes", "Unstop", "Старт", "ALTA"])
def test_word_opts_in(text: str) -> None:
    assert consent_of(text) == Consent.OPT_IN


@pytest.mark.parametrize("text", ["HELP", "info", "Помощь", "AYUDA"])
def test_word_asks_for_help(text: str) -> None:
    assert consent_of(text) == Consent.HELP


@pytest.mark.parametrize(
    "text", ["Please stop calling", "stop it now", "", "...", "no", "Да", "stopp", "cancel my order"]
)
def test_other_text_is_no_keyword(text: str) -> None:
    assert consent_of(text) is None


def test_word_of_a_conversation_still_asks_for_an_operator() -> None:
    assert [asks_for_nobody(word) for word in ("STOP", "стоп", "cancel", "yes", "help", "stop it")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip

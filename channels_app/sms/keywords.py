"""Words by which the holder of a number opts out, back in, or asks for help. Pure.

A keyword is the whole message, whatever its case and the marks around it: "Please stop calling" is none. English words
are those of the carriers' guidelines (CTIA Messaging Principles, 5.1.3), with their Russian and Spanish counterparts.
"""

import re
import unicodedata

from channels_app.contract import Consent

_WORDS: dict[Consent, frozenset[str]] = {
    Consent.OPT_OUT: frozenset(
        {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "стоп", "отписаться", "alto", "baja"}
    ),
    Consent.OPT_IN: frozenset({"start", "yes", "unstop", "старт", "alta"}),
    Consent.HELP: frozenset({"help", "info", "помощь", "ayuda"}),
}
# nobody writes these in a conversation: no operator need look at them
_UNMISTAKABLE = frozenset({"stop", "stopall", "stop all", "unsubscribe", "unstop", "стоп", "отписаться"})
_MARKS = re.compile(r"[^\w ]+")


def consent_of(text: str) -> Consent | None:
    """Return what the message asks for if it is a keyword."""
    word = _folded(text)
    return next((consent for consent, words in _WORDS.items() if word in words), None)


def asks_for_nobody(text: str) -> bool:
    """Return whether the message is a keyword that cannot be part of a conversation ("cancel" and "yes" can)."""
    return _folded(text) in _UNMISTAKABLE


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text[:60]).casefold()
    return " ".join(_MARKS.sub(" ", plain).split())

"""Machine translation over HTTP, as LibreTranslate and DeepL speak it. One request, one answer; nothing is stored here.

Sources: https://libretranslate.com/docs/ (POST /translate), https://developers.deepl.com/docs/api-reference/translate
(POST /v2/translate).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from channels_app.contract import AdapterError
from channels_app.outbound import send_request

MOST_CHARACTERS: Final = 20_000
"""A longer text is not sent: it would cost more than anybody meant to spend on one message."""
TIMEOUT_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """The text in the language asked for, and what the provider took the original for ('' if it did not say)."""

    text: str
    source_language: str


def translate(
    *, provider: str, url: str, key: str, text: str, source: str, target: str, timeout_s: float = TIMEOUT_S
) -> Translated:
    """Return the translation of `text`; `source` '' lets the provider find out. Languages are BCP 47 tags.

    Raises AdapterError: permanent for a text that is too long and for what the provider refuses.
    """
    if len(text) > MOST_CHARACTERS:
        raise AdapterError(f"The text is longer than {MOST_CHARACTERS} characters.", permanent=True)
    return PROVIDERS[provider](url.rstrip("/"), key, text, source, target, timeout_s)


def _libretranslate(url: str, key: str, text: str, source: str, target: str, timeout_s: float) -> Translated:
    body = {"q": text, "source": _base(source) or "auto", "target": _base(target), "format": "text"}
    if key:
        body["api_key"] = key
    answer = _object(send_request(method="POST", url=f"{url}/translate", json=body, timeout_s=timeout_s).json())
    found = answer.get("detectedLanguage")
    detected = found.get("language", "") if isinstance(found, dict) else ""
    return Translated(text=_text(answer.get("translatedText")), source_language=str(detected) or source)


def _deepl(url: str, key: str, text: str, source: str, target: str, timeout_s: float) -> Translated:
    body: dict[str, Any] = {"text": [text], "target_lang": target.upper()}
    if source:
        body["source_lang"] = _base(source).upper()
    answer = _object(
        send_request(
            method="POST",
            url=f"{url}/v2/translate",
            json=body,
            headers={"Authorization": f"DeepL-Auth-Key {key}"},
            timeout_s=timeout_s,
        ).json()
    )
    lines = answer.get("translations")
    line = _object(lines[0] if isinstance(lines, list) and lines else None)
    detected = str(line.get("detected_source_language", "")).lower()
    return Translated(text=_text(line.get("text")), source_language=detected or source)


PROVIDERS: Final[Mapping[str, Callable[[str, str, str, str, str, float], Translated]]] = {
    "libretranslate": _libretranslate,
    "deepl": _deepl,
}


def _base(tag: str) -> str:
    return tag.partition("-")[0]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise AdapterError("The answer of the translation service has another form than documented.", permanent=False)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise AdapterError("The translation service answered without a translation.", permanent=False)
    return value

"""The texts of alerts in English, Russian and Spanish. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.documents.wording import LANGUAGES, Wording
from billing.terms import Names

_SUBJECTS = {
    ("amount", "reached"): (
        "{account}: {percent} % of {of} reached",
        "{account}: достигнуто {percent} % от {of}",
        "{account}: alcanzado el {percent} % de {of}",
    ),
    ("amount", "expected"): (
        "{account}: {percent} % of {of} expected by the end of the period",
        "{account}: к концу периода ожидается {percent} % от {of}",
        "{account}: se espera llegar al {percent} % de {of} al final del periodo",
    ),
    ("minimum", "reached"): (
        "{account}: {percent} % of the minimum reached",
        "{account}: достигнуто {percent} % минимума",
        "{account}: alcanzado el {percent} % del mínimo",
    ),
    ("minimum", "expected"): (
        "{account}: {percent} % of the minimum expected by the end of the period",
        "{account}: к концу периода ожидается {percent} % минимума",
        "{account}: se espera llegar al {percent} % del mínimo al final del periodo",
    ),
    ("included", "reached"): (
        "{account}: {percent} % of what the plan includes is used ({name})",
        "{account}: использовано {percent} % включённого в план ({name})",
        "{account}: usado el {percent} % de lo incluido en el plan ({name})",
    ),
    ("included", "expected"): (
        "{account}: more than {percent} % of what the plan includes expected ({name})",
        "{account}: ожидается больше {percent} % включённого в план ({name})",
        "{account}: se espera pasar del {percent} % de lo incluido en el plan ({name})",
    ),
    ("prepaid", "reached"): (
        "{account}: {percent} % of the units bought ahead is used ({name})",
        "{account}: использовано {percent} % купленного заранее ({name})",
        "{account}: usado el {percent} % de lo comprado por adelantado ({name})",
    ),
    ("prepaid", "expected"): (
        "{account}: more than {percent} % of the units bought ahead expected ({name})",
        "{account}: ожидается больше {percent} % купленного заранее ({name})",
        "{account}: se espera pasar del {percent} % de lo comprado por adelantado ({name})",
    ),
}
_LINES = {
    "now": ("By now: {now}", "На сейчас: {now}", "Hasta ahora: {now}"),
    "of": ("Of: {of}", "Из: {of}", "De: {of}"),
    "expected": (
        "Expected at the end of the period: {expected}",
        "Ожидается к концу периода: {expected}",
        "Esperado al final del periodo: {expected}",
    ),
    "on": (
        "Expected to run out on {on}; what comes then is charged above the plan.",
        "По прогнозу закончится {on}; дальше оплата сверх плана.",
        "Se agotará previsiblemente el {on}; lo que llegue después se cobra aparte.",
    ),
}
_FOOT = (
    "Period: {period}. All figures: {page}",
    "Период: {period}. Все цифры: {page}",
    "Periodo: {period}. Todas las cifras: {page}",
)
_UNITS = {
    "ms": ("{value} min", "{value} мин", "{value} min"),
    "other": ("{value}", "{value}", "{value}"),
}


@dataclass(frozen=True, slots=True)
class AlertText:
    """An alert as it is sent."""

    subject: str
    body: str


def alert_text(
    *,
    measure: str,
    moment: str,
    percent: int,
    figures: Mapping[str, Any],
    currency: str,
    account: str,
    period: str,
    page: str,
    language: str,
) -> AlertText:
    """Return the text of an alert in a language, English where it is unknown. figures as billing.alerting gives them,
    with `of` where the rule is of an amount.
    """
    column = LANGUAGES.index(language) if language in LANGUAGES else 0
    words = Wording(LANGUAGES[column])
    shown: dict[str, str] = {"account": account, "percent": str(percent), "period": period, "page": page}
    shown["name"] = Names(figures["name"]).text(language=language) if figures.get("name") else ""
    for key in ("now", "of", "expected"):
        value = figures.get(key)
        if value is not None:
            shown[key] = (
                _UNITS["ms" if figures["unit"] == "ms" else "other"][column].format(
                    value=value // 60_000 if figures["unit"] == "ms" else value
                )
                if measure == "included"
                else words.money(amount=value, currency=currency)
            )
    if figures.get("on"):
        shown["on"] = words.day(on=date.fromisoformat(figures["on"]))
    lines = [texts[column].format(**shown) for key, texts in _LINES.items() if key in shown]
    return AlertText(
        subject=_SUBJECTS["prepaid" if figures.get("is_prepaid") else measure, moment][column].format(**shown),
        body="\n".join([*lines, "", _FOOT[column].format(**shown), ""]),
    )

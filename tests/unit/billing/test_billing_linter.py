"""What the linter finds, and what it leaves alone."""

from typing import Any

import pytest

from billing.linter import lint_terms
from billing.terms import TariffTerms
from billing.terms_document import parse_terms


def terms(*components: dict[str, Any], currency: str = "EUR") -> TariffTerms:
    return parse_terms(document={"name": "x", "currency": currency, "components": components})


def rate(code: str = "phone", price: str = "1", **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": "per_minute", "rate_per_minute": price, **more}


def found(*args: Any, **kwargs: Any) -> list[tuple[str, str]]:
    return [(finding.kind, finding.component) for finding in lint_terms(*args, **kwargs)]


def test_a_plain_tariff_has_no_findings() -> None:
    assert found(terms=terms(rate()), before=terms(rate(price="0.9"))) == []


@pytest.mark.parametrize(
    ("price", "kind"), [("10", "ten_times"), ("9.99", None), ("0.1", "tenth"), ("0.11", None), ("0", "free")]
)
def test_a_slipped_decimal_point_is_found(price: str, kind: str | None) -> None:
    expected = [(kind, "phone")] if kind else []
    assert found(terms=terms(rate(price=price)), before=terms(rate(price="1"))) == expected


def test_the_price_before_is_told() -> None:
    (finding,) = lint_terms(terms=terms(rate(price="17.5")), before=terms(rate(price="1.75")))
    assert (finding.kind, finding.before) == ("ten_times", "1.75")


def test_a_price_per_contact_is_not_compared_with_one_per_minute() -> None:
    before = terms({"code": "phone", "kind": "per_contact", "rate_per_contact": "100"})
    assert found(terms=terms(rate(price="1")), before=before) == []


def test_a_rate_below_a_wider_one_never_fits() -> None:
    assert found(terms=terms(rate("all"), rate("chat", match={"channel": "chat"}))) == [("never_fits", "chat")]
    wide = {"channel": ["chat", "voice"], "direction": "in"}
    narrow = {"channel": "chat", "direction": "in"}
    assert ("never_fits", "b") in found(terms=terms(rate("a", match=wide), rate("b", match=narrow), rate("c")))
    assert ("never_fits", "b") not in found(terms=terms(rate("a", match=narrow), rate("b", match=wide), rate("c")))


def test_contacts_that_no_rate_fits_are_told() -> None:
    (finding,) = lint_terms(terms=terms(rate(match={"channel": ["voice", "email", "sms", "social"]})))
    assert finding.kind == "uncovered"
    assert finding.message == "No rate fits chat in, chat out; such contacts would be free."


def test_talk_on_written_channels_is_found() -> None:
    assert ("no_talk", "chat") in found(
        terms=terms(rate("chat", match={"channel": "chat"}, basis="talk"), rate("rest"))
    )


def test_amounts_finer_than_the_currency_and_a_change_of_currency_are_found() -> None:
    fee = {"code": "fee", "kind": "recurring", "amount": "12.345"}
    assert found(terms=terms(rate(), fee), before=terms(rate(), fee, currency="USD")) == [
        ("digits", "fee"),
        ("currency", ""),
    ]

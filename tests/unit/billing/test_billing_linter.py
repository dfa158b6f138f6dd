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


def row(code: str, kind: str, **more: object) -> dict[str, object]:
    return {"code": code, "kind": kind, **more}


def phone(code: str, rate: str = "1", **more: object) -> dict[str, object]:
    return row(code, "per_minute", rate_per_minute=rate, **more)


def warned(*components: dict[str, object], **top: object) -> list[tuple[str, str]]:
    document = {"name": "Care", "currency": "EUR", **top, "components": list(components)}
    return [(finding.kind, finding.component) for finding in lint_terms(terms=parse_terms(document=document))]


OFFICE = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}


def test_rates_that_only_their_order_parts_are_told() -> None:
    german = phone("german", match={"language": "de"})
    sales = phone("sales", match={"queue": "sales"})
    assert warned(german, sales, phone("rest")) == [("overlap", "sales")]
    # a weight says which one is meant
    heavier = phone("sales", match={"queue": "sales", "weight": 5})
    assert warned(german, heavier, phone("rest")) == []


def test_a_heavier_rate_is_tried_first_whatever_the_order() -> None:
    assert warned(phone("all"), phone("voice", match={"channel": "voice", "weight": 5})) == []
    assert warned(phone("all", match={"weight": 5}), phone("voice", match={"channel": "voice"})) == [
        ("never_fits", "voice")
    ]


def test_hours_that_no_rate_covers_are_told_with_the_first_of_them() -> None:
    document = {"name": "Care", "currency": "EUR", "components": [phone("office", match={"time": OFFICE})]}
    (finding,) = lint_terms(terms=parse_terms(document=document))
    assert finding.kind == "uncovered"
    # nothing is priced on Monday before eight
    assert "voice in (Mon 00:00)" in finding.message
    night = phone("night", match={"time": {"from": "18:00", "to": "08:00"}})
    weekend = phone("weekend", match={"time": {"days": ["sat", "sun"]}, "weight": 1})
    assert warned(phone("office", match={"time": OFFICE}), night, weekend) == []


def test_bands_that_disagree_on_rounding_are_told() -> None:
    office = phone("office", rounding="60s", match={"time": OFFICE})
    assert warned(office, phone("else")) == [("bands_differ", "else")]


def test_time_that_two_lanes_charge_is_told() -> None:
    assert warned(phone("all"), phone("wrap", basis=["wrap"], beside=True)) == [("twice", "wrap")]
    assert warned(phone("talk", basis="talk"), phone("wrap", basis=["wrap"], beside=True)) == []


def test_tiers_beyond_which_more_costs_less_are_told() -> None:
    # 100 units cost 200, the 101st makes it 101; in graduated tiers nothing falls
    steps = [{"up_to": 100, "price": 2}, {"price": 1}]
    for mode, expected in (("volume", [("cliff", "texts")]), ("graduated", [])):
        texts = row("texts", "per_message", tiers={"mode": mode, "steps": steps})
        assert warned(texts, phone("rest")) == expected


def test_a_volume_of_capped_contacts_is_told() -> None:
    volume = row("volume", "minimum_volume", of="phone", units=100)
    assert warned(phone("phone", cap_per_contact="5"), volume) == [("cliff", "volume")]


def test_limits_that_contradict_each_other_are_told() -> None:
    least, cap = row("least", "minimum", amount="100"), row("cap", "cap", amount="50")
    assert warned(phone("phone"), least, cap) == [("above_cap", "least")]
    assert warned(phone("phone", connect_fee="2", cap_per_contact="1")) == [("above_cap", "phone")]


def test_components_that_can_never_be_charged_are_told() -> None:
    holiday = row("feast", "holiday", amount="25")
    surcharge = row("dear", "surcharge", percent="50", match={"holiday": True})
    seats = row("seats", "per_seat", amount="40", quantity=0)
    assert warned(phone("phone"), holiday, surcharge, seats) == [
        ("never", "dear"),
        ("never", "feast"),
        ("never", "seats"),
    ]
    assert warned(phone("phone"), holiday, surcharge, holidays=["12-25"]) == []
    assert warned(row("cap", "cap", amount="5")) == [("never", "cap")]

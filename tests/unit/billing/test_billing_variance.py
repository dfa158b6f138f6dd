"""An invoice against its quote, by hand."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from billing.bill import LineKind
from billing.documents.variance_wording import VarianceWording
from billing.variance import Figures, Key, KindVariance, figures_of, variance

MINUTE = 60_000
PHONE, WRITTEN, FEE, LEAST = (
    (LineKind.USAGE, "phone"),
    (LineKind.USAGE, "written"),
    (LineKind.RECURRING, "fee"),
    (LineKind.TRUE_UP, "least"),
)
NAMES = {"phone": "Phone", "written": "Written", "fee": "Fee", "least": "Minimum"}


def parts(found: list[KindVariance]) -> dict[str, tuple[int, int, int]]:
    return {line.code: (line.volume, line.price, line.other) for kind in found for line in kind.lines}


def test_line_is_split_into_volume_and_price() -> None:
    # expected 100 min for 80.00: 0.80 each. Billed 120 min for 102.00, 0.85 each.
    # volume: 20 x 0.80 = 16.00; price: 120 x 0.05 = 6.00; together 22.00
    found = variance(
        expected={PHONE: Figures(8000, 100 * MINUTE, "ms")}, actual={PHONE: Figures(10_200, 120 * MINUTE, "ms")}
    )
    assert parts(found) == {"phone": (1600, 600, 0)}
    assert (found[0].expected, found[0].actual, found[0].total("volume")) == (8000, 10_200, 1600)


def test_what_was_not_expected_is_volume_and_what_did_not_come_is_too() -> None:
    found = variance(
        expected={PHONE: Figures(8000, 100 * MINUTE, "ms")},
        actual={PHONE: Figures(0, 0, "ms"), WRITTEN: Figures(570, 3, "contact")},
    )
    assert parts(found) == {"phone": (-8000, 0, 0), "written": (570, 0, 0)}


def test_fees_minimums_and_other_units_are_other() -> None:
    # the fee grew by 5.00, the minimum of 12.00 fell away; contacts instead of minutes cannot be split
    found = variance(
        expected={PHONE: Figures(8000, 100 * MINUTE, "ms"), FEE: Figures(1000), LEAST: Figures(1200)},
        actual={PHONE: Figures(9000, 30, "contact"), FEE: Figures(1500)},
    )
    assert parts(found) == {"phone": (0, 0, 1000), "fee": (0, 0, 500), "least": (0, 0, -1200)}
    assert [kind.kind for kind in found] == [LineKind.USAGE, LineKind.RECURRING, LineKind.TRUE_UP]


def test_lines_of_several_segments_are_one_component() -> None:
    def line(amount: str, billed: int) -> dict[str, Any]:
        return {"kind": "usage", "code": "phone", "amount": amount, "explanation": {"billed": billed, "unit": "ms"}}

    fee = {"kind": "recurring", "code": "fee", "amount": "10.00", "explanation": {"fee": "10"}}
    assert figures_of(lines=[line("1.00", MINUTE), line("2.50", 2 * MINUTE), fee], digits=2) == {
        PHONE: Figures(350, 3 * MINUTE, "ms"),
        FEE: Figures(1000),
    }


def test_explanation_says_how_much_and_why_in_each_language() -> None:
    found = variance(
        expected={PHONE: Figures(8000, 100 * MINUTE, "ms"), FEE: Figures(1000)},
        actual={PHONE: Figures(10_200, 120 * MINUTE, "ms"), FEE: Figures(500)},
    )

    def told(language: str) -> list[str]:
        return VarianceWording(language).sentences(
            kinds=found, names=NAMES, digits=2, currency="EUR", bounds=(8500, 10_000), is_part=False
        )

    # 90.00 expected, 107.00 billed
    assert told("en") == [
        "The invoice is €17.00 above the €90.00 that the quote expected.",
        "It lies outside the range that the quote named: €85.00 to €100.00.",
        "Volume: +€16.00, most of it by “Phone” (120:00 min instead of 100:00 min).",
        "Average price: +€6.00, most of it by “Phone” (included units, steps, tiers, time of day, or new prices).",
        "Fees, discounts, minimums, add-ons and corrections: −€5.00, most of it by “Fee”.",
    ]
    assert told("ru")[0] == "Счёт на 17,00\u00a0€ больше ожидаемых по предложению 90,00\u00a0€."
    assert told("es")[2] == ("Volumen: +16,00\u00a0€, sobre todo por «Phone» (120:00 min en lugar de 100:00 min).")


figures = st.builds(
    Figures,
    st.integers(-(10**6), 10**6),
    st.one_of(st.none(), st.integers(0, 10**7)),
    st.sampled_from(["ms", "contact"]),
)
bills = st.dictionaries(st.sampled_from([PHONE, WRITTEN, FEE, LEAST]), figures)


@given(bills, bills)
def test_parts_always_sum_to_the_difference(expected: dict[Key, Figures], actual: dict[Key, Figures]) -> None:
    found = variance(expected=expected, actual=actual)
    for kind in found:
        assert sum(map(kind.total, ("volume", "price", "other"))) == kind.actual - kind.expected
    assert sum(kind.actual for kind in found) == sum(line.amount for line in actual.values())
    assert sum(kind.expected for kind in found) == sum(line.amount for line in expected.values())

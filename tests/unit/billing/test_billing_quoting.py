"""Quotes from expected volumes: made-up contacts have the means that were named; the engine is that of invoices."""

from collections import Counter
from datetime import date
from fractions import Fraction
from statistics import NormalDist
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.bill import Segment
from billing.comparison import StaffRules, compare, comparison_document
from billing.explanation import bill_document
from billing.periods import Cycle, month_period
from billing.pricing import price_period
from billing.quoting import estimate, estimate_document, percentile
from billing.synthesis import expected_usage, normal_quantile, possible_usage
from billing.terms_document import parse_terms
from billing.volumes import VolumesError, parse_volumes, volumes_document

WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
CALLS: dict[str, Any] = {
    "name": "Reception",
    "channel": "voice",
    "contacts": 400,
    "talk_s": 150,
    "wrap_s": 30,
    "orders": "0.25",
    "hours": [{"days": WORKDAYS, "from": 9, "to": 17, "weight": 3}, {"days": WORKDAYS, "from": 17, "to": 19}],
}
VOLUMES: dict[str, Any] = {"periods": 12, "languages": {"es": 70, "en": 30}, "streams": [CALLS]}
PLAIN: dict[str, Any] = {
    "name": "Plain",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}],
    "components": [
        {"code": "phone", "kind": "per_minute", "basis": "talk", "rounding": "none", "rate_per_minute": "1.00"},
        {"code": "monthly", "kind": "recurring", "amount": "100", "timing": "advance"},
        {"code": "start", "kind": "set_up", "amount": "50"},
    ],
}
SEPTEMBER = month_period(label="2026-09", zone="Europe/Madrid")


def volumes(**changed: Any) -> Any:
    return parse_volumes(document={**VOLUMES, **changed})


def test_the_normal_quantile_is_the_published_function() -> None:
    known = NormalDist()
    for thousandth in range(1, 1000):
        found = normal_quantile(share=Fraction(thousandth, 1000))
        assert float(found) == pytest.approx(known.inv_cdf(thousandth / 1000), abs=1e-6)


def test_the_expected_period_has_the_means_that_were_named() -> None:
    found = expected_usage(volumes=volumes(), period=SEPTEMBER, since=SEPTEMBER.starts_on, seed=1)
    assert len(found) == 400
    # each length is cut to whole milliseconds: at most one lost a contact
    assert 400 * 150_000 - 400 <= sum(contact.talk_ms for contact in found) <= 400 * 150_000
    assert sum(contact.orders for contact in found) == 100
    assert Counter(contact.language for contact in found) == {"es": 280, "en": 120}
    hours = Counter(contact.started_at.astimezone(ZoneInfo("Europe/Madrid")).hour for contact in found)
    # weights: 8 hours of 3 and 2 hours of 1 a day; 400 x 24/26 = 369.2
    assert sum(hours[hour] for hour in range(9, 17)) in (369, 370)
    assert set(hours) == set(range(9, 19))
    assert all(contact.started_at.weekday() < 5 for contact in found)


def test_a_contract_that_begins_later_gets_its_share_of_the_first_period() -> None:
    # September 2026 has 22 working days, 12 of them from the 15th on
    found = expected_usage(volumes=volumes(), period=SEPTEMBER, since=date(2026, 9, 15), seed=1)
    assert len(found) == 218  # 400 x 12 / 22 = 218.2


def test_possible_periods_vary_about_the_mean_and_repeat_by_their_seed() -> None:
    runs = [possible_usage(volumes=volumes(), period=SEPTEMBER, seed=seed) for seed in range(40)]
    assert runs[0] == possible_usage(volumes=volumes(), period=SEPTEMBER, seed=0)
    assert runs[0] != runs[1]
    counts = [len(run) for run in runs]
    # standard deviation of one: sqrt(400 + 40^2) = 44.7; of the mean of 40: 7.1
    assert abs(sum(counts) / 40 - 400) < 4 * 7.1
    assert len(set(counts)) > 10
    talk = sum(contact.talk_ms for run in runs for contact in run) / sum(counts)
    assert abs(talk - 150_000) < 4 * 150_000 / sum(counts) ** 0.5


def test_without_variation_the_quote_is_what_a_hand_computes() -> None:
    exact = volumes(spread_percent=0, streams=[{**CALLS, "variation_percent": 0}])
    found = estimate(
        terms=parse_terms(document=PLAIN), volumes=exact, zone="Europe/Madrid", starts_on=date(2026, 9, 1), seed=3
    )
    told = estimate_document(found=found, language="en")
    # 400 contacts x 2.5 min x 1.00 + 100; the first bill has two months' fee in advance and the set-up
    assert [line["amount"] for line in told["usual"]["lines"]] == ["100.00", "1000.00"]
    assert told["usual"]["net"] == "1100.00"
    assert told["first"]["net"] == "1250.00"
    # 12 x 1,100 + 50
    assert told["total"]["net"] == "13250.00"
    assert told["usual"]["tax"] == "231.00"


def test_the_estimate_is_the_bill_of_the_same_usage() -> None:
    # B4: quote(usage) = invoice(usage)
    terms, zone = parse_terms(document=PLAIN), "Europe/Madrid"
    found = estimate(terms=terms, volumes=volumes(), zone=zone, starts_on=date(2026, 9, 1), seed=5)
    usage = expected_usage(volumes=volumes(), period=SEPTEMBER, since=SEPTEMBER.starts_on, seed=5)
    segment = Segment(
        terms=terms, usage=usage, key="2026-09-01/2026-09-30", zone=zone,
        starts_on=SEPTEMBER.starts_on, ends_on=SEPTEMBER.ends_on,
    )  # fmt: skip
    assert bill_document(bill=found.usual) == bill_document(bill=price_period(segments=[segment], paid_ahead={}))


def test_the_range_holds_the_expected_amount_and_repeats_by_its_seed() -> None:
    given: dict[str, Any] = {
        "terms": parse_terms(document=PLAIN), "volumes": volumes(), "zone": "UTC", "starts_on": date(2026, 9, 10),
    }  # fmt: skip
    one, again, other = estimate(**given, seed=1), estimate(**given, seed=1), estimate(**given, seed=2)
    assert estimate_document(found=one, language="en") == estimate_document(found=again, language="en")
    assert (one.low, one.high) != (other.low, other.high)
    assert one.low < one.usual.net_units < one.high
    assert one.total_low < one.total < one.total_high
    assert one.usual_period.label == "2026-10"


def test_percentiles_are_by_nearest_rank() -> None:
    # the textbook's example: 15 20 35 40 50 have the 30th percentile 20 and the 40th 20, the 50th 35, the 100th 50
    values = [40, 15, 50, 20, 35]
    assert [percentile(values=values, percent=percent) for percent in (5, 30, 40, 50, 100)] == [15, 20, 20, 35, 50]


def test_own_staff_of_the_published_example_of_erlang_c() -> None:
    # 200 calls an hour of 180 s, 80 % within 20 s: 14 at work (callcentrehelper.com). One such hour a week, 28 days:
    # productive 4 x 14 = 56 h; paid 56 / 0.75 = 74.67 h; cost 74.67 x 15 x 2.25 = 2,520
    one_hour = parse_volumes(
        document={
            "streams": [
                {"channel": "voice", "contacts": 800, "talk_s": 180, "hours": [{"days": ["mon"], "from": 9, "to": 10}]}
            ]
        }
    )
    rules = StaffRules(wage_per_hour=Fraction(15))
    plan, own = compare(volumes=one_hour, cycle=Cycle.DAYS_28, rules=rules)
    assert plan[0][9] == 14
    assert sum(map(sum, plan)) == 14
    assert (own.productive_hours, own.paid_hours, own.cost) == (56, Fraction(224, 3), 2520)
    told = comparison_document(volumes=one_hour, cycle=Cycle.DAYS_28, rules=rules, quoted_units=200_000, digits=2)
    assert (told["paid_hours"], told["cost"], told["saved"]) == ("74.7", "2520.00", "520.00")
    assert told["formula"] == {"paid_hours": "56 / 0.75", "cost": "224/3 × 15 × 2.25"}


def test_written_work_fills_the_time_between_calls_and_needs_people_beyond_it() -> None:
    hours = [{"days": ["mon"], "from": 9, "to": 10}]
    calls = {"channel": "voice", "contacts": 40, "talk_s": 180, "hours": hours}
    # ten calls an hour of 180 s are half an erlang, which two answer in time (Erlang C: one is busy half of the time)
    alone = parse_volumes(document={"streams": [calls]})
    rules = StaffRules(wage_per_hour=Fraction(10))
    assert compare(volumes=alone, cycle=Cycle.DAYS_28, rules=rules)[0][0][9] == 2
    # 15 mails an hour of 360 s are 1.5 erlangs: 0.5 + 1.5 fit into two; 16 do not
    for mails, people in ((60, 2), (64, 3)):
        written = {"channel": "email", "contacts": mails, "focus_s": 360, "hours": hours}
        both = parse_volumes(document={"streams": [calls, written]})
        assert compare(volumes=both, cycle=Cycle.DAYS_28, rules=rules)[0][0][9] == people


def test_an_open_hour_has_the_least_staff_that_was_asked_for() -> None:
    rules = StaffRules(wage_per_hour=Fraction(10), least_staff=2)
    quiet = parse_volumes(
        document={"streams": [{"channel": "voice", "contacts": 1, "talk_s": 60, "hours": [{"from": 0, "to": 24}]}]}
    )
    plan, own = compare(volumes=quiet, cycle=Cycle.DAYS_28, rules=rules)
    assert plan == [[2] * 24] * 7
    assert own.productive_hours == 2 * 24 * 28


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"periods": 0}, "periods"),
        ({"streams": []}, "streams"),
        ({"streams": [{**CALLS, "channel": "fax"}]}, "streams[0].channel"),
        ({"streams": [{**CALLS, "contacts": 20_001}]}, "streams[0].contacts"),
        ({"streams": [{**CALLS, "contacts": 15_000}] * 2}, "streams"),
        ({"streams": [{**CALLS, "talk_s": "150"}]}, "streams[0].talk_s"),
        ({"streams": [{**CALLS, "talks": 1}]}, "streams[0].talks"),
        ({"streams": [{**CALLS, "orders": "many"}]}, "streams[0].orders"),
        ({"streams": [{**CALLS, "hours": [{"from": 9, "to": 9}]}]}, "streams[0].hours[0].to"),
        ({"streams": [{**CALLS, "hours": [{"weight": 0}]}]}, "streams[0].hours"),
        ({"languages": {"es": 0}}, "languages"),
        ({"surprise": 1}, "volumes.surprise"),
    ],
)
def test_bad_volumes_name_the_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(VolumesError) as caught:
        parse_volumes(document={**VOLUMES, **changed})
    assert caught.value.field == field


@settings(max_examples=40, deadline=None)
@given(
    contacts=st.integers(0, 60),
    talk=st.integers(0, 900),
    variation=st.integers(0, 300),
    since=st.integers(0, 22),
    seed=st.integers(0, 2**31),
)
def test_any_volumes_read_back_and_never_lose_a_contact(
    contacts: int, talk: int, variation: int, since: int, seed: int
) -> None:
    stream = {**CALLS, "contacts": contacts, "talk_s": talk, "variation_percent": variation, "hours": [{"from": since}]}
    given_volumes = volumes(streams=[stream])
    assert parse_volumes(document=volumes_document(volumes=given_volumes)) == given_volumes
    found = expected_usage(volumes=given_volumes, period=SEPTEMBER, since=SEPTEMBER.starts_on, seed=seed)
    assert len(found) == contacts
    assert len({contact.id for contact in found}) == contacts
    assert contacts * talk * 1000 - contacts * 2 <= sum(contact.talk_ms for contact in found) <= contacts * talk * 1000
    assert all(SEPTEMBER.starts_at <= contact.started_at < SEPTEMBER.ends_at for contact in found)

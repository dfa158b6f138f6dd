"""Bills worked by hand: clock changes, leap years, 28-day cycles, a tariff change within a period, an account in
another zone than the server, fees in advance, wallets. The sums are in the comments.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from billing.explanation import explain_contact, explain_line
from billing.matching import TimeBand, boundaries
from billing.periods import days_period, following_period, month_period
from billing.pricing import Bill, Booking, LineKind, Segment, price_period
from billing.rating import Usage
from billing.segments import ContractDays, VersionDays, plan_windows
from billing.terms import TariffTerms
from billing.terms_document import parse_terms
from billing.wallet import Grant


def tariff(*components: dict[str, Any], **top: Any) -> TariffTerms:
    return parse_terms(document={"name": "Care", "currency": "EUR", **top, "components": list(components)})


def minutes(rate: str = "1", code: str = "phone", **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": "per_minute", "rate_per_minute": rate, "basis": "talk", **more}


def call(at: str, talk_s: int, identity: str = "1", **facts: Any) -> Usage:
    return Usage(identity, datetime.fromisoformat(at), "voice", "in", talk_ms=talk_s * 1000, **facts)


def amounts(bill: Bill) -> list[tuple[str, str, str]]:
    return [(line.segment.key, line.component.code, str(line.amount)) for line in bill.lines]


NIGHT_AND_DAY = (
    minutes("1", "night", match={"time": {"from": "22:00", "to": "03:00"}, "weight": 10}),
    minutes("2", "day"),
)


def priced(terms: TariffTerms, *usage: Usage, zone: str) -> Bill:
    return price_period(segments=[Segment(terms=terms, usage=usage, zone=zone)])


def test_a_call_through_the_hour_that_the_clock_leaves_out() -> None:
    # Madrid, 29 March 2026: 02:00 becomes 03:00. A call from 01:30 CET (00:30 UTC) of 60 min ends at 03:30 CEST.
    # Night until 03:00, which comes after 30 min: 30 x 1 + 30 x 2 = 90.
    bill = priced(tariff(*NIGHT_AND_DAY), call("2026-03-29T00:30Z", 3600), zone="Europe/Madrid")
    assert amounts(bill) == [("", "night", "30.00"), ("", "day", "60.00")]


def test_a_call_through_the_hour_that_comes_twice() -> None:
    # Madrid, 25 October 2026: 03:00 CEST becomes 02:00 CET. From 02:30 CEST (00:30 UTC), 2 h: night goes on through the
    # second 02:xx until 03:00 CET (02:00 UTC): 90 min at 1, then 30 min at 2 = 90 + 60.
    bill = priced(tariff(*NIGHT_AND_DAY), call("2026-10-25T00:30Z", 7200), zone="Europe/Madrid")
    assert amounts(bill) == [("", "night", "90.00"), ("", "day", "60.00")]


def test_a_band_that_ends_within_the_repeated_hour_ends_twice() -> None:
    # Until 02:30 the price is 1. From 02:00 CEST (00:00 UTC), 3 h: 30 min at 1 to 02:30 CEST, 30 min at 2 to the change
    # at 01:00 UTC, 30 min at 1 to 02:30 CET, 90 min at 2: 60 x 1 + 120 x 2.
    terms = tariff(minutes("1", "early", match={"time": {"to": "02:30"}, "weight": 1}), minutes("2", "late"))
    bill = priced(terms, call("2026-10-25T00:00Z", 3 * 3600), zone="Europe/Madrid")
    assert amounts(bill) == [("", "early", "60.00"), ("", "late", "240.00")]
    slices = explain_contact(line=bill.lines[0], contact=bill.lines[0].contacts[0])["slices"]
    assert [(piece["started_at"], piece["raw"]) for piece in slices] == [
        ("2026-10-25T00:00:00+00:00", 1_800_000),
        ("2026-10-25T01:00:00+00:00", 1_800_000),
    ]


def test_the_change_of_the_clocks_is_found_to_the_second() -> None:
    zone = ZoneInfo("Europe/Madrid")
    since, until = datetime(2026, 10, 25, 0, 40, tzinfo=UTC), datetime(2026, 10, 25, 1, 20, tzinfo=UTC)
    band = TimeBand()
    assert datetime(2026, 10, 25, 1, tzinfo=UTC) in list(boundaries(bands=[band], since=since, until=until, zone=zone))


def test_one_contact_is_rounded_once_where_bands_split_it() -> None:
    # 17:59:30 to 18:00:31 = 61 s, in steps of a minute: 120 s, of which 30 s before and 90 s after 18:00.
    terms = tariff(
        minutes("2", "peak", rounding="60s", match={"time": {"from": "08:00", "to": "18:00"}, "weight": 10}),
        minutes("1", "off", rounding="60s"),
    )
    bill = priced(terms, call("2026-06-01T15:59:30Z", 61), zone="Europe/Madrid")
    assert amounts(bill) == [("", "peak", "1.00"), ("", "off", "1.50")]
    peak, off = (line.contacts[0].rated for line in bill.lines)
    assert (peak.raw, peak.billed, off.raw, off.billed) == (30_000, 30_000, 31_000, 90_000)
    assert (peak.connects, off.connects) == (True, False)


def test_february_of_a_leap_year_is_prorated_by_29_days() -> None:
    # 29.00 x 15/29 from 15 February 2028 on; a common February: 28.00 x 14/28.
    for label, fee, expected in (("2028-02", "29.00", "15.00"), ("2027-02", "28.00", "14.00")):
        period = month_period(label=label, zone="UTC")
        share = period.share(starts_on=period.starts_on.replace(day=15), ends_on=period.ends_on)
        terms = tariff({"code": "monthly", "kind": "recurring", "amount": fee})
        bill = price_period(segments=[Segment(terms=terms, usage=(), share=share)])
        assert amounts(bill) == [("", "monthly", expected)]


def test_thirteen_cycles_of_28_days_follow_each_other_over_a_clock_change() -> None:
    period = days_period(label="2026-03-16", zone="Europe/Madrid")
    assert (period.starts_at, period.ends_at) == (
        datetime(2026, 3, 15, 23, tzinfo=UTC),
        datetime(2026, 4, 12, 22, tzinfo=UTC),
    )
    after = following_period(period=period)
    assert (after.label, after.starts_at) == ("2026-04-13", period.ends_at)
    # 1,300.00 a year is 100.00 a cycle; 7 of 28 days are a quarter
    terms = tariff({"code": "base", "kind": "recurring", "amount": "100.00"}, cycle="28_days")
    share = period.share(starts_on=date(2026, 4, 6), ends_on=period.ends_on)
    assert amounts(price_period(segments=[Segment(terms=terms, usage=(), share=share)])) == [("", "base", "25.00")]


def test_an_account_elsewhere_has_its_own_midnight_and_holidays() -> None:
    # 4 July in Los Angeles begins at 07:00 UTC. Both calls start at 06:30 and 07:30 UTC of that day, 10 min each.
    terms = tariff(
        minutes("3", "holiday", match={"holiday": True, "weight": 10}),
        minutes("1", "normal"),
        holidays=["07-04"],
    )
    bill = priced(
        terms, call("2026-07-04T06:30Z", 600, "a"), call("2026-07-04T07:30Z", 600, "b"), zone="America/Los_Angeles"
    )
    assert amounts(bill) == [("", "holiday", "30.00"), ("", "normal", "10.00")]
    assert month_period(label="2026-07", zone="America/Los_Angeles").starts_at == datetime(2026, 7, 1, 7, tzinfo=UTC)


def windows(old: TariffTerms, new: TariffTerms, *usage: Usage) -> list[Segment]:
    """June 2026 with a change of version on the 16th: 15 days each."""
    period = month_period(label="2026-06", zone="UTC")
    contract = ContractDays(
        1, date(2026, 1, 1), None, (VersionDays(1, date(2026, 1, 1)), VersionDays(2, date(2026, 6, 16)))
    )
    return [
        Segment(
            terms=old if window.version_id == 1 else new,
            usage=[contact for contact in usage if window.bounds[0] <= contact.started_at < window.bounds[1]],
            share=window.share,
            key=window.key,
            starts_on=window.starts_on,
            ends_on=window.ends_on,
        )
        for window in plan_windows(period=period, contracts=[contract])
    ]


def test_a_tariff_change_within_a_period_keeps_one_bucket_of_included_minutes() -> None:
    # Included 100 and 200 min: half a month of each, 50 + 100 = 150. 120 min are used before the change: none is
    # charged, though that version's own half is 50; after it 30 are left: 60 - 30 = 30 min at 2.00.
    old, new = tariff(minutes("1", included_minutes=100)), tariff(minutes("2", included_minutes=200))
    usage = (call("2026-06-10T10:00Z", 120 * 60, "a"), call("2026-06-20T10:00Z", 60 * 60, "b"))
    bill = price_period(segments=windows(old, new, *usage))
    assert amounts(bill) == [
        ("2026-06-01/2026-06-15", "phone", "0.00"),
        ("2026-06-16/2026-06-30", "phone", "60.00"),
    ]
    assert explain_line(line=bill.lines[1])["allowance"] == 150 * 60_000
    # with a bucket for each version: 120 - 50 = 70 min at 1.00, and 60 of 100 are used after it
    apart = [tariff(minutes(rate, included_minutes=n, included_for="version")) for rate, n in (("1", 100), ("2", 200))]
    assert [line[2] for line in amounts(price_period(segments=windows(*apart, *usage)))] == ["70.00", "0.00"]


def test_tiers_go_on_where_the_version_before_left_off() -> None:
    # 1.00 up to 100 messages, 0.50 beyond; after the change 0.80 and 0.40. 90 before: 90.00. Then 30: ten more in the
    # first tier, 10 x 0.80 + 20 x 0.40 = 16.00.
    def messages(first: str, then: str) -> TariffTerms:
        steps = [{"up_to": 100, "price": first}, {"price": then}]
        return tariff({"code": "text", "kind": "per_message", "tiers": {"mode": "graduated", "steps": steps}})

    usage = (
        Usage("a", datetime(2026, 6, 3, tzinfo=UTC), "sms", "out", messages=90),
        Usage("b", datetime(2026, 6, 20, tzinfo=UTC), "sms", "out", messages=30),
    )
    bill = price_period(segments=windows(messages("1", "0.5"), messages("0.8", "0.4"), *usage))
    assert [line[2] for line in amounts(bill)] == ["90.00", "16.00"]


def test_a_fee_in_thirds_of_a_month_sums_to_the_fee() -> None:
    # 100.00 in three parts of ten days: 33.333... each; by largest remainder 33.34 + 33.33 + 33.33.
    terms = tariff({"code": "base", "kind": "recurring", "amount": "100.00"})
    parts = [Segment(terms=terms, usage=(), share=Fraction(1, 3), key=key) for key in "abc"]
    assert amounts(price_period(segments=parts)) == [
        ("a", "base", "33.34"),
        ("b", "base", "33.33"),
        ("c", "base", "33.33"),
    ]


ADVANCE = {"code": "base", "kind": "recurring", "amount": "300.00", "timing": "advance"}


def test_a_fee_in_advance_is_charged_with_the_first_bill_for_two_periods_then_for_one() -> None:
    # A contract from 16 June: half of June, 150.00, and July, 300.00; in July's bill August alone.
    terms = tariff(ADVANCE)
    july = Segment(terms=terms, usage=(), key="2026-07")
    first = price_period(
        segments=[Segment(terms=terms, usage=(), share=Fraction(1, 2), is_first=True, key="2026-06")], following=[july]
    )
    assert amounts(first) == [("2026-06", "base", "150.00"), ("2026-07", "base", "300.00")]
    assert [line.is_ahead for line in first.lines] == [False, True]
    second = price_period(segments=[july], following=[replace(july, key="2026-08")], paid_ahead={"base": 30_000})
    assert amounts(second) == [("2026-08", "base", "300.00")]
    # the contract ends: nothing is due any more
    assert amounts(price_period(segments=[july], paid_ahead={"base": 30_000})) == []


def test_a_price_that_rose_after_it_was_paid_in_advance_is_made_up() -> None:
    # July was paid at 300.00; from the 16th the fee is 360.00: 15 days x 10.00 + 15 days x 12.00 = 330.00, 30.00 more.
    dear = tariff({**ADVANCE, "amount": "360.00"})
    parts = windows(tariff(ADVANCE), dear)
    bill = price_period(segments=parts, paid_ahead={"base": 30_000})
    assert [line[2] for line in amounts(bill)] == ["30.00"]
    assert explain_line(line=bill.lines[0])["paid_ahead"] == "150.00"


def test_seats_trees_holidays_and_bookings_are_counted() -> None:
    terms = tariff(
        {"code": "seat", "kind": "per_seat", "amount": "40.00", "quantity": 2},
        {"code": "tree", "kind": "ivr_tree", "amount": "15.00"},
        {"code": "hours", "kind": "holiday", "amount": "25.00"},
        {"code": "script", "kind": "one_off", "amount": "90.00"},
        {"code": "reports", "kind": "add_on", "amount": "12.00"},
        holidays=["12-25", "2026-12-26", "2026-11-01"],
    )
    segment = Segment(
        terms=terms,
        usage=(),
        starts_on=date(2026, 12, 1),
        ends_on=date(2027, 1, 1),
        quantities={"seat": Fraction(3)},
        bookings=(Booking("script", is_approved=True), Booking("reports", is_approved=False)),
    )
    bill = price_period(segments=[segment])
    assert amounts(bill) == [
        ("", "seat", "120.00"),
        ("", "tree", "15.00"),
        ("", "hours", "50.00"),
        ("", "script", "90.00"),
    ]
    # what nobody approved is not charged, and not forgotten
    assert [booking.code for booking in bill.pending] == ["reports"]


def test_surcharge_discount_cap_and_minimum_come_in_this_order() -> None:
    # 100 min x 1.00 = 100.00; surcharge 20 % = 20.00; discount 10 % of 120.00 = 12.00; cap 100.00 takes 8.00 off;
    # the minimum of 130.00 adds 30.00; the fee comes after it: 150.00.
    terms = tariff(
        minutes("1"),
        {"code": "holidays", "kind": "surcharge", "percent": "20"},
        {"code": "friend", "kind": "discount", "percent": "10"},
        {"code": "cap", "kind": "cap", "amount": "100"},
        {"code": "least", "kind": "minimum", "amount": "130"},
        {"code": "monthly", "kind": "recurring", "amount": "20"},
    )
    bill = priced(terms, call("2026-06-01T09:00Z", 6000), zone="UTC")
    assert amounts(bill) == [
        ("", "monthly", "20.00"),
        ("", "phone", "100.00"),
        ("", "holidays", "20.00"),
        ("", "friend", "-12.00"),
        ("", "cap", "-8.00"),
        ("", "least", "30.00"),
    ]
    assert bill.net_units == 15_000


def test_a_discount_is_shared_over_tax_categories_by_largest_remainder() -> None:
    # 10.00 at 21 % and 5.05 at 0 %: 10 % of 15.05 = 1.505, rounded 1.51: 1.00 and 0.505 give 1.00 and 0.51.
    terms = tariff(
        minutes("1", "phone"),
        {**minutes("1", "menu", basis="ivr"), "tax": "free"},
        {"code": "friend", "kind": "discount", "percent": "10"},
        taxes=[{"code": "vat", "percent": "21"}, {"code": "free", "percent": "0", "category": "E"}],
    )
    bill = priced(terms, call("2026-06-01T09:00Z", 600, ivr_ms=303_000), zone="UTC")
    discounts = [(line.tax.code, str(line.amount)) for line in bill.lines if line.kind is LineKind.DISCOUNT]
    assert discounts == [("vat", "-1.00"), ("free", "-0.51")]
    # tax of 10.00 - 1.00 at 21 % = 1.89
    assert [(tax.category.code, tax.base_units, tax.units) for tax in bill.taxes] == [
        ("vat", 900, 189),
        ("free", 454, 0),
    ]


def test_a_volume_that_was_committed_is_paid_at_its_price() -> None:
    # 500 min committed at 0.50, 320 used: 160.00, and 180 x 0.50 = 90.00.
    terms = tariff(minutes("0.5"), {"code": "volume", "kind": "minimum_volume", "of": "phone", "units": "500"})
    assert amounts(priced(terms, call("2026-06-01T09:00Z", 320 * 60), zone="UTC")) == [
        ("", "phone", "160.00"),
        ("", "volume", "90.00"),
    ]


@pytest.mark.parametrize(
    ("wrap", "expected"),
    # talk 60 s and 90 s of wrap-up: all of it 2.50; at most 30 s 1.50; always a minute 2.00
    [(None, "2.50"), ({"most_s": 30}, "1.50"), ({"fixed_s": 60}, "2.00")],
)
def test_wrap_up_counts_whole_up_to_a_limit_or_as_a_fixed_time(wrap: Any, expected: str) -> None:
    component = minutes("1", basis=["talk", "wrap"], **({"wrap": wrap} if wrap else {}))
    bill = priced(tariff(component), call("2026-06-01T09:00Z", 60, wrap_ms=90_000), zone="UTC")
    assert amounts(bill) == [("", "phone", expected)]


def test_only_the_first_short_calls_of_a_period_are_free() -> None:
    # three calls of 20 s, those under 30 s free, but two of them a period: the third pays 20 s x 3.00 = 1.00
    terms = tariff(minutes("3", rounding={"grace_s": 30}, grace_contacts=2))
    calls = [call(f"2026-06-01T09:0{n}:00Z", 20, str(n)) for n in range(3)]
    assert amounts(priced(terms, *calls, zone="UTC")) == [("", "phone", "1.00")]


def test_patched_menu_idle_and_operator_time_have_lanes_of_their_own() -> None:
    terms = tariff(
        minutes("1"),
        {**minutes("0.10", "patched"), "basis": "patched"},
        {**minutes("0.05", "menu"), "basis": "ivr"},
        {"code": "waiting", "kind": "per_hour", "rate_per_hour": "6", "basis": "idle"},
        {
            "code": "hired",
            "kind": "per_hour",
            "rate_per_hour": "24",
            "basis": "operator",
            "match": {"campaign": "spring"},
        },
        {"code": "orders", "kind": "per_order", "rate_per_order": "0.80"},
    )
    bill = priced(
        terms,
        call("2026-06-01T09:00Z", 60, "a", patched_ms=600_000, ivr_ms=120_000, orders=2),
        Usage("b", datetime(2026, 6, 1, tzinfo=UTC), "", "in", idle_ms=1_800_000),
        Usage("c", datetime(2026, 6, 1, tzinfo=UTC), "", "out", operator_ms=9_000_000, campaign="spring"),
        zone="UTC",
    )
    assert {code: amount for _, code, amount in amounts(bill)} == {
        "phone": "1.00",
        "patched": "1.00",
        "menu": "0.10",
        "waiting": "3.00",
        "hired": "60.00",
        "orders": "1.60",
    }
    assert bill.unpriced == ()


def test_prepaid_minutes_are_drawn_by_expiry_before_and_after_what_is_included() -> None:
    # 10 min expire on the 20th, before the period ends: drawn first; then 5 included; then 100 that never expire.
    begun = datetime(2026, 5, 1, tzinfo=UTC)
    grants = [
        Grant("late", 100 * 60_000, begun),
        Grant("soon", 10 * 60_000, begun, datetime(2026, 6, 20, tzinfo=UTC)),
    ]
    segment = Segment(
        terms=tariff(minutes("1", included_minutes=5)),
        usage=[call("2026-06-10T09:00Z", 20 * 60, "a"), call("2026-06-25T09:00Z", 60, "b")],
        ends_on=date(2026, 7, 1),
    )
    bill = price_period(segments=[segment], grants=grants)
    assert [(draw.grant, draw.taker, draw.units // 60_000) for draw in bill.draws] == [
        ("soon", "a", 10),
        ("late", "a", 5),
        ("late", "b", 1),
    ]
    assert bill.net_units == 0

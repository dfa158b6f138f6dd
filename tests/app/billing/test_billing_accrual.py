"""Running sums: whatever came, changed or left, they give the bill that all contacts give."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import actions
from billing.account_periods import account_period
from billing.accrued import accrued_bill, accrued_document, summed_segment
from billing.explanation import bill_document
from billing.models import Accrual, UsageLine
from billing.queries import UsageWithoutTariff, account_bill
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, CARE, accept, allocate_again, handle, sign, version_in_force
from tests.app.factories import make_account, make_operator

Serve = Callable[..., Interaction]
JUNE = datetime(2026, 6, 10, 9, tzinfo=UTC)
TIERED = {
    **CARE,
    "components": [
        *CARE["components"],
        {"code": "monthly", "kind": "recurring", "amount": "10"},
        {"code": "least", "kind": "minimum", "amount": "20"},
    ],
}


def same(account: Account) -> None:
    period = account_period(account=account, label="2026-06")
    exact = account_bill(account=account, period=period).bill
    told, expected = (
        accrued_document(account=account, period=period, language="en"),
        bill_document(bill=exact, language="en"),
    )
    assert told == expected


def test_sums_follow_what_is_collected_and_what_changes(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(TIERED))
    same(account)
    first = serve(talk=70, hold=15, wrap=20)
    serve(channel="chat", focus=100, started_at=JUNE + timedelta(hours=1))
    actions.collect_pending(at=AT)
    same(account)
    allocate_again(first, talk=400)
    actions.collect_pending(at=AT)
    same(account)
    assert Accrual.objects.get().plan != ""


def test_reading_takes_the_same_statements_however_much_usage_there_is(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(TIERED))
    period = account_period(account=account, label="2026-06")
    accrued_bill(account=account, period=period)
    counts = []
    for hour in range(3):
        for minute in range(hour * 5):
            serve(talk=30, started_at=JUNE + timedelta(hours=hour, minutes=minute))
        actions.collect_pending(at=AT)
        with CaptureQueriesContext(connection) as queries:
            accrued_bill(account=account, period=period)
        counts.append(len(queries))
        assert not any("billing_usageline" in query["sql"] for query in queries)
    assert len(set(counts)) == 1


def test_sums_are_built_anew_when_the_terms_change(account: Account, serve: Serve) -> None:
    version = version_in_force(TIERED)
    sign(account, version)
    serve(talk=70)
    actions.collect_pending(at=AT)
    same(account)
    dearer = {**TIERED, "components": [{**TIERED["components"][0], "rate_per_minute": "9"}, *TIERED["components"][1:]]}
    later = actions.add_draft_version(tariff_id=version.tariff_id, document=dearer, at=AT, actor_id=None)
    accept(account, actions.put_in_force(version_id=later.pk, effective_from=date(2026, 6, 1), at=AT, actor_id=None))
    same(account)
    serve(talk=80, started_at=JUNE + timedelta(days=1))
    actions.collect_pending(at=AT)
    same(account)


def test_month_of_two_versions_is_read_from_its_contacts(account: Account, serve: Serve) -> None:
    version = version_in_force(TIERED)
    sign(account, version)
    later = actions.add_draft_version(tariff_id=version.tariff_id, document=CARE, at=AT, actor_id=None)
    accept(account, actions.put_in_force(version_id=later.pk, effective_from=date(2026, 6, 16), at=AT, actor_id=None))
    serve(talk=70)
    actions.collect_pending(at=AT)
    assert summed_segment(account=account, period=account_period(account=account, label="2026-06")) is None
    same(account)


def costs(account: Account) -> list[tuple[str, str, int]]:
    """The lines of the bill so far, read without any usage line."""
    period = account_period(account=account, label="2026-06")
    accrued_bill(account=account, period=period)
    with CaptureQueriesContext(connection) as queries:
        bill = accrued_bill(account=account, period=period)
    assert not any("billing_usageline" in query["sql"] for query in queries)
    return [(line.component.code, line.segment.key, line.units) for line in bill.lines]


def expected(account: Account) -> list[tuple[str, str, int]]:
    bill = account_bill(account=account, period=account_period(account=account, label="2026-06")).bill
    return [(line.component.code, line.segment.key, line.units) for line in bill.lines]


def test_month_of_two_versions_and_a_fee_in_advance_is_read_from_hours(account: Account, serve: Serve) -> None:
    ahead = {"code": "seat", "kind": "recurring", "amount": "30", "timing": "advance"}
    document = {**TIERED, "components": [*TIERED["components"], ahead]}
    version = version_in_force(document)
    sign(account, version, since=date(2026, 6, 4))
    other = {**document, "components": [{**CARE["components"][0], "rounding": "6s"}, *document["components"][1:]]}
    later = actions.add_draft_version(tariff_id=version.tariff_id, document=other, at=AT, actor_id=None)
    accept(account, actions.put_in_force(version_id=later.pk, effective_from=date(2026, 6, 16), at=AT, actor_id=None))
    for day in (5, 15, 16, 28):
        serve(talk=61 * day, started_at=datetime(2026, 6, day, 21, 59, tzinfo=UTC))
    actions.collect_pending(at=AT)
    assert costs(account) == expected(account)
    serve(talk=500, started_at=datetime(2026, 6, 20, 9, tzinfo=UTC))
    actions.collect_pending(at=AT)
    assert costs(account) == expected(account)


def test_usage_on_days_without_a_contract_is_refused_by_name(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(TIERED), since=date(2026, 6, 4))
    serve(talk=70, started_at=datetime(2026, 6, 2, 9, tzinfo=UTC))
    actions.collect_pending(at=AT)
    with pytest.raises(UsageWithoutTariff):
        accrued_bill(account=account, period=account_period(account=account, label="2026-06"))


def test_a_long_month_of_two_versions_is_told_from_hours(
    account: Account, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = version_in_force(TIERED)
    sign(account, version)
    later = actions.add_draft_version(tariff_id=version.tariff_id, document=CARE, at=AT, actor_id=None)
    accept(account, actions.put_in_force(version_id=later.pk, effective_from=date(2026, 6, 16), at=AT, actor_id=None))
    serve(talk=70, hold=20)
    serve(talk=70, started_at=JUNE + timedelta(days=10))
    actions.collect_pending(at=AT)
    monkeypatch.setattr("billing.accrued.INLINE_LINES", 1)
    period = account_period(account=account, label="2026-06")
    told = accrued_document(account=account, period=period, language="en")
    exact = bill_document(bill=account_bill(account=account, period=period).bill, language="en")
    for line in exact["lines"]:
        line["explanation"].pop("raw_ms_by_class", None)
    assert {**told, "lines": [{**line, "explanation": {**line["explanation"]}} for line in told["lines"]]} == exact


def test_contacts_that_no_rate_fits_are_counted(account: Account, serve: Serve) -> None:
    only_phone: dict[str, Any] = {**CARE, "components": CARE["components"][:1]}
    sign(account, version_in_force(only_phone))
    serve(channel="chat", focus=10)
    actions.collect_pending(at=AT)
    same(account)


@settings(max_examples=8, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    contacts=st.lists(
        st.tuples(st.integers(1, 500), st.sampled_from(["voice", "chat"]), st.booleans()), min_size=1, max_size=6
    )
)
def test_sums_give_the_bill_of_the_contacts_in_any_order_of_events(
    db: None, contacts: list[tuple[int, str, bool]]
) -> None:
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a billing test"):
        account = make_account(time_zone="Europe/Madrid")
        operator = make_operator(account)
        sign(account, version_in_force(TIERED))
        same(account)
        for hour, (seconds, channel, changes) in enumerate(contacts):
            served = handle(
                account=account, operator=operator, started_at=JUNE + timedelta(hours=hour), channel=channel,
                **{"talk" if channel == "voice" else "focus": seconds},
            )  # fmt: skip
            actions.collect_pending(at=AT)
            if changes:
                allocate_again(served, talk=seconds + 7)
                actions.collect_pending(at=AT)
        same(account)
        assert UsageLine.objects.filter(account=account, is_current=True, channel__gt="").count() == len(contacts)

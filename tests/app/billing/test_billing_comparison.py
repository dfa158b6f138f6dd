"""This month under the other tariffs: worked by hand, offered ones only, cheap to read."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing import actions
from billing.account_periods import account_period
from billing.models import TariffVersion
from billing.tariff_comparison import compare_tariffs
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import CARE, sign, version_in_force

Serve = Callable[..., Interaction]
JUNE = datetime(2026, 6, 3, 9, tzinfo=UTC)
JULY = datetime(2026, 7, 2, tzinfo=UTC)
MIDDLE = datetime(2026, 6, 15, 22, tzinfo=UTC)
PHONE = CARE["components"][0]


def tariff(name: str, *components: dict[str, Any], is_offered: bool = True, **more: Any) -> TariffVersion:
    version = version_in_force({**CARE, **more, "components": list(components)}, name=name)
    actions.offer_tariff(tariff_id=version.tariff_id, is_offered=is_offered, actor_id=None)
    return version


def compared(account: Account, at: datetime = JULY) -> dict[str, dict[str, Any]]:
    told = compare_tariffs(account=account, period=account_period(account=account, label="2026-06"), at=at)
    return {row["name"]: row for row in told["tariffs"]}


def test_each_offered_tariff_is_priced_with_its_difference_and_reason(account: Account, serve: Serve) -> None:
    own = tariff("Own", {**PHONE, "included_minutes": "0"}, {"code": "fee", "kind": "recurring", "amount": "10"})
    sign(account, own, since=date(2026, 6, 1))
    tariff("Flat", {**PHONE, "included_minutes": "100"}, {"code": "fee", "kind": "recurring", "amount": "13",
                                                          "timing": "advance"})  # fmt: skip
    tariff("Seconds", {**PHONE, "included_minutes": "0", "rounding": "none"})
    tariff("Least", {**PHONE, "included_minutes": "0"}, {"code": "least", "kind": "minimum", "amount": "50"})
    tariff("Hidden", PHONE, is_offered=False)
    tariff("Dollars", PHONE, currency="USD")
    tariff("Capped", {**PHONE, "cap_per_contact": "1"})
    # 90 s and 30 s: billed as 3 min, 2 min to the second
    serve(talk=90, started_at=JUNE)
    serve(talk=30, started_at=JUNE + timedelta(hours=1))
    actions.collect_pending(at=JULY)
    rows = compared(account)
    assert list(rows) == ["Own", "Capped", "Dollars", "Flat", "Least", "Seconds"]
    assert (rows["Own"]["state"], rows["Own"]["net"], rows["Own"]["difference"]) == ("own", "13.00", None)
    assert (rows["Flat"]["net"], rows["Flat"]["difference"], rows["Flat"]["reason"]) == ("13.00", "0.00", "")
    assert rows["Flat"]["parts"] == [
        {"part": "usage", "difference": "-3.00"},
        {"part": "fees", "difference": "3.00"},
    ]
    assert (rows["Seconds"]["net"], rows["Seconds"]["difference"]) == ("2.00", "-11.00")
    assert rows["Seconds"]["reason"] == "fees"
    assert (rows["Least"]["net"], rows["Least"]["difference"], rows["Least"]["reason"]) == ("50.00", "37.00", "minimum")
    assert (rows["Dollars"]["state"], rows["Capped"]["state"]) == ("other_currency", "needs_contacts")


def test_in_a_running_month_the_expected_ends_are_compared(account: Account, serve: Serve) -> None:
    own = tariff("Own", {**PHONE, "included_minutes": "0"})
    sign(account, own)
    tariff("Plan", {**PHONE, "included_minutes": "40"}, {"code": "fee", "kind": "recurring", "amount": "30"})
    for number in range(48):
        serve(talk=110, started_at=datetime(2026, 4, 29, 9, tzinfo=UTC) + timedelta(days=number))
    actions.collect_pending(at=MIDDLE)
    rows = compared(account, at=MIDDLE)
    # a call a day, billed as 2 min: 30.00 by now, 60.00 at the end; the plan leaves 20 min above 40
    assert (rows["Own"]["so_far"], rows["Own"]["net"]) == ("30.00", "60.00")
    assert (rows["Plan"]["so_far"], rows["Plan"]["net"], rows["Plan"]["difference"]) == ("30.00", "50.00", "-10.00")
    with CaptureQueriesContext(connection) as queries:
        compared(account, at=MIDDLE)
    assert not any("billing_usageline" in query["sql"] for query in queries)


def test_contacts_that_another_tariff_does_not_price_are_told(account: Account, serve: Serve) -> None:
    sign(account, tariff("Own", *CARE["components"]))
    tariff("Phone only", PHONE)
    serve(channel="chat", focus=10, started_at=JUNE)
    actions.collect_pending(at=JULY)
    assert compared(account)["Phone only"]["unpriced"] == 1


def test_much_usage_is_left_to_the_worker(account: Account, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("billing.tariff_comparison.enqueue_on_commit", lambda name, **ids: asked.append(name))
    sign(account, tariff("Own", PHONE))
    serve(talk=90, started_at=JUNE)
    actions.collect_pending(at=JULY)
    told = compare_tariffs(account=account, period=account_period(account=account, label="2026-06"), at=JULY, most=0)
    assert (told["tariffs"][0]["state"], asked) == ("being_built", ["billing.build_comparison"])

"""Invoices against the accepted quote, and what its reader sees. By hand: a minute costs 1.00, one is included."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing import actions
from billing.models import Quote, TariffVersion
from contactcenter.kernel.errors import Conflict
from contactcenter.tenancy.models import Account, Role
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import CARE, sign, version_in_force
from tests.app.factories import make_account, make_user

Serve = Callable[..., Interaction]
MINUTE = 60_000
JUNE = datetime(2026, 6, 1, 8, tzinfo=UTC)
LATER = datetime(2026, 9, 3, tzinfo=UTC)
VOLUMES: dict[str, Any] = {
    "periods": 12,
    "streams": [
        {"channel": "voice", "contacts": 30, "talk_s": 90, "variation_percent": 0, "hours": [{"from": 9, "to": 18}]}
    ],
}


def quoted(account: Account, version: TariffVersion, **given: Any) -> Quote:
    values = {
        "tariff_version": version.pk, "starts_on": date(2026, 7, 1), "valid_until": date(2026, 7, 20), "note": "",
        "volumes": VOLUMES, "staff": {},
    }  # fmt: skip
    quote = actions.add_quote(account_id=account.pk, values=values | given, at=JUNE, actor_id=None)
    return actions.send_quote(quote_id=quote.pk, at=JUNE, actor_id=None)


def accept(quote: Quote) -> None:
    person = make_user(Role.CLIENT_ADMIN, quote.account)
    actions.accept_quote(
        quote_id=quote.pk, name="Ana", content_hash=quote.content_hash, ip="203.0.113.9", at=JUNE, actor_id=person.pk
    )


def compared(client: Client, account: Account, **given: str) -> list[dict[str, Any]]:
    found = client.get("/api/v1/quote-variance/", {"account": account.pk, **given})
    assert found.status_code == 200, found.content
    rows: list[dict[str, Any]] = found.json()["results"]
    return rows


def issue(account: Account, period: str) -> None:
    draft = actions.build_draft(account_id=account.pk, period=period, at=LATER, actor_id=None).invoice
    actions.issue_invoice(invoice_id=draft.pk, at=LATER, actor_id=None, approve=True)


def test_each_invoice_stands_beside_the_quote_with_its_reasons(account: Account, serve: Serve, client: Client) -> None:
    accept(quoted(account, version_in_force()))
    # the quote: 30 calls of 90 s, 60 min billed, one included: 59.00. July: 5 min for 4.00. August: 2 mails for 3.80
    serve(talk=300, started_at=datetime(2026, 7, 3, 9, tzinfo=UTC))
    for day in (4, 5):
        serve(focus=60, channel="email", started_at=datetime(2026, 8, day, 9, tzinfo=UTC))
    actions.collect_pending(at=LATER)
    issue(account, "2026-07")
    issue(account, "2026-08")
    client.force_login(make_user(Role.CLIENT_VIEWER, account))
    august, july = compared(client, account)
    assert (july["period"], july["expected"], july["actual"], july["difference"]) == (
        "2026-07",
        "59.00",
        "4.00",
        "-55.00",
    )
    # volume: -55 min x 59.00 / 60 = -54.0833; price: -55.00 + 54.08 = -0.92 (one of five minutes is included)
    [usage] = july["kinds"]
    assert (usage["kind"], usage["volume"], usage["price"], usage["other"]) == ("usage", "-54.08", "-0.92", "0.00")
    [phone] = usage["lines"]
    assert (phone["name"], phone["expected_quantity"], phone["actual_quantity"]) == ("Phone", 60 * MINUTE, 5 * MINUTE)
    assert august["low"] is not None
    assert {line["code"]: line["volume"] for line in august["kinds"][0]["lines"]} == {"phone": "-59.00", "rest": "3.80"}
    assert august["difference"] == "-55.20"
    [_, july] = compared(client, account, language="ru")
    assert july["kinds"][0]["lines"][0]["name"] == "Телефон"
    assert july["explanation"][0].startswith("Счёт на 55,00")


def test_without_an_accepted_quote_nothing_is_compared(account: Account, client: Client) -> None:
    sign(account, version_in_force())
    quoted(account, version_in_force())
    issue(account, "2026-07")
    client.force_login(make_user(Role.CLIENT_VIEWER, account))
    assert compared(client, account) == []
    assert client.get("/api/v1/quote-variance/", {"account": make_account().pk}).status_code == 404


def test_lines_of_a_quote_are_named_in_the_readers_language(account: Account, client: Client) -> None:
    quote = quoted(account, version_in_force())
    reader = make_user(Role.CLIENT_ADMIN, account)
    client.force_login(reader)
    for language, name in (("en", "Phone"), ("ru", "Телефон"), ("es", "Teléfono")):
        type(reader).objects.filter(pk=reader.pk).update(language=language)
        told = client.get(f"/api/v1/quotes/{quote.pk}/").json()
        for bill in ("usual", "first"):
            assert told["estimate"][bill]["lines"][0]["name"] == name
    # what was sent stays as it was
    quote.refresh_from_db()
    assert told["content_hash"] == quote.content_hash


def test_quote_in_another_currency_warns_and_begins_with_a_period(account: Account, client: Client) -> None:
    sign(account, version_in_force())
    dollars = version_in_force({**CARE, "currency": "USD"})
    client.force_login(make_user(Role.BILLING_ADMIN))
    quote = quoted(account, dollars)
    assert client.get(f"/api/v1/quotes/{quote.pk}/").json()["other_currency"] == "EUR"
    accept(quote)
    with pytest.raises(Conflict, match=r"in USD, .* in EUR\. .* such as 2026-08-01"):
        quoted(make_signed(), dollars, starts_on=date(2026, 7, 10))
    assert Quote.objects.filter(status="sent").count() == 0


def make_signed() -> Account:
    other = make_account("Other", time_zone="UTC")
    sign(other, version_in_force())
    return other


def test_more_invoices_need_no_more_queries(
    account: Account, serve: Serve, client: Client, django_assert_num_queries: Any
) -> None:
    accept(quoted(account, version_in_force()))
    for month in (7, 8):
        serve(talk=300, started_at=datetime(2026, month, 3, 9, tzinfo=UTC))
    actions.collect_pending(at=LATER)
    client.force_login(make_user(Role.CLIENT_VIEWER, account))
    issue(account, "2026-07")
    with CaptureQueriesContext(connection) as with_one:
        assert len(compared(client, account)) == 1
    issue(account, "2026-08")
    with django_assert_num_queries(len(with_one)):
        assert len(compared(client, account)) == 2

"""Invariant B3 in the database: what was not accepted becomes no invoice, and new prices bind from their acceptance."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest import mock

import pytest
from django.test import Client

from billing import actions
from billing.account_periods import terms_on
from billing.actions.drafts import OutsidePrices
from billing.agreements import account_sheets
from billing.documents.price_sheet import sheet_hash
from billing.models import Contract, Invoice, ParkedBill, PriceAcceptance, TariffVersion
from billing.runs import run_invoices
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.models import Account, Role
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, CARE, accept, sign, version_in_force
from tests.app.factories import make_user

Serve = Callable[..., Interaction]
DEARER: dict[str, Any] = {**CARE, "components": [{**CARE["components"][0], "rate_per_minute": "2.00"}]}


def unaccepted(account: Account) -> TariffVersion:
    version = version_in_force()
    actions.sign_contract(
        account_id=account.pk, tariff_id=version.tariff_id, starts_on=date(2026, 1, 1), ends_on=None, at=AT,
        actor_id=None,
    )  # fmt: skip
    return version


def run(account: Account, *, issue: bool = True) -> Any:
    (outcome,) = run_invoices(period="2026-06", accounts=[account], at=AT, issue=issue, dry_run=False)
    return outcome


def put_in_force(version: TariffVersion, since: date) -> TariffVersion:
    later = actions.add_draft_version(tariff_id=version.tariff_id, document=DEARER, at=AT, actor_id=None)
    return actions.put_in_force(version_id=later.pk, effective_from=since, at=AT, actor_id=None)


def test_an_account_that_accepted_nothing_is_parked_with_the_row_and_billed_once_it_has(
    account: Account, serve: Serve
) -> None:
    version = unaccepted(account)
    serve(talk=120)
    actions.collect_pending(at=AT)
    outcome = run(account)
    assert outcome.outcome == "parked"
    assert ParkedBill.objects.get().reason == (
        "Line 1 “Phone” (phone, 2026-06-01/2026-06-30): the client has accepted no price sheet for these days. "
        "Line 2 “Written contacts” (rest, 2026-06-01/2026-06-30): the client has accepted no price sheet for these "
        "days."
    )
    assert not Invoice.objects.exists()
    actions.record_acceptance(
        account_id=account.pk, version_id=version.pk, effective_from=date(2026, 1, 1), name="Ana", evidence="paper",
        at=AT, actor_id=None,
    )  # fmt: skip
    assert run(account).outcome == "issued"
    assert not ParkedBill.objects.exists()
    # 2 minutes less 1 included, at 1.00
    assert Invoice.objects.get().net == Decimal("1.00")


def test_an_acceptance_within_the_month_leaves_the_days_before_it_outside(account: Account, serve: Serve) -> None:
    version = unaccepted(account)
    serve(talk=120)
    actions.collect_pending(at=AT)
    accept(account, version, since=date(2026, 6, 16))
    outcome = run(account)
    assert outcome.outcome == "parked"
    assert "2026-06-01/2026-06-15" in outcome.reason
    assert "2026-06-16" not in outcome.reason


def test_new_prices_charge_nobody_until_they_are_accepted_and_from_that_day_on(account: Account, serve: Serve) -> None:
    version = version_in_force()
    sign(account, version)
    dearer = put_in_force(version, date(2026, 6, 1))
    for day in (10, 20):
        serve(talk=120, started_at=datetime(2026, 6, day, 9, tzinfo=UTC))
    actions.collect_pending(at=AT)
    first = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None).invoice
    # 4 minutes less 1 included, at the former price
    assert first.net == Decimal("3.00")
    accept(account, dearer, since=date(2026, 6, 16))
    second = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None).invoice
    # until the 15th 2 minutes, less 1 included; then 2 minutes at 2.00
    amounts = dict(second.lines.filter(code="phone").values_list("segment", "amount"))
    assert amounts == {"2026-06-01/2026-06-15": Decimal("1.00"), "2026-06-16/2026-06-30": Decimal("4.00")}


def test_the_terms_of_a_day_are_those_that_were_accepted_for_it(account: Account) -> None:
    version = version_in_force()
    sign(account, version)
    dearer = put_in_force(version, date(2026, 6, 1))

    def rate(day: int) -> Fraction:
        terms = terms_on(account=account, day=date(2026, 6, day))
        assert terms is not None
        return terms.rates[0].price

    assert rate(20) == 1
    accept(account, dearer, since=date(2026, 6, 16))
    assert [rate(15), rate(16)] == [1, 2]
    assert terms_on(account=account, day=date(2025, 12, 31)) is None


def test_a_draft_whose_prices_are_no_longer_agreed_is_neither_approved_nor_issued(
    account: Account, serve: Serve
) -> None:
    version = version_in_force()
    sign(account, version)
    serve(talk=120)
    actions.collect_pending(at=AT)
    draft = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None).invoice
    given: dict[str, Any] = {"invoice_id": draft.pk, "at": AT, "actor_id": None}
    with mock.patch("billing.actions.drafts.outside_prices", return_value=["Line 1: made up."] * 5):
        for action, more in ((actions.approve_invoice, {}), (actions.issue_invoice, {"approve": True})):
            with pytest.raises(OutsidePrices, match="And 2 more lines"):
                action(**given, **more)
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_what_was_imported_from_before_price_sheets_binds_and_is_shown_with_words_made_anew(
    account: Account, serve: Serve
) -> None:
    version = unaccepted(account)
    sheet: dict[str, Any] = {"terms": version.document}
    PriceAcceptance.objects.create(
        account=account, tariff_version=version, effective_from=date(2026, 1, 1), source="imported", accepted_at=AT,
        accepted_name="imported", evidence="contract of 2026-01-01", sheet=sheet, sheet_hash=sheet_hash(sheet=sheet),
    )  # fmt: skip
    serve(talk=120)
    actions.collect_pending(at=AT)
    assert run(account).outcome == "issued"
    (shown, content_hash) = account_sheets(account=account, on=date(2026, 7, 2))[0].content()
    assert shown["texts"]["en"]["sections"][0]["rows"][0]["price"] == "€1.00 / min"
    assert content_hash == sheet_hash(sheet=sheet)


def test_a_client_admin_accepts_new_prices_in_the_portal(account: Account) -> None:
    version = version_in_force()
    sign(account, version)
    dearer = put_in_force(version, date(2026, 6, 1))
    person = make_user(Role.CLIENT_ADMIN, account)
    client = Client()
    client.force_login(person)
    with mock.patch("django.utils.timezone.now", return_value=AT):
        rows = client.get("/api/v1/price-sheets/", {"account": account.pk}).json()["results"]
        assert [(row["version"], row["is_current"], row["acceptance"] is None) for row in rows] == [
            (dearer.pk, False, True),
            (version.pk, True, False),
        ]
        answer = client.post(
            f"/api/v1/price-sheets/{dearer.pk}/accept/",
            {"account": account.pk, "name": "Ana García", "content_hash": rows[0]["content_hash"]},
            content_type="application/json",
        )
        assert answer.status_code == 200, answer.content
        after = client.get("/api/v1/price-sheets/", {"account": account.pk}).json()["results"]
    # accepted on 1 July in Madrid: not before that day, though the version is in force since June
    assert answer.json()["effective_from"] == "2026-07-01"
    assert [(row["version"], row["is_current"]) for row in after] == [(dearer.pk, True)]
    assert after[0]["acceptance"]["accepted_name"] == "Ana García"
    entry = AuditEntry.objects.get(action="prices.accepted", actor_id=person.pk)
    assert entry.data["ip"] == "127.0.0.1"
    assert entry.data["hash"] == rows[0]["content_hash"]


def test_billing_people_record_what_was_accepted_on_paper(account: Account) -> None:
    version = unaccepted(account)
    client = Client()
    client.force_login(make_user(Role.BILLING_ADMIN))
    body = {
        "account": account.pk,
        "version": version.pk,
        "effective_from": "2026-01-01",
        "name": "Ana",
        "evidence": "7",
    }
    made = client.post("/api/v1/price-acceptances/", body, content_type="application/json")
    assert (made.status_code, made.json()["via"]) == (201, "recorded")
    listed = client.get("/api/v1/price-acceptances/", {"account": account.pk}).json()["results"]
    assert [row["evidence"] for row in listed] == ["7"]
    assert client.post("/api/v1/price-acceptances/", body, content_type="application/json").status_code == 409
    assert Contract.objects.count() == 1


def test_an_accepted_quote_leads_to_the_first_invoice_at_the_prices_quoted(account: Account, serve: Serve) -> None:
    version = version_in_force()
    sent_at = datetime(2026, 5, 20, 12, tzinfo=UTC)
    stream = {
        "channel": "voice",
        "contacts": 2,
        "talk_s": 120,
        "variation_percent": 0,
        "hours": [{"from": 9, "to": 18}],
    }
    quote = actions.add_quote(
        account_id=account.pk,
        values={
            "tariff_version": version.pk, "starts_on": date(2026, 6, 1), "valid_until": date(2026, 6, 1), "note": "",
            "volumes": {"periods": 1, "spread_percent": 0, "streams": [stream]}, "staff": {},
        },
        at=sent_at,
        actor_id=None,
    )  # fmt: skip
    quote = actions.send_quote(quote_id=quote.pk, at=sent_at, actor_id=None)
    person = make_user(Role.CLIENT_ADMIN, account)
    actions.accept_quote(
        quote_id=quote.pk, name="Ana", content_hash=quote.content_hash, ip="", at=sent_at, actor_id=person.pk
    )
    for day in (10, 20):
        serve(talk=120, started_at=datetime(2026, 6, day, 9, tzinfo=UTC))
    actions.collect_pending(at=AT)
    assert run(account).outcome == "issued"
    invoice = Invoice.objects.get()
    # two calls of 2 minutes, 1 minute included, at 1.00: quoted and invoiced alike
    assert invoice.net == Decimal("3.00")
    assert quote.estimate["usual"]["net"] == "3.00"
    assert quote.estimate["first"]["total"] == f"{invoice.total:.2f}"

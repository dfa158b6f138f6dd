"""Billing's API: who may do what, and what it answers."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing import actions
from billing.models import Contract, Invoice, InvoiceLine, Tariff, TariffVersion
from contactcenter.tenancy.models import Account, Role, User
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, CARE, sign, version_in_force
from tests.app.factories import make_account, make_user

Serve = Callable[..., Interaction]
PLAIN: dict[str, Any] = {
    "name": "Plain",
    "currency": "EUR",
    "components": [{"code": "all", "kind": "per_minute", "rate_per_minute": "0.74"}],
}


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def billing() -> Client:
    return logged_in(make_user(Role.BILLING_ADMIN))


@pytest.fixture
def viewer(account: Account) -> Client:
    return logged_in(make_user(Role.CLIENT_VIEWER, account))


@pytest.fixture
def june(account: Account, serve: Serve) -> Account:
    """One call of 85 s: 120 s billed, 60 s included, 1.00; tax 0.21."""
    sign(account, version_in_force())
    serve(talk=70, hold=15, wrap=20)
    actions.collect_pending(at=AT)
    return account


@pytest.fixture
def issued(june: Account) -> Invoice:
    built = actions.build_draft(account_id=june.pk, period="2026-06", at=AT, actor_id=None)
    return actions.issue_invoice(invoice_id=built.invoice.pk, at=AT, actor_id=None, approve=True)


def post(client: Client, path: str, data: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{path}", data, content_type="application/json")


def test_client_reads_its_invoice_down_to_the_slice(viewer: Client, issued: Invoice, june: Account) -> None:
    (row,) = viewer.get("/api/v1/invoices/", {"account": june.pk}).json()["results"]
    assert (row["number"], row["net"], row["tax"], row["total"]) == ("INV-2026-00001", "1.00", "0.21", "1.21")
    invoice = viewer.get(f"/api/v1/invoices/{row['id']}/").json()
    phone = invoice["lines"][0]
    assert (phone["name"], phone["amount"], phone["explanation"]["charged"]) == ("Phone", "1.00", 60_000)
    assert invoice["tariff_name"] == "Care"
    page = viewer.get(f"/api/v1/invoice-lines/{phone['id']}/contacts/").json()
    (contact,) = page["results"]
    assert page["next"] is None
    assert (contact["billed_s"], contact["amount"]) == ("120", "1.00")
    assert contact["raw_ms_by_class"] == {"talk": 70_000, "hold": 15_000, "wrap": 20_000, "focus": 0, "open": 0}
    told = viewer.get(f"/api/v1/invoice-lines/{phone['id']}/contacts/{contact['id']}/").json()
    assert [(piece["kind"], piece["ms"]) for piece in told["sources"]] == [
        ("talk", 70_000),
        ("hold", 15_000),
        ("wrap", 20_000),
    ]
    assert told["sources"][0]["started_at"] == "2026-06-10T09:00:00Z"


def test_client_downloads_its_invoice(viewer: Client, issued: Invoice) -> None:
    answer = viewer.get(f"/api/v1/invoices/{issued.pk}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'inline; filename="INV-2026-00001.pdf"'
    assert answer.content.startswith(b"%PDF-")


def test_client_sees_the_bill_so_far_as_it_will_be_invoiced(viewer: Client, june: Account) -> None:
    answer = viewer.get("/api/v1/accrual/", {"account": june.pk, "month": "2026-06"}).json()
    assert (answer["net"], answer["tax"], answer["total"], answer["unpriced"]) == ("1.00", "0.21", "1.21", 0)
    assert [line["code"] for line in answer["lines"]] == ["phone", "rest"]
    invoice = actions.build_draft(account_id=june.pk, period="2026-06", at=AT, actor_id=None).invoice
    assert Decimal(answer["total"]) == invoice.total


def test_draft_is_shown_to_billing_people_alone(viewer: Client, billing: Client, june: Account) -> None:
    built = post(billing, "invoices/", {"account": june.pk, "period": "2026-06"})
    assert (built.status_code, built.json()["status"], built.json()["total"]) == (201, "draft", "1.21")
    assert viewer.get("/api/v1/invoices/").json()["results"] == []
    assert viewer.get(f"/api/v1/invoices/{built.json()['id']}/").status_code == 404
    assert viewer.get(f"/api/v1/invoice-lines/{built.json()['lines'][0]['id']}/contacts/").status_code == 404
    assert billing.delete(f"/api/v1/invoices/{built.json()['id']}/").status_code == 204
    assert not Invoice.objects.exists()


def test_billing_issues_a_draft_once(billing: Client, june: Account) -> None:
    pk = post(billing, "invoices/", {"account": june.pk, "period": "2026-06"}).json()["id"]
    assert post(billing, f"invoices/{pk}/issue/", {}).status_code == 409
    assert post(billing, f"invoices/{pk}/approve/", {}).json()["status"] == "approved"
    answer = post(billing, f"invoices/{pk}/issue/", {}).json()
    assert answer["number"].endswith("-00001")
    assert post(billing, f"invoices/{pk}/issue/", {}).json()["number"] == answer["number"]
    assert billing.delete(f"/api/v1/invoices/{pk}/").status_code == 409


PATHS = [
    "invoices/{invoice}/",
    "invoices/{invoice}/pdf/",
    "invoice-lines/{line}/contacts/",
    "accrual/?account={account}&month=2026-06",
]


@pytest.mark.parametrize("path", PATHS)
def test_another_clients_people_find_nothing(issued: Invoice, path: str) -> None:
    stranger = logged_in(make_user(Role.CLIENT_ADMIN, make_account()))
    line = issued.lines.order_by("position").first()
    assert line is not None
    where = path.format(invoice=issued.pk, line=line.pk, account=issued.account_id)
    assert stranger.get(f"/api/v1/{where}").status_code == 404
    assert stranger.get("/api/v1/invoices/").json()["results"] == []


@pytest.mark.parametrize("path", [*PATHS, "invoices/", "tariffs/", "contracts/"])
def test_operators_supervisors_and_strangers_are_kept_out(account: Account, issued: Invoice, path: str) -> None:
    line = InvoiceLine.objects.filter(invoice=issued).first()
    assert line is not None
    where = f"/api/v1/{path.format(invoice=issued.pk, line=line.pk, account=account.pk)}"
    for role in (Role.OPERATOR, Role.SUPERVISOR):
        assert logged_in(make_user(role, account)).get(where).status_code == 403
    assert Client().get(where).status_code in (401, 403)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "invoices/"),
        ("post", "invoices/{invoice}/issue/"),
        ("delete", "invoices/{invoice}/"),
        ("get", "tariffs/"),
        ("post", "tariffs/"),
        ("get", "tariffs/{tariff}/"),
        ("post", "tariffs/{tariff}/versions/"),
        ("get", "tariff-versions/{version}/"),
        ("put", "tariff-versions/{version}/"),
        ("delete", "tariff-versions/{version}/"),
        ("post", "tariff-versions/{version}/put-in-force/"),
        ("post", "tariff-versions/{version}/try/"),
        ("get", "contracts/"),
        ("post", "contracts/"),
        ("post", "contracts/{contract}/end/"),
    ],
)
def test_clients_neither_write_nor_see_tariffs(issued: Invoice, account: Account, method: str, path: str) -> None:
    version = TariffVersion.objects.get()
    contract = Contract.objects.get()
    where = path.format(invoice=issued.pk, tariff=version.tariff_id, version=version.pk, contract=contract.pk)
    before = (Tariff.objects.count(), TariffVersion.objects.count(), Contract.objects.count(), Invoice.objects.count())
    client = logged_in(make_user(Role.CLIENT_ADMIN, account))
    assert getattr(client, method)(f"/api/v1/{where}", content_type="application/json").status_code == 403
    after = (Tariff.objects.count(), TariffVersion.objects.count(), Contract.objects.count(), Invoice.objects.count())
    assert after == before


def test_tariff_goes_from_draft_to_in_force(billing: Client) -> None:
    made = post(billing, "tariffs/", {"name": "Plain", "document": PLAIN})
    assert (made.status_code, made.json()["state"], made.json()["number"]) == (201, "draft", 1)
    pk, tariff = made.json()["id"], made.json()["tariff"]["id"]
    dearer = {**PLAIN, "components": [{**PLAIN["components"][0], "rate_per_minute": "0.80"}]}
    saved = billing.put(f"/api/v1/tariff-versions/{pk}/", {"document": dearer}, content_type="application/json")
    assert saved.json()["document"]["components"][0]["rate_per_minute"] == "0.8"
    forced = post(billing, f"tariff-versions/{pk}/put-in-force/", {"effective_from": "2026-01-01"})
    assert (forced.status_code, forced.json()["state"], forced.json()["effective_from"]) == (
        200,
        "in_force",
        "2026-01-01",
    )
    refused = billing.put(f"/api/v1/tariff-versions/{pk}/", {"document": PLAIN}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    following = post(billing, f"tariffs/{tariff}/versions/", {})
    assert (following.status_code, following.json()["number"], following.json()["in_force"]["number"]) == (201, 2, 1)
    assert post(billing, f"tariffs/{tariff}/versions/", {}).status_code == 409
    (listed,) = billing.get("/api/v1/tariffs/").json()["results"]
    assert [version["number"] for version in listed["versions"]] == [2, 1]
    assert billing.delete(f"/api/v1/tariff-versions/{following.json()['id']}/").status_code == 204


def test_negative_price_is_refused_with_its_field(billing: Client) -> None:
    document = {**PLAIN, "components": [{**PLAIN["components"][0], "rate_per_minute": "-1"}]}
    answer = post(billing, "tariffs/", {"name": "Plain", "document": document})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["field"] == "document.components[0].rate_per_minute"
    assert error["message"] == "components[0].rate_per_minute: must not be negative, but is -1"
    assert not Tariff.objects.exists()


def test_unquoted_price_is_read_exactly(billing: Client) -> None:
    text = (
        '{"name": "Exact", "document": {"name": "Exact", "currency": "EUR", "components": '
        '[{"code": "all", "kind": "per_minute", "rate_per_minute": 0.1}]}}'
    )
    answer = billing.post("/api/v1/tariffs/", text, content_type="application/json")
    assert answer.json()["document"]["components"][0]["rate_per_minute"] == "0.1"


@pytest.mark.parametrize("text", ["{", '{"name": "x"}', '{"name": "x", "document": []}', "[]", "\xff"])
def test_bodies_that_are_no_tariff_are_refused(billing: Client, text: str) -> None:
    answer = billing.post("/api/v1/tariffs/", text.encode("latin-1"), content_type="application/json")
    assert answer.status_code == 400
    assert not Tariff.objects.exists()


def test_version_is_tried_on_a_real_month_beside_the_one_in_force(billing: Client, june: Account) -> None:
    # one call of 120 s billed, 60 s of it included: 1.00 in force; at ten times the rate 10.00
    version = TariffVersion.objects.get()
    following = post(billing, f"tariffs/{version.tariff_id}/versions/", {}).json()["id"]
    dearer = {**CARE, "components": [{**CARE["components"][0], "rate_per_minute": "10.00"}, CARE["components"][1]]}
    request = {"account": june.pk, "month": "2026-06", "document": dearer}
    answer = post(billing, f"tariff-versions/{following}/try/", request).json()
    assert (answer["net"], answer["in_force"]["net"], answer["difference"]) == ("10.00", "1.00", "9.00")
    assert answer["in_force"]["version"] == 1
    assert answer["contacts"] == 1
    assert {(warning["kind"], warning["component"], warning["before"]) for warning in answer["warnings"]} == {
        ("ten_times", "phone", "1")
    }
    same = post(billing, f"tariff-versions/{following}/try/", {"account": june.pk, "month": "2026-06"}).json()
    assert same["difference"] == "0.00"
    assert not Invoice.objects.exists()


def test_contract_is_signed_once_for_a_day_and_can_be_ended(billing: Client, account: Account) -> None:
    version = version_in_force(PLAIN)
    request = {"account": account.pk, "tariff": version.tariff_id, "starts_on": "2026-06-01"}
    signed = post(billing, "contracts/", request)
    assert (signed.status_code, signed.json()["ends_on"]) == (201, None)
    assert post(billing, "contracts/", {**request, "starts_on": "2026-08-01"}).status_code == 409
    ended = post(billing, f"contracts/{signed.json()['id']}/end/", {"ends_on": "2026-08-01"})
    assert ended.json()["ends_on"] == "2026-08-01"
    assert post(billing, "contracts/", {**request, "starts_on": "2026-08-01"}).status_code == 201
    assert len(billing.get("/api/v1/contracts/", {"account": account.pk}).json()["results"]) == 2


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("accrual/", {"month": "2026-06"}, "account"),
        ("accrual/", {"account": "x", "month": "2026-06"}, "account"),
        ("accrual/", {"account": "{account}", "month": "June"}, "month"),
        ("invoices/", {"cursor": "nonsense"}, "cursor"),
        ("invoices/", {"cursor": "2026-06-01_x"}, "cursor"),
    ],
)
def test_bad_queries_name_the_field(
    billing: Client, account: Account, path: str, query: dict[str, str], field: str
) -> None:
    values = {key: value.format(account=account.pk) for key, value in query.items()}
    answer = billing.get(f"/api/v1/{path}", values)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_account_without_contract_has_no_accrual(viewer: Client, account: Account) -> None:
    answer = viewer.get("/api/v1/accrual/", {"account": account.pk, "month": "2026-06"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_contract")


def test_invoices_are_listed_page_by_page(billing: Client, june: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.api.invoices.PAGE", 2)
    for month in (6, 7, 8):
        actions.build_draft(account_id=june.pk, period=f"2026-{month:02d}", at=AT, actor_id=None)
    first = billing.get("/api/v1/invoices/").json()
    assert [row["period"] for row in first["results"]] == ["2026-08", "2026-07"]
    second = billing.get("/api/v1/invoices/", {"cursor": first["next"]}).json()
    assert ([row["period"] for row in second["results"]], second["next"]) == (["2026-06"], None)


def test_version_cannot_reach_back_into_an_invoiced_month(billing: Client, issued: Invoice) -> None:
    tariff = TariffVersion.objects.get().tariff_id
    draft = post(billing, f"tariffs/{tariff}/versions/", {}).json()["id"]
    refused = post(billing, f"tariff-versions/{draft}/put-in-force/", {"effective_from": "2026-06-15"})
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        409,
        "2026-06 has been invoiced; choose 2026-07-01 or later.",
    )
    assert post(billing, f"tariff-versions/{draft}/put-in-force/", {"effective_from": "2026-07-01"}).status_code == 200
    assert TariffVersion.objects.get(pk=draft).effective_from == date(2026, 7, 1)
    assert issued.issued_at == datetime(2026, 7, 1, 12, tzinfo=UTC)

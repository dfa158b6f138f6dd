"""Quotes from draft to contract: who may do what, what never changes, and what an acceptance binds."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from billing import actions
from billing.models import Contract, PriceAcceptance, Quote, QuoteStatus, TariffVersion
from contactcenter.kernel.errors import Conflict, DomainError, Invalid, NotFound
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.models import Account, Role, User
from tests.app.billing.rows import sign, version_in_force
from tests.app.factories import make_account, make_user

AT = datetime(2026, 6, 20, 12, tzinfo=UTC)
VOLUMES: dict[str, Any] = {
    "periods": 12,
    "streams": [
        {
            "channel": "voice",
            "contacts": 30,
            "talk_s": 90,
            "variation_percent": 0,
            "hours": [{"from": 9, "to": 18}],
        }
    ],
}
STAFF = {"wage_per_hour": "15"}


def values(version: TariffVersion, **changed: Any) -> dict[str, Any]:
    return {
        "tariff_version": version.pk,
        "starts_on": date(2026, 7, 1),
        "valid_until": date(2026, 7, 20),
        "note": "As agreed by phone.",
        "volumes": VOLUMES,
        "staff": STAFF,
        **changed,
    }


@pytest.fixture
def version() -> TariffVersion:
    return version_in_force()


@pytest.fixture
def client_admin(account: Account) -> User:
    return make_user(Role.CLIENT_ADMIN, account)


@pytest.fixture
def draft(account: Account, version: TariffVersion) -> Quote:
    return actions.add_quote(account_id=account.pk, values=values(version), at=AT, actor_id=None)


@pytest.fixture
def sent(draft: Quote) -> Quote:
    return actions.send_quote(quote_id=draft.pk, at=AT, actor_id=None)


def accept(quote: Quote, person: User, *, at: datetime = AT, **changed: Any) -> Quote:
    given = {"name": "Ana García", "content_hash": quote.content_hash, "ip": "203.0.113.9", **changed}
    return actions.accept_quote(quote_id=quote.pk, at=at, actor_id=person.pk, **given)


def refused(error: type[DomainError], message: str, action: Callable[..., object], **given: Any) -> None:
    before = [list(Quote.objects.order_by("pk").values()), PriceAcceptance.objects.count(), Contract.objects.count()]
    with pytest.raises(error, match=message):
        action(**given)
    assert before == [
        list(Quote.objects.order_by("pk").values()),
        PriceAcceptance.objects.count(),
        Contract.objects.count(),
    ]


def test_a_quote_is_numbered_and_computed_from_its_volumes(draft: Quote, account: Account) -> None:
    # 30 calls of 90 s, each billed as 2 minutes: 60 min, less 1 included, at 1.00; written: none
    assert draft.number == "Q-2026-00001"
    assert draft.estimate["usual"]["net"] == "59.00"
    assert draft.estimate["usual"]["total"] == "71.39"
    assert draft.estimate["total"] == {**draft.estimate["total"], "periods": 12, "net": "708.00"}
    line = draft.estimate["usual"]["lines"][0]
    assert (line["name"], line["explanation"]["contacts"], line["explanation"]["billed"]) == ("Phone", 30, 3_600_000)
    # 9 open hours on 7 days: 63 h a week; 63 x 365/84 = 273.75 h; / 0.75 = 365 h; x 15 x 2.25 = 12,318.75
    assert draft.comparison is not None
    assert (draft.comparison["paid_hours"], draft.comparison["cost"]) == ("365.0", "12318.75")
    assert draft.comparison["saved"] == "12259.75"
    other = actions.add_quote(account_id=account.pk, values=values(draft.tariff_version), at=AT, actor_id=None)
    assert other.number == "Q-2026-00002"


def test_bad_inputs_name_the_field(account: Account, version: TariffVersion) -> None:
    for changed, field in (
        ({"volumes": {**VOLUMES, "periods": 0}}, "volumes.periods"),
        ({"staff": {"wage_per_hour": "15", "load": "0.5"}}, "staff.load"),
        ({"staff": {"wage": "15"}}, "staff.wage"),
        ({"tariff_version": 0}, "tariff_version"),
    ):
        with pytest.raises(Invalid) as caught:
            actions.add_quote(account_id=account.pk, values=values(version, **changed), at=AT, actor_id=None)
        assert caught.value.field == field
    assert not Quote.objects.exists()


def test_what_was_sent_never_changes(sent: Quote) -> None:
    assert sent.content_hash
    assert sent.sheet["texts"]["ru"]["sections"][0]["rows"][0]["name"] == "Телефон"
    given = {"quote_id": sent.pk, "actor_id": None}
    refused(Conflict, "never changes", actions.change_quote, values=values(sent.tariff_version), at=AT, **given)
    refused(Conflict, "never changes", actions.discard_quote, **given)
    refused(Conflict, "never changes", actions.send_quote, at=AT, **given)
    for change in ({"note": "x"}, {"estimate": {}}, {"valid_until": date(2030, 1, 1)}, {"status": "draft"}):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            Quote.objects.filter(pk=sent.pk).update(**change)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Quote.objects.filter(pk=sent.pk).delete()


def test_only_a_version_in_force_by_the_start_can_be_sent(account: Account, version: TariffVersion) -> None:
    late = actions.add_draft_version(tariff_id=version.tariff_id, document=None, at=AT, actor_id=None)
    quote = actions.add_quote(account_id=account.pk, values=values(late), at=AT, actor_id=None)
    refused(Conflict, "not in force by", actions.send_quote, quote_id=quote.pk, at=AT, actor_id=None)
    actions.put_in_force(version_id=late.pk, effective_from=date(2026, 8, 1), at=AT, actor_id=None)
    refused(Conflict, "not in force by", actions.send_quote, quote_id=quote.pk, at=AT, actor_id=None)
    past = {**values(version), "valid_until": date(2026, 6, 19)}
    actions.change_quote(quote_id=quote.pk, values=past, at=AT, actor_id=None)
    refused(Conflict, "was valid until", actions.send_quote, quote_id=quote.pk, at=AT, actor_id=None)


def test_accepting_binds_the_prices_and_begins_the_contract(sent: Quote, client_admin: User) -> None:
    accepted = accept(sent, client_admin)
    assert (accepted.status, accepted.decided_name) == (QuoteStatus.ACCEPTED, "Ana García")
    bound = PriceAcceptance.objects.get()
    assert (bound.tariff_version_id, bound.effective_from) == (sent.tariff_version_id, date(2026, 7, 1))
    assert (bound.source, bound.accepted_name, bound.accepted_by_id) == ("quote", "Ana García", client_admin.pk)
    assert bound.sheet_hash == sent.sheet_hash
    contract = Contract.objects.get()
    assert (contract.tariff_id, contract.starts_on) == (sent.tariff_version.tariff_id, date(2026, 7, 1))
    entry = AuditEntry.objects.get(action="prices.accepted")
    assert entry.data["ip"] == "203.0.113.9"
    assert entry.data["hash"] == sent.sheet_hash
    assert entry.data["quote_hash"] == sent.content_hash
    refused(Conflict, "is accepted", accept, quote=sent, person=client_admin)
    for change in ({"accepted_name": "x"}, {"effective_from": date(2026, 1, 1)}):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            PriceAcceptance.objects.update(**change)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        PriceAcceptance.objects.all().delete()


def test_accepting_after_the_start_binds_from_that_day(sent: Quote, client_admin: User) -> None:
    # 22:30 UTC on the 4th is the 5th in Madrid
    accept(sent, client_admin, at=datetime(2026, 7, 4, 22, 30, tzinfo=UTC))
    assert PriceAcceptance.objects.get().effective_from == date(2026, 7, 5)
    assert Contract.objects.get().starts_on == date(2026, 7, 5)


def test_another_tariff_ends_where_the_accepted_one_begins(sent: Quote, client_admin: User, account: Account) -> None:
    former = sign(account, version_in_force(), since=date(2026, 1, 1))
    accept(sent, client_admin)
    former.refresh_from_db()
    assert former.ends_on == date(2026, 7, 1)
    assert Contract.objects.latest("starts_on").tariff_id == sent.tariff_version.tariff_id


def test_a_contract_for_the_same_tariff_goes_on(sent: Quote, client_admin: User, account: Account) -> None:
    sign(account, sent.tariff_version, since=date(2026, 1, 1))
    accept(sent, client_admin)
    assert Contract.objects.get().ends_on is None


def test_what_was_not_read_or_stands_no_more_is_not_accepted(sent: Quote, client_admin: User) -> None:
    refused(Conflict, "not the one you read", accept, quote=sent, person=client_admin, content_hash="0" * 64)
    refused(Invalid, "Name who accepts", accept, quote=sent, person=client_admin, name=" ")
    # the last day is the 20th in Madrid
    late = datetime(2026, 7, 20, 22, 0, tzinfo=UTC)
    refused(Conflict, "was valid until", accept, quote=sent, person=client_admin, at=late)
    assert actions.expire_quotes(at=late - timedelta(minutes=1)) == 0
    assert actions.expire_quotes(at=late) == 1
    assert actions.expire_quotes(at=late) == 0
    refused(Conflict, "is expired", accept, quote=sent, person=client_admin)


def test_a_further_version_takes_the_place_of_the_one_before(sent: Quote, client_admin: User) -> None:
    copy = actions.revise_quote(quote_id=sent.pk, at=AT, actor_id=None)
    assert (copy.number, copy.version, copy.status) == (sent.number, 2, QuoteStatus.DRAFT)
    refused(Conflict, "has a draft", actions.revise_quote, quote_id=sent.pk, at=AT, actor_id=None)
    accept_before = Quote.objects.get(pk=sent.pk)
    assert accept_before.status == QuoteStatus.SENT
    actions.send_quote(quote_id=copy.pk, at=AT, actor_id=None)
    sent.refresh_from_db()
    assert (sent.status, sent.reason) == (QuoteStatus.WITHDRAWN, "followed by version 2")
    refused(Conflict, "is withdrawn", accept, quote=sent, person=client_admin)


def test_declined_and_withdrawn_quotes_end(sent: Quote, client_admin: User, account: Account) -> None:
    actions.decline_quote(quote_id=sent.pk, reason="Too dear", at=AT, actor_id=client_admin.pk)
    sent.refresh_from_db()
    assert (sent.status, sent.reason) == (QuoteStatus.DECLINED, "Too dear")
    refused(Conflict, "is declined", actions.withdraw_quote, quote_id=sent.pk, reason="", at=AT, actor_id=None)


def test_prices_accepted_on_paper_are_recorded_with_their_evidence(account: Account, version: TariffVersion) -> None:
    given: dict[str, Any] = {
        "account_id": account.pk, "version_id": version.pk, "effective_from": date(2026, 7, 1), "name": "Ana García",
        "evidence": "signed paper, folder 7", "at": AT, "actor_id": None,
    }  # fmt: skip
    recorded = actions.record_acceptance(**given)
    assert (recorded.source, recorded.accepted_by_id) == ("recorded", None)
    refused(Conflict, "already", actions.record_acceptance, **given)
    refused(Invalid, "Say where", actions.record_acceptance, **{**given, "evidence": " "})
    refused(NotFound, "no such version", actions.record_acceptance, **{**given, "version_id": 0})


def test_a_price_sheet_is_accepted_in_the_portal_as_it_was_read(account: Account, version: TariffVersion) -> None:
    person = make_user(Role.CLIENT_ADMIN, account)
    given: dict[str, Any] = {
        "account_id": account.pk, "version_id": version.pk, "name": "Ana", "content_hash": "0" * 64, "ip": "::1",
        "at": AT, "actor_id": person.pk,
    }  # fmt: skip
    refused(NotFound, "no such price sheet", actions.accept_prices, **given)
    Contract.objects.create(account=account, tariff_id=version.tariff_id, starts_on=date(2026, 1, 1))
    refused(Conflict, "not the one you read", actions.accept_prices, **given)


# the API


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def june() -> Any:
    with mock.patch("django.utils.timezone.now", return_value=AT):
        yield


@pytest.mark.usefixtures("june")
def test_a_quote_walks_from_draft_to_acceptance_over_the_api(
    account: Account, version: TariffVersion, client_admin: User
) -> None:
    billing, client = logged_in(make_user(Role.BILLING_ADMIN)), logged_in(client_admin)
    sending = {**values(version), "account": account.pk, "starts_on": "2026-07-01", "valid_until": "2026-07-20"}

    def post(who: Client, path: str, data: dict[str, Any] | None = None) -> Any:
        return who.post(f"/api/v1/quotes/{path}", data or {}, content_type="application/json")

    made = post(billing, "", sending)
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    assert client.get(f"/api/v1/quotes/{pk}/").status_code == 404
    changed = billing.put(f"/api/v1/quotes/{pk}/", {**sending, "note": "New"}, content_type="application/json")
    assert changed.json()["note"] == "New"
    sent = post(billing, f"{pk}/send/").json()
    assert sent["status"] == "sent"
    read = client.get(f"/api/v1/quotes/{pk}/").json()
    assert read["sheets"]["es"]["title"] == "Lista de precios"
    assert [row["id"] for row in client.get("/api/v1/quotes/").json()["results"]] == [pk]
    compared = post(client, f"{pk}/compare/", {"wage_per_hour": "30"}).json()
    assert compared["cost"] == "24637.50"
    bad = post(client, f"{pk}/compare/", {"wage_per_hour": "30", "productive_share": "0"})
    assert (bad.status_code, bad.json()["error"]["field"]) == (400, "staff.productive_share")
    for language in ("en", "ru", "es"):
        assert client.get(f"/api/v1/quotes/{pk}/pdf/", {"language": language}).content.startswith(b"%PDF-")
    told = {"name": "Ana García", "content_hash": read["content_hash"]}
    viewer = logged_in(make_user(Role.CLIENT_VIEWER, account))
    assert post(viewer, f"{pk}/accept/", told).status_code == 403
    assert post(billing, f"{pk}/accept/", told).status_code == 403
    stranger = logged_in(make_user(Role.CLIENT_ADMIN, make_account("Other")))
    assert post(stranger, f"{pk}/accept/", told).status_code == 404
    assert post(client, f"{pk}/accept/", told).json()["status"] == "accepted"
    assert Contract.objects.get().starts_on == date(2026, 7, 1)


@pytest.mark.usefixtures("june")
def test_a_declined_quote_is_revised_or_withdrawn_over_the_api(sent: Quote, client_admin: User) -> None:
    billing, client = logged_in(make_user(Role.BILLING_ADMIN)), logged_in(client_admin)

    def post(who: Client, path: str, data: dict[str, Any] | None = None) -> Any:
        return who.post(f"/api/v1/quotes/{path}", data or {}, content_type="application/json")

    assert post(client, f"{sent.pk}/decline/", {"reason": "No"}).json()["status"] == "declined"
    revised = post(billing, f"{sent.pk}/revise/")
    assert (revised.status_code, revised.json()["version"]) == (201, 2)
    assert billing.delete(f"/api/v1/quotes/{revised.json()['id']}/").status_code == 204
    again = post(billing, f"{sent.pk}/revise/").json()["id"]
    post(billing, f"{again}/send/")
    assert post(billing, f"{again}/withdraw/", {"reason": "Mistake"}).json()["reason"] == "Mistake"

"""Add-ons and one-offs beside the tariff. By hand: June 2026 has 30 days, July 31, the flat fee is 100.00, tax 21 %."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from billing import actions
from billing.account_periods import account_period
from billing.accrued import accrued_document
from billing.add_ons import approved_addons
from billing.models import AddOn, AddOnKind, AddOnState, Contract, Invoice, Side, Tariff
from billing.queries import Unbillable, account_bill
from billing.replay import replay_file, replay_hash
from billing.replay_file import replay_document
from contactcenter.kernel.errors import Conflict, Invalid, PermissionDenied
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.models import Account, Role
from tests.app.billing.rows import AT, accept, sign, version_in_force
from tests.app.factories import make_account, make_user

SOLD: dict[str, Any] = {
    "name": "Flat",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}, {"code": "low", "percent": "10"}],
    "components": [
        {"code": "fee", "kind": "recurring", "name": {"en": "Fee"}, "amount": "100.00"},
        {"code": "extra", "kind": "add_on", "name": {"en": "Evening line"}, "amount": "45.00"},
        {"code": "visit", "kind": "one_off", "name": {"en": "Training on site"}, "amount": "80.00"},
    ],
}
LATER = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def house(account: Account) -> Any:
    sign(account, version_in_force(SOLD))
    return make_user(Role.BILLING_ADMIN)


@pytest.fixture
def client_admin(account: Account) -> Any:
    return make_user(Role.CLIENT_ADMIN, account)


def propose(account: Account, actor: Any, **given: Any) -> AddOn:
    own: dict[str, Any] = {
        "kind": AddOnKind.RECURRING, "code": "", "name": "Evening line", "description": "", "quantity": Decimal(1),
        "amount": Decimal("45.00"), "tax_code": "vat", "prorate": True, "starts_on": date(2026, 6, 16),
        "ends_on": None, "side": Side.HOUSE,
    }  # fmt: skip
    return actions.propose_add_on(account_id=account.pk, at=AT, actor_id=actor.pk, **own | given)


def approve(add_on: AddOn, actor: Any, side: Side = Side.CLIENT) -> AddOn:
    return actions.decide_add_on(add_on_id=add_on.pk, side=side, is_approved=True, reason="", at=AT, actor_id=actor.pk)


def change_tariff(document: dict[str, Any], *, since: date) -> None:
    draft = actions.add_draft_version(tariff_id=Tariff.objects.get().pk, document=document, at=AT, actor_id=None)
    later = actions.put_in_force(version_id=draft.pk, effective_from=since, at=AT, actor_id=None)
    accept(Contract.objects.get().account, later)


def bill_of(account: Account, month: str) -> list[tuple[str, str, str]]:
    bill = account_bill(account=account, period=account_period(account=account, label=month)).bill
    return [(line.component.code, str(line.kind), str(line.amount)) for line in bill.lines]


def issue(account: Account, month: str, at: datetime = AT) -> Invoice:
    draft = actions.build_draft(account_id=account.pk, period=month, at=at, actor_id=None).invoice
    return actions.issue_invoice(invoice_id=draft.pk, at=at, actor_id=None, approve=True)


def test_nothing_is_charged_before_the_other_side_approves(account: Account, house: Any, client_admin: Any) -> None:
    add_on = propose(account, house)
    assert bill_of(account, "2026-06") == [("fee", "recurring", "100.00")]
    with pytest.raises(PermissionDenied, match="other side"):
        approve(add_on, house, Side.HOUSE)
    assert AddOn.objects.get().state == AddOnState.PROPOSED
    approve(add_on, client_admin)
    # 16 to 30 June are 15 of 30 days: 45.00 x 15/30 = 22.50
    assert bill_of(account, "2026-06") == [("fee", "recurring", "100.00"), (add_on.reference, "recurring", "22.50")]
    assert bill_of(account, "2026-07")[1][2] == "45.00"
    assert bill_of(account, "2026-05") == [("fee", "recurring", "100.00")]


def test_clients_request_is_approved_by_the_house(account: Account, house: Any, client_admin: Any) -> None:
    add_on = propose(account, client_admin, side=Side.CLIENT, code="extra", amount=None, name="")
    assert (add_on.name, add_on.amount, add_on.tax_code) == ("Evening line", Decimal("45.00"), "vat")
    with pytest.raises(PermissionDenied):
        approve(add_on, client_admin, Side.CLIENT)
    approve(add_on, house, Side.HOUSE)
    assert bill_of(account, "2026-07")[1:] == [(add_on.reference, "recurring", "45.00")]
    actions_done = AuditEntry.objects.filter(action__startswith="add_on.").order_by("pk")
    assert list(actions_done.values_list("action", "actor_id")) == [
        ("add_on.proposed", client_admin.pk),
        ("add_on.approved", house.pk),
    ]


def test_end_within_a_month_charges_its_days(account: Account, house: Any, client_admin: Any) -> None:
    add_on = approve(propose(account, house, quantity=Decimal(2), ends_on=date(2026, 7, 11)), client_admin)
    # two of them on 10 of 31 days: 90 x 10/31 = 29.03
    assert bill_of(account, "2026-07")[1:] == [(add_on.reference, "recurring", "29.03")]
    assert bill_of(account, "2026-08") == [("fee", "recurring", "100.00")]


def test_parts_of_a_month_with_two_versions_sum_to_the_whole(account: Account, house: Any, client_admin: Any) -> None:
    change_tariff(SOLD, since=date(2026, 6, 11))
    add_on = approve(propose(account, house, amount=Decimal("10.01"), starts_on=date(2026, 6, 1)), client_admin)
    # 10 and 20 of 30 days: 3.3367 and 6.6733, together 10.01
    assert bill_of(account, "2026-06") == [
        ("fee", "recurring", "33.33"),
        (add_on.reference, "recurring", "3.34"),
        ("fee", "recurring", "66.67"),
        (add_on.reference, "recurring", "6.67"),
    ]


def test_one_off_is_billed_once_in_the_period_of_its_day(account: Account, house: Any, client_admin: Any) -> None:
    once = propose(
        account, house, kind=AddOnKind.ONE_OFF, name="Training", amount=Decimal("80.00"), quantity=Decimal(2),
        tax_code="low", starts_on=date(2026, 6, 10),
    )  # fmt: skip
    approve(once, client_admin)
    june = issue(account, "2026-06")
    line = june.lines.get(add_on=once)
    assert (line.amount, line.kind, line.name) == (Decimal("160.00"), "one_off", f"Training · {once.reference}")
    # 21 % of 100.00 and 10 % of 160.00
    assert (june.net, june.tax, june.total) == (Decimal("260.00"), Decimal("37.00"), Decimal("297.00"))
    assert line.explanation["reference"] == once.reference
    assert (line.explanation["quantity"], line.explanation["fee"]) == ("2", "80")
    assert bill_of(account, "2026-07") == [("fee", "recurring", "100.00")]
    with pytest.raises(Conflict, match="credit note"):
        actions.end_add_on(add_on_id=once.pk, side=Side.HOUSE, ends_on=None, reason="", at=AT, actor_id=house.pk)


def test_one_off_approved_after_its_month_was_invoiced_is_on_the_next(
    account: Account, house: Any, client_admin: Any
) -> None:
    once = propose(account, house, kind=AddOnKind.ONE_OFF, starts_on=date(2026, 6, 10))
    issue(account, "2026-06")
    approve(once, client_admin)
    assert bill_of(account, "2026-06") == [("fee", "recurring", "100.00")]
    assert bill_of(account, "2026-07")[1:] == [(once.reference, "one_off", "45.00")]
    issue(account, "2026-07", at=LATER)
    assert bill_of(account, "2026-08") == [("fee", "recurring", "100.00")]


def test_cancelled_invoice_gives_its_one_off_back_to_the_next_revision(
    account: Account, house: Any, client_admin: Any
) -> None:
    once = approve(propose(account, house, kind=AddOnKind.ONE_OFF, starts_on=date(2026, 6, 10)), client_admin)
    june = issue(account, "2026-06")
    actions.issue_credit_note(
        invoice_id=june.pk, amounts=None, reason_code="cancellation", reason="Wrong", at=AT, actor_id=None
    )
    again = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None, again=True).invoice
    assert (again.revision, again.lines.get(add_on=once).amount) == (2, Decimal("45.00"))


def test_add_on_cannot_begin_or_end_in_what_is_invoiced(account: Account, house: Any, client_admin: Any) -> None:
    running = approve(propose(account, house), client_admin)
    waiting = propose(account, house, starts_on=date(2026, 6, 20))
    issue(account, "2026-06")
    with pytest.raises(Conflict, match="2026-07-01"):
        approve(waiting, client_admin)
    with pytest.raises(Conflict, match="2026-07-01"):
        actions.end_add_on(
            add_on_id=running.pk, side=Side.HOUSE, ends_on=date(2026, 6, 20), reason="", at=AT, actor_id=house.pk
        )
    ended = actions.end_add_on(
        add_on_id=running.pk, side=Side.CLIENT, ends_on=date(2026, 7, 16), reason="No need", at=AT,
        actor_id=client_admin.pk,
    )  # fmt: skip
    assert ended.ends_on == date(2026, 7, 16)
    # 15 of 31 days: 45 x 15/31 = 21.77
    assert bill_of(account, "2026-07")[1:] == [(running.reference, "recurring", "21.77")]
    with pytest.raises(Invalid, match="propose a new one"):
        actions.end_add_on(
            add_on_id=running.pk, side=Side.HOUSE, ends_on=date(2026, 9, 1), reason="", at=AT, actor_id=house.pk
        )


def test_add_on_that_has_not_begun_is_cancelled_by_its_end(account: Account, house: Any, client_admin: Any) -> None:
    add_on = approve(propose(account, house, starts_on=date(2026, 9, 1)), client_admin)
    ended = actions.end_add_on(
        add_on_id=add_on.pk, side=Side.CLIENT, ends_on=date(2026, 9, 1), reason="", at=AT, actor_id=client_admin.pk
    )
    assert (ended.state, approved_addons(account=account, period=account_period(account=account, label="2026-09"))) == (
        AddOnState.CANCELLED,
        [],
    )


def test_database_keeps_what_was_proposed_and_what_was_billed(account: Account, house: Any, client_admin: Any) -> None:
    add_on = approve(propose(account, house), client_admin)
    issue(account, "2026-06")
    for change in ({"amount": 1}, {"state": "cancelled"}, {"ends_on": date(2026, 6, 20)}, {"name": "Other"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            AddOn.objects.filter(pk=add_on.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        AddOn.objects.filter(pk=add_on.pk).delete()
    add_on.refresh_from_db()
    assert (add_on.amount, add_on.state, add_on.ends_on) == (Decimal("45.00"), AddOnState.APPROVED, None)


def test_invoice_with_an_add_on_replays_to_its_hash(account: Account, house: Any, client_admin: Any) -> None:
    approve(propose(account, house), client_admin)
    june = issue(account, "2026-06")
    assert replay_hash(invoice=june) == june.content_hash
    assert replay_document(text=replay_file(invoice=june)).is_equal


def test_bill_so_far_from_running_sums_holds_the_add_on(account: Account, house: Any, client_admin: Any) -> None:
    add_on = approve(propose(account, house), client_admin)
    period = account_period(account=account, label="2026-06")
    told = accrued_document(account=account, period=period, language="en")
    # (100.00 + 22.50) x 1.21 = 148.225
    assert (told["lines"][-1]["code"], told["total"]) == (add_on.reference, "148.23")


def test_tariff_without_the_add_ons_category_parks_the_bill(account: Account, house: Any, client_admin: Any) -> None:
    add_on = approve(propose(account, house, tax_code="low", starts_on=date(2026, 6, 1)), client_admin)
    change_tariff(SOLD | {"taxes": SOLD["taxes"][:1]}, since=date(2026, 7, 1))
    with pytest.raises(Unbillable, match=add_on.reference):
        bill_of(account, "2026-07")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal("1.001")}, "amount"),
        ({"tax_code": "none"}, "tax_code"),
        ({"code": "fee"}, "code"),
        ({"name": " "}, "name"),
        ({"quantity": Decimal(0)}, "quantity"),
        ({"starts_on": date(2025, 6, 1)}, "starts_on"),
        ({"ends_on": date(2026, 6, 16)}, "ends_on"),
    ],
)
def test_proposal_that_cannot_be_billed_is_refused(
    account: Account, house: Any, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        propose(account, house, **given)
    assert refused.value.field == field
    assert not AddOn.objects.exists()


def test_both_sides_agree_over_the_api(account: Account, house: Any, client_admin: Any) -> None:
    ours, theirs, viewer, stranger = Client(), Client(), Client(), Client()
    ours.force_login(house)
    theirs.force_login(client_admin)
    viewer.force_login(make_user(Role.CLIENT_VIEWER, account))
    stranger.force_login(make_user(Role.CLIENT_ADMIN, make_account("Other")))
    choices = theirs.get("/api/v1/add-ons/choices/", {"account": account.pk}).json()
    assert [choice["code"] for choice in choices["choices"]] == ["extra", "visit"]
    asked = {"account": account.pk, "code": "visit", "quantity": "1", "starts_on": "2026-06-10"}
    assert viewer.post("/api/v1/add-ons/", asked, "application/json").status_code == 403
    assert stranger.post("/api/v1/add-ons/", asked, "application/json").status_code == 404
    made = theirs.post("/api/v1/add-ons/", asked, "application/json")
    assert (made.status_code, made.json()["state"], made.json()["may_withdraw"]) == (201, "proposed", True)
    address = f"/api/v1/add-ons/{made.json()['id']}"
    assert stranger.post(f"{address}/approve/").status_code == 404
    assert theirs.post(f"{address}/approve/").status_code == 403
    refused = ours.post(f"{address}/decline/", {}, "application/json")
    assert (refused.status_code, AddOn.objects.get().state) == (400, "proposed")
    approved = ours.post(f"{address}/approve/").json()
    assert (approved["state"], approved["amount"], approved["may_end"]) == ("approved", "80.00", True)
    assert theirs.post(f"{address}/end/", {}, "application/json").status_code == 403
    listed = viewer.get("/api/v1/add-ons/", {"account": account.pk, "state": "approved"}).json()["results"]
    assert [(row["reference"], row["may_end"], row["may_decide"]) for row in listed] == [
        (approved["reference"], False, False)
    ]
    assert stranger.get("/api/v1/add-ons/").json()["results"] == []
    assert ours.get("/api/v1/add-ons/", {"state": "gone"}).status_code == 400

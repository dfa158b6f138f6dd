"""Units bought ahead, through invoices. By hand: a minute costs 1.00, calls are rounded to minutes, tax is 21 %."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client

from billing import actions
from billing.account_periods import account_period
from billing.accrued import accrued_bill, accrued_document, prepaid_so_far
from billing.actions import Prepaid
from billing.models import AddOn, AddOnKind, Invoice, LateChoice, Side
from billing.prepaid import purchases
from billing.queries import account_bill
from billing.replay import replay_file, replay_hash
from billing.replay_file import replay_document
from contactcenter.dashboards.verification.usage_checks import invoices_equal_usage, prepaid_is_covered
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tenancy.models import Account, Role
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, allocate_again, sign, version_in_force
from tests.app.factories import make_user

Serve = Callable[..., Interaction]
MINUTE = 60_000
JUNE, JULY = datetime(2026, 6, 10, 9, tzinfo=UTC), datetime(2026, 7, 10, 9, tzinfo=UTC)
TARIFF: dict[str, Any] = {
    "name": "Minutes",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}],
    "components": [
        {
            "code": "phone",
            "kind": "per_minute",
            "name": {"en": "Phone"},
            "match": {"channel": "voice"},
            "rounding": "60s",
            "rate_per_minute": "1.00",
        },
        {"code": "rest", "kind": "per_contact", "rate_per_contact": "1.90"},
    ],
}


@pytest.fixture
def signed(account: Account) -> Account:
    sign(account, version_in_force(TARIFF))
    return account


def propose(account: Account, *, units: str = "10", **given: Any) -> AddOn:
    own: dict[str, Any] = {
        "kind": AddOnKind.ONE_OFF, "code": "", "name": "Ten minutes", "description": "", "quantity": Decimal(1),
        "amount": Decimal("8.00"), "tax_code": "vat", "prorate": True, "starts_on": date(2026, 6, 1), "ends_on": None,
        "prepaid": Prepaid(units=Decimal(units), unit="minute"), "side": Side.HOUSE,
    }  # fmt: skip
    return actions.propose_add_on(
        account_id=account.pk, at=AT, actor_id=make_user(Role.BILLING_ADMIN).pk, **own | given
    )


def buy(account: Account, **given: Any) -> str:
    """Buy minutes, approved by the client; the reference of the purchase."""
    add_on = propose(account, **given)
    client = make_user(Role.CLIENT_ADMIN, account)
    actions.decide_add_on(add_on_id=add_on.pk, side=Side.CLIENT, is_approved=True, reason="", at=AT, actor_id=client.pk)
    return add_on.reference


def issue(account: Account, period: str) -> Invoice:
    at = account_period(account=account, label=period).ends_at + timedelta(days=2)
    actions.collect_pending(at=at)
    draft = actions.build_draft(account_id=account.pk, period=period, at=at, actor_id=None).invoice
    return actions.issue_invoice(invoice_id=draft.pk, at=at, actor_id=None, approve=True)


def credit(invoice: Invoice, *, code: str, amounts: dict[int, Decimal] | None) -> Invoice:
    return actions.issue_credit_note(
        invoice_id=invoice.pk, amounts=amounts, reason_code=code, reason="A test", at=AT, actor_id=None
    )


def lines(invoice: Invoice) -> list[tuple[str, str, Decimal, dict[str, int]]]:
    """Kind, code, amount and what was drawn in minutes, of each line."""
    return [
        (line.kind, line.code, line.amount, {k: v // MINUTE for k, v in line.explanation.get("prepaid", {}).items()})
        for line in invoice.lines.order_by("position")
        if line.code != "rest"
    ]


def left(account: Account) -> dict[str, int]:
    return {row.add_on.reference: row.left // MINUTE for row in purchases(account_id=account.pk)}


def proven() -> bool:
    checks = (invoices_equal_usage(), prepaid_is_covered())
    return not sum(check.differences for check in checks)


def test_minutes_are_drawn_before_the_price_applies(signed: Account, serve: Serve) -> None:
    # ten minutes for 8.00; June uses 7 of them, July 5: 3 are left, 2 cost 1.00 each
    bought = buy(signed)
    serve(talk=240, started_at=JUNE)
    serve(talk=150, started_at=JUNE + timedelta(days=1))
    june = issue(signed, "2026-06")
    assert lines(june) == [
        ("usage", "phone", Decimal("0.00"), {bought: 7}),
        ("one_off", bought, Decimal("8.00"), {}),
    ]
    assert (june.net, june.tax, june.total) == (Decimal("8.00"), Decimal("1.68"), Decimal("9.68"))
    assert left(signed) == {bought: 3}
    serve(talk=300, started_at=JULY)
    july = issue(signed, "2026-07")
    assert lines(july) == [("usage", "phone", Decimal("2.00"), {bought: 3})]
    assert left(signed) == {bought: 0}
    for invoice in (june, july):
        assert replay_hash(invoice=invoice) == invoice.content_hash
        assert replay_document(text=replay_file(invoice=invoice)).is_equal
    assert proven()


def test_what_expires_first_is_drawn_first_and_never_afterwards(signed: Account, serve: Serve) -> None:
    # "soon" ends with 15 June: of its 10 minutes the call of the 10th takes 4, the one of the 20th none
    lasting, soon = buy(signed), buy(signed, ends_on=date(2026, 6, 16))
    serve(talk=240, started_at=JUNE)
    serve(talk=180, started_at=JUNE + timedelta(days=10))
    june = issue(signed, "2026-06")
    assert lines(june)[0] == ("usage", "phone", Decimal("0.00"), {soon: 4, lasting: 3})
    assert left(signed) == {soon: 6, lasting: 7}
    serve(talk=480, started_at=JULY)
    assert lines(issue(signed, "2026-07"))[0] == ("usage", "phone", Decimal("1.00"), {lasting: 7})
    assert left(signed) == {soon: 6, lasting: 0}


def test_lower_priority_is_drawn_first_of_what_expires_together(signed: Account, serve: Serve) -> None:
    prepaid = Prepaid(units=Decimal(10), unit="minute")
    second = buy(signed, prepaid=Prepaid(units=Decimal(10), unit="minute", priority=1))
    first = buy(signed, prepaid=prepaid)
    serve(talk=720, started_at=JUNE)
    assert lines(issue(signed, "2026-06"))[0][3] == {first: 10, second: 2}


def test_bills_made_in_any_order_draw_the_same(signed: Account, serve: Serve) -> None:
    # July is issued while June is not: it leaves June the 7 minutes that June's calls will draw
    bought = buy(signed)
    serve(talk=420, started_at=JUNE)
    serve(talk=300, started_at=JULY)
    july = issue(signed, "2026-07")
    assert lines(july) == [("usage", "phone", Decimal("2.00"), {bought: 3})]
    june = issue(signed, "2026-06")
    assert lines(june)[0] == ("usage", "phone", Decimal("0.00"), {bought: 7})
    assert left(signed) == {bought: 0}
    assert proven()


def test_cancelled_invoice_gives_units_back(signed: Account, serve: Serve) -> None:
    bought = buy(signed)
    call = serve(talk=420, started_at=JUNE)
    june = issue(signed, "2026-06")
    credit(june, code="cancellation", amounts=None)
    assert left(signed) == {bought: 10}
    allocate_again(call, talk=120)
    actions.collect_pending(at=AT)
    again = actions.build_draft(account_id=signed.pk, period="2026-06", at=AT, actor_id=None, again=True).invoice
    actions.issue_invoice(invoice_id=again.pk, at=AT + timedelta(days=9), actor_id=None, approve=True)
    assert left(signed) == {bought: 8}
    assert proven()


def test_crediting_the_purchase_takes_its_units_back_but_none_that_are_used(signed: Account, serve: Serve) -> None:
    # 7 of 10 minutes are used; half the price stands for 5 minutes, 2.00 of 8.00 for 2.5: begun units go back whole
    bought = buy(signed)
    serve(talk=420, started_at=JUNE)
    june = issue(signed, "2026-06")
    place = june.lines.get(code=bought).position
    with pytest.raises(Conflict, match="not left"):
        credit(june, code="dispute", amounts={place: Decimal("4.00")})
    assert left(signed) == {bought: 3}
    credit(june, code="dispute", amounts={place: Decimal("2.00")})
    [row] = purchases(account_id=signed.pk)
    assert (row.bought, row.left) == (7 * MINUTE + 30_000, 30_000)
    credit(june, code="goodwill", amounts={place: Decimal("6.00")})
    assert purchases(account_id=signed.pk)[0].left == 30_000
    serve(talk=60, started_at=JULY)
    assert issue(signed, "2026-07").net == Decimal("0.50")
    assert proven()


def test_late_usage_draws_what_is_left_and_says_so_even_where_it_costs_nothing(signed: Account, serve: Serve) -> None:
    # June drew 4 of 10; 5 late minutes of June draw 5 more: no money, and July has 1 left of its 3
    bought = buy(signed)
    serve(talk=240, started_at=JUNE)
    issue(signed, "2026-06")
    serve(talk=300, started_at=JUNE + timedelta(days=1))
    first = issue(signed, "2026-07")
    assert lines(first) == [
        ("usage", "phone", Decimal("0.00"), {}),
        ("correction", "phone", Decimal("0.00"), {bought: 5}),
    ]
    assert left(signed) == {bought: 1}
    # two more late minutes: one is left, one is charged
    serve(talk=120, started_at=JUNE + timedelta(days=2))
    august = issue(signed, "2026-08")
    assert lines(august)[1] == ("correction", "phone", Decimal("1.00"), {bought: 1})
    assert left(signed) == {bought: 0}
    assert lines(issue(signed, "2026-09")) == [("usage", "phone", Decimal("0.00"), {})]
    assert replay_hash(invoice=august) == august.content_hash
    assert proven()


def test_late_usage_of_two_months_on_one_bill_shares_what_is_left(signed: Account, serve: Serve) -> None:
    # ten minutes; eight late ones of June and six of July on August's bill, with three of August: 8 + 2 are drawn
    bought = buy(signed)
    issue(signed, "2026-06")
    issue(signed, "2026-07")
    serve(talk=480, started_at=JUNE)
    serve(talk=360, started_at=JULY)
    serve(talk=180, started_at=JULY + timedelta(days=31))
    assert lines(issue(signed, "2026-08")) == [
        ("usage", "phone", Decimal("3.00"), {}),
        ("correction", "phone", Decimal("0.00"), {bought: 8}),
        ("correction", "phone", Decimal("4.00"), {bought: 2}),
    ]
    assert left(signed) == {bought: 0}
    assert proven()


def test_usage_that_shrank_gives_units_back(signed: Account, serve: Serve) -> None:
    bought = buy(signed)
    call = serve(talk=720, started_at=JUNE)
    june = issue(signed, "2026-06")
    assert lines(june)[0] == ("usage", "phone", Decimal("2.00"), {bought: 10})
    allocate_again(call, talk=240)
    # 12 minutes were 4: two that were paid and six of the prepaid ones come back, by a credit note at once
    actions.collect_pending(at=AT)
    note = actions.credit_late_usage(invoice_id=june.pk, reason="Too long", at=AT, actor_id=None)
    assert (note.net, left(signed)) == (Decimal("-2.00"), {bought: 6})
    assert lines(issue(signed, "2026-07")) == [("usage", "phone", Decimal("0.00"), {})]
    assert proven()


def test_waived_late_usage_costs_no_money_and_uses_its_units(signed: Account, serve: Serve) -> None:
    bought = buy(signed)
    june = issue(signed, "2026-06")
    serve(talk=720, started_at=JUNE)
    actions.collect_pending(at=AT)
    actions.decide_late_usage(invoice_id=june.pk, choice=LateChoice.WAIVE, reason="Our fault", at=AT, actor_id=None)
    assert left(signed) == {bought: 0}
    assert issue(signed, "2026-07").net == 0


def test_bill_so_far_draws_by_sums_as_by_contacts(signed: Account, serve: Serve) -> None:
    # June's 7 minutes are not invoiced; of the 3 left July draws 2 up to the 10th, then the purchase has expired
    bought = buy(signed, ends_on=date(2026, 7, 11))
    serve(talk=420, started_at=JUNE)
    serve(talk=120, started_at=JULY)
    serve(talk=60, started_at=JULY + timedelta(days=5))
    actions.collect_pending(at=AT)
    period = account_period(account=signed, label="2026-07")
    exact = account_bill(account=signed, period=period).bill
    assert next((line.units, dict(line.usage.drawn)) for line in exact.lines if line.usage) == (
        100,
        {bought: 2 * MINUTE},
    )
    told = accrued_bill(account=signed, period=period)
    assert told.net_units == exact.net_units == 100
    assert sum(draw.units for draw in told.draws) == 2 * MINUTE
    assert accrued_document(account=signed, period=period, language="en")["net"] == "1.00"
    rows, remaining = prepaid_so_far(account=signed, at=datetime(2026, 7, 20, tzinfo=UTC))
    assert (rows[0].left, remaining) == (10 * MINUTE, {bought: MINUTE})


def test_running_sums_draw_where_units_hold_throughout_the_month(signed: Account, serve: Serve) -> None:
    buy(signed, starts_on=date(2026, 6, 1))
    serve(talk=720, started_at=JUNE)
    actions.collect_pending(at=AT)
    period = account_period(account=signed, label="2026-06")
    told = accrued_bill(account=signed, period=period)
    assert not any(line.contacts for line in told.lines)
    # 12 minutes, ten of them prepaid, and the 8.00 of the purchase
    assert told.net_units == account_bill(account=signed, period=period).bill.net_units == 200 + 800


def test_purchase_says_what_is_wrong_with_it(signed: Account) -> None:
    june = issue(signed, "2026-06")
    for given, field in (
        ({"kind": AddOnKind.RECURRING}, "kind"),
        ({"prepaid": Prepaid(units=Decimal(5), unit="segment")}, "unit"),
        ({"prepaid": Prepaid(units=Decimal(0), unit="minute")}, "units"),
        ({"prepaid": Prepaid(units=Decimal("0.5"), unit="contact")}, "units"),
        ({"prepaid": Prepaid(units=Decimal(5), unit="minute", of=("rest",))}, "of"),
        # what is invoiced stays as it was drawn
        ({"starts_on": june.period_start}, "starts_on"),
    ):
        with pytest.raises((Invalid, Conflict)) as refused:
            propose(signed, **{"starts_on": date(2026, 7, 1)} | given)
        assert refused.value.data.get("field", refused.value.field) == field
    assert not AddOn.objects.exists()


def test_units_stay_as_proposed_and_a_drawn_purchase_is_not_cancelled(signed: Account, serve: Serve) -> None:
    buy(signed)
    add_on = AddOn.objects.get()
    with pytest.raises(DatabaseError, match="stay as they were"), transaction.atomic():
        AddOn.objects.update(prepaid_units=1)
    serve(talk=60, started_at=JUNE)
    serve(talk=60, started_at=JULY)
    june = issue(signed, "2026-06")
    issue(signed, "2026-07")
    credit(june, code="cancellation", amounts=None)
    with pytest.raises(Conflict, match="drawn on its units"):
        actions.end_add_on(
            add_on_id=add_on.pk, side=Side.HOUSE, ends_on=None, reason="", at=AT, actor_id=add_on.proposed_by_id
        )


def test_client_sees_bought_used_left_and_expiry(signed: Account, serve: Serve, client: Client) -> None:
    house, admin = make_user(Role.BILLING_ADMIN), make_user(Role.CLIENT_ADMIN, signed)
    client.force_login(house)
    body = {
        "account": signed.pk, "kind": "one_off", "name": "Ten minutes", "amount": "8.00", "tax_code": "vat",
        "starts_on": "2026-06-01", "ends_on": "2026-08-01", "prepaid": {"units": "10", "unit": "minute"},
    }  # fmt: skip
    posted = client.post("/api/v1/add-ons/", body, content_type="application/json")
    assert posted.json()["prepaid"] == {"units": 10 * MINUTE, "unit": "ms", "of": [], "priority": 0}
    client.force_login(admin)
    assert client.post(f"/api/v1/add-ons/{posted.json()['id']}/approve/").status_code == 200
    serve(talk=240, started_at=JUNE)
    june = issue(signed, "2026-06")
    serve(talk=60, started_at=JULY)
    actions.collect_pending(at=AT)
    with time_machine.travel(datetime(2026, 7, 20, 12, tzinfo=UTC), tick=False):
        [row] = client.get("/api/v1/prepaid/", {"account": signed.pk}).json()["results"]
    told = [row[name] // MINUTE for name in ("bought", "invoiced", "running", "left")]
    assert (told, row["ends_on"], row["state"]) == ([10, 4, 1, 5], "2026-08-01", "open")
    assert row["drawn"] == [{"invoice": june.pk, "number": june.number, "period": "2026-06", "units": 4 * MINUTE}]
    wrong = client.post("/api/v1/add-ons/", body | {"prepaid": {"units": "0", "unit": "minute"}}, "application/json")
    assert wrong.status_code == 400

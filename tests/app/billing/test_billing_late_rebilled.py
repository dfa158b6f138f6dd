"""Late usage of a period that is cancelled and billed again: nothing is charged twice, nothing given back twice."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import actions
from billing.late import late_usage
from billing.models import BillingProfile, Invoice
from billing.replay import replay_hash
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing import test_billing_prepaid
from tests.app.billing.rows import allocate_again, handle, sign, version_in_force
from tests.app.billing.test_billing_late import JUNE, TARIFF, corrections, issue, month_after, signed
from tests.app.factories import make_account, make_operator

Serve = Callable[..., Interaction]
__all__ = ["signed"]


def cancel(invoice: Invoice) -> Invoice:
    at = month_after("2026-08")
    return actions.issue_credit_note(
        invoice_id=invoice.pk, amounts=None, reason_code="cancellation", reason="Wrong name", at=at, actor_id=None
    )


def bill_again(invoice: Invoice) -> Invoice:
    at = month_after("2026-08")
    draft = actions.build_draft(
        account_id=invoice.account_id, period=invoice.period, at=at, actor_id=None, again=True
    ).invoice
    return actions.issue_invoice(invoice_id=draft.pk, at=at, actor_id=None, approve=True)


def billed(account: Account) -> Decimal:
    """All that an account's documents charge, less what they take back, before tax."""
    return sum((document.net for document in Invoice.objects.filter(account=account, status="issued")), Decimal(0))


def test_late_contact_on_the_bill_made_again_is_taken_back_where_it_was_corrected(
    signed: Account, serve: Serve
) -> None:
    # June: 5 minutes, 2 included: 3.00. A late call of 2 minutes: 2.00 on July's invoice, beside its minimum of 3.00
    serve(talk=300, started_at=JUNE)
    june = issue(signed, "2026-06")
    serve(talk=90, started_at=JUNE + timedelta(days=1))
    july = issue(signed, "2026-07")
    cancel(june)
    again = bill_again(june)
    # all 7 minutes: 5.00, though July's 2.00 stand: they are given back with August, whose minimum is 3.00
    assert (july.net, again.net) == (Decimal("5.00"), Decimal("5.00"))
    august = issue(signed, "2026-08")
    assert corrections(august) == [("Phone · 2026-06", Decimal("-2.00"))]
    told = august.lines.get(kind="correction").explanation
    assert (told["corrects"], told["before"], told["after"], told["late_contacts"]) == (again.number, "7", "5", 0)
    assert august.net == Decimal("1.00")
    # June 5.00, July and August 3.00 each
    assert billed(signed) == Decimal("11.00")
    assert replay_hash(invoice=august) == august.content_hash
    assert corrections(issue(signed, "2026-09")) == []


def test_time_given_back_before_the_bill_was_made_again_is_charged_once(signed: Account, serve: Serve) -> None:
    # 10 minutes, 2 included: 8.00; only 6 were served: July gives back 4.00
    call = serve(talk=600, started_at=JUNE)
    june = issue(signed, "2026-06")
    allocate_again(call, talk=360)
    assert corrections(issue(signed, "2026-07")) == [("Phone · 2026-06", Decimal("-4.00"))]
    cancel(june)
    assert bill_again(june).net == Decimal("4.00")
    assert corrections(issue(signed, "2026-08")) == [("Phone · 2026-06", Decimal("4.00"))]
    # June 4.00, July and August 3.00 each
    assert billed(signed) == Decimal("10.00")


def test_both_bills_made_again_charge_each_contact_once(signed: Account, serve: Serve) -> None:
    serve(talk=300, started_at=JUNE)
    june = issue(signed, "2026-06")
    serve(talk=90, started_at=JUNE + timedelta(days=1))
    july = issue(signed, "2026-07")
    for invoice in (june, july):
        cancel(invoice)
    assert (bill_again(june).net, bill_again(july).net) == (Decimal("5.00"), Decimal("3.00"))
    assert corrections(issue(signed, "2026-08")) == []
    assert billed(signed) == Decimal("11.00")


def test_what_the_bill_made_again_charges_twice_can_be_given_back_at_once(signed: Account, serve: Serve) -> None:
    serve(talk=300, started_at=JUNE)
    june = issue(signed, "2026-06")
    serve(talk=90, started_at=JUNE + timedelta(days=1))
    issue(signed, "2026-07")
    cancel(june)
    again = bill_again(june)
    [late] = late_usage(account_id=signed.pk)
    assert (late.invoice, late.contacts, late.units) == (again, 0, -200)
    note = actions.credit_late_usage(
        invoice_id=again.pk, reason="Charged with July", at=month_after("2026-07"), actor_id=None
    )
    assert note.net == Decimal("-2.00")
    assert corrections(issue(signed, "2026-08")) == []
    assert billed(signed) == Decimal("11.00")


def test_waived_usage_stays_waived_when_its_period_is_billed_again(signed: Account, serve: Serve) -> None:
    serve(talk=300, started_at=JUNE)
    june = issue(signed, "2026-06")
    serve(talk=90, started_at=JUNE + timedelta(days=1))
    at = month_after("2026-06")
    actions.collect_pending(at=at)
    actions.decide_late_usage(invoice_id=june.pk, choice="waive", reason="Our fault", at=at, actor_id=None)
    cancel(june)
    assert bill_again(june).net == Decimal("5.00")
    assert corrections(issue(signed, "2026-07")) == [("Phone · 2026-06", Decimal("-2.00"))]


def test_correction_in_a_tax_that_the_bill_made_again_has_not_is_given_back_with_that_tax(
    signed: Account, serve: Serve
) -> None:
    serve(talk=300, started_at=JUNE)
    june = issue(signed, "2026-06")
    serve(talk=90, started_at=JUNE + timedelta(days=1))
    issue(signed, "2026-07")
    cancel(june)
    BillingProfile.objects.update_or_create(account=signed, defaults={"is_reverse_charge": True})
    assert [(tax["category"], tax["base"]) for tax in bill_again(june).taxes] == [("AE", "5.00")]
    # the minimum of August without tax, the late 2.00 with the tax they were charged with
    august = issue(signed, "2026-08")
    assert {(tax["category"], tax["percent"], tax["base"]) for tax in august.taxes} == {
        ("AE", "0", "3.00"),
        ("S", "21", "-2.00"),
    }
    assert billed(signed) == Decimal("11.00")
    assert replay_hash(invoice=august) == august.content_hash
    assert corrections(issue(signed, "2026-09")) == []


@settings(max_examples=5, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    parts=st.tuples(*[st.lists(st.tuples(st.integers(1, 400), st.sampled_from(["voice", "chat"])), max_size=3)] * 3),
    # which months are cancelled and billed again, after which month
    redone=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=3),
)
def test_billing_in_parts_comes_to_the_same_whatever_is_billed_again(
    db: None, parts: tuple[list[tuple[int, str]], ...], redone: list[tuple[int, int]]
) -> None:
    in_parts, at_once = make_account(time_zone="UTC"), make_account(time_zone="UTC")
    version = version_in_force(TARIFF)
    people = []
    for account in (in_parts, at_once):
        sign(account, version)
        people.append((account, make_operator(account)))
    hour, months = 0, ["2026-06", "2026-07", "2026-08"]
    standing: dict[int, Invoice] = {}
    for number, part in enumerate(parts):
        for seconds, channel in part:
            for account, operator in people:
                handle(
                    account=account, operator=operator, started_at=JUNE + timedelta(hours=hour), channel=channel,
                    **{"talk" if channel == "voice" else "focus": seconds},
                )  # fmt: skip
            hour += 1
        standing[number] = issue(in_parts, months[number])
        for which, after in redone:
            if after == number and which <= number:
                cancel(standing[which])
                standing[which] = bill_again(standing[which])
    issue(in_parts, "2026-09")
    whole = issue(at_once, "2026-06")
    # the minimum of July, August and September
    assert billed(in_parts) == whole.net + Decimal("9.00")
    assert corrections(issue(in_parts, "2026-10")) == []


def test_units_bought_ahead_are_drawn_once_when_their_period_is_billed_again(account: Account, serve: Serve) -> None:
    # ten minutes; June drew 4 of them, and 5 more with July's correction
    sign(account, version_in_force(test_billing_prepaid.TARIFF))
    bought = test_billing_prepaid.buy(account)
    serve(talk=240, started_at=JUNE)
    june = issue(account, "2026-06")
    serve(talk=300, started_at=JUNE + timedelta(days=1))
    issue(account, "2026-07")
    cancel(june)
    # 9 minutes find 5 left and cost 4.00, beside the purchase of 8.00; August gives back the money and a minute
    assert bill_again(june).net == Decimal("12.00")
    august = issue(account, "2026-08")
    assert corrections(august) == [("Phone · 2026-06", Decimal("-4.00"))]
    assert august.lines.get(kind="correction").explanation["prepaid"] == {bought: -test_billing_prepaid.MINUTE}
    assert test_billing_prepaid.left(account) == {bought: 1}
    assert test_billing_prepaid.proven()
    assert billed(account) == Decimal("8.00")

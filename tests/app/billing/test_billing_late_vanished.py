"""Usage that was billed and is gone without replacement: the client gets it back, once, like usage that changed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing import actions
from billing.late import late_usage, waits_for_a_person
from billing.models import Invoice, Issuer, UsageLine
from billing.periods import month_period
from billing.replay import replay_hash
from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import allocate_again, next_run, session_of, sign, version_in_force
from tests.app.billing.test_billing_late import JUNE, corrections, issue, month_after, signed
from tests.app.billing.test_billing_late_rebilled import bill_again, billed, cancel
from tests.app.billing.test_billing_usage_kinds import NINE, allot, shift, tariff, timed
from tests.app.factories import make_account

Serve = Callable[..., Interaction]
__all__ = ["signed"]
JULY = datetime(2026, 7, 10, 9, tzinfo=UTC)
# what June with 10 minutes gives back where they are gone: 8 charged, and the minimum of 3.00 comes in their place
GONE = [("Phone · 2026-06", Decimal("-8.00")), ("least · 2026-06", Decimal("3.00"))]


def vanish(interaction: Interaction) -> None:
    """A correction of the ledger: the operator was on a break."""
    session = session_of(interaction)
    allot(next_run(session), session.started_at, [("break", (session.derived_until - session.started_at).seconds, {})])


def by_name(invoice: Invoice) -> list[tuple[str, Decimal]]:
    return sorted(corrections(invoice))


def test_vanished_call_is_given_back_on_the_next_invoice_and_the_minimum_takes_its_place(
    signed: Account, serve: Serve
) -> None:
    # 10 minutes, 2 included: 8.00
    call = serve(talk=600, started_at=JUNE)
    june = issue(signed, "2026-06")
    assert june.net == Decimal("8.00")
    billed_line = UsageLine.objects.get(interaction=call)
    vanish(call)
    # July: 10 minutes of its own, 8.00, and 5.00 back
    serve(talk=600, started_at=JULY)
    july = issue(signed, "2026-07")
    assert by_name(july) == GONE
    assert july.net == Decimal("3.00")
    told = july.lines.filter(kind="correction", amount__lt=0).get().explanation
    assert (told["corrects"], told["before"], told["after"]) == (june.number, "8", "0")
    assert (told["late_contacts"], told["late_usage"]) == (1, [billed_line.pk])
    assert not UsageLine.objects.filter(interaction=call, is_current=True).exists()
    assert replay_hash(invoice=july) == july.content_hash
    assert corrections(issue(signed, "2026-08")) == []


def test_vanished_written_contact_costs_nothing_though_it_has_a_price_of_its_own(signed: Account, serve: Serve) -> None:
    # 5 minutes, 2 included: 3.00, and a chat: 1.90
    serve(talk=300, started_at=JUNE)
    chat = serve(channel="chat", focus=60, started_at=JUNE + timedelta(hours=1))
    june = issue(signed, "2026-06")
    assert june.net == Decimal("4.90")
    vanish(chat)
    at = month_after("2026-06")
    actions.collect_pending(at=at)
    [late] = late_usage(account_id=signed.pk)
    assert (late.contacts, late.units) == (1, -190)
    note = actions.credit_late_usage(invoice_id=june.pk, reason="Not ours", at=at, actor_id=None)
    assert note.net == Decimal("-1.90")
    assert corrections(issue(signed, "2026-07")) == []
    # July is its minimum
    assert billed(signed) == Decimal("6.00")


def test_usage_that_vanishes_after_a_later_invoice_charged_it_is_given_back(signed: Account, serve: Serve) -> None:
    serve(talk=300, started_at=JUNE)
    issue(signed, "2026-06")
    call = serve(talk=90, started_at=JUNE + timedelta(days=1))
    assert corrections(issue(signed, "2026-07")) == [("Phone · 2026-06", Decimal("2.00"))]
    vanish(call)
    assert corrections(issue(signed, "2026-08")) == [("Phone · 2026-06", Decimal("-2.00"))]
    assert corrections(issue(signed, "2026-09")) == []


def test_share_of_waiting_that_goes_to_another_account_is_credited_on_one_and_charged_on_the_other(
    account: Account, operator: Operator
) -> None:
    other = make_account("Shop", time_zone="Europe/Madrid")
    version = version_in_force(tariff(timed("waiting", "0.10", "idle")))
    for one in (account, other):
        sign(one, version)
    # 20 minutes of waiting, shared: 10 minutes at 0.10 each
    session = shift(operator, ("idle", 1200, {account: 600, other: 600}))
    assert [issue(one, "2026-06").net for one in (account, other)] == [Decimal("1.00")] * 2
    allot(next_run(session), NINE, [("idle", 1200, {other: 1200})])
    assert corrections(issue(account, "2026-07")) == [("waiting · 2026-06", Decimal("-1.00"))]
    assert corrections(issue(other, "2026-07")) == [("waiting · 2026-06", Decimal("1.00"))]
    # and to nobody: what the other was charged in June and July goes back
    allot(next_run(session), NINE, [("idle", 1200, {})])
    assert corrections(issue(account, "2026-08")) == []
    assert corrections(issue(other, "2026-08")) == [("waiting · 2026-06", Decimal("-2.00"))]
    assert (billed(account), billed(other)) == (0, 0)


def test_usage_that_comes_back_is_charged_again_once(signed: Account, serve: Serve) -> None:
    call = serve(talk=600, started_at=JUNE)
    issue(signed, "2026-06")
    vanish(call)
    assert by_name(issue(signed, "2026-07")) == GONE
    allocate_again(call, talk=600)
    assert by_name(issue(signed, "2026-08")) == [
        ("Phone · 2026-06", Decimal("8.00")),
        ("least · 2026-06", Decimal("-3.00")),
    ]
    assert list(UsageLine.objects.filter(interaction=call).values_list("version", "is_current").order_by("pk")) == [
        (1, False),
        (2, True),
    ]
    assert corrections(issue(signed, "2026-09")) == []
    # June 8.00, three minimums
    assert billed(signed) == Decimal("17.00")


def test_usage_that_went_and_came_back_between_two_invoices_changes_nothing(signed: Account, serve: Serve) -> None:
    call = serve(talk=600, started_at=JUNE)
    issue(signed, "2026-06")
    vanish(call)
    actions.collect_pending(at=month_after("2026-06"))
    allocate_again(call, talk=600)
    assert corrections(issue(signed, "2026-07")) == []


def test_usage_that_vanishes_too_late_waits_for_a_person(signed: Account, serve: Serve) -> None:
    Issuer.objects.create(legal_name="House", late_periods=1)
    call = serve(talk=600, started_at=JUNE)
    june = issue(signed, "2026-06")
    issue(signed, "2026-07")
    vanish(call)
    assert corrections(issue(signed, "2026-08")) == []
    [late] = late_usage(account_id=signed.pk)
    september = month_period(label="2026-09", zone=signed.time_zone)
    assert (late.invoice, late.contacts, late.units) == (june, 1, -500)
    assert waits_for_a_person(late=late, newest=september, late_periods=1)
    actions.decide_late_usage(
        invoice_id=june.pk, choice="bill", reason="Not ours", at=month_after("2026-08"), actor_id=None
    )
    assert by_name(issue(signed, "2026-09")) == GONE
    assert corrections(issue(signed, "2026-10")) == []


@pytest.mark.parametrize("is_credited", [True, False])
def test_period_billed_again_without_the_vanished_call_gives_it_back_once(
    signed: Account, serve: Serve, is_credited: bool
) -> None:
    call = serve(talk=600, started_at=JUNE)
    june = issue(signed, "2026-06")
    if is_credited:
        vanish(call)
        assert by_name(issue(signed, "2026-07")) == GONE
    else:
        issue(signed, "2026-07")
        vanish(call)
        actions.collect_pending(at=month_after("2026-07"))
    cancel(june)
    # without the call June is its minimum; what July gave back is charged again
    assert bill_again(june).net == Decimal("3.00")
    assert by_name(issue(signed, "2026-08")) == (
        [("Phone · 2026-06", Decimal("8.00")), ("least · 2026-06", Decimal("-3.00"))] if is_credited else []
    )
    assert billed(signed) == Decimal("9.00")

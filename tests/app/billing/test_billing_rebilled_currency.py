"""A period billed again in another currency: only where nothing of it stands in the former one, else with a reason."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing import actions
from billing.models import Accrual, Contract, Invoice
from billing.money_owed import open_balances, wallet_balances
from billing.queries import Unbillable
from contactcenter.kernel.errors import Conflict
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.money import pay
from tests.app.billing.rows import accept, sign, version_in_force
from tests.app.billing.test_billing_late import JUNE, TARIFF, corrections, issue, month_after, signed
from tests.app.billing.test_billing_late_rebilled import bill_again, cancel

Serve = Callable[..., Interaction]
__all__ = ["signed"]
DOLLARS = TARIFF | {"currency": "USD"}


def correct_contract(account: Account) -> None:
    """The contract was entered with the wrong tariff: it is in dollars."""
    version = version_in_force(DOLLARS)
    accept(account, version)
    Contract.objects.filter(account=account).update(tariff=version.tariff_id)


def kept(account: Account) -> list[Any]:
    documents = Invoice.objects.filter(account=account).order_by("pk").values_list("pk", "status", "content_hash")
    return [*documents, *Accrual.objects.filter(account=account).order_by("pk").values_list("touched", "settled")]


def test_period_with_late_usage_charged_in_euros_is_not_billed_again_in_dollars(signed: Account, serve: Serve) -> None:
    # June: 5 minutes, 2 included: 3.00; two more of June are charged with July
    serve(talk=300, started_at=JUNE)
    june = issue(signed, "2026-06")
    serve(talk=90, started_at=JUNE + timedelta(days=1))
    july = issue(signed, "2026-07")
    assert corrections(july) == [("Phone · 2026-06", Decimal("2.00"))]
    cancel(june)
    correct_contract(signed)
    before = kept(signed)
    with pytest.raises(Conflict, match=rf"2026-06 cannot be billed again in USD.*EUR \(invoice {july.number}\)"):
        bill_again(june)
    assert kept(signed) == before
    # once July's is taken back, too, June is 7 minutes, of which 2 are included, and July its minimum
    cancel(july)
    again = bill_again(june)
    assert (again.currency, again.net, again.corrections) == ("USD", Decimal("5.00"), [])
    assert (bill_again(july).net, open_balances(account_id=signed.pk)["USD"]) == (Decimal("3.00"), Decimal("9.68"))


def test_waived_usage_is_not_charged_by_a_bill_in_another_currency(signed: Account, serve: Serve) -> None:
    serve(talk=300, started_at=JUNE)
    june = issue(signed, "2026-06")
    serve(talk=90, started_at=JUNE + timedelta(days=1))
    at = month_after("2026-06")
    actions.collect_pending(at=at)
    actions.decide_late_usage(invoice_id=june.pk, choice="waive", reason="Our fault", at=at, actor_id=None)
    cancel(june)
    correct_contract(signed)
    before = kept(signed)
    with pytest.raises(Conflict, match="booked in EUR"):
        bill_again(june)
    assert kept(signed) == before


def test_what_was_paid_in_euros_stays_in_the_wallet_and_pays_no_dollars(signed: Account, serve: Serve) -> None:
    serve(talk=300, started_at=JUNE)
    june = issue(signed, "2026-06")
    # 3.00 and 21 % tax
    pay(signed, "3.63", june.number)
    cancel(june)
    correct_contract(signed)
    assert bill_again(june).total == Decimal("3.63")
    assert wallet_balances(account_id=signed.pk) == {"EUR": Decimal("3.63")}
    assert open_balances(account_id=signed.pk) == {"USD": Decimal("3.63")}


def test_fees_paid_ahead_in_euros_are_not_set_off_against_dollars(account: Account) -> None:
    fee = {"code": "fee", "kind": "recurring", "amount": "100.00", "timing": "advance"}
    euros = {"name": "Flat", "currency": "EUR", "taxes": TARIFF["taxes"], "components": [fee]}
    sign(account, version_in_force(euros), since=date(2026, 6, 1))
    # June begins the contract: its own fee, and July's in advance
    assert issue(account, "2026-06").net == Decimal("200.00")
    version = version_in_force(euros | {"currency": "USD"})
    accept(account, version)
    Contract.objects.filter(account=account).update(tariff=version.tariff_id)
    before = kept(account)
    with pytest.raises(Unbillable, match=r"2026-07 in USD: the bill of 2026-06 charges fee of it in advance, in EUR"):
        issue(account, "2026-07")
    assert kept(account) == before

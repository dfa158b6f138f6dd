"""Orders counted wrong: corrected by a supervisor, billed as the difference. By hand: 2.00 an order."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from billing import actions
from billing.models import Invoice
from contactcenter.kernel.errors import Conflict, DomainError, Invalid, NotFound
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.models import Account, Role, User
from contactcenter.tickets.interaction_actions import correct_orders, wrap_interaction
from contactcenter.tickets.models import Interaction, OrderCorrection
from tests.app.billing.rows import sign, version_in_force
from tests.app.factories import make_user

Serve = Callable[..., Interaction]
JUNE, AT = datetime(2026, 6, 10, 9, tzinfo=UTC), datetime(2026, 7, 2, 9, tzinfo=UTC)
TARIFF: dict[str, Any] = {
    "name": "Orders",
    "currency": "EUR",
    "components": [{"code": "orders", "kind": "per_order", "name": {"en": "Orders"}, "rate_per_order": "2.00"}],
}


@pytest.fixture
def supervisor() -> User:
    return make_user(Role.SUPERVISOR)


@pytest.fixture
def sold(account: Account, serve: Serve) -> Interaction:
    """A call in which three orders worth 90.00 were counted."""
    sign(account, version_in_force(TARIFF))
    call = serve(talk=120, started_at=JUNE)
    return wrap_interaction(
        interaction_id=call.pk, at=JUNE + timedelta(minutes=3), disposition_id=None, orders=3,
        order_amount=Decimal("90.00"),
    )  # fmt: skip


def correct(sold: Interaction, person: User, **given: Any) -> OrderCorrection:
    said: dict[str, Any] = {"orders": 5, "order_amount": Decimal("150.00"), "reason": "Two more on the same call"}
    return correct_orders(ticket_id=sold.ticket_id, interaction_id=sold.pk, at=AT, actor_id=person.pk, **said | given)


def issue(account: Account, period: str, at: datetime) -> Invoice:
    actions.collect_pending(at=at)
    draft = actions.build_draft(account_id=account.pk, period=period, at=at, actor_id=None).invoice
    return actions.issue_invoice(invoice_id=draft.pk, at=at, actor_id=None, approve=True)


def test_correction_after_the_invoice_is_charged_on_the_next_one(
    sold: Interaction, account: Account, supervisor: User
) -> None:
    # three orders: 6.00. Five are right: 4.00 more on July's invoice; then four: 2.00 less on August's
    assert issue(account, "2026-06", AT).net == Decimal("6.00")
    correct(sold, supervisor)
    july = issue(account, "2026-07", datetime(2026, 8, 2, tzinfo=UTC))
    assert [(line.kind, line.amount) for line in july.lines.filter(kind="correction")] == [
        ("correction", Decimal("4.00"))
    ]
    correct(sold, supervisor, orders=4, order_amount=None, reason="One was cancelled")
    august = issue(account, "2026-08", datetime(2026, 9, 2, tzinfo=UTC))
    assert august.net == Decimal("-2.00")
    told = OrderCorrection.objects.order_by("pk").values_list(
        "orders_before", "amount_before", "orders", "order_amount"
    )
    assert list(told) == [(3, Decimal("90.00"), 5, Decimal("150.00")), (5, Decimal("150.00"), 4, None)]
    audited = AuditEntry.objects.filter(action="interaction.orders_corrected").order_by("pk").first()
    assert audited is not None
    assert (audited.actor_id, audited.data) == (
        supervisor.pk,
        {"before": 3, "after": 5, "reason": "Two more on the same call"},
    )


def test_refused_corrections_change_nothing(sold: Interaction, serve: Serve, supervisor: User) -> None:
    running = serve(talk=60, started_at=JUNE + timedelta(hours=1))
    refusals: list[tuple[type[DomainError], dict[str, Any]]] = [
        (Invalid, {"reason": " "}),
        (Invalid, {"orders": 0}),
        (Conflict, {"orders": 3, "order_amount": Decimal("90.00")}),
        (NotFound, {"ticket_id": running.ticket_id}),
        (Conflict, {"ticket_id": running.ticket_id, "interaction_id": running.pk}),
    ]
    for error, given in refusals:
        said = {"ticket_id": sold.ticket_id, "interaction_id": sold.pk, "orders": 5, "order_amount": Decimal(150)}
        with pytest.raises(error):
            correct_orders(**{**said, "reason": "Wrong", "at": AT, "actor_id": supervisor.pk, **given})
    sold.refresh_from_db()
    assert (sold.orders, sold.order_amount, OrderCorrection.objects.count()) == (3, Decimal("90.00"), 0)


def test_corrections_are_kept(sold: Interaction, supervisor: User) -> None:
    correct(sold, supervisor)
    for change in (OrderCorrection.objects.all().delete, lambda: OrderCorrection.objects.update(orders=1)):
        with pytest.raises(DatabaseError, match="is kept"), transaction.atomic():
            change()


def test_supervisor_corrects_on_the_ticket(sold: Interaction, supervisor: User, client: Client) -> None:
    client.force_login(supervisor)
    address = f"/api/v1/tickets/{sold.ticket_id}/counted-orders/"
    [row] = client.get(address).json()["results"]
    assert (row["orders"], row["order_amount"], row["corrections"]) == (3, "90.00", [])
    given = {"interaction": sold.pk, "orders": 2, "order_amount": "60.00", "reason": "Counted twice"}
    [row] = client.post(address, given, content_type="application/json").json()["results"]
    assert (row["orders"], row["corrections"][0]["orders_before"]) == (2, 3)
    assert (row["corrections"][0]["by"], row["corrections"][0]["reason"]) == (supervisor.full_name, "Counted twice")

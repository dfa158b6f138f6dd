"""Facts that roll-ups add up, written by hand, and the roll-ups as values."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from contactcenter.dashboards.models import ContactDay, ContactQuarter, OperatorDay, OperatorQuarter
from contactcenter.dashboards.rollups.actions import fold_changes
from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Call, Interaction, Ticket
from tests.app.factories import AT

_numbers = count(1)


def serve(ticket: Ticket, operator: Operator, *, after_s: float = 0, **fields: Any) -> Interaction:
    """A finished inbound call of 120 s that had waited 10 s, unless said otherwise."""
    started = AT + timedelta(seconds=after_s)
    values = {
        "channel": "voice",
        "started_at": started,
        "ended_at": started + timedelta(seconds=120),
        "waited_ms": 10_000,
        **fields,
    }
    return Interaction.objects.create(account_id=ticket.account_id, ticket=ticket, operator=operator, **values)


def miss(account: Account, *, after_s: float = 0, wait_s: int = 30, ticket: Ticket | None = None) -> Call:
    started = AT + timedelta(seconds=after_s)
    return Call.objects.create(
        account=account,
        ticket=ticket,
        endpoint_id=1,
        external_id=f"call {next(_numbers)}",
        direction="in",
        started_at=started,
        enqueued_at=started,
        ended_at=started + timedelta(seconds=wait_s),
        wait_ms=wait_s * 1000,
    )


def everything() -> list[Any]:
    """All roll-up rows but for their ids."""
    return [
        sorted(({key: value for key, value in row.items() if key != "id"} for row in model.objects.values()), key=str)
        for model in (ContactQuarter, ContactDay, OperatorQuarter, OperatorDay)
    ]


def fold() -> None:
    while fold_changes():
        pass

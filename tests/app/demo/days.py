"""A small day of the demo."""

from datetime import UTC, date, datetime
from typing import Any

from contactcenter.dashboards.demo.simulate import simulate_days
from contactcenter.routing.models import Offer
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Call, Interaction, Message, Ticket
from contactcenter.worktime.models import Session

DAY = date(2026, 11, 18)
AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def simulate(contacts: int = 24, seed: int = 5, day: date = DAY) -> dict[str, Any]:
    (summary,) = simulate_days(days=[day], seed=seed, accounts=3, operators=6, contacts=contacts)
    return summary


def everything() -> dict[str, int]:
    with open_every_account(reason="the test counts"):
        models = (Ticket, Message, Call, Interaction, Session, Offer)
        return {model.__name__: model.objects.count() for model in models}  # type: ignore[attr-defined]

"""What a client's figures are made of: contacts handled and missed, taken into the roll-ups, and asked for."""

from datetime import UTC, datetime, timedelta

import time_machine
from django.test import Client

from contactcenter.dashboards.rollups.actions import fold_changes
from contactcenter.operators.models import Operator
from contactcenter.tenancy.doors import open_account, open_every_account
from contactcenter.tenancy.models import Account, Role, User
from contactcenter.tickets.models import Call, Interaction
from tests.app.factories import make_ticket

JULY = datetime(2026, 7, 20, 12, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def served_by() -> Operator:
    # hashing a password costs more than the request; nobody logs in as this operator
    user, _ = User.objects.get_or_create(
        email="anna@example.org", defaults={"full_name": "Anna Kovacs", "role": Role.OPERATOR, "password": "!"}
    )
    return Operator.objects.get_or_create(user=user, defaults={"display_name": "Anna Kovacs"})[0]


def handle(
    account: Account, started: datetime, *, channel: str = "voice", waited_ms: int | None = 5_000
) -> Interaction:
    with open_account(account.pk):
        return Interaction.objects.create(
            account=account,
            ticket=make_ticket(account, channel=channel),
            operator=served_by(),
            channel=channel,
            direction="in",
            started_at=started,
            ended_at=started + timedelta(minutes=3),
            waited_ms=waited_ms,
        )


def miss(account: Account, started: datetime, *, wait_ms: int = 30_000, external_id: str = "x") -> Call:
    with open_account(account.pk):
        return Call.objects.create(
            account=account,
            endpoint_id=1,
            external_id=external_id,
            direction="in",
            from_number="+34600000001",
            started_at=started,
            enqueued_at=started,
            ended_at=started + timedelta(milliseconds=wait_ms),
            wait_ms=wait_ms,
            outcome="abandoned",
        )


def fold() -> None:
    with open_every_account(reason="roll-ups add up all accounts"):
        while fold_changes():
            pass


def usage(client: Client, **query: str) -> dict:
    fold()
    with time_machine.travel(JULY, tick=False):
        response = client.get("/api/v1/portal/usage/", query)
    assert response.status_code == 200, response.content
    return response.json()

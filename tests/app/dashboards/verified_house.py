"""A small house whose sums are proven: everything that the proof looks at, made through the real actions."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.core.management import call_command
from django.db import connection

from billing import actions as billing
from channels_app.models import Endpoint
from channels_app.receipts import process_receipt, store_receipt
from contactcenter.dashboards.rollups.actions import fold_changes
from contactcenter.operators.models import OperatorAlias
from contactcenter.routing.actions import place_ticket
from contactcenter.tickets.models import Channel, Direction, Interaction, Message
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.models import IdlePolicy
from tests.app.factories import make_account, make_operator, make_ticket

NINE = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
E = EventKind
MAIL = (
    b"From: Olga Petrova <olga@example.org>\r\nTo: help@shop.example\r\nSubject: Where is my order?\r\n"
    b"Message-ID: <one@example.org>\r\nDate: Mon, 15 Jun 2026 09:00:00 +0000\r\n\r\n"
    b"I ordered a lamp two weeks ago and it has not come. Could you look where it is?\r\n"
)
TARIFF = {
    "name": "All work",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}],
    "components": [
        {
            "code": "work",
            "kind": "per_minute",
            "name": "Work",
            "basis": "all_work",
            "rounding": "6s",
            "rate_per_minute": "1",
        }
    ],
}


def build_house(tmp_path: Path) -> SimpleNamespace:
    """A morning: a mail, a call from a telephone log, two chats at once, a break; usage collected, a draft built."""
    shop, clinic = make_account("Shop", currency="EUR"), make_account("Clinic", currency="EUR")
    anna = make_operator(shop, clinic)
    IdlePolicy.objects.create(operator=anna, kind="equal")
    OperatorAlias.objects.create(operator=anna, name="Anna")
    mailbox = Endpoint.objects.create(account=shop, kind="email", address="help@shop.example", name="Help")
    Endpoint.objects.create(account=shop, kind="voice", address="pbx", name="Telephone system")
    stored = store_receipt(endpoint_id=mailbox.pk, external_id="one@example.org", raw=MAIL, at=NINE, enqueue=False)
    assert process_receipt(receipt_id=stored.receipt_id).state == "processed"
    ticket = Message.objects.get(receipt__pk=stored.receipt_id).ticket

    def chat(account, start: int, end: int) -> list[EventInput]:
        opened, closed = NINE + timedelta(seconds=start), NINE + timedelta(seconds=end)
        interaction = Interaction.objects.create(
            account=account,
            ticket=ticket if account == shop else _ticket(account),
            operator=anna,
            channel=Channel.CHAT,
            direction=Direction.INBOUND,
            started_at=opened,
            ended_at=closed,
        )
        return [
            EventInput(
                kind=kind,
                at=at,
                source="test",
                source_key=f"{interaction.pk} {kind}",
                account_id=account.pk,
                interaction_id=interaction.pk,
                channel="chat",
            )
            for kind, at in ((E.CHAT_OPENED, opened), (E.CHAT_CLOSED, closed))
        ]

    def presence(second: int, kind: EventKind) -> EventInput:
        return EventInput(kind=kind, at=NINE + timedelta(seconds=second), source="test", source_key=f"{second} {kind}")

    record_events(
        operator_id=anna.pk,
        events=[
            presence(0, E.SESSION_STARTED),
            *chat(shop, 60, 361),
            *chat(clinic, 200, 500),
            presence(600, E.PRESENCE_BREAK),
            presence(900, E.PRESENCE_AVAILABLE),
            presence(3600, E.SESSION_ENDED),
        ],
    )
    log = tmp_path / "queue_log"
    begin = int(NINE.timestamp()) + 1000
    log.write_text(
        f"{begin}|{begin}.1|sales|NONE|ENTERQUEUE||+442079460009|1\n"
        f"{begin + 3}|{begin}.1|sales|Anna|CONNECT|3|{begin}.2|3\n"
        f"{begin + 100}|{begin}.1|sales|Anna|COMPLETECALLER|3|97|1\n"
    )
    call_command("import_calls", str(log), "--format", "asterisk-queue-log", "--endpoint", "pbx", stdout=StringIO())
    place_ticket(ticket_id=ticket.pk, at=NINE)
    later = NINE + timedelta(days=20)
    assert derive_operator(operator_id=anna.pk, at=later)
    # three contacts, and Anna's hours for either account
    assert billing.collect_pending(at=later).added == 3 + 2
    version = billing.add_tariff(name="All work", document=TARIFF, at=NINE, actor_id=None)
    billing.put_in_force(version_id=version.pk, effective_from=date(2026, 1, 1), at=NINE, actor_id=None)
    billing.sign_contract(
        account_id=shop.pk,
        tariff_id=version.tariff_id,
        starts_on=date(2026, 1, 1),
        ends_on=None,
        at=NINE,
        actor_id=None,
    )
    billing.record_acceptance(
        account_id=shop.pk, version_id=version.pk, effective_from=date(2026, 1, 1), name="Ana", evidence="paper",
        at=NINE, actor_id=None,
    )  # fmt: skip
    billing.build_draft(account_id=shop.pk, period="2026-06", at=later, actor_id=None)
    while fold_changes():
        pass
    with connection.cursor() as cursor:
        # what a commit would check is checked here: the tests alter committed rows
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return SimpleNamespace(shop=shop, clinic=clinic, anna=anna, ticket=ticket)


def _ticket(account):
    return make_ticket(account)


def verify() -> tuple[int, dict[str, Any]]:
    out = StringIO()
    code = 0
    try:
        call_command("verify", stdout=out)
    except SystemExit as end:
        code = int(str(end.code))
    return code, json.loads(out.getvalue())


def alter(query: str) -> int:
    """Alter one row by hand; return its id."""
    with connection.cursor() as cursor:
        cursor.execute(f"{query} RETURNING id")
        [(number,)] = cursor.fetchall()
    return int(number)


def number_of(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


ONE_SLICE = "id = (SELECT min(id) FROM worktime_slice WHERE kind = 'talk')"

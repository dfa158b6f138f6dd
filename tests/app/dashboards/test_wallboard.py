"""The wallboard counts what waits and says what everybody is doing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from channels_app.models import Endpoint
from contactcenter.dashboards.models import RollupMark
from contactcenter.dashboards.rollups.actions import fold_changes
from contactcenter.dashboards.wallboard_queries import Board, wallboard
from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.models import Heartbeat
from contactcenter.operators.models import Operator
from contactcenter.routing.models import Assignment, Offer, OperatorState, Presence, Queue, Waiting
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Call, Interaction, Ticket
from contactcenter.worktime.models import Session, Slice
from tests.app.factories import AT, make_account, make_operator, make_ticket
from tests.app.routing.scenes import telephoned

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _every_account():
    with open_every_account(reason="staff see the whole floor"):
        yield


def board(**chosen: Any) -> dict[str, Any]:
    fold_changes()
    return wallboard(board=Board(at=chosen.pop("at", AT), zone=ZoneInfo(chosen.pop("zone", "UTC")), **chosen))


def wait(account: Account, queue: Queue, *, seconds: int, channel: str = "chat") -> Waiting:
    since = AT - timedelta(seconds=seconds)
    return Waiting.objects.create(
        account=account,
        ticket=make_ticket(account),
        queue=queue,
        channel=channel,
        enqueued_at=since,
        due_at=since,
    )


NOTHING = {
    "contacts": 0,
    "answered": 0,
    "abandoned": 0,
    "service_level_permille": None,
    "abandonment_permille": None,
    "average_wait_ms": None,
    "average_handle_ms": None,
    "occupancy_permille": None,
    "transfers_permille": None,
    "csat_permille": None,
}


def test_queue_tells_how_many_wait_who_longest_and_whose_promise_is_broken():
    account = make_account(service_level_seconds=60)
    queue = Queue.objects.create(name="Any")
    Queue.objects.create(name="Closed", language="xx", is_active=False)
    wait(account, queue, seconds=20)
    wait(account, queue, seconds=31)  # at risk: more than half of 60 s
    wait(account, queue, seconds=61)  # late
    mail = wait(account, queue, seconds=540, channel="email")  # mail is late by its ticket's clock only
    Ticket.objects.filter(pk=mail.ticket_id).update(due_at=AT + timedelta(minutes=4))

    assert board()["queues"] == [
        {
            "id": queue.pk,
            "name": "Any",
            "account_id": None,
            "language": "",
            "channel": "",
            "waiting": 4,
            "longest_since": AT - timedelta(seconds=540),
            "breached": 1,
            "at_risk": 2,
            "today": NOTHING,
        }
    ]
    Ticket.objects.filter(pk=mail.ticket_id).update(due_at=AT)
    assert (board()["queues"][0]["breached"], board()["queues"][0]["at_risk"]) == (2, 1)


def test_engagement_follows_assignments_and_offers_before_presence():
    account = make_account()
    people = {
        name: make_operator(account)
        for name in ("serving", "speaking", "wrapping", "offered", "ready", "break", "offline")
    }
    for name, operator in people.items():
        if name != "offline":
            presence = Presence.BREAK if name == "break" else Presence.AVAILABLE
            OperatorState.objects.create(operator=operator, presence=presence, since=AT)
    for name, state in (("serving", "active"), ("wrapping", "wrapping")):
        ticket = make_ticket(account, channel="chat")
        interaction = Interaction.objects.create(
            account=account, ticket=ticket, operator=people[name], channel="chat", started_at=AT
        )
        Assignment.objects.create(
            account=account,
            ticket=ticket,
            operator=people[name],
            interaction=interaction,
            channel="chat",
            state=state,
            started_at=AT,
            wrapping_at=AT + timedelta(minutes=1) if state == "wrapping" else None,
        )
    telephoned(account, people["speaking"], at=AT + timedelta(minutes=2))
    Offer.objects.create(
        account=account,
        ticket=make_ticket(account),
        operator=people["offered"],
        channel="email",
        offered_at=AT,
        expires_at=AT + timedelta(seconds=30),
    )

    shown = {row["id"]: row for row in board()["operators"]}

    assert {name: shown[operator.pk]["engagement"] for name, operator in people.items()} == {
        name: "serving" if name == "speaking" else name for name in people
    }
    assert (shown[people["speaking"].pk]["channels"], shown[people["speaking"].pk]["since"]) == (
        ["voice"],
        AT + timedelta(minutes=2),
    )
    assert shown[people["serving"].pk]["channels"] == ["chat"]
    assert shown[people["wrapping"].pk]["since"] == AT + timedelta(minutes=1)


def serve(account: Account, operator: Operator, *, minutes_ago: int, **fields: Any) -> Interaction:
    started = AT - timedelta(minutes=minutes_ago)
    values = {"channel": "voice", "waited_ms": 1000, "ended_at": started + timedelta(seconds=100), **fields}
    return Interaction.objects.create(
        account=account, ticket=make_ticket(account), operator=operator, started_at=started, **values
    )


def test_todays_contacts_are_those_of_the_accounts_own_day():
    account = make_account(time_zone="Asia/Tokyo")  # AT is 18:00 there, the day began at 15:00 UTC of the day before
    operator = make_operator(account)
    for hours in (17, 19):
        serve(account, operator, minutes_ago=hours * 60)

    shown = board()["accounts"]

    assert [(row["id"], row["by_channel"], row["today"]["contacts"]) for row in shown] == [
        (account.pk, {"voice": 1}, 1)
    ]
    # the board's own day is that of the zone asked for, or of the account chosen
    assert (board()["time_zone"], board()["total"]["occupancy_permille"]) == ("UTC", None)
    chosen = board(account_id=account.pk)
    assert (chosen["time_zone"], chosen["day_starts_at"]) == ("Asia/Tokyo", AT - timedelta(hours=18))
    assert [row["at"] for row in chosen["intraday"]] == [AT - timedelta(hours=17)]


def test_figures_of_account_queue_and_house_follow_each_accounts_own_formula():
    strict = make_account("Strict", service_level_formula="strict", service_level_seconds=10)
    kind = make_account("Kind", service_level_formula="answered_only", service_level_seconds=60)
    operator = make_operator(strict, kind)
    queue = Queue.objects.create(name="Any")
    for account, waited in ((strict, 10_000), (strict, 11_000), (kind, 60_000)):
        serve(account, operator, minutes_ago=30, waited_ms=waited, wrapped_at=AT - timedelta(minutes=28))
    for account in (strict, kind):
        Call.objects.create(
            account=account,
            endpoint_id=account.pk,
            external_id="x",
            direction="in",
            started_at=AT - timedelta(minutes=20),
            enqueued_at=AT - timedelta(minutes=20),
            ended_at=AT - timedelta(minutes=19),
            wait_ms=5_000,
        )
    session = Session.objects.create(operator=operator, started_at=AT - timedelta(hours=1))
    for kind_of, start, end in (("talk", 60, 45), ("idle", 45, 15)):
        Slice.objects.create(
            session=session,
            operator=operator,
            started_at=AT - timedelta(minutes=start),
            ended_at=AT - timedelta(minutes=end),
            ms=(start - end) * 60_000,
            kind=kind_of,
        )

    shown = board()

    levels = {row["name"]: row["today"]["service_level_permille"] for row in shown["accounts"]}
    assert levels == {"Strict": 333, "Kind": 1000}  # 1 of 3, 1 of 1
    # together 2 of 4; handle time 100 s and 20 s wrap-up each; the wall clock 15 of 45 minutes
    for told in (shown["total"], shown["queues"][0]["today"]):
        assert (told["contacts"], told["answered"], told["abandoned"]) == (5, 3, 2)
        assert (told["service_level_permille"], told["abandonment_permille"]) == (500, 400)
        assert (told["average_wait_ms"], told["average_handle_ms"]) == (27_000, 120_000)
        assert told["occupancy_permille"] == 333
    assert queue.pk == shown["queues"][0]["id"]
    [person] = shown["operators"]
    assert (person["handled"], person["average_handle_ms"], person["occupancy_permille"]) == (3, 120_000, 333)
    assert [(row["at"], row["answered"], row["abandoned"]) for row in shown["intraday"]] == [
        (AT - timedelta(minutes=30), 3, 2)
    ]


def test_board_of_one_account_or_queue_shows_nothing_of_others():
    mine, theirs = make_account("Mine"), make_account("Theirs")
    queue, other = Queue.objects.create(name="Any"), Queue.objects.create(name="French", language="fr")
    operator, stranger = make_operator(mine), make_operator(theirs)
    serve(mine, operator, minutes_ago=30)
    serve(theirs, stranger, minutes_ago=30)
    Ticket.objects.filter(account=theirs).update(language="fr")
    wait(theirs, other, seconds=90)

    shown = board(account_id=mine.pk)

    assert [row["id"] for row in shown["accounts"]] == [mine.pk]
    assert [row["id"] for row in shown["queues"]] == [queue.pk]
    assert [row["id"] for row in shown["operators"]] == [operator.pk]
    assert (shown["total"]["contacts"], shown["alerts"][0]["kind"]) == (1, "worker_silent")
    one = board(queue_id=other.pk)
    assert [row["waiting"] for row in one["queues"]] == [1]
    assert one["total"]["contacts"] == 1
    for field in ("account_id", "queue_id"):
        with pytest.raises(NotFound):
            board(**{field: 10**9})


def test_alerts_name_what_asks_for_somebody():
    account = make_account("Shop", service_level_percent=80)
    queue, operator = Queue.objects.create(name="Any"), make_operator(account)
    fields = {"account": account, "kind": "email", "is_active": True}
    Endpoint.objects.create(
        **fields, address="fails@x", last_received_at=AT - timedelta(hours=2), last_error_at=AT, last_error="No login"
    )
    Endpoint.objects.create(**fields, address="silent@x", last_received_at=AT - timedelta(hours=25))
    Endpoint.objects.create(**fields, address="well@x", last_received_at=AT, last_error_at=AT - timedelta(hours=1))
    Endpoint.objects.create(**fields, address="never@x")
    wait(account, queue, seconds=100)
    for _ in range(9):
        serve(account, operator, minutes_ago=30, waited_ms=21_000)
    Heartbeat.objects.create(name="worker", at=AT)
    assert "service_level" not in [alert["kind"] for alert in board()["alerts"]]  # nine are chance
    serve(account, operator, minutes_ago=30)

    told = board()["alerts"]

    assert [(alert["kind"], alert["is_grave"], alert["name"]) for alert in told] == [
        ("sla_breached", True, "Any"),
        ("endpoint_failing", True, "fails@x"),
        ("service_level", False, "Shop"),
        ("endpoint_silent", False, "silent@x"),
    ]
    assert (told[0]["count"], told[1]["detail"], told[2]["value_permille"]) == (1, "No login", 100)
    Heartbeat.objects.update(at=AT - timedelta(seconds=61))
    assert "worker_silent" in [alert["kind"] for alert in board()["alerts"]]
    RollupMark.objects.create(account_id=account.pk)
    RollupMark.objects.update(recorded_at=AT - timedelta(seconds=61))
    behind = wallboard(board=Board(at=AT, zone=ZoneInfo("UTC")))["alerts"]
    assert "rollups_behind" in [alert["kind"] for alert in behind]


def test_board_asks_the_database_no_more_for_a_bigger_house(django_assert_max_num_queries):
    Queue.objects.create(name="Any")
    for _ in range(3):
        account = make_account()
        serve(account, make_operator(account), minutes_ago=30)
    fold_changes()
    with django_assert_max_num_queries(24):
        wallboard(board=Board(at=AT, zone=ZoneInfo("UTC")))
    for _ in range(6):
        account = make_account()
        serve(account, make_operator(account), minutes_ago=30)
    fold_changes()
    with django_assert_max_num_queries(24):
        wallboard(board=Board(at=AT, zone=ZoneInfo("UTC")))

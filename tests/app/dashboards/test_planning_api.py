"""Planning from what the last weeks brought: which contacts count, in whose time, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from contactcenter.dashboards.rollups.actions import fold_changes
from contactcenter.routing.models import Queue
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Role, User
from contactcenter.tickets.models import Interaction
from tests.app.factories import make_account, make_operator, make_ticket

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)  # a Monday
ADDRESS = "/api/v1/admin/planning/"


@pytest.fixture
def client() -> Client:
    browser = Client()
    browser.force_login(User.objects.create(email="s@example.org", role=Role.SUPERVISOR, password="!"))
    return browser


@pytest.fixture
def queues() -> dict[str, Queue]:
    """Four Mondays: 100 calls of 180 s a week from 07:00 UTC in two languages, and what must not count."""
    with open_every_account(reason="the test builds several accounts"):
        account, operator = make_account(), make_operator()
        found = {
            language: Queue.objects.create(name=language, language=language, channel="voice")
            for language in ("en", "fr")
        }
        tickets = {language: make_ticket(account, channel="voice", language=language) for language in found}
        rows = [
            (language, NOW.replace(hour=7) - timedelta(weeks=week, seconds=-30 * number), "voice")
            for week in (1, 2, 3, 4)
            for language, count in (("en", 60), ("fr", 40))
            for number in range(count)
        ]
        rows += [
            ("en", NOW.replace(hour=7), "voice"),  # today is not over
            ("en", NOW.replace(hour=7) - timedelta(weeks=5), "voice"),  # too long ago
            ("en", NOW.replace(hour=7) - timedelta(weeks=1), "email"),  # not answered by the second
        ]
        Interaction.objects.bulk_create(
            Interaction(
                account=account,
                ticket=tickets[language],
                operator=operator,
                channel=channel,
                started_at=at,
                ended_at=at + timedelta(seconds=150),
                wrapped_at=at + timedelta(seconds=180),
                waited_ms=5_000,
            )
            for language, at, channel in rows
        )
        while fold_changes():
            pass
    return found


def ask(client: Client, **query):
    with time_machine.travel(NOW, tick=False):
        return client.get(ADDRESS, query)


def test_week_is_planned_from_the_mean_of_its_weekdays_in_local_time(client, queues):
    plan = ask(client, time_zone="Europe/Madrid").json()

    assert (plan["first_on"], plan["last_on"]) == ("2026-05-18", "2026-06-14")
    [slot] = plan["slots"]
    assert (slot["weekday"], slot["half_hour"], slot["contacts"]) == (0, 18, 100)  # Monday, 09:00 in Madrid
    assert slot["shared"] == {
        "operators": 14,
        "service_level_permille": 888,
        "average_wait_ms": 7836,
        "abandonment_permille": 0,
        "occupancy_permille": 714,
    }
    assert (slot["shared_rostered"], slot["given"]) == (20, None)
    names = {row["name"]: (row["contacts_a_week"], row["measured_aht_ms"]) for row in plan["streams"]}
    assert names == {"en": (60, 180_000), "fr": (40, 180_000)}
    assert slot["dedicated"] == sum(row["operators"] for row in slot["by_stream"]) > 14
    assert plan["week"]["shared_hours"] == 10  # twenty for half an hour
    assert plan["week"]["saved_hours"] == plan["week"]["dedicated_hours"] - 10 > 0


def test_one_queue_with_other_wishes(client, queues):
    plan = ask(
        client,
        queue=[queues["fr"].pk],
        aht_s=60,
        patience_s=120,
        target_percent=90,
        within_s=10,
        shrinkage_percent=0,
        operators=1,
        apart="account",
    ).json()
    [slot] = plan["slots"]
    assert slot["contacts"] == 40
    assert [row["aht_ms"] for row in plan["streams"]] == [60_000]
    assert slot["shared"]["service_level_permille"] >= 900
    assert slot["shared_rostered"] == slot["shared"]["operators"] == slot["dedicated"]
    assert slot["given"]["operators"] == 1
    assert slot["given"]["abandonment_permille"] > 0


def test_without_contacts_there_is_nothing_to_plan(client):
    plan = ask(client).json()
    assert (plan["slots"], plan["streams"], plan["week"]["saved_permille"]) == ([], [], None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target_percent", 100),
        ("target_percent", "many"),
        ("weeks", 0),
        ("time_zone", "Mars/Base"),
        ("aht_s", 0),
        ("shrinkage_percent", 95),
        ("channel", "email"),
        ("queue", "x"),
        ("apart", "team"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(client, field, value):
    answer = ask(client, **{field: value})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["data"]["fields"]) == [field]

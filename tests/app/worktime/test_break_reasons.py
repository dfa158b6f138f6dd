"""Reasons for a break: the defaults, what an administrator changes, and whose time a break is then."""

from datetime import UTC, datetime, timedelta

import pytest

from contactcenter.kernel.models import AuditEntry
from contactcenter.routing.actions import set_presence
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Role
from contactcenter.worktime.models import BreakReason, OperatorEvent
from tests.app.factories import make_account, make_operator, make_user

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 15, 0, 0, tzinfo=UTC)
ADDRESS = "/api/v1/admin/break-reasons/"


@pytest.fixture(autouse=True)
def _defaults():
    """The rows of the migration, whatever a transactional test before has emptied."""
    for position, reason in enumerate(("rest", "meal", "training", "meeting", "technical"), start=1):
        BreakReason.objects.get_or_create(reason=reason, defaults={"position": position, "labels": {"en": reason}})


@pytest.fixture
def chief(client):
    client.force_login(make_user(role=Role.SUPERVISOR))
    return client


def _send(client, method, path, body):
    return getattr(client, method)(path, body, content_type="application/json")


def test_operators_choose_from_the_reasons_in_their_order(client):
    client.force_login(make_operator(make_account("Shop")).user)
    BreakReason.objects.filter(reason="training").update(position=0)
    BreakReason.objects.filter(reason="technical").update(is_active=False)
    shown = client.get("/api/v1/break-reasons/").json()["results"]
    assert [(one["reason"], one["is_active"]) for one in shown] == [
        ("training", True), ("rest", True), ("meal", True), ("meeting", True), ("technical", False),
    ]  # fmt: skip
    assert "account_id" not in shown[0]


def test_reason_is_added_with_its_words_and_audited(chief):
    body = {"reason": "drill", "labels": {"en": " Fire drill ", "ru": "Учения", "es": ""}, "position": 6}
    answer = _send(chief, "post", ADDRESS, body)
    assert answer.status_code == 201
    row = BreakReason.objects.get(reason="drill")
    assert (row.labels, row.account_id, row.is_active) == ({"en": "Fire drill", "ru": "Учения"}, None, True)
    entry = AuditEntry.objects.get(action="break_reason.save")
    assert entry.data["labels"] == [{}, {"en": "Fire drill", "ru": "Учения"}]


def test_break_whose_reason_names_a_client_is_that_clients_time_from_then_on(chief):
    shop = make_account("Shop")
    anna = make_operator(shop)
    reason = BreakReason.objects.get(reason="training")
    with open_every_account(reason="the test looks at everything"):
        set_presence(operator_id=anna.pk, state="break", reason="training", at=AT)
    assert _send(chief, "patch", f"{ADDRESS}{reason.pk}/", {"account_id": shop.pk}).status_code == 200
    with open_every_account(reason="the test looks at everything"):
        set_presence(operator_id=anna.pk, state="available", at=AT + timedelta(minutes=5))
        set_presence(operator_id=anna.pk, state="break", reason="Training", at=AT + timedelta(minutes=6))
        told = OperatorEvent.objects.filter(operator=anna, kind="presence.break").order_by("pk")
        assert list(told.values_list("account_id", flat=True)) == [None, shop.pk]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"reason": "MEAL"}, 409, None),
        ({"reason": "x", "labels": {"de": "Pause"}}, 400, "labels"),
        ({"reason": "x", "account_id": 999_999}, 400, "account_id"),
        ({"reason": " "}, 400, "reason"),
        ({}, 400, "reason"),
    ],
)
def test_reason_that_cannot_be_is_refused_and_nothing_is_kept(chief, body, status, field):
    before = BreakReason.objects.count()
    answer = _send(chief, "post", ADDRESS, body)
    assert answer.status_code == status
    if field:
        assert answer.json()["error"]["field"] == field
    assert BreakReason.objects.count() == before


def test_what_breaks_are_recorded_under_does_not_change(chief):
    meal = BreakReason.objects.get(reason="meal")
    answer = _send(chief, "patch", f"{ADDRESS}{meal.pk}/", {"reason": "lunch"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "reason")
    assert BreakReason.objects.get(pk=meal.pk).reason == "meal"
    assert _send(chief, "patch", f"{ADDRESS}{meal.pk}/", {"reason": "meal", "is_active": False}).status_code == 200
    assert not BreakReason.objects.get(pk=meal.pk).is_active
    assert _send(chief, "patch", f"{ADDRESS}999999/", {"is_active": False}).status_code == 404

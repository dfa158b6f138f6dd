"""What an operator sees of a call that the live bridge tells of, and the time it is for them."""

import json
from datetime import UTC, datetime

import pytest

from channels_app.models import PhoneLogEntry
from contactcenter.kernel import valkey
from contactcenter.kernel.models import LiveEvent
from contactcenter.routing.actions import set_presence, wrap_call
from contactcenter.routing.models import Assignment
from contactcenter.tenancy.models import Membership
from contactcenter.tickets.models import Call, Interaction
from contactcenter.worktime.models import OperatorEvent
from tests.app.phone.asterisk.talk import (
    ANSWERS,
    AT,
    COMPLETE,
    HANGUP,
    MENU,
    MISSED,
    NUMBER,
    QUEUED,
    RINGS,
    events,
    take,
)

pytestmark = pytest.mark.django_db


def test_caller_in_the_menu_has_no_ticket_yet(pbx, anna):
    take(pbx, MENU, second=0)
    assert (Call.objects.count(), PhoneLogEntry.objects.count()) == (0, 1)
    take(pbx, QUEUED, second=1)
    assert Call.objects.get().ticket is not None


def test_operator_is_told_who_rings_once_and_that_it_stopped(pbx, anna, ticket):
    take(pbx, MENU, QUEUED, second=1)
    assert events("call.ringing") == []
    take(pbx, RINGS, second=2)
    call = Call.objects.get()
    (ringing,) = LiveEvent.objects.filter(kind="call.ringing")
    assert ringing.audience == f"operator:{anna.pk}"
    assert ringing.payload == {
        "call_id": call.pk,
        "ticket_id": call.ticket_id,
        "account_id": call.account_id,
        "number": NUMBER,
        "name": "Olga",
        "queue": "sales",
        "since": "2026-11-23T15:00:02Z",
    }
    take(pbx, RINGS, second=2)
    assert len(events("call.ringing")) == 1
    take(pbx, ANSWERS, second=5)
    assert [event["answered"] for event in events("call.ring_ended")] == [True]
    take(pbx, ANSWERS, second=5)
    assert (len(events("call.ringing")), len(events("call.ring_ended"))) == (1, 1)


def test_ring_is_on_its_way_to_the_screen_with_its_commit_and_waits_for_no_task(
    pbx, anna, monkeypatch, django_capture_on_commit_callbacks
):
    told: list[valkey.Command] = []
    monkeypatch.setattr(valkey, "_send", told.extend)
    take(pbx, MENU, QUEUED, second=1)
    with django_capture_on_commit_callbacks(execute=True):
        take(pbx, RINGS, second=2)
    published = [json.loads(command[2]) for command in told if command[0] == "PUBLISH"]
    rung = [item["event"] for item in published if item["audience"] == f"operator:{anna.pk}"]
    assert [(event["kind"], event["payload"]["number"]) for event in rung] == [("call.ringing", NUMBER)]


def test_missed_ring_is_taken_off_the_screen_as_missed(pbx, anna):
    take(pbx, MENU, QUEUED, RINGS, second=2)
    take(pbx, MISSED, second=12)
    assert [event["answered"] for event in events("call.ring_ended")] == [False]


def test_nobody_is_told_of_a_call_of_an_account_that_is_not_theirs(pbx, anna):
    Membership.objects.filter(user=anna.user).delete()
    take(pbx, MENU, QUEUED, RINGS, second=2)
    assert events("call.ringing") == []


def test_call_of_the_past_touches_no_screen(pbx, anna):
    take(pbx, MENU, QUEUED, RINGS, second=500)
    assert events("call.ringing") == []


def test_ended_call_feeds_talk_and_wrap_up_into_the_operators_time(pbx, anna):
    set_presence(operator_id=anna.pk, state="available", at=AT)
    take(pbx, MENU, QUEUED, RINGS, ANSWERS, second=5)
    interaction = Interaction.objects.get()
    assert interaction.ended_at is None
    assert wrap_call(interaction_id=interaction.pk) is None
    take(pbx, COMPLETE, HANGUP, second=65)
    assignment = wrap_call(interaction_id=interaction.pk)
    assert assignment is not None
    assert (assignment.state, assignment.operator_id) == ("wrapping", anna.pk)
    assert assignment.wrapping_at == datetime(2026, 11, 23, 15, 1, 5, tzinfo=UTC)
    assert assignment.wrap_due_at == datetime(2026, 11, 23, 15, 2, 5, tzinfo=UTC)
    assert wrap_call(interaction_id=interaction.pk) is None
    assert Assignment.objects.count() == 1
    told = OperatorEvent.objects.filter(operator=anna).order_by("at", "pk").values_list("kind", flat=True)
    assert list(told) == [
        "session.started", "presence.available", "offer.made", "call.talk_started", "offer.ended", "call.ended",
        "wrap.started",
    ]  # fmt: skip


def test_operator_who_is_not_at_work_gets_no_wrap_up(pbx, anna):
    take(pbx, MENU, QUEUED, RINGS, ANSWERS, COMPLETE, HANGUP, second=65)
    assert wrap_call(interaction_id=Interaction.objects.get().pk) is None
    assert Assignment.objects.count() == 0


# -- Click to call -------------------------------------------------------------------------------------------------

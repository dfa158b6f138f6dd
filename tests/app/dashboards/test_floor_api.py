"""Skills, business hours, promises and the rules of queues over the API; why an operator was chosen."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from contactcenter.kernel.models import AuditEntry
from contactcenter.routing import actions
from contactcenter.routing.models import Queue, QueueSkill, RelaxationStep
from contactcenter.routing.profiles import read_book
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Role
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import Calendar, SlaTarget
from tests.app.factories import AT, make_account, make_operator, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_user(Role.SUPERVISOR), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def send(client: Client, method: str, address: str, body: Any, *, status: int) -> Any:
    answer = getattr(client, method)(f"/api/v1/{address}", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_skill_is_added_demanded_by_an_account_and_given_to_an_operator(staff):
    account = make_account()
    operator = make_operator(account)
    skill = send(staff, "post", "admin/skills/", {"name": "Health data"}, status=201)
    demanded = {"certifications": [{"account_id": account.pk, "level": 2}]}
    changed = send(staff, "patch", f"admin/skills/{skill['id']}/", demanded, status=200)
    assert changed["certifications"] == demanded["certifications"]
    given = [{"skill_id": skill["id"], "level": 3, "expires_on": "2026-12-31"}]
    person = send(staff, "patch", f"admin/operators/{operator.pk}/", {"skills": given}, status=200)
    assert person["skills"] == given
    with open_every_account(reason="a test"):
        assert read_book(on=AT.date()).profiles[operator.pk].skills == {skill["id"]: 3}
        # the certificate has run out
        assert read_book(on=AT.date().replace(year=2027)).profiles[operator.pk].skills == {}
        assert read_book(on=AT.date()).terms[account.pk].certifications == {skill["id"]: 2}
    assert AuditEntry.objects.filter(action="skill.change").count() == 1
    assert send(staff, "get", "admin/skills/", {}, status=200)["results"][0]["operators"] == 1


def test_skill_of_a_taken_name_is_refused(staff):
    send(staff, "post", "admin/skills/", {"name": "Returns"}, status=201)
    assert send(staff, "post", "admin/skills/", {"name": "returns"}, status=409)["error"]["field"] == "name"


def test_hours_are_kept_and_those_that_make_no_sense_refused_by_field(staff):
    week = [[["09:00", "13:00"], ["14:00", "18:00"]]] * 5 + [[], []]
    body = {
        "name": "Office",
        "time_zone": "Europe/Madrid",
        "week": week,
        "days": [{"on": "2026-12-24", "name": "Christmas Eve", "spans": [["09:00", "12:00"]]}],
        "holiday_country": "ES",
        "holiday_subdivision": "MD",
    }
    hours = send(staff, "post", "admin/calendars/", body, status=201)
    assert hours["week"] == week
    wrong = {"week": [[["09:00", "12:00"], ["11:00", "13:00"]], *[[]] * 6]}
    refused = send(staff, "patch", f"admin/calendars/{hours['id']}/", wrong, status=400)["error"]
    assert (refused["field"], refused["message"]) == ("week", "Monday: spans overlap.")
    refused = send(staff, "patch", f"admin/calendars/{hours['id']}/", {"holiday_country": "XX"}, status=400)["error"]
    assert refused["field"] == "holiday_country"
    assert Calendar.objects.get().week == week
    assert "BY" in send(staff, "get", "admin/calendars/", {}, status=200)["holidays"]["DE"]


def test_promise_with_its_targets_replaces_the_lines_and_is_one_per_account(staff):
    account = make_account()
    body = {"name": "Gold", "account_id": account.pk, "targets": [{"priority": None, "first_reply_s": 600}]}
    gold = send(staff, "post", "admin/sla-policies/", body, status=201)
    send(staff, "post", "admin/sla-policies/", {**body, "name": "Silver"}, status=409)
    twice = {"targets": [{"priority": 1, "first_reply_s": 60}, {"priority": 1, "first_reply_s": 90}]}
    assert send(staff, "patch", f"admin/sla-policies/{gold['id']}/", twice, status=400)["error"]["field"] == "targets"
    assert list(SlaTarget.objects.values_list("priority", "first_reply_s")) == [(None, 600)]
    send(staff, "patch", f"admin/sla-policies/{gold['id']}/", {"targets": [{"priority": 1}]}, status=200)
    assert list(SlaTarget.objects.values_list("priority", "first_reply_s")) == [(1, None)]


def test_queue_takes_skills_pool_steps_hours_and_mode_of_wrap_up(staff):
    operator = make_operator(make_account())
    skill = send(staff, "post", "admin/skills/", {"name": "Orders"}, status=201)
    other = Queue.objects.create(name="Other", language="fi")
    calendar = Calendar.objects.create(name="Office")
    rules = {
        "name": "Orders",
        "channel": "chat",
        "skills": [{"skill_id": skill["id"], "level": 2, "is_required": False}],
        "members": [operator.pk],
        "relaxation": [
            {"after_s": 60, "action": "overflow", "level": None, "overflow_queue_id": other.pk},
            {"after_s": 30, "action": "lower_level", "level": 1},
        ],
        "wrap_up_mode": "timed",
        "sticky_seconds": 3600,
        "calendar_id": calendar.pk,
    }
    queue = send(staff, "post", "admin/queues/", rules, status=201)
    assert [step["action"] for step in queue["relaxation"]] == ["lower_level", "overflow"]
    assert (queue["members"], queue["wrap_up_mode"], queue["calendar_id"]) == ([operator.pk], "timed", calendar.pk)
    with open_every_account(reason="a test"):
        read = read_book(on=AT.date()).rules[queue["id"]]
    assert read.optional == {skill["id"]: 2}
    assert read.members == {operator.pk}
    steps = [(step.after.total_seconds(), step.action, step.level) for step in read.steps]
    assert steps == [(30, "lower_level", 1), (60, "overflow", None)]
    for field, value in (
        ("relaxation", [{"after_s": 5, "action": "lower_level"}]),
        ("skills", [{"skill_id": 0, "level": 1, "is_required": True}]),
        ("members", [0]),
        ("calendar_id", 0),
    ):
        refused = send(staff, "patch", f"admin/queues/{queue['id']}/", {field: value}, status=400)["error"]
        assert refused["field"] == field
    assert QueueSkill.objects.count() == 1
    assert RelaxationStep.objects.count() == 2


def waiting_chat(account) -> int:
    ticket = make_ticket(account, channel="chat", language="en", unread=1)
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=AT, text="Hello?")
    actions.place_ticket(ticket_id=ticket.pk, at=AT)
    return ticket.pk


def test_supervisor_reads_why_this_operator_and_why_not_the_others(staff):
    with open_every_account(reason="a test"):
        account = make_account()
        idle, late = make_operator(account), make_operator(account)
        for number, operator in enumerate((idle, late)):
            actions.set_presence(operator_id=operator.pk, state="available", at=AT + timedelta(seconds=number))
        ticket_id = waiting_chat(account)
        actions.match_waiting(at=AT + timedelta(seconds=5))
    told = send(staff, "get", f"tickets/{ticket_id}/routing/", {}, status=200)
    offer = told["offers"][0]
    assert (offer["operator"]["name"], offer["rule"], offer["state"]) == (idle.display_name, "longest_idle", "pending")
    assert offer["not_chosen"] == [{"reason": "shorter_idle", "count": 1}]
    assert offer["others"][0]["operator"] == {"id": late.pk, "name": late.display_name}
    assert told["waiting"]["queue"] == "Everything"


def test_waiting_ticket_tells_why_nobody_has_it(staff):
    with open_every_account(reason="a test"):
        account = make_account()
        operator = make_operator(account, languages="fi")
        actions.set_presence(operator_id=operator.pk, state="available", at=AT)
        ticket_id = waiting_chat(account)
        assert actions.match_waiting(at=AT) == 0
    waiting = send(staff, "get", f"tickets/{ticket_id}/routing/", {}, status=200)["waiting"]
    assert waiting["rule"] == "nobody"
    assert waiting["others"][0]["reason"] == "language"
    send(staff, "get", "tickets/0/routing/", {}, status=404)

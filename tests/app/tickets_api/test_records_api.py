"""Messages and calls as records of their own."""

from datetime import timedelta

import pytest

from contactcenter.tickets import actions, records_api, serializers
from contactcenter.tickets.models import Call, CallSegment
from tests.app.factories import AT, make_account, make_ticket

pytestmark = pytest.mark.django_db


def make_call(account, number: int, **fields) -> Call:
    values = {"endpoint_id": 1, "direction": "in", "started_at": AT + timedelta(minutes=number), **fields}
    return Call.objects.create(account=account, external_id=str(number), **values)


def ids(answer) -> list[int]:
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["results"]]


def test_messages_come_newest_first_in_pages_and_by_ticket(client, account, django_assert_num_queries):
    first, second = make_ticket(account), make_ticket(account)
    sent = [
        actions.receive_message(ticket=ticket, channel="email", at=AT, text=str(number))
        for number, ticket in enumerate([first] * 51 + [second])
    ]
    # the session with its person and memberships; messages, files
    with django_assert_num_queries(1 + 2):
        page = client.get("/api/v1/messages/")
    following = client.get("/api/v1/messages/", {"cursor": page.json()["next"]})
    assert ids(page) + ids(following) == [message.pk for message in reversed(sent)]
    assert following.json()["next"] is None
    assert ids(client.get("/api/v1/messages/", {"ticket": second.pk})) == [sent[-1].pk]


def test_a_message_has_every_field_that_is_documented(client, account):
    message = actions.receive_message(
        ticket=make_ticket(account), channel="email", at=AT, text="Yes\n> No?", reply_text="Yes"
    )
    record = client.get(f"/api/v1/messages/{message.pk}/").json()
    assert set(record) == set(records_api.MessageRecordSerializer().get_fields())
    assert set(record) == set(records_api.MESSAGE_EXAMPLE)
    assert (record["text"], record["reply_text"], record["at"]) == ("Yes\n> No?", "Yes", "2026-06-15T09:00:00Z")


def test_calls_are_listed_by_the_period_in_which_they_began(client, account):
    calls = [make_call(account, number) for number in range(4)]
    make_call(make_account(), 9)
    asked = {"starts_at": "2026-06-15T09:01:00Z", "ends_at": "2026-06-15T11:03:00+02:00"}
    assert ids(client.get("/api/v1/calls/", asked)) == [calls[2].pk, calls[1].pk]


def test_calls_that_began_at_one_instant_are_paged_without_loss(client, account):
    calls = [make_call(account, number, started_at=AT) for number in range(51)]
    page = client.get("/api/v1/calls/")
    following = client.get("/api/v1/calls/", {"cursor": page.json()["next"]})
    assert ids(page) + ids(following) == [call.pk for call in reversed(calls)]
    assert following.json()["next"] is None


def test_a_call_shows_its_segments_in_order(client, account):
    call = make_call(account, 1)
    for position, kind in ((1, "operator"), (0, "queue")):
        CallSegment.objects.create(account=account, call=call, position=position, kind=kind, talk_ms=position * 1000)
    record = client.get(f"/api/v1/calls/{call.pk}/").json()
    assert [(part["kind"], part["talk_ms"]) for part in record["segments"]] == [("queue", 0), ("operator", 1000)]
    assert set(record) == set(records_api.CallDetailSerializer().get_fields())
    assert set(record) - {"segments"} == set(records_api.CALL_EXAMPLE)


@pytest.mark.parametrize(
    ("field", "value"),
    [("starts_at", "yesterday"), ("starts_at", "2026-06-15T09:00:00"), ("cursor", "x"), ("cursor", "99")],
)
def test_bad_questions_name_the_field(client, field, value):
    answer = client.get("/api/v1/calls/", {field: value})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_the_documented_ticket_has_the_fields_of_a_card():
    assert set(serializers.TICKET_EXAMPLE) == set(serializers.TicketCardSerializer().get_fields())

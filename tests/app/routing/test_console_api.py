"""The console over HTTP: from signing in to the end of wrap-up."""

from uuid import uuid4

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from contactcenter.playbooks.models import Disposition
from contactcenter.routing import serializers
from contactcenter.routing.actions import match_waiting, place_ticket
from contactcenter.routing.models import Offer, OfferState
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import Interaction
from tests.app.factories import make_operator, make_ticket, make_user
from tests.app.routing.scenes import telephoned

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(account):
    return make_operator(account)


@pytest.fixture
def client(operator):
    client = APIClient()
    client.force_login(operator.user)
    return client


def waiting(account):
    at = timezone.now()
    ticket = make_ticket(account, channel="chat", language="en", at=at)
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=at, text="Hello?")
    place_ticket(ticket_id=ticket.pk, at=at)
    return ticket


def test_a_chat_from_offer_to_wrap_up(client, account, operator):
    Disposition.objects.create(account=account, code="done", name="Done")
    signed_in = client.post("/api/v1/presence/", {"state": "available"}).json()
    assert set(signed_in) == set(serializers.ConsoleSerializer().get_fields())
    assert (signed_in["presence"]["state"], signed_in["presence"]["engagement"]) == ("available", "idle")
    assert signed_in["load"]["chat"] == {"used": 0, "max": 4}
    ticket = waiting(account)
    queued = client.get("/api/v1/tickets/?view=queue").json()["results"]
    assert [card["id"] for card in queued] == [ticket.pk]
    assert queued[0]["waiting_since"] is not None
    match_waiting(at=timezone.now())

    offered = client.get("/api/v1/console/").json()
    assert offered["offer"]["ticket"]["id"] == ticket.pk
    assert offered["offer"]["why"]["rule"] == "only_one"
    assert (offered["load"]["chat"]["used"], offered["presence"]["engagement"]) == (1, "offered")

    card = client.post(f"/api/v1/offers/{offered['offer']['id']}/accept/").json()
    assert (card["assignment_state"], card["assignee"]["id"], card["status"]) == ("active", operator.pk, "open")
    client.post(f"/api/v1/tickets/{ticket.pk}/focus/", {"active": True})
    reply = {"client_uuid": str(uuid4()), "channel": "chat", "text": "Hello"}
    assert client.post(f"/api/v1/tickets/{ticket.pk}/replies/", reply).status_code == 201
    serving = client.get("/api/v1/console/").json()
    assert [one["id"] for one in serving["open"]] == [ticket.pk]
    assert serving["presence"]["engagement"] == "engaged"

    wrap = client.post(f"/api/v1/tickets/{ticket.pk}/finish/").json()
    assert wrap["extended"] is False
    assert client.get(f"/api/v1/tickets/{ticket.pk}/").json()["wrap"] == wrap
    wrapping = client.get("/api/v1/console/").json()
    assert (wrapping["open"], wrapping["wrapping"][0]["ticket"]["id"]) == ([], ticket.pk)
    assert wrapping["load"]["chat"]["used"] == 0
    extended = client.post(f"/api/v1/tickets/{ticket.pk}/wrap-up/extend/").json()
    assert extended["due_at"] > wrap["due_at"]

    refused = client.post(f"/api/v1/tickets/{ticket.pk}/wrap-up/", {"status": "solved"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "disposition")
    done = client.post(f"/api/v1/tickets/{ticket.pk}/wrap-up/", {"disposition": "done", "status": "solved"}).json()
    assert (done["status"], done["assignment_state"]) == ("solved", None)


def test_call_told_by_the_telephone_is_in_hand_until_it_ends(client, account, operator):
    client.post("/api/v1/presence/", {"state": "available"})
    began = timezone.now()
    ticket = telephoned(account, operator, at=began)
    speaking = client.get("/api/v1/console/").json()
    assert [(card["id"], parse_datetime(card["since"])) for card in speaking["calls"]] == [(ticket.pk, began)]
    # nobody finishes here what the telephone system has in its hands
    assert speaking["open"] == []
    assert (speaking["presence"]["engagement"], speaking["load"]["voice"]["used"]) == ("engaged", 1)
    assert parse_datetime(speaking["presence"]["engagement_since"]) == began
    assert (speaking["pulse"]["ready"], speaking["pulse"]["signed_in"]) == (0, 1)
    Interaction.objects.update(ended_at=timezone.now())
    over = client.get("/api/v1/console/").json()
    assert (over["calls"], over["presence"]["engagement"], over["pulse"]["ready"]) == ([], "idle", 1)


def test_declined_offer_answers_204_and_accepting_it_then_409(client, account):
    client.post("/api/v1/presence/", {"state": "available"})
    waiting(account)
    match_waiting(at=timezone.now())
    offer = Offer.objects.get()

    assert client.post(f"/api/v1/offers/{offer.pk}/decline/", {"reason": "busy"}).status_code == 204
    gone = client.post(f"/api/v1/offers/{offer.pk}/accept/")
    assert (gone.status_code, gone.json()["error"]["code"]) == (409, "offer_gone")
    assert gone.json()["error"]["data"] == {"state": "declined"}


def test_offer_of_a_colleague_is_404(client, account):
    colleague = make_operator(account)
    from contactcenter.routing.actions import set_presence

    set_presence(operator_id=colleague.pk, state="available", at=timezone.now())
    waiting(account)
    match_waiting(at=timezone.now())
    assert client.post(f"/api/v1/offers/{Offer.objects.get().pk}/accept/").status_code == 404
    assert Offer.objects.get().state == OfferState.PENDING


def test_supervisor_without_an_operator_sees_the_pulse_and_cannot_take_tickets(account):
    client = APIClient()
    client.force_login(make_user("supervisor"))
    waiting(account)
    console = client.get("/api/v1/console/").json()
    assert (console["pulse"]["waiting"], console["open"], console["offer"]) == (1, [], None)
    refused = client.post("/api/v1/presence/", {"state": "available"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_an_operator")


@pytest.mark.parametrize("body", [{}, {"state": "lost"}, {"state": "break"}])
def test_bad_presence_is_refused(client, body):
    answer = client.post("/api/v1/presence/", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] in {"state", "reason"}

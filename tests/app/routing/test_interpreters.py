"""An interpreter's help is written down from the acceptance to the end of the conversation, to the second, once."""

from datetime import timedelta

import pytest
from django.test import Client

from contactcenter.kernel.models import AuditEntry
from contactcenter.routing.actions import (
    accept_offer,
    close_overdue_wraps,
    finish_conversation,
    match_waiting,
    place_ticket,
    set_presence,
    transfer_to_queue,
)
from contactcenter.routing.models import Assignment, Offer, Queue, RelaxationStep
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets import interaction_actions
from contactcenter.tickets.interpreters import end_left_open
from contactcenter.tickets.models import Interaction, InterpreterUse
from tests.app.factories import AT, make_account, make_ticket
from tests.app.routing.scenes import after, at_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make_account(allows_interpreter=True)


@pytest.fixture
def operator(account):
    return at_work(account, languages="en")


@pytest.fixture
def ticket(account, operator):
    """A Finnish chat that nobody speaks, accepted ten seconds after it came with an interpreter."""
    queue = Queue.objects.create(account=account, name="Everybody", wrap_up_seconds=60)
    RelaxationStep.objects.create(queue=queue, after_s=0, action="interpreter")
    ticket = make_ticket(account, channel="chat", language="fi", at=AT)
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=AT, text="Missä tilaukseni on?", language="fi")
    place_ticket(ticket_id=ticket.pk, at=AT)
    assert match_waiting(at=after(5)) == 1
    offer = Offer.objects.get(ticket=ticket, state="pending")
    assert offer.bridge == "interpreter"
    accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=after(10))
    return ticket


def test_the_use_begins_with_the_acceptance(ticket, operator):
    use = InterpreterUse.objects.get()
    assert (use.language, use.started_at, use.ended_at, use.seconds) == ("fi", after(10), None, 0)
    assert (use.interaction.operator_id, use.account_id) == (operator.pk, ticket.account_id)
    assert Assignment.objects.get(ticket=ticket).bridge == "interpreter"


def test_it_ends_with_the_conversation_and_every_begun_second_counts(ticket, operator):
    at = after(100) + timedelta(milliseconds=1)
    finish_conversation(ticket_id=ticket.pk, operator_id=operator.pk, at=at)
    use = InterpreterUse.objects.get()
    # 10 s to 100.001 s: 90.001 s, so the 91st second has begun
    assert (use.ended_at, use.seconds) == (at, 91)
    close_overdue_wraps(at=after(1000))
    use.refresh_from_db()
    assert (use.ended_at, use.seconds) == (at, 91)


def test_who_writes_again_in_the_wrap_up_is_helped_on_as_one_use(ticket, operator):
    finish_conversation(ticket_id=ticket.pk, operator_id=operator.pk, at=after(100))
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=after(110), text="Vielä yksi asia", language="fi")
    place_ticket(ticket_id=ticket.pk, at=after(110))
    use = InterpreterUse.objects.get()
    assert (use.ended_at, use.seconds) == (None, 0)
    finish_conversation(ticket_id=ticket.pk, operator_id=operator.pk, at=after(130))
    use.refresh_from_db()
    assert (use.started_at, use.ended_at, use.seconds) == (after(10), after(130), 120)


@pytest.mark.parametrize("way", ["offline", "queue"])
def test_every_exit_ends_it(ticket, operator, way):
    if way == "offline":
        set_presence(operator_id=operator.pk, state="offline", at=after(40), after_work=False)
        place_ticket(ticket_id=ticket.pk, at=after(40))
    else:
        queue = Queue.objects.create(account=ticket.account, name="Other", language="fi")
        transfer_to_queue(ticket_id=ticket.pk, operator_id=operator.pk, queue_id=queue.pk, note="", at=after(40))
    use = InterpreterUse.objects.get()
    assert (use.ended_at, use.seconds) == (after(40), 30)


def test_a_speaker_needs_none(account):
    at_work(account, languages="fi")
    Queue.objects.create(account=account, name="Everybody")
    ticket = make_ticket(account, channel="chat", language="fi", at=AT)
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=AT, text="Hei", language="fi")
    place_ticket(ticket_id=ticket.pk, at=AT)
    match_waiting(at=after(5))
    offer = Offer.objects.get()
    accept_offer(offer_id=offer.pk, operator_id=offer.operator_id, at=after(6))
    assert not InterpreterUse.objects.exists()


def test_on_a_call_the_operator_calls_one_in_and_the_end_of_the_call_ends_it(account, operator):
    ticket = make_ticket(account, channel="voice", language="fi")
    call = interaction_actions.start_interaction(
        ticket=ticket, operator_id=operator.pk, channel="voice", at=after(0), source_key="call 1 x 0"
    )
    client = Client()
    client.force_login(operator.user)
    address = f"/api/v1/tickets/{ticket.pk}/interpreter/"
    begun = client.post(address, {"provider": "Lingua Ltd"}, content_type="application/json")
    assert (begun.status_code, begun.json()["provider"], begun.json()["language"]) == (200, "Lingua Ltd", "fi")
    named = client.post(address, {"reference": "Job 77"}, content_type="application/json")
    assert (named.json()["id"], named.json()["reference"]) == (begun.json()["id"], "Job 77")
    InterpreterUse.objects.update(started_at=after(20))
    Interaction.objects.filter(pk=call.pk).update(ended_at=after(80))
    assert end_left_open() == 1
    use = InterpreterUse.objects.get()
    assert (use.provider, use.reference, use.ended_at, use.seconds) == ("Lingua Ltd", "Job 77", after(80), 60)
    assert AuditEntry.objects.filter(action="interpreter.call_in").count() == 2
    assert client.delete(address).status_code == 409
    assert [row["seconds"] for row in client.get(address).json()["results"]] == [60]


def test_none_is_called_in_without_the_clients_consent_or_a_conversation(operator):
    account = make_account()
    own = at_work(account)
    ticket = make_ticket(account, channel="voice", language="fi")
    client = Client()
    client.force_login(own.user)
    address = f"/api/v1/tickets/{ticket.pk}/interpreter/"
    assert client.post(address, {}, content_type="application/json").json()["error"]["code"] == "no_consent"
    account.allows_interpreter = True
    account.save()
    assert client.post(address, {}, content_type="application/json").status_code == 409
    assert not InterpreterUse.objects.exists()

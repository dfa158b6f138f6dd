"""Writes to tickets and their timelines."""

from datetime import timedelta
from uuid import uuid4

import pytest

from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets import actions, interaction_actions
from contactcenter.tickets.drafts import save_draft
from contactcenter.tickets.models import Message, Note, Ticket
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    account = make_account()
    with open_account(account.pk):
        yield account


def test_ticket_numbers_count_up_per_account(account):
    other = make_account()
    assert [make_ticket(account).number for _ in range(3)] == [1001, 1002, 1003]
    with open_account(other.pk):
        assert make_ticket(other).number == 1001


def test_a_ticket_refuses_another_accounts_contact(account):
    other = make_account()
    with open_account(other.pk):
        foreign = make_contact(other)
    with pytest.raises(Invalid) as refusal:
        actions.open_ticket(account_id=account.pk, contact=foreign, channel="email", at=AT)
    assert refusal.value.field == "contact"
    assert Ticket.objects.count() == 0


def test_late_reply_reopens_a_solved_ticket(account):
    ticket = make_ticket(account)
    actions.change_status(ticket_id=ticket.pk, status="solved", at=AT, actor_id=None)
    ticket.refresh_from_db()
    later = AT + timedelta(days=2)
    actions.receive_message(ticket=ticket, channel="email", at=later, text="Still nothing")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.solved_at, ticket.unread, ticket.last_activity_at) == ("open", None, 1, later)
    assert ticket.preview == "Still nothing"


def test_an_automatic_reply_does_not_reopen(account):
    ticket = make_ticket(account)
    actions.change_status(ticket_id=ticket.pk, status="solved", at=AT, actor_id=None)
    ticket.refresh_from_db()
    actions.receive_message(ticket=ticket, channel="email", at=AT, text="I am away", kind="auto_reply")
    ticket.refresh_from_db()
    assert ticket.status == "solved"


def test_an_older_message_arriving_late_keeps_the_latest_activity(account):
    ticket = make_ticket(account)
    actions.receive_message(ticket=ticket, channel="email", at=AT - timedelta(hours=1), text="earlier")
    ticket.refresh_from_db()
    assert ticket.last_activity_at == AT


def test_the_same_client_uuid_sends_once(account):
    ticket, uuid = make_ticket(account), uuid4()
    operator = make_operator(account)
    first = actions.send_reply(
        ticket=ticket, operator_id=operator.pk, channel="email", text="Hi", at=AT, client_uuid=uuid
    )
    again = actions.send_reply(
        ticket=ticket, operator_id=operator.pk, channel="email", text="Hi", at=AT, client_uuid=uuid
    )
    assert first.pk == again.pk
    assert Message.objects.count() == 1
    assert first.status == "queued"


def test_a_client_uuid_of_another_ticket_is_a_conflict(account):
    one, two, uuid = make_ticket(account), make_ticket(account), uuid4()
    actions.send_reply(ticket=one, operator_id=None, channel="email", text="Hi", at=AT, client_uuid=uuid)
    with pytest.raises(Conflict):
        actions.send_reply(ticket=two, operator_id=None, channel="email", text="Hi", at=AT, client_uuid=uuid)
    assert Message.objects.filter(ticket=two).count() == 0


@pytest.mark.parametrize(
    ("channel", "text", "field"),
    [("email", "  ", "text"), ("voice", "Hi", "channel"), ("email", "x" * 100_001, "text")],
)
def test_a_reply_that_cannot_be_sent_names_the_field(account, channel, text, field):
    ticket = make_ticket(account)
    with pytest.raises(Invalid) as refusal:
        actions.send_reply(ticket=ticket, operator_id=None, channel=channel, text=text, at=AT, client_uuid=uuid4())
    assert refusal.value.field == field
    assert Message.objects.count() == 0


def test_a_closed_ticket_stays_closed(account):
    ticket = make_ticket(account)
    actions.change_status(ticket_id=ticket.pk, status="closed", at=AT, actor_id=None)
    with pytest.raises(Conflict):
        actions.change_status(ticket_id=ticket.pk, status="open", at=AT, actor_id=None)
    ticket.refresh_from_db()
    assert ticket.status == "closed"


def test_a_status_change_leaves_an_audit_row(account):
    ticket, user = make_ticket(account), make_user()
    actions.change_status(ticket_id=ticket.pk, status="solved", at=AT, actor_id=user.pk)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_id, entry.actor_id) == ("ticket.status", ticket.pk, user.pk)
    assert entry.data == {"from": "new", "to": "solved"}


def test_a_note_is_written_once_per_uuid(account):
    ticket, user, uuid = make_ticket(account), make_user(), uuid4()
    for _ in range(2):
        actions.add_note(ticket=ticket, author_id=user.pk, text="Call back", at=AT, client_uuid=uuid)
    assert Note.objects.count() == 1


def test_an_interaction_is_wrapped_once(account):
    ticket, operator = make_ticket(account), make_operator(account)
    interaction = interaction_actions.start_interaction(ticket=ticket, operator_id=operator.pk, channel="chat", at=AT)
    end = AT + timedelta(minutes=3)
    interaction_actions.wrap_interaction(interaction_id=interaction.pk, at=end, disposition_id=None)
    with pytest.raises(Conflict):
        interaction_actions.wrap_interaction(
            interaction_id=interaction.pk, at=end + timedelta(minutes=1), disposition_id=None
        )
    interaction.refresh_from_db()
    assert (interaction.ended_at, interaction.wrapped_at) == (end, end)


def test_the_same_source_key_is_one_interaction(account):
    ticket, operator = make_ticket(account), make_operator(account)
    pks = {
        interaction_actions.start_interaction(
            ticket=ticket, operator_id=operator.pk, channel="voice", at=AT, source_key="call:1:0"
        ).pk
        for _ in range(2)
    }
    assert len(pks) == 1


def test_an_empty_draft_is_removed(account):
    ticket, user = make_ticket(account), make_user()
    save_draft(ticket=ticket, user_id=user.pk, channel="email", text="half a sent")
    assert ticket.drafts.get().text == "half a sent"
    save_draft(ticket=ticket, user_id=user.pk, channel="email", text="")
    assert ticket.drafts.count() == 0

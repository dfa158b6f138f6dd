"""What outgoing webhooks tell to whom, and how long events are kept for them."""

from datetime import timedelta

import pytest

from channels_app.actions import push_message_changed
from contactcenter.contacts.merging import merge_contacts, undo_merge
from contactcenter.kernel import push
from contactcenter.kernel.models import LiveEvent
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.call_actions import CallFacts, record_call
from contactcenter.tickets.models import Message, MessageStatus
from tests.app.factories import AT, make_account, make_contact, make_ticket
from tests.app.webhooks.scene import data_of, subscribe, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_account")]


def test_a_new_ticket_with_its_first_message_is_told_once_each(account):
    subscribe(account)
    ticket = make_ticket(account)
    message = ticket_actions.receive_message(ticket=ticket, channel="email", at=AT, text="Hello", reply_text="Hello")
    assert told() == [("ticket.created", f"ticket:{ticket.pk}"), ("message.received", f"message:{message.pk}")]
    assert told() == [("ticket.created", f"ticket:{ticket.pk}"), ("message.received", f"message:{message.pk}")]
    created = data_of("ticket.created")
    assert (created["account_id"], created["ticket"]["number"]) == (account.pk, "MT-1001")
    received = data_of("message.received")["message"]
    assert (received["text"], received["ticket_id"], received["truncated"]) == ("Hello", ticket.pk, False)


def test_only_the_own_account_is_told_and_only_what_it_asked_for(account):
    mine, _ = subscribe(account, events=["ticket.changed"])
    theirs, _ = subscribe(make_account())
    ticket = make_ticket(account)
    told()
    ticket_actions.change_status(ticket_id=ticket.pk, status="solved", at=AT, actor_id=None)
    assert told() == [("ticket.changed", f"ticket:{ticket.pk}")]
    assert (mine.deliveries.count(), theirs.deliveries.count()) == (1, 0)
    assert data_of("ticket.changed")["ticket"]["status"] == "solved"


def test_a_reply_is_told_when_it_left_once_and_when_it_came_back(account):
    subscribe(account, events=["message.received", "message.sent", "message.failed"])
    ticket = make_ticket(account)
    message = ticket_actions.send_reply(
        ticket=ticket, operator_id=None, channel="email", text="Hi", at=AT,
        client_uuid="6f1c1a52-7a0c-4a51-9e6e-0d5a3f0c9b11",
    )  # fmt: skip
    assert told() == []
    subject = f"message:{message.pk}"
    expected = []
    for status, kind in [
        (MessageStatus.SENDING, None),
        (MessageStatus.SENT, "message.sent"),
        (MessageStatus.DELIVERED, None),
        (MessageStatus.FAILED, "message.failed"),
        (MessageStatus.SENT, "message.sent"),
    ]:
        Message.objects.filter(pk=message.pk).update(status=status)
        push_message_changed(message)
        expected += [(kind, subject)] if kind else []
        assert told() == expected


def test_a_call_is_told_when_it_has_ended_and_once(account):
    subscribe(account, events=["call.ended"])
    facts = {
        "endpoint_id": 1, "external_id": "1", "external_ids": ["1"], "direction": "in", "from_number": "+74952201490",
        "from_name": "", "to_number": "+442079460107", "queue_name": "", "started_at": AT, "enqueued_at": None,
        "answered_at": None, "wait_ms": None, "ring_ms": None, "talk_ms": None, "hold_ms": None, "outcome": "",
        "hung_up_by": "", "transfers": [], "flags": [], "segments": (), "contact_number": "+74952201490",
        "contact_name": "", "language": "", "opens_ticket": True,
    }  # fmt: skip
    call = record_call(account_id=account.pk, facts=CallFacts(**facts, ended_at=None)).call
    assert told() == []
    ended = AT + timedelta(seconds=30)
    record_call(account_id=account.pk, facts=CallFacts(**facts, ended_at=ended))
    assert told() == [("call.ended", f"call:{call.pk}")]
    record_call(account_id=account.pk, facts=CallFacts(**{**facts, "hung_up_by": "caller"}, ended_at=ended))
    assert told() == [("call.ended", f"call:{call.pk}")]
    assert data_of("call.ended")["call"]["ended_at"] == "2026-06-15T09:00:30Z"


def test_a_merge_and_its_undoing_are_told(account):
    subscribe(account, events=["contact.merged", "contact.unmerged"])
    kept, merged = make_contact(account), make_contact(account)
    merge = merge_contacts(kept_id=kept.pk, merged_id=merged.pk, actor_id=None, at=AT)
    undo_merge(merge_id=merge.pk, actor_id=None, at=AT)
    assert told() == [("contact.merged", f"contact:{kept.pk}"), ("contact.unmerged", f"contact:{kept.pk}")]
    assert data_of("contact.merged")["merged_id"] == merged.pk


def test_an_issued_invoice_is_told_and_no_screen_of_operators_hears_of_it(account):
    subscribe(account, events=["invoice.issued"])
    payload = {"id": 5, "number": "2026-00001", "total": "12.00", "currency": "EUR"}
    push.push_on_commit(f"books:{account.pk}", kind="invoice.issued", account_id=account.pk, payload=payload)
    assert told() == [("invoice.issued", "invoice:5")]
    assert data_of("invoice.issued") == {"account_id": account.pk, "invoice": payload}
    assert push.events_after(after=push.Cursor(0, 0), audiences=[f"account:{account.pk}"], every_account=True) == []


def test_what_happened_before_a_subscription_is_not_told(account):
    make_ticket(account)
    told()
    subscribe(account)
    assert told() == []


def test_events_that_nobody_has_read_yet_are_kept_for_a_week(account):
    make_ticket(account)
    push.push_on_commit("staff", kind="queue.pulse", payload={})
    event = LiveEvent.objects.get(kind="ticket.changed")
    push.trim_events(at=event.at + timedelta(days=2))
    assert [one.kind for one in LiveEvent.objects.all()] == ["ticket.changed"]
    told()
    push.trim_events(at=event.at + timedelta(days=2))
    assert not LiveEvent.objects.exists()


def test_even_unread_events_go_after_a_week(account):
    make_ticket(account)
    push.trim_events(at=LiveEvent.objects.get().at + timedelta(days=7, seconds=1))
    assert not LiveEvent.objects.exists()

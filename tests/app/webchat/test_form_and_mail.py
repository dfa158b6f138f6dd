"""What is left while nobody is there, and replies to visitors who have gone."""

import email
import email.policy
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from channels_app import delivery
from channels_app.email.door import take_email
from channels_app.endpoints import find_mailbox
from channels_app.models import ChatSession, Endpoint, Receipt
from channels_app.webchat import actions
from channels_app.webchat.protocol import ChatText, FrameError
from channels_app.webchat.queries import find_endpoint
from channels_app.webchat.visitors import Visit, history_of
from contactcenter.contacts.models import ContactPoint
from contactcenter.kernel.jobs import hand_jobs_to
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message, Ticket
from tests.app.factories import make_contact

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
WORDS = "Where is my parcel? It should have come yesterday."


@pytest.fixture
def visit(chat: Endpoint) -> Any:
    endpoint = find_endpoint(address="shop-chat")
    assert endpoint is not None
    with open_account(chat.account_id), hand_jobs_to(lambda name, ids: None):
        yield Visit(endpoint=endpoint, session=uuid4(), token="t" * 36, language="en", name="")


def write(visit: Visit, *, at: datetime = AT, text: str = WORDS, **more: Any) -> Ticket:
    stored = actions.store_message(visit=visit, text=ChatText(uuid=uuid4(), text=text, **more), at=at)
    ticket_id = actions.take_in_message(visit=visit, receipt_id=stored.receipt_id)
    assert ticket_id is not None
    return Ticket.objects.get(pk=ticket_id)


def reply(ticket: Ticket, *, at: datetime, text: str = "It is on its way.") -> Message:
    ticket.refresh_from_db()
    message = send_reply(ticket=ticket, operator_id=None, channel=ticket.channel, text=text, at=at, client_uuid=uuid4())
    delivery.deliver_message(message_id=message.pk, at=at)
    return Message.objects.get(pk=message.pk)


def mails(own_files: Path) -> list[EmailMessage]:
    found = sorted((own_files / "outbox").glob("*.eml"))
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]


def answer_by_mail(mail: EmailMessage, text: str, *, sender: str, at: datetime) -> None:
    raw = (
        f"From: {sender}\r\nTo: {mail['Reply-To']}\r\nSubject: Re: {mail['Subject']}\r\n"
        f"Message-ID: <{uuid4()}@mail.example>\r\n\r\n{text}\r\n"
    )
    take_email(endpoint=find_mailbox(address="help@shop.example"), raw=raw.encode(), at=at)


def test_the_form_becomes_a_ticket_that_is_answered_by_mail_and_goes_on_there(visit: Visit, own_files: Path) -> None:
    ticket = write(visit, name="Nell", email="nell@mail.example", form=True)
    assert (ticket.channel, ticket.contact.name, ticket.subject) == ("email", "Nell", WORDS)
    assert ContactPoint.objects.get(contact=ticket.contact).value == "nell@mail.example"
    assert ChatSession.objects.get().ended_at == AT  # a form begins no conversation
    sent = reply(ticket, at=AT + timedelta(hours=20))
    assert sent.status == "sent"
    [mail] = mails(own_files)
    assert mail["To"] == "Nell <nell@mail.example>"
    assert "In-Reply-To" not in mail
    answer_by_mail(mail, "Thank you!", sender="nell@mail.example", at=AT + timedelta(hours=21))
    assert Ticket.objects.count() == 1
    assert [entry.text.strip() for entry in Message.objects.order_by("at")][-1] == "Thank you!"


def test_two_forms_of_one_visitor_are_one_matter_and_stand_in_the_history(visit: Visit) -> None:
    write(visit, email="nell@mail.example", form=True)
    write(visit, text="The number is 42.", form=True, at=AT + timedelta(minutes=1))
    assert Ticket.objects.count() == 1
    assert [entry["text"] for entry in history_of(visit=visit)] == [WORDS, "The number is 42."]


def test_a_form_without_an_address_is_refused_and_leaves_nothing(visit: Visit) -> None:
    with pytest.raises(FrameError, match="email: expected"):
        actions.store_message(visit=visit, text=ChatText(uuid=uuid4(), text=WORDS, form=True), at=AT)
    assert not Receipt.objects.exists()
    assert not ChatSession.objects.exists()


def test_a_form_during_a_running_chat_stays_in_the_chat(visit: Visit) -> None:
    ticket = write(visit)
    again = write(visit, text="Are you gone?", email="nell@mail.example", form=True, at=AT + timedelta(minutes=2))
    assert again == ticket
    assert {entry.channel for entry in Message.objects.all()} == {"chat"}
    assert ChatSession.objects.get().email == "nell@mail.example"


def test_a_reply_to_a_visitor_who_is_there_stays_in_the_chat(visit: Visit, own_files: Path) -> None:
    ticket = write(visit, email="nell@mail.example")
    assert reply(ticket, at=AT + timedelta(minutes=2)).channel == "chat"
    assert mails(own_files) == []


def test_a_reply_to_one_who_has_gone_goes_by_mail_and_the_answer_finds_the_ticket(
    visit: Visit, own_files: Path
) -> None:
    ticket = write(visit, name="Nell", email="nell@mail.example")
    actions.leave_chat(session=visit.session, at=AT + timedelta(minutes=11))
    sent = reply(ticket, at=AT + timedelta(hours=3))
    assert (sent.channel, sent.status) == ("email", "sent")
    [mail] = mails(own_files)
    assert mail["To"] == "Nell <nell@mail.example>"
    assert mail["Subject"] == "Your chat with Shop"
    assert mail["Message-ID"].endswith("@shop.example>")
    plain = mail.get_body(("plain",))
    assert plain is not None
    body = plain.get_content()
    assert body.startswith("It is on its way.")
    assert f"> Nell: {WORDS}" in body
    answer_by_mail(mail, "Great, thanks.", sender="nell@mail.example", at=AT + timedelta(hours=4))
    assert Ticket.objects.count() == 1
    assert Message.objects.order_by("-at").first().channel == "email"  # type: ignore[union-attr]
    # whoever comes back to the page sees the reply there, too
    assert [entry["text"] for entry in history_of(visit=visit)] == [WORDS, "It is on its way."]


def test_a_reply_that_was_not_seen_goes_by_mail_once_the_visitor_has_gone(visit: Visit, own_files: Path) -> None:
    ticket = write(visit, email="nell@mail.example")
    unseen = reply(ticket, at=AT + timedelta(minutes=1))
    late = AT + timedelta(minutes=11)
    actions.leave_chat(session=visit.session, at=late)
    unseen.refresh_from_db()
    assert unseen.status == "queued"
    delivery.deliver_message(message_id=unseen.pk, at=late)
    [mail] = mails(own_files)
    assert mail["To"] == "nell@mail.example"
    assert not actions.leave_chat(session=visit.session, at=late)
    assert len(mails(own_files)) == 1


def test_a_reply_that_was_seen_goes_by_no_mail(visit: Visit, own_files: Path) -> None:
    ticket = write(visit, email="nell@mail.example")
    seen = reply(ticket, at=AT + timedelta(minutes=1))
    assert actions.mark_seen(visit=visit, message_id=seen.pk) == 1
    actions.leave_chat(session=visit.session, at=AT + timedelta(minutes=11))
    seen.refresh_from_db()
    assert seen.status == "read"
    assert mails(own_files) == []


@pytest.mark.parametrize("address", ["", "nell@mail.example"])
def test_without_an_address_or_a_mailbox_the_reply_waits_in_the_chat(
    visit: Visit, own_files: Path, address: str
) -> None:
    ticket = write(visit, email=address)
    if address:
        Endpoint.objects.filter(kind="email").update(is_active=False)
    actions.leave_chat(session=visit.session, at=AT + timedelta(minutes=11))
    sent = reply(ticket, at=AT + timedelta(hours=3))
    assert (sent.channel, sent.status) == ("chat", "sent")
    assert mails(own_files) == []


def test_an_address_that_is_merely_claimed_joins_nobody_to_its_owner(visit: Visit) -> None:
    owner = make_contact(visit_account(visit), "nell@mail.example")
    ticket = write(visit, name="Somebody", email="nell@mail.example")
    assert ticket.contact != owner
    assert ContactPoint.objects.get(value="nell@mail.example").contact == owner


def visit_account(visit: Visit) -> Any:
    return Endpoint.objects.select_related("account").get(pk=visit.endpoint.id).account


def test_replies_go_to_the_address_given_whoever_else_has_it_and_whatever_else_the_contact_has(
    visit: Visit, own_files: Path
) -> None:
    make_contact(visit_account(visit), "nell@mail.example")
    ticket = write(visit, name="Somebody", email="nell@mail.example")
    ContactPoint.objects.create(
        account_id=ticket.account_id, contact=ticket.contact, kind="email", value="other@mail.example"
    )
    actions.leave_chat(session=visit.session, at=AT + timedelta(minutes=11))
    reply(ticket, at=AT + timedelta(hours=3))
    [mail] = mails(own_files)
    assert mail["To"] == "Somebody <nell@mail.example>"

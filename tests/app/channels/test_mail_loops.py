"""Loops and forged threads: what must not be answered, and what must not join a ticket."""

from datetime import timedelta

import pytest

from channels_app.contract import EndpointInfo
from channels_app.email.addresses import reply_address, reply_token
from channels_app.email.door import take_email
from channels_app.email.loops import RATE
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Message, Ticket
from tests.app.channels.mailboxes import make_mailbox
from tests.app.channels.mails import raw_mail
from tests.app.factories import AT

pytestmark = pytest.mark.django_db


def _kinds(endpoint: EndpointInfo) -> list[tuple[str, object]]:
    with open_account(endpoint.account_id):
        rows = Message.objects.filter(direction="in").order_by("pk")
        return [(message.kind, message.headers.get("loop")) for message in rows]


def test_mail_of_ours_that_comes_back_is_shown_and_never_answered(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    with open_account(mailbox.account_id):
        Message.objects.create(
            account_id=mailbox.account_id, ticket=Ticket.objects.get(), direction="out", channel="email", at=AT,
            status="sent", external_id="m1.abc@shop.example",
        )  # fmt: skip
    raw = raw_mail(sender="list@robot.example", message_id="m1.abc@shop.example")
    assert take_email(endpoint=mailbox, raw=raw, at=AT).kind == "auto_reply"
    assert _kinds(mailbox)[-1] == ("auto_reply", "a mail of ours came back")


def test_mail_that_bears_our_mark_is_never_answered(mailbox: EndpointInfo) -> None:
    raw = raw_mail(headers={"X-Loop": "Support@shop.example"})
    assert take_email(endpoint=mailbox, raw=raw, at=AT).kind == "auto_reply"
    other = raw_mail(headers={"X-Loop": "support@elsewhere.example"})
    assert take_email(endpoint=mailbox, raw=other, at=AT).kind == "message"


def test_machine_that_does_not_say_so_is_known_by_its_rate(mailbox: EndpointInfo) -> None:
    for number in range(RATE + 1):
        take_email(endpoint=mailbox, raw=raw_mail(subject="We have received it"), at=AT + timedelta(seconds=number))
    assert [kind for kind, _ in _kinds(mailbox)] == ["message"] * RATE + ["auto_reply"]
    assert take_email(endpoint=mailbox, raw=raw_mail(subject="Another"), at=AT + timedelta(minutes=1)).kind == "message"
    later = raw_mail(subject="We have received it")
    assert take_email(endpoint=mailbox, raw=later, at=AT + timedelta(minutes=11)).kind == "message"


def test_forged_token_and_token_of_another_mailbox_join_nothing(mailbox: EndpointInfo, shop, settings) -> None:
    second = make_mailbox(shop, "sales@shop.example", language="en")
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    with open_account(shop.pk):
        ticket = Ticket.objects.get()
    genuine = reply_token(key=settings.SECRET_KEY, endpoint_id=mailbox.id, ticket_id=ticket.pk)
    forged = f"r-{ticket.pk:x}-{'0' * 20}"
    for endpoint, token in ((mailbox, forged), (second, genuine)):
        to = reply_address(address=endpoint.address, token=token)
        taken = take_email(endpoint=endpoint, raw=raw_mail(sender="mallory@example.net", to=to), at=AT)
        assert taken.status == "created"
    to = reply_address(address=mailbox.address, token=genuine)
    assert take_email(endpoint=mailbox, raw=raw_mail(to=to), at=AT).ticket == "SH-1001"


def test_reference_to_somebody_elses_mail_joins_nothing(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(message_id="secret@example.org"), at=AT)
    raw = raw_mail(sender="mallory@example.net", headers={"References": "<secret@example.org>"})
    assert take_email(endpoint=mailbox, raw=raw, at=AT).status == "created"

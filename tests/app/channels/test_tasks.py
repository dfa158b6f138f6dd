"""The tasks find the account by themselves, and the sweeper finds what was left behind."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from channels_app import tasks
from channels_app.contract import AdapterError, EndpointInfo
from channels_app.models import ChannelThread, ChatSession, Endpoint, Receipt
from channels_app.receipts import store_receipt
from channels_app.webchat.protocol import KeptText, encode_receipt, receipt_key
from contactcenter.kernel.models import LiveEvent
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message, Ticket
from tests.app.channels.mails import raw_mail
from tests.app.channels.providers import install, make_endpoint
from tests.app.factories import AT, make_ticket

pytestmark = pytest.mark.django_db


def test_receipt_becomes_an_entry_and_a_missing_one_is_nothing(mailbox: EndpointInfo) -> None:
    with open_account(mailbox.account_id):
        stored = store_receipt(endpoint_id=mailbox.id, external_id="a@x", raw=raw_mail(message_id="a@x"), at=AT)
    tasks.process_receipts(receipt_ids=[stored.receipt_id + 1, stored.receipt_id])
    with open_account(mailbox.account_id):
        assert Receipt.objects.get().state == "processed"
        assert Message.objects.count() == 1


def test_receipt_that_fails_does_not_stop_those_behind_it(
    mailbox: EndpointInfo, shop: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    number = make_endpoint(shop)
    with open_account(mailbox.account_id):
        bad = store_receipt(endpoint_id=number.pk, external_id="1", raw=b"no JSON", at=AT)
        good = store_receipt(endpoint_id=mailbox.id, external_id="a@x", raw=raw_mail(message_id="a@x"), at=AT)
    tasks.process_receipts(receipt_ids=[bad.receipt_id, good.receipt_id])
    with open_account(mailbox.account_id):
        assert list(Receipt.objects.order_by("pk").values_list("state", flat=True)) == ["pending", "processed"]


def test_sweeper_sends_a_reply_that_the_broker_lost(mailbox: EndpointInfo, files) -> None:
    with open_account(mailbox.account_id):
        stored = store_receipt(endpoint_id=mailbox.id, external_id="a@x", raw=raw_mail(message_id="a@x"), at=AT)
    tasks.process_receipts(receipt_ids=[stored.receipt_id])
    with open_account(mailbox.account_id):
        send_reply(
            ticket=Ticket.objects.get(), operator_id=None, channel="email", text="Yes", at=AT, client_uuid=uuid4()
        )
    tasks.sweep()
    tasks.sweep()
    with open_account(mailbox.account_id):
        assert Message.objects.get(direction="out").status == "sent"
    assert len(list((files / "outbox").glob("*.eml"))) == 1


def test_sweeper_gives_a_dead_mail_server_a_rest(mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[object] = []

    def hang(self: object, **mail: object) -> None:
        attempts.append(mail["name"])
        raise AdapterError("timed out", permanent=False)

    monkeypatch.setattr("channels_app.email.transport.Outbox.send", hang)
    with open_account(mailbox.account_id):
        for number in range(5):
            ticket = make_ticket(Account.objects.get(pk=mailbox.account_id), channel="email")
            send_reply(
                ticket=ticket, operator_id=None, channel="email", text=f"No. {number}", at=AT, client_uuid=uuid4()
            )
    tasks.sweep()
    assert len(attempts) == 3


def test_chat_goes_the_same_way_in_and_out(shop) -> None:
    endpoint = Endpoint(account=shop, kind="webchat", address="shop-widget", name="Widget", language="ru")
    endpoint.save()
    session, now = uuid4(), timezone.now()
    with open_account(shop.pk):
        ChatSession.objects.create(
            account=shop, endpoint=endpoint, uuid=session, secret_sha256="0" * 64, started_at=now, last_seen_at=now
        )
        for words in ("Здравствуйте, где мой заказ?", "Номер 42"):
            kept = KeptText(session=session, uuid=uuid4(), text=words, name="Ольга", language="ru", at=AT)
            store_receipt(
                endpoint_id=endpoint.pk,
                external_id=receipt_key(session=session, uuid=kept.uuid),
                raw=encode_receipt(kept),
                at=AT,
            )
        for receipt_id in list(Receipt.objects.order_by("pk").values_list("pk", flat=True)):
            tasks.process_receipts(receipt_ids=[receipt_id])
        ticket = Ticket.objects.get()
        assert (ticket.channel, ticket.language, ticket.contact.name, ticket.unread) == ("chat", "ru", "Ольга", 2)
        assert ChannelThread.objects.get().key == str(session)
        reply = send_reply(ticket=ticket, operator_id=None, channel="chat", text="Завтра", at=AT, client_uuid=uuid4())
    tasks.deliver_message(message_id=reply.pk)
    with open_account(shop.pk):
        reply.refresh_from_db()
    assert reply.status == "sent"
    told = LiveEvent.objects.filter(audience=f"chat:{session}", kind="entry.added").latest("pk")
    assert told.payload["entry"]["text"] == "Завтра"


def test_sweeper_ends_a_chat_whose_visitor_has_gone(shop) -> None:
    endpoint = Endpoint(account=shop, kind="webchat", address="shop-widget", name="Widget")
    endpoint.save()
    gone = timezone.now() - timedelta(hours=1)
    with open_account(shop.pk):
        ChatSession.objects.create(
            account=shop, endpoint=endpoint, uuid=uuid4(), secret_sha256="0" * 64, started_at=gone, last_seen_at=gone
        )
    tasks.sweep()
    with open_account(shop.pk):
        assert ChatSession.objects.get().ended_at is not None

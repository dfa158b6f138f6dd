"""Mail through real servers: our replies by Postfix into Dovecot, bounces back, customers' mails in by every door."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest

from channels_app.contract import AdapterError, EndpointInfo
from channels_app.delivery import deliver_message
from channels_app.email import smtp_door, transport
from channels_app.email.adapter import EmailAdapter
from channels_app.email.door import take_email
from channels_app.email.imap_client import ImapClient
from channels_app.email.imap_sync import sync_folder
from channels_app.email.mailbox import mailbox_of
from channels_app.models import Receipt
from channels_app.receipts import process_receipt
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets import queries
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message, Ticket
from tests.app.channels.mailboxes import make_mailbox
from tests.app.channels.mails import raw_mail
from tests.app.factories import AT
from tests.mail_servers import Dovecot, Postfix, free_port, running_postfix, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(shop, dovecot_behind_postfix: Dovecot, postfix: Postfix) -> EndpointInfo:
    """A mailbox that sends by Postfix and reads from Dovecot."""
    name = dovecot_behind_postfix.new_user()
    return make_mailbox(
        shop,
        f"{name}@shop.example",
        language="en",
        secrets={"imap_url": dovecot_behind_postfix.url(name), "smtp_url": postfix.url},
    )


def _read(endpoint: EndpointInfo) -> int:
    mailbox = mailbox_of(endpoint)
    assert mailbox is not None
    with ImapClient(mailbox.server) as client, open_account(endpoint.account_id):
        count = sync_folder(client=client, endpoint=endpoint, mailbox=mailbox, name="INBOX", complete=False)
        for receipt_id in Receipt.objects.filter(state="pending").values_list("pk", flat=True):
            process_receipt(receipt_id=receipt_id)
    return count


def _reply(endpoint: EndpointInfo, sender: str) -> Message:
    take_email(endpoint=endpoint, raw=raw_mail(sender=sender, to=endpoint.address), at=AT)
    with open_account(endpoint.account_id):
        message = send_reply(
            ticket=Ticket.objects.latest("pk"), operator_id=None, channel="email", text="It leaves today.", at=AT,
            client_uuid=uuid4(),
        )  # fmt: skip
        assert deliver_message(message_id=message.pk, at=AT) == "sent"
        message.refresh_from_db()
    return message


def test_reply_to_nobody_comes_back_and_its_entry_says_why(desk: EndpointInfo) -> None:
    message = _reply(desk, "ghost@customer.example")
    wait_until("the bounce is read", lambda: _read(desk) == 1)
    with open_account(desk.account_id):
        assert Ticket.objects.count() == 1
        entry = queries.entry(ticket_id=message.ticket_id, entry_type="message", entry_id=message.pk)
        assert list(Message.objects.filter(direction="in").order_by("pk").values_list("kind", flat=True)) == [
            "message",
            "bounce",
        ]
    assert entry["status"] == "failed"
    assert entry["error"].startswith("Came back: hard bounce 5.1.1: ")
    (bounce,) = entry["bounces"]
    assert (bounce["recipient"], bounce["code"], bounce["hard"], bounce["final"]) == (
        "ghost@customer.example",
        "5.1.1",
        True,
        True,
    )


def test_reply_arrives_once_and_the_answer_to_it_joins_its_ticket(
    desk: EndpointInfo, dovecot_behind_postfix: Dovecot, postfix: Postfix
) -> None:
    customer = dovecot_behind_postfix.new_user()
    message = _reply(desk, f"{customer}@customer.example")
    with open_account(desk.account_id):
        # the process was killed between the server's 250 and our commit: it is sent again, under the same Message-ID
        Message.objects.filter(pk=message.pk).update(status="queued")
        assert deliver_message(message_id=message.pk, at=AT) == "sent"
    inbox = make_mailbox(
        message.account, f"{customer}@reader.example", secrets={"imap_url": dovecot_behind_postfix.url(customer)}
    )
    mailbox = mailbox_of(inbox)
    assert mailbox is not None
    with ImapClient(mailbox.server) as client:

        def arrived() -> bool:
            client.select("INBOX")
            return len(client.uids()) == 2

        wait_until("both attempts have arrived", arrived)
        first, second = client.fetch(client.uids())
    assert first.raw.count(f"Message-ID: <{message.external_id}>".encode()) == 1
    assert second.raw.count(f"Message-ID: <{message.external_id}>".encode()) == 1
    (reply_to,) = [line for line in first.raw.decode().splitlines() if line.startswith("Reply-To: ")]
    answer = raw_mail(sender="somebody@else.example", to=reply_to.partition(": ")[2], subject="Thanks")
    with smtplib.SMTP("127.0.0.1", postfix.port) as server:
        server.sendmail("somebody@else.example", [reply_to.partition("<")[2].rstrip(">")], answer)
    wait_until("the answer is read", lambda: _read(desk) == 1)
    with open_account(desk.account_id):
        assert Ticket.objects.count() == 1
        assert Message.objects.get(subject="Thanks").ticket_id == message.ticket_id


def test_mail_server_hands_mails_over_by_smtp_and_lmtp(shop) -> None:
    make_mailbox(shop, "orders@direct.example")
    ports = {"smtp": free_port(), "lmtp": free_port()}
    controllers = [
        smtp_door.mail_controller(host="127.0.0.1", port=port, lmtp=name == "lmtp") for name, port in ports.items()
    ]
    for controller in controllers:
        controller.start()
    make_mailbox(shop, "orders@lmtp.example")
    routes = {
        "direct.example": f"smtp:[127.0.0.1]:{ports['smtp']}",
        "lmtp.example": f"lmtp:inet:127.0.0.1:{ports['lmtp']}",
    }
    with running_postfix(routes=routes) as server:
        for domain in routes:
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                client.sendmail("o@example.org", [f"orders@{domain}"], raw_mail(to=f"orders@{domain}"))

        def both_are_stored() -> bool:
            with open_account(shop.pk):
                return sorted(Receipt.objects.values_list("endpoint__address", flat=True)) == [
                    "orders@direct.example",
                    "orders@lmtp.example",
                ]

        wait_until("both are stored", both_are_stored)
    for controller in controllers:
        controller.stop()


def test_connection_test_logs_in_everywhere_and_sends_nothing(
    desk: EndpointInfo, dovecot_behind_postfix: Dovecot, postfix: Postfix
) -> None:
    said = EmailAdapter().check(endpoint=desk)
    user = desk.address.partition("@")[0]
    assert said == (
        f"127.0.0.1:{postfix.port} takes mail, without encryption. "
        f"127.0.0.1:{dovecot_behind_postfix.port} lets {user} read (INBOX 0) and announces new mail."
    )


def test_connection_test_says_what_is_wrong(shop, postfix: Postfix) -> None:
    tls = make_mailbox(shop, "tls@shop.example", secrets={"smtp_url": postfix.url + "?tls=starttls"})
    with pytest.raises(AdapterError, match="STARTTLS extension not supported"):
        EmailAdapter().check(endpoint=tls)
    login = make_mailbox(shop, "login@shop.example", secrets={"smtp_url": f"smtp://me:secret@127.0.0.1:{postfix.port}"})
    with pytest.raises(AdapterError, match="AUTH extension not supported") as raised:
        EmailAdapter().check(endpoint=login)
    assert "secret" not in str(raised.value)


@pytest.fixture
def hanging_server() -> Iterator[int]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for one in taken:
            one.close()


def test_mail_server_that_hangs_is_left_and_tried_again(
    shop, hanging_server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT_S", 0.2)
    endpoint = make_mailbox(shop, "slow@shop.example", secrets={"smtp_url": f"smtp://127.0.0.1:{hanging_server}"})
    take_email(endpoint=endpoint, raw=raw_mail(to=endpoint.address), at=AT)
    with open_account(shop.pk):
        message = send_reply(
            ticket=Ticket.objects.get(), operator_id=None, channel="email", text="Hi", at=AT, client_uuid=uuid4()
        )
        assert deliver_message(message_id=message.pk, at=AT) == "queued"
        message.refresh_from_db()
    assert (
        message.error
        == f"The mail server 127.0.0.1:{hanging_server} is out of reach: Connection unexpectedly closed: timed out"
    )

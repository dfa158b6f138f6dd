"""The SMTP door: what it answers, and that 250 means stored."""

import smtplib
import socket
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from channels_app.contract import EndpointInfo
from channels_app.email import smtp_door
from channels_app.email.addresses import reply_address, reply_token
from channels_app.models import Receipt
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Message, Ticket
from tests.app.channels.mailboxes import make_mailbox
from tests.app.channels.mails import raw_mail
from tests.app.factories import make_account

# other threads see only what is committed
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(settings) -> Iterator[smtplib.SMTP]:
    settings.MAX_MESSAGE_BYTES = 50_000
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = smtp_door.mail_controller(host="127.0.0.1", port=port)
    controller.start()
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as connection:
        yield connection
    controller.stop()


def test_250_means_the_mail_is_stored(client: smtplib.SMTP, mailbox: EndpointInfo) -> None:
    assert client.sendmail("olga@example.org", ["support@shop.example"], raw_mail(message_id="a@example.org")) == {}
    with open_account(mailbox.account_id):
        receipt = Receipt.objects.get()
        assert receipt.external_id == "a@example.org"
        assert bytes(receipt.raw).endswith(raw_mail(message_id="a@example.org"))


def test_mail_sent_twice_is_stored_once(client: smtplib.SMTP, mailbox: EndpointInfo) -> None:
    for _ in range(2):
        client.sendmail("olga@example.org", ["support@shop.example"], raw_mail(message_id="a@example.org"))
    with open_account(mailbox.account_id):
        assert Receipt.objects.count() == 1


def test_unknown_recipient_is_550(client: smtplib.SMTP, mailbox: EndpointInfo) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as raised:
        client.sendmail("olga@example.org", ["nobody@shop.example"], raw_mail())
    assert raised.value.recipients["nobody@shop.example"][0] == 550


def test_known_recipient_is_served_though_another_is_unknown(client: smtplib.SMTP, mailbox: EndpointInfo) -> None:
    refused = client.sendmail("olga@example.org", ["nobody@shop.example", "support@shop.example"], raw_mail())
    assert list(refused) == ["nobody@shop.example"]
    with open_account(mailbox.account_id):
        assert Receipt.objects.count() == 1


def test_too_large_a_mail_is_552(client: smtplib.SMTP, mailbox: EndpointInfo) -> None:
    with pytest.raises(smtplib.SMTPResponseException) as raised:
        client.sendmail("olga@example.org", ["support@shop.example"], raw_mail(text="line\r\n" * 20_000))
    assert raised.value.smtp_code == 552
    with open_account(mailbox.account_id):
        assert Receipt.objects.count() == 0


def test_database_out_of_reach_is_451(
    client: smtplib.SMTP, mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_reach(**_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(smtp_door, "store_email", out_of_reach)
    with pytest.raises(smtplib.SMTPDataError) as raised:
        client.sendmail("olga@example.org", ["support@shop.example"], raw_mail())
    assert raised.value.smtp_code == 451


def test_one_mail_to_two_accounts_is_stored_in_both(client: smtplib.SMTP, mailbox: EndpointInfo) -> None:
    clinic = make_mailbox(make_account("Clinic"), "info@clinic.example")
    client.sendmail("olga@example.org", ["support@shop.example", "info@clinic.example"], raw_mail())
    for endpoint in (mailbox, clinic):
        with open_account(endpoint.account_id):
            assert Receipt.objects.count() == 1


def test_blind_copy_to_a_signed_address_joins_its_ticket(
    client: smtplib.SMTP, mailbox: EndpointInfo, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from channels_app.receipts import process_receipt

    def take(recipient: str, sender: str) -> None:
        client.sendmail(sender, [recipient], raw_mail(sender=sender, to="undisclosed-recipients:;"))
        with open_account(mailbox.account_id):
            for receipt_id in Receipt.objects.filter(state="pending").values_list("pk", flat=True):
                process_receipt(receipt_id=receipt_id)

    take("support@shop.example", "olga@example.org")
    with open_account(mailbox.account_id):
        token = reply_token(key=settings.SECRET_KEY, endpoint_id=mailbox.id, ticket_id=Ticket.objects.get().pk)
    take(reply_address(address=mailbox.address, token=token), "olga@work.example")
    with open_account(mailbox.account_id):
        assert (Ticket.objects.count(), Message.objects.count()) == (1, 2)


def test_by_lmtp_each_recipient_has_an_answer_of_its_own(
    mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_mailbox(make_account("Clinic"), "info@clinic.example")
    store = smtp_door.store_email

    def store_for_the_shop(*, endpoint: EndpointInfo, **fields: object) -> object:
        if endpoint.address == "info@clinic.example":
            raise OperationalError("connection lost")
        return store(endpoint=endpoint, **fields)

    monkeypatch.setattr(smtp_door, "store_email", store_for_the_shop)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = smtp_door.mail_controller(host="127.0.0.1", port=port, lmtp=True)
    controller.start()
    with smtplib.LMTP("127.0.0.1", port) as client:
        client.ehlo()
        client.mail("olga@example.org")
        for recipient in ("info@clinic.example", "support@shop.example"):
            assert client.rcpt(recipient)[0] == 250
        answers = [client.data(raw_mail()), client.getreply()]
    controller.stop()
    assert [code for code, _ in answers] == [451, 250]
    with open_account(mailbox.account_id):
        assert Receipt.objects.count() == 1

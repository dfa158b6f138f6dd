"""The intake's statements by hand: few, their rows those of the models; nothing is locked while files are written."""

from datetime import timedelta

import pytest
from django.db import connection, models

from channels_app import attachments
from channels_app.contract import EndpointInfo
from channels_app.email.door import take_email
from channels_app.models import Endpoint, Receipt
from channels_app.receipts import FIRST_ATTEMPT, process_receipt, store_receipt, store_together
from channels_app.webhook import RawEvent
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Attachment, Message, Ticket
from tests.app.channels.mails import mail_with_parts, raw_mail
from tests.app.factories import AT

pytestmark = pytest.mark.django_db


def fields_of(row: models.Model, *, without: set[str]) -> dict[str, object]:
    """The values of all columns, so that a new one is seen here."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {
        name: bytes(value) if isinstance(value, memoryview) else value
        for name, value in values.items()
        if name not in without
    }


@pytest.mark.parametrize("together", [False, True])
def test_stored_receipt_is_the_one_that_its_model_would_write(mailbox: EndpointInfo, together: bool) -> None:
    by_model = Receipt(
        account_id=mailbox.account_id,
        endpoint_id=mailbox.id,
        external_id="a@x",
        raw=b"raw \0 bytes",
        received_at=AT,
        next_attempt_at=AT + FIRST_ATTEMPT,
    )
    with open_account(mailbox.account_id):
        if together:
            store_together([(mailbox, [RawEvent(external_id="a@x", raw=b"raw \0 bytes")], AT)])
        else:
            store_receipt(endpoint_id=mailbox.id, external_id="a@x", raw=b"raw \0 bytes", at=AT)
        stored = Receipt.objects.get()
    assert fields_of(stored, without={"id"}) == fields_of(by_model, without={"id"})


@pytest.mark.parametrize("at_once", [True, False])
def test_processed_receipt_tells_of_its_entry_and_keeps_the_rest(mailbox: EndpointInfo, at_once: bool) -> None:
    raw, later = raw_mail(message_id="a@x"), AT + timedelta(seconds=5)
    with open_account(mailbox.account_id):
        if at_once:
            take_email(endpoint=mailbox, raw=raw, at=AT)
        else:
            receipt_id = store_receipt(endpoint_id=mailbox.id, external_id="a@x", raw=raw, at=AT).receipt_id
            process_receipt(receipt_id=receipt_id, at=later)
        message, ticket = Message.objects.get(), Ticket.objects.get()
        expected = Receipt(
            account_id=mailbox.account_id,
            endpoint_id=mailbox.id,
            external_id="a@x",
            raw=raw,
            received_at=AT,
            state="processed",
            attempts=1,
            next_attempt_at=None,
            processed_at=AT if at_once else later,
            outcome={
                "status": "created",
                "ticket": f"SH-{ticket.number}",
                "ticket_id": ticket.pk,
                "message_id": message.pk,
                "kind": "message",
                "language": "en",
            },
            message_id=message.pk,
        )
        assert fields_of(Receipt.objects.get(), without={"id"}) == fields_of(expected, without={"id"})


def test_new_mail_costs_twelve_statements(mailbox: EndpointInfo, django_assert_num_queries) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(message_id="first@x"), at=AT)  # marks that the endpoint received
    # the test's transaction makes a savepoint of what is BEGIN and COMMIT otherwise: two more
    with django_assert_num_queries(12 + 2):
        take_email(endpoint=mailbox, raw=raw_mail(message_id="b@x", sender="new@example.org"), at=AT)


def test_first_message_leaves_the_ticket_unread_once_and_shows_its_words(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(text="Where is my lamp? It was due on Tuesday."), at=AT)
    with open_account(mailbox.account_id):
        ticket = Ticket.objects.get()
    assert (ticket.unread, ticket.preview) == (1, "Where is my lamp? It was due on Tuesday.")


def test_files_are_on_disk_before_anything_is_locked(mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    locks: list[int] = []
    store = attachments.store_file

    def watched(content: bytes) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            locks.append(cursor.fetchone()[0])
        return store(content)

    monkeypatch.setattr(attachments, "store_file", watched)
    mail = mail_with_parts(("text/plain", "", b"See the file."), ("application/pdf", "a.pdf", b"%PDF-1.4 ..."))
    take_email(endpoint=mailbox, raw=mail, at=AT)
    assert locks == [0]
    with open_account(mailbox.account_id):
        file = Attachment.objects.get()
    assert (file.filename, file.size, file.state) == ("a.pdf", 12, "stored")


def test_endpoint_as_the_intake_reads_it_is_the_models(mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Endpoint] = []

    def watched(endpoint: Endpoint) -> EndpointInfo:
        seen.append(endpoint)
        return mailbox

    monkeypatch.setattr("channels_app.receipts.endpoint_info", watched)
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    with open_account(mailbox.account_id):
        read = Endpoint.objects.select_related("account").get()
    assert fields_of(seen[0], without=set()) == fields_of(read, without={"last_received_at"}) | {
        "last_received_at": None
    }
    assert fields_of(seen[0].account, without=set()) == fields_of(read.account, without=set())

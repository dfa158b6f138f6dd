"""Receipts: stored before anything else, processed once, retried within bounds, listed when they fail."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from channels_app import receipts
from channels_app.actions import retry_receipts
from channels_app.contract import AdapterError, EndpointInfo
from channels_app.models import Receipt, ReceiptState
from channels_app.receipts import MAX_ATTEMPTS, claim_due, process_receipt, store_receipt
from channels_app.tasks import sweep
from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Message, Ticket
from tests.app.channels.mails import raw_mail
from tests.app.factories import AT, make_account

pytestmark = pytest.mark.django_db


def _store(mailbox: EndpointInfo, external_id: str = "a@example.org") -> int:
    with open_account(mailbox.account_id):
        return store_receipt(
            endpoint_id=mailbox.id, external_id=external_id, raw=raw_mail(message_id=external_id), at=AT
        ).receipt_id


def _break_translation(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def translate(**_: object) -> None:
        raise error

    monkeypatch.setattr("channels_app.email.adapter.EmailAdapter.translate", lambda self, **_: translate())


def test_stored_receipt_is_pending_and_raw(mailbox: EndpointInfo) -> None:
    receipt_id = _store(mailbox)
    with open_account(mailbox.account_id):
        receipt = Receipt.objects.get(pk=receipt_id)
        assert receipt.state == ReceiptState.PENDING
        assert bytes(receipt.raw) == raw_mail(message_id="a@example.org")
        assert receipt.account_id == mailbox.account_id


def test_endpoint_of_another_account_takes_nothing(mailbox: EndpointInfo) -> None:
    with open_account(make_account().pk), pytest.raises(NotFound):
        store_receipt(endpoint_id=mailbox.id, external_id="x", raw=b"x", at=AT)
    with open_account(mailbox.account_id):
        assert Receipt.objects.count() == 0


def test_processing_twice_makes_one_entry(mailbox: EndpointInfo) -> None:
    receipt_id = _store(mailbox)
    with open_account(mailbox.account_id):
        first = process_receipt(receipt_id=receipt_id, at=AT)
        second = process_receipt(receipt_id=receipt_id, at=AT)
        assert first.result is not None
        assert second.result is None
        assert second.outcome == first.outcome
        assert Message.objects.count() == 1


def test_kill_between_store_and_entry_leaves_work_for_the_sweeper(
    mailbox: EndpointInfo, django_capture_on_commit_callbacks
) -> None:
    # the process died right after the acknowledgement: nobody has processed it
    receipt_id = _store(mailbox)
    with open_account(mailbox.account_id):
        assert Message.objects.count() == 0
    sweep()
    with open_account(mailbox.account_id):
        receipt = Receipt.objects.get(pk=receipt_id)
        assert (receipt.state, receipt.attempts) == (ReceiptState.PROCESSED, 1)
        assert Message.objects.count() == 1


def test_permanent_failure_is_listed_at_once(mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt_id = _store(mailbox)
    _break_translation(monkeypatch, AdapterError("no way", permanent=True))
    with open_account(mailbox.account_id):
        assert process_receipt(receipt_id=receipt_id, at=AT).state == ReceiptState.FAILED
        receipt = Receipt.objects.select_related("endpoint").get()
        assert (receipt.error, receipt.attempts) == ("no way", 1)
        assert receipt.endpoint.last_error == "no way"
        assert (Message.objects.count(), Ticket.objects.count()) == (0, 0)


def test_unexpected_failure_is_tried_again_later(mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt_id = _store(mailbox)
    _break_translation(monkeypatch, ZeroDivisionError("oh"))
    with open_account(mailbox.account_id):
        process_receipt(receipt_id=receipt_id, at=AT)
        receipt = Receipt.objects.get()
        assert receipt.state == ReceiptState.PENDING
        assert receipt.next_attempt_at == AT + timedelta(seconds=10)
        assert receipt.error == "ZeroDivisionError: oh"


def test_attempts_are_bounded(mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt_id = _store(mailbox)
    _break_translation(monkeypatch, ZeroDivisionError("oh"))
    with open_account(mailbox.account_id):
        states = [process_receipt(receipt_id=receipt_id, at=AT).state for _ in range(MAX_ATTEMPTS)]
    assert states == [ReceiptState.PENDING] * (MAX_ATTEMPTS - 1) + [ReceiptState.FAILED]


def test_receipt_that_kills_its_worker_is_given_up(mailbox: EndpointInfo) -> None:
    receipt_id = _store(mailbox)
    at = AT + timedelta(days=1)
    with open_account(mailbox.account_id):
        for _ in range(MAX_ATTEMPTS):
            assert claim_due(at=at) == [(mailbox.account_id, receipt_id)]
            # nothing is claimed twice while an attempt may be running
            assert claim_due(at=at) == []
            at += timedelta(hours=3)
        assert claim_due(at=at) == []
        assert Receipt.objects.get().state == ReceiptState.FAILED


def test_one_bad_receipt_does_not_block_the_others(mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = _store(mailbox, "bad@example.org"), _store(mailbox, "good@example.org")
    real = receipts.ingest_event

    def ingest(**arguments: object) -> object:
        if arguments["receipt_id"] == bad:
            raise ValueError("cannot")
        return real(**arguments)

    monkeypatch.setattr(receipts, "ingest_event", ingest)
    sweep()
    with open_account(mailbox.account_id):
        assert dict(Receipt.objects.values_list("pk", "state")) == {
            bad: ReceiptState.PENDING,
            good: ReceiptState.PROCESSED,
        }


def test_failed_receipt_retried_by_a_person_becomes_an_entry(
    mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt_id = _store(mailbox)
    with monkeypatch.context() as broken, open_account(mailbox.account_id):
        _break_translation(broken, AdapterError("no way", permanent=True))
        process_receipt(receipt_id=receipt_id, at=AT)
    with open_account(mailbox.account_id):
        assert retry_receipts(receipt_ids=[receipt_id], actor_id=None, at=AT) == 1
        assert process_receipt(receipt_id=receipt_id, at=AT).state == ReceiptState.PROCESSED
        assert Message.objects.count() == 1
        assert AuditEntry.objects.filter(action="receipt.retry", target_id=receipt_id).count() == 1


def test_processed_receipt_is_not_retried(mailbox: EndpointInfo) -> None:
    receipt_id = _store(mailbox)
    with open_account(mailbox.account_id):
        process_receipt(receipt_id=receipt_id, at=AT)
        assert retry_receipts(receipt_ids=[receipt_id], actor_id=None, at=AT) == 0
        assert Receipt.objects.get().state == ReceiptState.PROCESSED


@pytest.mark.django_db(transaction=True)
def test_eight_processes_at_once_make_one_entry_and_one_ticket_a_contact(mailbox: EndpointInfo) -> None:
    ids = [_store(mailbox, f"mail-{number}@example.org") for number in range(4)]
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with open_account(mailbox.account_id):
                for receipt_id in ids:
                    process_receipt(receipt_id=receipt_id, at=AT)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with open_account(mailbox.account_id):
        assert Message.objects.count() == 4
        assert sorted(Ticket.objects.values_list("number", flat=True)) == [1001, 1002, 1003, 1004]
        assert set(Ticket.objects.values_list("contact_id", flat=True)) == {Ticket.objects.first().contact_id}

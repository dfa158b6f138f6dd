"""Background work of the channels. Every task is safe to run twice; `channels.sweep` finds what was left behind."""

from collections.abc import Sequence
from contextlib import suppress

from celery import shared_task
from django.utils import timezone

from channels_app import delivery, names, piece_release, receipts, remote_files, templates
from channels_app.contract import AdapterError
from channels_app.models import Endpoint, Receipt
from channels_app.webchat import actions as webchat
from contactcenter.kernel.clock import clock_is_held
from contactcenter.tenancy.doors import open_account, open_every_account
from contactcenter.tickets.models import Attachment, Message, MessageStatus, Ticket

# 200 receipts each: a backlog is worked off in one sweep, but a sweep ends
ROUNDS = 10
MAX_FAILURES = 3


@shared_task(name="channels.process_receipts")
def process_receipts(*, receipt_ids: Sequence[int]) -> None:
    """Make the entries of these receipts, in order; one that fails never stops the others."""
    with open_every_account(reason="only the receipts know their accounts"):
        accounts = dict(Receipt.objects.filter(pk__in=receipt_ids).values_list("pk", "account_id"))
    for receipt_id in receipt_ids:
        if receipt_id in accounts:
            with open_account(accounts[receipt_id]):
                receipts.process_receipt(receipt_id=receipt_id)


@shared_task(name="channels.deliver_message")
def deliver_message(*, message_id: int) -> None:
    """Send one queued message."""
    with open_every_account(reason="only the message knows its account"):
        account_id = Message.objects.filter(pk=message_id).values_list("account_id", flat=True).first()
    if account_id is not None:
        with open_account(account_id):
            delivery.deliver_message(message_id=message_id, at=timezone.now())


@shared_task(name="channels.fetch_file")
def fetch_file(*, attachment_id: int) -> None:
    """Fetch the bytes of one file that its provider keeps."""
    with open_every_account(reason="only the attachment knows its account"):
        account_id = Attachment.objects.filter(pk=attachment_id).values_list("account_id", flat=True).first()
    if account_id is not None:
        with open_account(account_id):
            remote_files.fetch_file(attachment_id=attachment_id, at=timezone.now())


@shared_task(name="channels.name_contact")
def name_contact(*, endpoint_id: int, point_id: int) -> None:
    """Ask the provider who a contact without a name is; if it fails, their next message asks again."""
    with open_every_account(reason="only the endpoint knows its account"):
        account_id = Endpoint.objects.filter(pk=endpoint_id).values_list("account_id", flat=True).first()
    if account_id is not None:
        with open_account(account_id):
            names.name_contact(endpoint_id=endpoint_id, point_id=point_id)


@shared_task(name="channels.refresh_templates")
def refresh_templates() -> None:
    """Ask the networks which templates they have approved; one that does not answer never stops the others."""
    with open_every_account(reason="endpoints of every account may have templates"):
        endpoints = templates.with_templates()
    for account_id, endpoint_id in endpoints:
        with open_account(account_id), suppress(AdapterError):
            templates.refresh_templates(endpoint_id=endpoint_id, at=timezone.now())


@shared_task(name="channels.close_chat")
def close_chat(*, ticket_id: int) -> None:
    """The operator has finished with the ticket: end its chat."""
    with open_every_account(reason="only the ticket knows its account"):
        account_id = Ticket.objects.filter(pk=ticket_id).values_list("account_id", flat=True).first()
    if account_id is not None:
        with open_account(account_id):
            webchat.close_chat(ticket_id=ticket_id, at=timezone.now())


@shared_task(name="channels.chat_read")
def chat_read(*, ticket_id: int) -> None:
    """An operator has read the ticket: its chat, if it has one, shows that."""
    with open_every_account(reason="only the ticket knows its account"):
        account_id = Ticket.objects.filter(pk=ticket_id).values_list("account_id", flat=True).first()
    if account_id is not None:
        with open_account(account_id):
            webchat.show_read(ticket_id=ticket_id, at=timezone.now())


@shared_task(name="channels.sweep")
def sweep() -> None:
    """Process receipts, send messages and end chats that a lost broker or a killed worker left behind."""
    if clock_is_held():
        return
    for _ in range(ROUNDS):
        with open_every_account(reason="what was left behind may be any account's"):
            due_receipts = receipts.claim_due(at=timezone.now())
        for account_id, receipt_id in due_receipts:
            with open_account(account_id):
                receipts.process_receipt(receipt_id=receipt_id, at=timezone.now(), counted=True)
        if not due_receipts:
            break
    _send_due()
    _fetch_due()
    _release_pieces()
    with open_every_account(reason="visitors of any account may have gone"):
        idle_chats = webchat.idle_sessions(at=timezone.now())
    for account_id, session in idle_chats:
        with open_account(account_id):
            webchat.leave_chat(session=session, at=timezone.now())


def _send_due() -> None:
    """Send what is due, until a few could not be sent: a mail server that hangs must not hold the sweeper for long."""
    with open_every_account(reason="what was left behind may be any account's"):
        due_messages = delivery.claim_due(at=timezone.now())
    failures = 0
    for account_id, message_id in due_messages:
        with open_account(account_id):
            status = delivery.deliver_message(message_id=message_id, at=timezone.now())
        failures += status == MessageStatus.QUEUED
        if failures >= MAX_FAILURES:
            return


def _release_pieces() -> None:
    """Show messages of which a part does not come; one that fails never stops the others."""
    with open_every_account(reason="pieces of any account may wait"):
        overdue = piece_release.overdue(at=timezone.now())
    for account_id, receipt_id in overdue:
        with open_account(account_id), suppress(AdapterError):
            piece_release.release_piece(receipt_id=receipt_id)


def _fetch_due() -> None:
    """Fetch files that are due, until a few could not be: a provider that hangs must not hold the sweeper for long."""
    with open_every_account(reason="what was left behind may be any account's"):
        due = remote_files.due(at=timezone.now())
    failures = 0
    for account_id, attachment_id in due:
        with open_account(account_id):
            failures += not remote_files.fetch_file(attachment_id=attachment_id, at=timezone.now())
        if failures >= MAX_FAILURES:
            return

"""The real doors, as a simulation comes through them: mails, chats and telephone logs, at its own instant."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from uuid import NAMESPACE_URL, UUID, uuid5

from channels_app.contract import EndpointInfo
from channels_app.email.door import take_email
from channels_app.endpoints import find_mailbox
from channels_app.models import Endpoint, EndpointKind, Receipt
from channels_app.phone.asterisk_queue_log import read_queue_log
from channels_app.phone.files import LogFormat
from channels_app.phone.ingest import import_entries
from channels_app.webchat import actions as webchat
from channels_app.webchat.protocol import ChatText
from channels_app.webchat.queries import find_endpoint
from channels_app.webchat.visitors import Visit
from contactcenter.dashboards.demo.house import DemoAccount
from contactcenter.dashboards.demo.mails import build_mail
from contactcenter.dashboards.demo.plan import Arrival
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Call, Message


class MissingEndpoint(Exception):
    """The demo is not loaded, or an endpoint of it was switched off; the message names it."""


class NotTaken(Exception):
    """The intake has stored a message but could not make its entry; it may be asked again."""


def fixed_uuid(*parts: object) -> UUID:
    """Return the UUID that these words always give: a repeated simulation sends the same messages."""
    return uuid5(NAMESPACE_URL, "demo:" + ":".join(str(part) for part in parts))


class AccountDoors:
    """The doors of one account."""

    def __init__(self, account: DemoAccount) -> None:
        self.account = account

    @cached_property
    def mailbox(self) -> EndpointInfo:
        """The account's mailbox."""
        return find_mailbox(address=self.account.facts["mailbox"])

    def receive_mail(self, *, raw: bytes, at: datetime) -> int:
        """Take one raw mail; returns the id of the ticket it belongs to."""
        taken = take_email(endpoint=self.mailbox, raw=raw, at=at)
        if taken.entry is None:
            raise NotTaken(taken.error or taken.status)
        with open_account(self.mailbox.account_id):
            return Message.objects.values_list("ticket_id", flat=True).get(pk=taken.entry)

    def begin_chat(self, arrival: Arrival) -> Visit:
        """Return the visit of a visitor who opens the widget."""
        endpoint = find_endpoint(address=self.account.facts["chat"])
        if endpoint is None:
            raise MissingEndpoint(f"there is no chat endpoint {self.account.facts['chat']!r}: run load_demo")
        key = (self.account.slug, arrival.at.isoformat(), arrival.index)
        return Visit(
            endpoint=endpoint,
            session=fixed_uuid("session", *key),
            token=str(fixed_uuid("token", *key)),
            language=arrival.language,
            name=arrival.person.name,
        )

    def visitor_says(self, *, visit: Visit, number: int, text: str, at: datetime) -> int:
        """Take one chat message; returns the id of its ticket."""
        words = ChatText(uuid=fixed_uuid(visit.session, number), text=text)
        with open_account(visit.endpoint.account_id):
            stored = webchat.store_message(visit=visit, text=words, at=at)
            ticket_id = webchat.take_in_message(visit=visit, receipt_id=stored.receipt_id)
            if ticket_id is None:
                ticket_id = Receipt.objects.values_list("message__ticket_id", flat=True).get(pk=stored.receipt_id)
            if ticket_id is None:
                raise NotTaken(f"receipt {stored.receipt_id} has no entry")
            return ticket_id

    def visitor_leaves(self, *, visit: Visit, at: datetime) -> None:
        """End the chat from the visitor's side."""
        with open_account(visit.endpoint.account_id):
            webchat.leave_chat(session=visit.session, at=at)

    def visitor_sees(self, *, visit: Visit) -> None:
        """Mark every reply of the chat as seen."""
        with open_account(visit.endpoint.account_id):
            webchat.mark_seen(visit=visit, message_id=2**62)

    def feed_log(self, *, lines: Sequence[str], at: datetime) -> list[Call]:
        """Take lines of the telephone system's queue_log; returns the calls they made or changed."""
        endpoint = (
            Endpoint.objects.select_related("account")
            .filter(kind=EndpointKind.VOICE, address=self.account.facts["line"])
            .first()
        )
        if endpoint is None:
            raise MissingEndpoint(f"there is no voice endpoint {self.account.facts['line']!r}: run load_demo")
        raw = "".join(f"{line}\n" for line in lines).encode()
        report = import_entries(endpoint=endpoint, source=LogFormat.QUEUE_LOG, entries=list(read_queue_log(raw)), at=at)
        if report.rejected:
            raise RuntimeError(f"the intake rejected a line of the simulation: {report.rejected[0][1].rejected}")
        return [imported.row for imported in report.calls if imported.row is not None]

    def receive_planned_mail(self, arrival: Arrival) -> int:
        """Take the arrival's mail."""
        return self.receive_mail(raw=build_mail(arrival), at=arrival.at)

"""The providers that post mails and delivery reports, by the name that endpoints give them; replies leave by SMTP."""

from datetime import datetime
from typing import Any, Protocol

from channels_app.contract import AdapterError, Delivered, EndpointInfo, InboundEvent, OutboundMessage, StatusReport
from channels_app.email.adapter import EmailAdapter
from channels_app.email.mailgun import MAILGUN, MailgunDoor, read_mailgun
from channels_app.email.posted import is_report, report_in
from channels_app.email.postmark import POSTMARK, PostmarkDoor, read_postmark
from channels_app.email.sendgrid import SENDGRID, SendgridDoor, read_sendgrid
from channels_app.webhook import Provider, ProviderField, by_name


class ReadsReport(Protocol):
    """Reads one kept event of a provider."""

    def __call__(self, *, event: dict[str, Any], received_at: datetime) -> StatusReport: ...


class PostedMailAdapter:
    """Satisfies contract.Adapter for mailboxes whose mails and reports are posted."""

    channel = EmailAdapter.channel

    def __init__(self, read: ReadsReport) -> None:
        self._read = read
        self._mails = EmailAdapter()

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return a kept report as such, anything else as a mail."""
        if not is_report(raw, endpoint):
            return self._mails.translate(raw=raw, endpoint=endpoint, received_at=received_at)
        try:
            return self._read(event=report_in(raw), received_at=received_at)
        except (ValueError, KeyError) as error:
            raise AdapterError(f"The report is not one of this provider: {error}", permanent=True) from error

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Send by SMTP, as every mailbox does."""
        return self._mails.deliver(endpoint=endpoint, message=message)

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Test the mail servers, as for every mailbox."""
        return self._mails.check(endpoint=endpoint)


_SMTP = ProviderField(name="smtp_url", secret=True, required=False)

PROVIDERS: dict[str, Provider] = by_name(
    (
        Provider(
            name=MAILGUN,
            adapter=PostedMailAdapter(read_mailgun),
            door=MailgunDoor(),
            fields=(ProviderField(name="signing_key", secret=True), _SMTP),
        ),
        Provider(
            name=POSTMARK,
            adapter=PostedMailAdapter(read_postmark),
            door=PostmarkDoor(),
            fields=(
                ProviderField(name="hook_username", required=False),
                ProviderField(name="hook_password", secret=True),
                _SMTP,
            ),
        ),
        Provider(
            name=SENDGRID,
            adapter=PostedMailAdapter(read_sendgrid),
            door=SendgridDoor(),
            fields=(
                ProviderField(name="verification_key", required=False),
                ProviderField(name="hook_username", required=False),
                ProviderField(name="hook_password", secret=True),
                _SMTP,
            ),
        ),
    )
)

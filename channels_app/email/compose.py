"""An outgoing message as a raw mail."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from channels_app.contract import AdapterError, EndpointInfo, OutboundMessage
from channels_app.email.addresses import reply_address
from channels_app.email.charsets import clean
from channels_app.email.markup import text_to_html
from channels_app.email.postmark import METADATA, POSTMARK

_POLICY = SMTP.clone(max_line_length=200)


def compose(*, endpoint: EndpointInfo, message: OutboundMessage) -> bytes:
    """Return the mail in wire form, CRLF.

    It is sent in the account's name from the endpoint's address; Reply-To is the signed address of the ticket, unless
    the endpoint's settings say {"reply_address": "plain"} (a mail server without +addresses). X-Loop lets us know our
    own mail if it comes back. Raises a permanent
    AdapterError naming the recipient if that is no address.
    """
    mail = EmailMessage(policy=_POLICY)
    name = _one_line(str(endpoint.settings.get("from_name") or endpoint.account_name))
    mail["From"] = _address(name, endpoint.address)
    mail["To"] = [_address(_one_line(one.name), one.value) for one in message.to or (message.recipient,)]
    if message.cc:
        mail["Cc"] = [_address(_one_line(one.name), one.value) for one in message.cc]
    mail["Subject"] = _one_line(message.subject) or f"[{message.ticket_number}]"
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.external_id}>"
    if message.reply_token and endpoint.settings.get("reply_address") != "plain":
        mail["Reply-To"] = _address(name, reply_address(address=endpoint.address, token=message.reply_token))
    if message.in_reply_to:
        mail["In-Reply-To"] = f"<{_one_line(message.in_reply_to)}>"
        references = [f"<{_one_line(item)}>" for item in message.references[-20:]]
        mail["References"] = " ".join(references or [f"<{_one_line(message.in_reply_to)}>"])
    if message.automatic:
        mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail["X-Loop"] = endpoint.address
    if endpoint.provider == POSTMARK:
        # it gives mails ids of its own: keep ours, and name it in the reports
        mail["X-PM-KeepID"] = "true"
        mail[f"X-PM-Metadata-{METADATA}"] = message.external_id
    text = clean(message.text)
    if message.signature:
        text = f"{text.rstrip()}\n\n-- \n{clean(message.signature)}"
    # ASCII on the wire: no server on the way has a reason to rewrite the body, which would break its DKIM signature
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(message.html or text_to_html(text), subtype="html", cte="quoted-printable")
    for attachment in message.attachments:
        maintype, _, subtype = attachment.content_type.partition("/")
        mail.add_attachment(
            attachment.content, maintype=maintype, subtype=subtype or "octet-stream", filename=attachment.filename
        )
    try:
        return mail.as_bytes()
    except (ValueError, UnicodeError) as error:
        raise AdapterError(f"The mail cannot be written: {error}", permanent=True) from error


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())[:900]


def _address(name: str, email: str) -> Address:
    try:
        return Address(display_name=name, addr_spec=email)
    except (ValueError, IndexError) as error:
        raise AdapterError(f"recipient: {email!r} is no mail address ({error}).", permanent=True) from error
    except Exception as error:
        # the standard library's address parser lets errors of its own escape on odd input
        raise AdapterError(f"recipient: {email!r} is no mail address.", permanent=True) from error

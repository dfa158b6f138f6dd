"""The raw mails of a planned day, as mail programs would send them. Pure: the same arrival gives the same bytes."""

import random
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import Final

from contactcenter.dashboards.demo.picture import parcel_photo
from contactcenter.dashboards.demo.plan import Arrival
from contactcenter.dashboards.demo.texts import load_texts

OUT_OF_OFFICE: Final = {
    "en": "I am out of the office and will read your message when I am back.",
    "ru": "Меня нет на месте, прочту ваше письмо, когда вернусь.",
    "es": "Estoy fuera de la oficina y leeré su mensaje a la vuelta.",
}


def message_id(arrival: Arrival) -> str:
    """Return the mail's Message-ID without brackets."""
    return f"{arrival.at:%Y%m%d}.{arrival.index}.{arrival.slots['order']}@{arrival.person.email.partition('@')[2]}"


def build_mail(arrival: Arrival) -> bytes:
    """Return the arrival's mail: plain, often with an HTML part, sometimes with a picture."""
    chance = random.Random(message_id(arrival))
    texts = load_texts(arrival.language)
    first = arrival.person.name.split()[0]
    body = "\n\n".join(
        [chance.choice(texts.greetings), arrival.fill(arrival.topic.mail), chance.choice(texts.closings), first]
    )
    mail = _envelope(arrival, subject=arrival.fill(arrival.topic.subject), own_id=message_id(arrival))
    mail.set_content(body + "\n")
    if chance.random() < 0.4:
        paragraphs = "".join(f"<p>{escape(part)}</p>" for part in body.split("\n\n"))
        mail.add_alternative(f"<html><body>{paragraphs}</body></html>", subtype="html")
    if chance.random() < 0.12:
        mail.add_attachment(
            parcel_photo(shade=chance.randrange(64)), maintype="image", subtype="png", filename="photo.png"
        )
    return mail.as_bytes()


def build_out_of_office(arrival: Arrival, *, answers: str) -> bytes:
    """Return the automatic reply that a contact's mail program sends to our answer (RFC 3834)."""
    subject = f"Auto: {arrival.fill(arrival.topic.subject)}"
    mail = _envelope(arrival, subject=subject, own_id=f"auto.{message_id(arrival)}")
    mail["Auto-Submitted"] = "auto-replied"
    mail["In-Reply-To"] = f"<{answers}>"
    mail.set_content(OUT_OF_OFFICE[arrival.language] + "\n")
    return mail.as_bytes()


def _envelope(arrival: Arrival, *, subject: str, own_id: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = Address(arrival.person.name, addr_spec=arrival.person.email)
    mail["To"] = arrival.account.facts["mailbox"]
    mail["Subject"] = subject
    mail["Date"] = format_datetime(arrival.at)
    mail["Message-ID"] = f"<{own_id}>"
    return mail

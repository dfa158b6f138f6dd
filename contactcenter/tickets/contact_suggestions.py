"""Contacts that may be one and the same person: equal numbers or addresses, nothing that has to be guessed."""

import re
from collections.abc import Iterable
from typing import Any, Final

from contactcenter.contacts.models import Contact, ContactPoint, PointKind
from contactcenter.contacts.points import normal_email
from contactcenter.contacts.queries import contacts_by_id
from contactcenter.kernel.errors import NotFound
from contactcenter.tickets.models import Channel, Direction, Message

NUMBERED: Final = (PointKind.PHONE, PointKind.SMS, PointKind.SOCIAL)
"""Kinds whose value may be a telephone number."""
MOST: Final = 10
MESSAGES_READ: Final = 100
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")


def suggestions(*, contact_id: int) -> list[dict[str, Any]]:
    """Return up to MOST other contacts of the account that share a number on another channel, or whose mail address
    the contact wrote in a chat or text message (the newest MESSAGES_READ are read); each with reason and value.

    Every look-up is an equality on the unique index of points. NotFound out of scope.
    """
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("There is no such contact.")
    numbers = ContactPoint.objects.filter(contact=contact, kind__in=NUMBERED, value__startswith="+")
    found = [
        *_others(contact, kinds=NUMBERED, values=numbers.values_list("value", flat=True), reason="same_number"),
        *_others(contact, kinds=[PointKind.EMAIL], values=_addresses_written(contact), reason="email_in_chat"),
    ]
    first: dict[int, dict[str, Any]] = {}
    for other_id, why in found:
        first.setdefault(other_id, why)
    chosen = dict(list(first.items())[:MOST])
    return [{"contact": document, **chosen[document["id"]]} for document in contacts_by_id(chosen)]


def _others(
    contact: Contact, *, kinds: Iterable[str], values: Iterable[str], reason: str
) -> list[tuple[int, dict[str, str]]]:
    wanted = list(values)
    if not wanted:
        return []
    points = ContactPoint.objects.filter(account_id=contact.account_id, kind__in=list(kinds), value__in=wanted)
    rows = points.exclude(contact=contact).order_by("contact_id", "id").values_list("contact_id", "value")
    return [(other_id, {"reason": reason, "value": value}) for other_id, value in rows[: MOST * 2]]


def _addresses_written(contact: Contact) -> list[str]:
    texts = (
        Message.objects.filter(
            ticket__contact=contact,
            contact=contact,
            direction=Direction.INBOUND,
            channel__in=[Channel.CHAT, Channel.SMS, Channel.SOCIAL],
        )
        .order_by("-ticket_id", "-at", "-id")
        .values_list("text", flat=True)[:MESSAGES_READ]
    )
    written = {normal_email(match) for text in texts for match in _EMAIL.findall(text[:10_000])}
    return sorted(written)[:50]

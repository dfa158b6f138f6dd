"""To whom a reply by mail goes: what is proposed, what is new on the ticket, and what is refused. Needs a scope.

Recipients are lists of {"name", "email"} in a message's headers, both ways. Nothing is ever taken from another ticket.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Final

from contactcenter.contacts.models import ContactPoint, PointKind
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tickets.models import Channel, Direction, Message, MessageKind, Ticket

MAX_RECIPIENTS: Final = 50
LISTS: Final = ("to", "cc", "bcc")
_SEEN_IN: Final = ("from", "reply_to", *LISTS)
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,255}")


class NewRecipients(Conflict):
    """The reply goes to addresses that were never on this ticket, and nobody has said that this is meant."""

    code = "new_recipients"


def known_addresses(*, ticket: Ticket) -> set[str]:
    """Return every address, in lower case, that this ticket has seen: its contact's, and all of its mails'."""
    points = ContactPoint.objects.filter(contact_id=ticket.contact_id, kind=PointKind.EMAIL)
    known = {value.lower() for value in points.values_list("value", flat=True)}
    rows = Message.objects.filter(ticket=ticket, channel=Channel.EMAIL)
    for headers in rows.values_list("headers", flat=True):
        for name in _SEEN_IN:
            known |= {item["email"].lower() for item in headers.get(name, []) if item.get("email")}
    known |= {
        value.lower()
        for value in ContactPoint.objects.filter(
            contact_id__in=rows.values("contact_id"), kind=PointKind.EMAIL
        ).values_list("value", flat=True)
    }
    return known


def proposed_recipients(*, ticket: Ticket, own: Set[str]) -> dict[str, list[dict[str, str]]]:
    """Return {"to", "cc"} of a reply to the ticket's last mail: Reply-To or From, and who else it was sent to.

    `own` are addresses in lower case that are never proposed (mailboxes of this installation, with or without a +tag).
    Without a mail it is the contact's first address, if there is one.
    """
    last = (
        Message.objects.filter(
            ticket=ticket, direction=Direction.INBOUND, channel=Channel.EMAIL, kind=MessageKind.MESSAGE
        )
        .select_related("contact")
        .order_by("-at", "-pk")
        .first()
    )
    contact = last.contact if last is not None and last.contact is not None else ticket.contact
    headers = last.headers if last is not None else {}
    to = _others(headers.get("reply_to", []), own) or _others(headers.get("from", []), own)
    if not to:
        point = ContactPoint.objects.filter(contact=contact, kind=PointKind.EMAIL).order_by("pk").first()
        to = [{"name": contact.name, "email": point.value}] if point is not None else []
    taken = {*own, *(item["email"].lower() for item in to)}
    return {"to": to, "cc": _others([*headers.get("to", []), *headers.get("cc", [])], taken)}


def checked_recipients(
    *, ticket: Ticket, given: Mapping[str, Sequence[Mapping[str, str]]], confirmed: bool
) -> dict[str, list[dict[str, str]]]:
    """Return the lists as they are stored, each address once, in the first list that names it.

    Raises Invalid for what is no address or too many of them, NewRecipients (naming them in `data`) unless `confirmed`.
    """
    seen: set[str] = set()
    lists: dict[str, list[dict[str, str]]] = {}
    for name in LISTS:
        lists[name] = []
        for item in given.get(name, ()):
            email = item["email"].strip()
            if not _ADDRESS.fullmatch(email):
                raise Invalid(f"{email[:80]!r} is no mail address.", field=name)
            if email.lower() not in seen:
                seen.add(email.lower())
                lists[name].append({"name": " ".join(item.get("name", "").split())[:200], "email": email})
    if not lists["to"]:
        raise Invalid("Name at least one recipient.", field="to")
    if len(seen) > MAX_RECIPIENTS:
        raise Invalid(f"At most {MAX_RECIPIENTS} recipients.", field="to")
    new = sorted(seen - known_addresses(ticket=ticket))
    if new and not confirmed:
        raise NewRecipients(
            f"Never before on this ticket: {', '.join(new)}. Say that it is meant.",
            field="confirm_new_recipients",
            data={"new_recipients": new},
        )
    return lists


def recipients_of(headers: Mapping[str, Any]) -> dict[str, list[dict[str, str]]] | None:
    """Return {"to", "cc", "bcc"} of a message, None where it names none."""
    if not any(headers.get(name) for name in LISTS):
        return None
    return {name: list(headers.get(name, [])) for name in LISTS}


def _others(items: Iterable[Mapping[str, str]], taken: Set[str]) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for item in items:
        email = item.get("email", "")
        plain = re.sub(r"\+[^@]*@", "@", email.lower())
        if _ADDRESS.fullmatch(email) and email.lower() not in taken and plain not in taken:
            found.setdefault(email.lower(), {"name": item.get("name", ""), "email": email})
    return list(found.values())

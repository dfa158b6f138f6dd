"""Contacts as lists and details show them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db.models import Q, QuerySet

from contactcenter.contacts.consent import opted_out_points
from contactcenter.contacts.models import Contact, ContactMerge, ContactPoint
from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.intervals import as_text

PAGE: Final = 50
SEARCHED: Final = 2_000
"""A search looks at so many names and so many points; more would tell nobody anything."""


def list_contacts(
    *, account_id: int | None, q: str = "", before_id: int | None = None, size: int = PAGE
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of contacts, the newest first, and the cursor of the next page (None at the end).

    `q` is part of a name, address or number. Merged contacts are not listed: the kept ones stand for them.
    """
    contacts = Contact.objects.filter(merged_into__isnull=True).order_by("-id")
    if account_id is not None:
        contacts = contacts.filter(account_id=account_id)
    if q := q.strip()[:100]:
        contacts = contacts.filter(pk__in=_matching(q))
    if before_id is not None:
        contacts = contacts.filter(pk__lt=before_id)
    rows = list(contacts[: size + 1])
    page = rows[:size]
    return contact_documents(page), str(page[-1].pk) if len(rows) > size else None


def _matching(text: str) -> QuerySet[Any]:
    names = Contact.objects.filter(name__icontains=text).values("id")[:SEARCHED]
    points = ContactPoint.objects.filter(value__icontains=text).values("contact_id")[:SEARCHED]
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) >= 5 and digits != text:
        # a number is kept as +74952201490, however people write it
        points = ContactPoint.objects.filter(Q(value__icontains=text) | Q(value__icontains=digits)).values(
            "contact_id"
        )[:SEARCHED]
    return Contact.objects.filter(Q(pk__in=names) | Q(pk__in=points)).values("id")


def contact_documents(contacts: Sequence[Contact]) -> list[dict[str, Any]]:
    """Return the contacts with their points, in their order. Two queries for any number."""
    points: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = list(ContactPoint.objects.filter(contact__in=contacts).order_by("id"))
    opted_out = opted_out_points((point.account_id, point.kind, point.value) for point in rows)
    for point in rows:
        since = opted_out.get((point.account_id, point.kind, point.value))
        points[point.contact_id].append(
            {
                "id": point.pk,
                "kind": point.kind,
                "value": point.value,
                "opted_out_at": as_text(since) if since else None,
            }
        )
    return [
        {
            "id": contact.pk,
            "account_id": contact.account_id,
            "name": contact.name,
            "language": contact.language,
            "created_at": as_text(contact.created_at),
            "points": points[contact.pk],
        }
        for contact in contacts
    ]


def contacts_by_id(ids: Iterable[int]) -> list[dict[str, Any]]:
    """Return these contacts, in the order of their ids."""
    return contact_documents(list(Contact.objects.filter(pk__in=set(ids)).order_by("id")))


def contact_detail(*, contact_id: int) -> dict[str, Any]:
    """Return one contact with the merges that made it and can be undone; NotFound out of scope."""
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("There is no such contact.")
    merges = ContactMerge.objects.filter(kept=contact, undone_at__isnull=True).select_related("merged", "actor")
    return {
        **contact_documents([contact])[0],
        "merges": [
            {
                "id": merge.pk,
                "at": as_text(merge.at),
                "by": merge.actor.full_name if merge.actor else "",
                "merged": {"id": merge.merged_id, "name": merge.merged.name},
            }
            for merge in merges.order_by("-id")
        ],
    }


def standing_for(*, contact_id: int) -> int:
    """Return the contact that stands for this one: itself, or what it was merged into, however often."""
    seen = {contact_id}
    current = contact_id
    while True:
        following = Contact.objects.filter(pk=current).values_list("merged_into_id", flat=True).first()
        if following is None or following in seen:
            return current
        seen.add(following)
        current = following

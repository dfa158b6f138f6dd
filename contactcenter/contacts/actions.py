"""Find or create the contact behind a point of contact."""

from django.db import IntegrityError, transaction

from contactcenter.contacts.models import Contact, ContactPoint


def find_or_create_contact(
    *, account_id: int, kind: str, value: str, name: str = "", language: str = ""
) -> tuple[Contact, ContactPoint]:
    """Return the contact reached at this normalised point, created if new.

    Serialised by UNIQUE(account, kind, value): of two callers one inserts, the other reads. A missing name or
    language of a known contact is filled in, a known one is kept. Must run inside a transaction.
    """
    point = ContactPoint.objects.select_related("contact").filter(account_id=account_id, kind=kind, value=value).first()
    if point is None:
        try:
            with transaction.atomic():
                contact = Contact.objects.create(account_id=account_id, name=name[:200], language=language)
                return contact, ContactPoint.objects.create(
                    account_id=account_id, contact=contact, kind=kind, value=value
                )
        except IntegrityError:
            point = ContactPoint.objects.select_related("contact").get(account_id=account_id, kind=kind, value=value)
    contact = point.contact
    changed = []
    if name and not contact.name:
        contact.name = name[:200]
        changed.append("name")
    if language and not contact.language:
        contact.language = language
        changed.append("language")
    if changed:
        contact.save(update_fields=changed)
    return contact, point


def create_contact(*, account_id: int, name: str = "", language: str = "") -> Contact:
    """Return a new contact without any point: somebody who withheld the number can be met but not recognised."""
    return Contact.objects.create(account_id=account_id, name=name[:200], language=language)

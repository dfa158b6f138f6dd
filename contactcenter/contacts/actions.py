"""Find or create the contact behind a point of contact; change contacts and their points by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from contactcenter.contacts.models import Contact, ContactPoint
from contactcenter.contacts.points import normal_value
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.statements import columns, insert, rows_from, take_row
from contactcenter.tenancy.scope import current_scope


def fill_in_name(*, contact_id: int, name: str) -> None:
    """Give a contact a name unless they have one; nothing that a person wrote is replaced."""
    Contact.objects.filter(pk=contact_id, name="").update(name=name[:200])


def find_or_create_contact(
    *, account_id: int, kind: str, value: str, name: str = "", language: str = ""
) -> tuple[Contact, ContactPoint]:
    """Return the contact reached at this normalised point, created if new.

    Serialised by UNIQUE(account, kind, value): of two callers one inserts, the other reads. A missing name or
    language of a known contact is filled in, a known one is kept. Must run inside a transaction.
    """
    point = _point_of(account_id=account_id, kind=kind, value=value)
    if point is None:
        made = _make(account_id=account_id, kind=kind, value=value, name=name, language=language)
        if made is not None:
            return made
        point = _point_of(account_id=account_id, kind=kind, value=value)
        if point is None:
            raise NotFound("There is no such account.", field="account_id")
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


def _point_of(*, account_id: int, kind: str, value: str) -> ContactPoint | None:
    """Return the point with its contact, as far as the scope reaches."""
    reach = current_scope().reach()
    rows = rows_from(
        f"SELECT {columns(ContactPoint, 'p')}, {columns(Contact, 'c')}"  # noqa: S608 -- names of columns only
        " FROM contacts_contactpoint p JOIN contacts_contact c ON c.id = p.contact_id"
        " WHERE p.account_id = %s AND p.kind = %s AND p.value = %s"
        " AND (%s::bigint[] IS NULL OR p.account_id = ANY(%s))",
        [account_id, kind, value, reach, reach],
    )
    if not rows:
        return None
    values = list(rows[0])
    point = take_row(ContactPoint, values)
    point.contact = take_row(Contact, values)
    return point


def _make(*, account_id: int, kind: str, value: str, name: str, language: str) -> tuple[Contact, ContactPoint] | None:
    """Insert a contact with this point in one statement; None, and nothing is left, where the point is taken."""
    contact = Contact(account_id=account_id, name=name[:200], language=language)
    contact.is_new = True
    created_at = Contact._meta.get_field("created_at").pre_save(contact, add=True)
    point = ContactPoint(account_id=account_id, kind=kind, value=value)
    # the foreign key looks at the end of the statement, when the contact is there
    rows = rows_from(
        """
        WITH point AS (
            INSERT INTO contacts_contactpoint (account_id, contact_id, kind, value)
            VALUES (%s, nextval('contacts_contact_id_seq'), %s, %s) ON CONFLICT DO NOTHING RETURNING id, contact_id
        ), contact AS (
            INSERT INTO contacts_contact (id, account_id, name, language, created_at)
            SELECT contact_id, %s, %s, %s, %s FROM point RETURNING id
        )
        SELECT contact.id, point.id FROM contact, point
        """,
        [account_id, kind, value, account_id, contact.name, language, created_at],
    )
    if not rows:
        return None
    contact.pk, point.pk = rows[0]
    point.contact = contact
    for row in (contact, point):
        row._state.adding, row._state.db = False, "default"
    return contact, point


def create_contact(*, account_id: int, name: str = "", language: str = "") -> Contact:
    """Return a new contact without any point: somebody who withheld the number can be met but not recognised."""
    contact = Contact(account_id=account_id, name=name[:200], language=language)
    insert(contact)
    return contact


class PointTaken(Conflict):
    """Another contact is reached there already; `contact_id` in the data says which: merge the two, perhaps."""

    code = "point_taken"


@transaction.atomic
def add_contact(
    *, account_id: int, name: str, language: str, points: Sequence[Mapping[str, str]], actor_id: int | None
) -> Contact:
    """Create a contact with these points; PointTaken where another one has one of them."""
    contact = create_contact(account_id=account_id, name=name, language=language)
    audit.record(action="contact.create", target=contact, actor_id=actor_id, account_id=account_id)
    for index, point in enumerate(points):
        _attach(contact, kind=point["kind"], value=point["value"], actor_id=actor_id, field=f"points[{index}].value")
    return contact


@transaction.atomic
def change_contact(*, contact_id: int, values: Mapping[str, str], actor_id: int | None) -> Contact:
    """Change name or language of a contact; what is not given stays."""
    contact = _locked(contact_id)
    changed: dict[str, Any] = {}
    for name in ("name", "language"):
        if name in values and getattr(contact, name) != values[name]:
            changed[name] = [getattr(contact, name), values[name]]
            setattr(contact, name, values[name])
    if changed:
        contact.save(update_fields=list(changed))
        audit.record(
            action="contact.change", target=contact, actor_id=actor_id, account_id=contact.account_id, data=changed
        )
    return contact


@transaction.atomic
def add_point(*, contact_id: int, kind: str, value: str, actor_id: int | None) -> ContactPoint:
    """Reach the contact there as well; the same point again changes nothing.

    Invalid where it is no address or number, PointTaken where another contact has it.
    """
    return _attach(_locked(contact_id), kind=kind, value=value, actor_id=actor_id, field="value")


@transaction.atomic
def remove_point(*, contact_id: int, point_id: int, actor_id: int | None) -> None:
    """Reach the contact there no more. Conflict while a ticket is answered through it."""
    contact = _locked(contact_id)
    point = ContactPoint.objects.select_for_update(of=("self",)).filter(pk=point_id, contact=contact).first()
    if point is None:
        raise NotFound("There is no such point.")
    audit.record(
        action="contact.point_remove",
        target=contact,
        actor_id=actor_id,
        account_id=contact.account_id,
        data={"kind": point.kind, "value": point.value},
    )
    try:
        point.delete()
    except ProtectedError:
        raise Conflict("Tickets are answered through this point.", field="point_id") from None


def _attach(contact: Contact, *, kind: str, value: str, actor_id: int | None, field: str) -> ContactPoint:
    normal = normal_value(kind=kind, value=value)
    if not normal:
        raise Invalid("This is no address or number.", field=field)
    point, created = ContactPoint.objects.get_or_create(
        account_id=contact.account_id, kind=kind, value=normal, defaults={"contact": contact}
    )
    if point.contact_id != contact.pk:
        raise PointTaken("Another contact is reached there.", field=field, data={"contact_id": point.contact_id})
    if created:
        audit.record(
            action="contact.point_add",
            target=contact,
            actor_id=actor_id,
            account_id=contact.account_id,
            data={"kind": kind, "value": normal},
        )
    return point


def _locked(contact_id: int) -> Contact:
    contact = Contact.objects.select_for_update(of=("self",)).filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("There is no such contact.")
    if contact.merged_into_id is not None:
        raise Conflict("This contact was merged into another one.", data={"contact_id": contact.merged_into_id})
    return contact

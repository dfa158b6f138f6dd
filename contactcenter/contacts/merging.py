"""Two contacts turn out to be one person, and sometimes turn out not to be.

Whatever points at a contact moves, found by the foreign keys themselves: this app knows none of the apps above it, and
a table added tomorrow moves as well.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import models, transaction

from contactcenter.contacts.models import Contact, ContactMerge
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.push import push_on_commit

FILLED = ("name", "language")


class AlreadyMerged(Conflict):
    """The contact stands for nobody any more; `contact_id` in the data does."""

    code = "already_merged"


@transaction.atomic
def merge_contacts(*, kept_id: int, merged_id: int, actor_id: int | None, at: datetime) -> ContactMerge:
    """Make `kept` stand for both: all that pointed at `merged` points at it, and its empty name or language is filled.

    NotFound for a contact out of scope, Invalid for one and the same or of two accounts, AlreadyMerged where either is.
    """
    if kept_id == merged_id:
        raise Invalid("A contact cannot be merged into itself.", field="contact_id")
    kept, merged = _locked(kept_id, merged_id)
    if kept.account_id != merged.account_id:
        raise Invalid("The contact belongs to another account.", field="contact_id")
    for contact in (kept, merged):
        _refuse_merged(contact)
    moved: dict[str, list[int]] = {}
    for label, model, field in _references():
        ids = _locked_ids(model, **{field: merged_id})
        if ids:
            model._default_manager.filter(pk__in=ids).update(**{field: kept_id})
            moved[label] = ids
    filled = {name: getattr(merged, name) for name in FILLED if getattr(merged, name) and not getattr(kept, name)}
    Contact.objects.filter(pk=kept_id).update(**filled)
    Contact.objects.filter(pk=merged_id).update(merged_into=kept_id)
    merge = ContactMerge.objects.create(
        account_id=kept.account_id,
        kept_id=kept_id,
        merged_id=merged_id,
        at=at,
        actor_id=actor_id,
        moved=moved,
        filled=filled,
    )
    _tell(merge, kind="contact.merged", actor_id=actor_id, data={"moved": _counts(moved)})
    return merge


@transaction.atomic
def undo_merge(*, merge_id: int, actor_id: int | None, at: datetime) -> ContactMerge:
    """Move back exactly what the merge moved; what was changed since stays, and `stayed` names it.

    What arrived after the merge stays with the kept contact. NotFound out of scope; Conflict where it is undone
    already; AlreadyMerged where the kept contact was itself merged since (undo that first).
    """
    found = ContactMerge.objects.filter(pk=merge_id).first()
    if found is None:
        raise NotFound("There is no such merge.")
    kept, _ = _locked(found.kept_id, found.merged_id)
    merge = ContactMerge.objects.select_for_update(of=("self",)).get(pk=merge_id)
    if merge.undone_at is not None:
        raise Conflict("This merge is undone already.")
    _refuse_merged(kept)
    stayed: dict[str, list[int]] = {}
    for label, model, field in _references():
        ids = merge.moved.get(label, [])
        back = _locked_ids(model, pk__in=ids, **{field: merge.kept_id})
        model._default_manager.filter(pk__in=back).update(**{field: merge.merged_id})
        if left := sorted(set(ids) - set(back)):
            stayed[label] = left
    emptied = {name: "" for name, value in merge.filled.items() if getattr(kept, name) == value}
    Contact.objects.filter(pk=merge.kept_id).update(**emptied)
    Contact.objects.filter(pk=merge.merged_id).update(merged_into=None)
    merge.undone_at, merge.stayed = at, stayed
    merge.save(update_fields=["undone_at", "stayed"])
    _tell(merge, kind="contact.unmerged", actor_id=actor_id, data={"stayed": stayed})
    return merge


def _references() -> Iterator[tuple[str, type[models.Model], str]]:
    """Yield (label, model, field) of every foreign key to a contact, but for those that merging itself keeps."""
    for relation in sorted(
        Contact._meta.get_fields(include_hidden=True), key=lambda one: str(getattr(one, "field", ""))
    ):
        if not isinstance(relation, models.ManyToOneRel):
            continue
        model = relation.related_model
        if model in (Contact, ContactMerge):
            continue
        name = relation.field.name
        yield f"{model._meta.label}.{name}", model, name


def _locked_ids(model: type[models.Model], **wanted: Any) -> list[int]:
    rows = model._default_manager.select_for_update(of=("self",)).filter(**wanted)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _locked(first_id: int, second_id: int) -> tuple[Contact, Contact]:
    # FOR UPDATE also holds off whoever is about to add something to either contact
    found = Contact.objects.select_for_update(of=("self",)).filter(pk__in=[first_id, second_id]).order_by("pk")
    contacts = {contact.pk: contact for contact in found}
    for contact_id in (first_id, second_id):
        if contact_id not in contacts:
            raise NotFound("There is no such contact.", data={"contact_id": contact_id})
    return contacts[first_id], contacts[second_id]


def _refuse_merged(contact: Contact) -> None:
    if contact.merged_into_id is not None:
        raise AlreadyMerged(
            "This contact was merged into another one.",
            data={"merged_id": contact.pk, "contact_id": contact.merged_into_id},
        )


def _counts(moved: dict[str, list[int]]) -> dict[str, int]:
    return {label: len(ids) for label, ids in moved.items()}


def _tell(merge: ContactMerge, *, kind: str, actor_id: int | None, data: dict[str, Any]) -> None:
    audit.record(
        action=kind.replace("merged", "merge"),
        target=merge,
        actor_id=actor_id,
        account_id=merge.account_id,
        data={"kept": merge.kept_id, "merged": merge.merged_id, **data},
    )
    push_on_commit(
        f"account:{merge.account_id}",
        kind=kind,
        account_id=merge.account_id,
        payload={"contact_id": merge.kept_id, "merged_id": merge.merged_id, "merge_id": merge.pk},
    )

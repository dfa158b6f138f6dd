"""Writes of the reasons for a break. One transaction each, with its audit row."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import IntegrityError, transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.tenancy.actions import change_fields
from contactcenter.tenancy.models import Account
from contactcenter.worktime.models import BreakReason

FIELDS: Final = ("reason", "labels", "account_id", "position", "is_active")
LANGUAGES: Final = ("en", "ru", "es")


@transaction.atomic
def save_break_reason(*, actor_id: int, values: Mapping[str, Any], reason_id: int | None = None) -> BreakReason:
    """Add a reason (reason_id None), or change the given fields of one; breaks recorded before stay as they are.

    Raises NotFound; Invalid for words in an unknown language, an unknown account, or another `reason` (breaks are
    recorded under it); Conflict where the reason is taken.
    """
    row = BreakReason() if reason_id is None else BreakReason.objects.select_for_update().filter(pk=reason_id).first()
    if row is None:
        raise NotFound("There is no such reason.")
    values = dict(values)
    if reason_id is not None and values.get("reason", row.reason) != row.reason:
        raise Invalid("Breaks are recorded under this reason: add another one instead.", field="reason")
    if "labels" in values:
        unknown = sorted(set(values["labels"]) - set(LANGUAGES))
        if unknown:
            raise Invalid(f"{unknown[0]!r} is none of {', '.join(LANGUAGES)}.", field="labels")
        values["labels"] = {tag: words.strip() for tag, words in values["labels"].items() if words.strip()}
    account_id = values.get("account_id")
    if account_id is not None and not Account.objects.filter(pk=account_id).exists():
        raise Invalid("There is no such client.", field="account_id")
    changed = change_fields(row=row, values=values, fields=FIELDS)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict("There is such a reason already.", data={"field": "reason"}) from None
    audit.record(action="break_reason.save", target=row, actor_id=actor_id, data=changed)
    return row

"""Writes of business hours and of what is promised within them. What is due is reckoned anew after the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.tenancy.actions import change_fields
from contactcenter.tickets.calendars import hours_of
from contactcenter.tickets.models import Calendar, SlaPolicy, SlaTarget

CALENDAR_FIELDS = ("name", "time_zone", "week", "days", "holiday_country", "holiday_subdivision")
TARGET_FIELDS = ("priority", "first_reply_s", "next_reply_s", "resolution_s")


@transaction.atomic
def save_calendar(*, actor_id: int, values: Mapping[str, Any], calendar_id: int | None = None) -> Calendar:
    """Create a calendar (calendar_id None) or change the given fields of one.

    Invalid where the hours make no sense or the holidays are not known; Conflict where the name is taken.
    """
    calendar = Calendar() if calendar_id is None else Calendar.objects.select_for_update().get(pk=calendar_id)
    changed = change_fields(row=calendar, values=values, fields=CALENDAR_FIELDS)
    if Calendar.objects.filter(name__iexact=calendar.name).exclude(pk=calendar.pk).exists():
        raise Conflict("There are hours of this name.", field="name")
    try:
        hours_of(calendar)
    except ValueError as error:
        about_holidays = str(error).startswith("no holidays")
        raise Invalid(f"{error}.", field="holiday_country" if about_holidays else "week") from None
    calendar.save()
    audit.record(
        action="calendar.create" if calendar_id is None else "calendar.change",
        target=calendar,
        actor_id=actor_id,
        data=changed,
    )
    if calendar_id is not None and changed:
        enqueue_on_commit("routing.repromise", calendar_id=calendar.pk)
    return calendar


@transaction.atomic
def save_policy(*, actor_id: int, values: Mapping[str, Any], policy_id: int | None = None) -> SlaPolicy:
    """Create a promise (policy_id None) or change the given fields of one; `targets` replaces its lines.

    values: name, account_id, calendar_id; targets [{"priority", "first_reply_s", "next_reply_s", "resolution_s"}].
    Conflict where the account has another one; Invalid where a priority is listed twice.
    """
    policy = SlaPolicy() if policy_id is None else SlaPolicy.objects.select_for_update().get(pk=policy_id)
    changed = change_fields(row=policy, values=values, fields=("name", "account_id", "calendar_id"))
    if policy.account_id is not None:
        other = SlaPolicy.objects.filter(account_id=policy.account_id).exclude(pk=policy.pk).first()
        if other is not None:
            raise Conflict(f"This account has the promise {other.name}.", field="account_id")
    policy.save()
    if "targets" in values:
        changed |= _set_targets(policy, values["targets"])
    audit.record(
        action="sla_policy.create" if policy_id is None else "sla_policy.change",
        target=policy,
        actor_id=actor_id,
        account_id=policy.account_id,
        data=changed,
    )
    if policy_id is not None and changed:
        enqueue_on_commit("routing.repromise", policy_id=policy.pk)
    return policy


def _set_targets(policy: SlaPolicy, wanted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    lines = [{name: line.get(name) for name in TARGET_FIELDS} for line in wanted]
    if len({line["priority"] for line in lines}) != len(lines):
        raise Invalid("A priority is listed twice.", field="targets")
    before = list(policy.targets.order_by("id").values(*TARGET_FIELDS))
    if before == lines:
        return {}
    policy.targets.all().delete()
    SlaTarget.objects.bulk_create(SlaTarget(policy=policy, **line) for line in lines)
    return {"targets": [before, lines]}

"""The wallboard: who waits, who works, what the day has brought. Runs in a scope that reaches every account."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Min

from channels_app.models import Receipt, ReceiptState
from contactcenter.dashboards.metrics import permille, service_level
from contactcenter.dashboards.portal_figures import counts_by_channel, total_answering, total_contacts
from contactcenter.dashboards.portal_months import day_bounds
from contactcenter.dashboards.portal_queries import ContactFilter, usage_buckets
from contactcenter.operators.models import Operator
from contactcenter.routing.models import (
    Assignment,
    AssignmentState,
    Offer,
    OfferState,
    OperatorState,
    Presence,
    Queue,
    Waiting,
)
from contactcenter.routing.states import OWNING
from contactcenter.tenancy.queries import accounts_in_scope


def wallboard(*, at: dt.datetime) -> dict[str, Any]:
    """Return WallboardSerializer's shape as of the instant `at`. Each account's day is that of its own time zone."""
    return {
        "at": at,
        "queues": _queues(),
        "operators": _operators(),
        "accounts": _accounts(at),
        "failed_receipts": Receipt.objects.filter(state=ReceiptState.FAILED).count(),
        "pending_receipts": Receipt.objects.filter(state=ReceiptState.PENDING).count(),
    }


def _queues() -> list[dict[str, Any]]:
    waiting = {
        row["queue_id"]: row
        for row in Waiting.objects.values("queue_id").annotate(count=Count("id"), oldest=Min("enqueued_at"))
    }
    rows = []
    for queue in Queue.objects.filter(is_active=True).order_by("name", "id"):
        found = waiting.get(queue.pk)
        rows.append(
            {
                "id": queue.pk,
                "name": queue.name,
                "language": queue.language,
                "channel": queue.channel,
                "waiting": found["count"] if found else 0,
                "longest_since": found["oldest"] if found else None,
            }
        )
    return rows


def _operators() -> list[dict[str, Any]]:
    """Everybody active: presence as they say it, engagement as their offers and assignments show it."""
    states = {state.pk: state for state in OperatorState.objects.all()}
    offers = dict(Offer.objects.filter(state=OfferState.PENDING).values_list("operator_id", "offered_at"))
    serving: dict[int, list[Any]] = {}
    for row in Assignment.objects.exclude(state=AssignmentState.DONE).order_by("started_at"):
        serving.setdefault(row.operator_id, []).append(row)
    rows = []
    for operator in Operator.objects.filter(is_active=True, user__is_active=True).order_by("display_name", "id"):
        state = states.get(operator.pk)
        presence = state.presence if state else Presence.OFFLINE
        assigned = serving.get(operator.pk, [])
        active = [row for row in assigned if row.state in OWNING]
        wrapping = [row for row in assigned if row.state == AssignmentState.WRAPPING]
        since = state.since if state else None
        if active:
            engagement, since = "serving", active[0].started_at
        elif wrapping:
            engagement, since = "wrapping", wrapping[0].wrapping_at
        elif operator.pk in offers:
            engagement, since = "offered", offers[operator.pk]
        else:
            engagement = "ready" if presence == Presence.AVAILABLE else presence
        rows.append(
            {
                "id": operator.pk,
                "name": operator.display_name,
                "presence": presence,
                "engagement": engagement,
                "since": since,
                "reason": state.reason if state else "",
                "channels": sorted({row.channel for row in active}),
            }
        )
    return rows


def _accounts(at: dt.datetime) -> list[dict[str, Any]]:
    rows = []
    for account in accounts_in_scope().filter(is_active=True):
        zone = ZoneInfo(account.time_zone)
        start, end = day_bounds(on=at.astimezone(zone).date(), zone=zone)
        buckets = usage_buckets(wanted=ContactFilter(account_id=account.pk, zone=zone, start=start, end=end))
        answering = total_answering(buckets=buckets)
        rows.append(
            {
                "id": account.pk,
                "name": account.name,
                "contacts": total_contacts(buckets=buckets),
                "by_channel": counts_by_channel(buckets=buckets),
                "answered": answering.answered,
                "abandoned": answering.abandoned,
                "in_time_permille": permille(share=service_level(answering=answering)),
            }
        )
    return rows

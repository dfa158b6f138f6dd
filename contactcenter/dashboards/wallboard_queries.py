"""The wallboard: who waits, who works, what the day has brought. Runs in a scope that reaches every account."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, Value

from channels_app.models import Receipt, ReceiptState
from contactcenter.dashboards.metrics import WallClock, average_handle_ms, occupancy, permille
from contactcenter.dashboards.portal_months import day_bounds
from contactcenter.dashboards.rollups.queries import LIVE_CHANNELS
from contactcenter.dashboards.wallboard_alerts import alerts
from contactcenter.dashboards.wallboard_today import Today, today
from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.push import current_cursor
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
from contactcenter.routing.queries import calls_under_way
from contactcenter.routing.states import OWNING
from contactcenter.tenancy.models import Account
from contactcenter.tenancy.queries import accounts_in_scope
from contactcenter.tickets.models import Interaction

RISK_WITHIN: Final = dt.timedelta(minutes=5)
"""A promise that runs out so soon is at risk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What the board shows: everything, or one account, or one queue; `zone` says when the day began."""

    at: dt.datetime
    zone: ZoneInfo
    account_id: int | None = None
    queue_id: int | None = None


def wallboard(*, board: Board) -> dict[str, Any]:
    """Return WallboardSerializer's shape. Each account's day is that of its own time zone.

    With an account chosen the whole board keeps its day; NotFound for an account or a queue that is none.
    """
    # before anything is read: what changes meanwhile comes as an event
    cursor = current_cursor()
    accounts = list(accounts_in_scope().filter(is_active=True))
    if board.account_id is not None:
        accounts = [account for account in accounts if account.pk == board.account_id]
        if not accounts:
            raise NotFound("There is no such account.", field="account")
        board = replace(board, zone=ZoneInfo(accounts[0].time_zone))
    if board.queue_id is not None and not Queue.objects.filter(pk=board.queue_id).exists():
        raise NotFound("There is no such queue.", field="queue")
    start, _ = day_bounds(on=board.at.astimezone(board.zone).date(), zone=board.zone)
    figures = today(accounts=accounts, start=start, at=board.at, queue_id=board.queue_id)
    waiting = _waiting(board)
    queues = _queues(board, waiting, figures)
    receipts = Receipt.objects.filter(account_id=board.account_id) if board.account_id else Receipt.objects.all()
    failed = receipts.filter(state=ReceiptState.FAILED).count()
    documents = _accounts(accounts, waiting, figures)
    return {
        "at": board.at,
        "cursor": str(cursor),
        "time_zone": str(board.zone),
        "day_starts_at": start,
        "total": figures.total(),
        "queues": queues,
        "operators": _operators(board, figures),
        "accounts": documents,
        "intraday": figures.intraday(),
        "alerts": alerts(
            at=board.at, queues=queues, accounts=documents, failed_receipts=failed, account_id=board.account_id
        ),
        "failed_receipts": failed,
        "pending_receipts": receipts.filter(state=ReceiptState.PENDING).count(),
    }


def _waiting(board: Board) -> list[dict[str, Any]]:
    """Who waits by queue and account: how many, since when, and for how many the promise is broken or soon will be.

    Promised is what the ticket's clock says; a call or chat is also late once it has waited the account's seconds, and
    at risk after half of them.
    """
    patience = F("account__service_level_seconds") * Value(dt.timedelta(seconds=1))
    whole = ExpressionWrapper(Value(board.at) - F("enqueued_at") - patience, output_field=DurationField())
    half = ExpressionWrapper(Value(board.at) - F("enqueued_at") - patience / Value(2), output_field=DurationField())
    live, none = Q(channel__in=LIVE_CHANNELS), Value(dt.timedelta(0))
    breached = Q(ticket__is_breached=True) | Q(ticket__due_at__lte=board.at) | (live & Q(over__gt=none))
    risky = breached | Q(ticket__due_at__lte=board.at + RISK_WITHIN) | (live & Q(half_over__gt=none))
    rows = Waiting.objects.annotate(over=whole, half_over=half).order_by()
    if board.account_id is not None:
        rows = rows.filter(account_id=board.account_id)
    if board.queue_id is not None:
        rows = rows.filter(queue_id=board.queue_id)
    groups = rows.values("queue_id", "account_id").annotate(
        waiting=Count("id"),
        longest_since=Min("enqueued_at"),
        breached=Count("id", filter=breached),
        risky=Count("id", filter=risky),
    )
    return [dict(row) for row in groups]


def _stand(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Add up groups of waiting tickets."""
    every = list(rows)
    breached = sum(row["breached"] for row in every)
    return {
        "waiting": sum(row["waiting"] for row in every),
        "longest_since": min((row["longest_since"] for row in every), default=None),
        "breached": breached,
        "at_risk": sum(row["risky"] for row in every) - breached,
    }


def _queues(board: Board, waiting: list[dict[str, Any]], figures: Today) -> list[dict[str, Any]]:
    found = Queue.objects.filter(is_active=True).order_by("name", "id")
    if board.account_id is not None:
        # its own queues, and shared ones that hold something of it
        busy = {row["queue_id"] for row in waiting} | figures.queue_ids()
        found = found.filter(Q(account_id=board.account_id) | Q(account_id=None, pk__in=busy))
    if board.queue_id is not None:
        found = found.filter(pk=board.queue_id)
    return [
        {
            "id": queue.pk,
            "name": queue.name,
            "account_id": queue.account_id,
            "language": queue.language,
            "channel": queue.channel,
            **_stand(row for row in waiting if row["queue_id"] == queue.pk),
            "today": figures.of_queue(queue.pk),
        }
        for queue in found
    ]


def _accounts(accounts: list[Account], waiting: list[dict[str, Any]], figures: Today) -> list[dict[str, Any]]:
    documents = []
    for account in accounts:
        told = figures.of_account(account.pk)
        documents.append(
            {
                "id": account.pk,
                "name": account.name,
                "by_channel": figures.channels_of(account.pk),
                "formula": account.service_level_formula,
                "threshold_s": account.service_level_seconds,
                "target_percent": account.service_level_percent,
                **_stand(row for row in waiting if row["account_id"] == account.pk),
                "today": told,
            }
        )
    return documents


def _operators(board: Board, figures: Today) -> list[dict[str, Any]]:
    """Everybody active: presence as they say it, engagement as their offers and assignments show it."""
    found = Operator.objects.filter(is_active=True, user__is_active=True).order_by("display_name", "id")
    if board.account_id is not None:
        found = found.filter(user__memberships__account_id=board.account_id)
    states = {state.pk: state for state in OperatorState.objects.all()}
    offers = dict(Offer.objects.filter(state=OfferState.PENDING).values_list("operator_id", "offered_at"))
    serving: dict[int, list[Assignment]] = {}
    for row in Assignment.objects.exclude(state=AssignmentState.DONE).order_by("started_at"):
        serving.setdefault(row.operator_id, []).append(row)
    speaking: dict[int, list[Interaction]] = {}
    for call in calls_under_way():
        speaking.setdefault(call.operator_id, []).append(call)
    return [
        {
            "id": operator.pk,
            "name": operator.display_name,
            **_doing(
                states.get(operator.pk),
                serving.get(operator.pk, []),
                speaking.get(operator.pk, []),
                offers.get(operator.pk),
            ),
            **_work(figures, operator.pk),
        }
        for operator in found
    ]


def _doing(
    state: OperatorState | None,
    assigned: list[Assignment],
    calls: list[Interaction],
    offered_at: dt.datetime | None,
) -> dict[str, Any]:
    presence = state.presence if state else Presence.OFFLINE
    active: list[Assignment | Interaction] = [*(row for row in assigned if row.state in OWNING), *calls]
    wrapping = [row for row in assigned if row.state == AssignmentState.WRAPPING]
    engagement: str
    since = state.since if state else None
    if active:
        engagement, since = "serving", min(row.started_at for row in active)
    elif wrapping:
        engagement, since = "wrapping", wrapping[0].wrapping_at
    elif offered_at is not None:
        engagement, since = "offered", offered_at
    else:
        engagement = "ready" if presence == Presence.AVAILABLE else presence
    return {
        "presence": presence,
        "engagement": engagement,
        "since": since,
        "reason": state.reason if state else "",
        "channels": sorted({row.channel for row in active}),
        "serves": sorted({row.account_id for row in active}),
    }


def _work(figures: Today, operator_id: int) -> dict[str, Any]:
    handling = figures.handled_by(operator_id)
    return {
        "handled": handling.handled,
        "average_handle_ms": average_handle_ms(handling=handling),
        "occupancy_permille": permille(share=occupancy(clock=figures.clocks.get(operator_id, WallClock()))),
    }

"""What routing and the console read: who waits, who could serve, how full everybody is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, F, Min, OuterRef, Q

from contactcenter.operators.models import Operator, OperatorLanguage
from contactcenter.routing.matching import OperatorView, WaitingTicket, capacity_kind
from contactcenter.routing.models import (
    Assignment,
    AssignmentState,
    Offer,
    OfferState,
    OperatorState,
    Presence,
    Queue,
    Transfer,
    TransferState,
    Waiting,
)
from contactcenter.routing.states import LIVE, OWNING
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Membership

PASS_COOLDOWN: Final = timedelta(seconds=60)
"""So long an operator who declined or missed a ticket is not offered the same one again."""
HANDED_ON_COOLDOWN: Final = timedelta(minutes=10)
"""So long an operator who handed a ticket on to a queue is not offered it again: it was to go to somebody else."""
BACKLOG_LOOKED_AT: Final = 2_000
"""A matching run looks at so many of the most urgent waiting tickets."""

LIVE_STATES: Final = tuple(AssignmentState(state) for state in LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The queue at a glance; counts only, no client data."""

    waiting: int
    longest_since: datetime | None
    ready: int
    signed_in: int


def pick_queue(*, account_id: int, language: str, channel: str) -> Queue | None:
    """Return the most specific active queue: the account's before shared, its language and channel before any."""
    candidates = Queue.objects.filter(
        Q(account_id=account_id) | Q(account_id__isnull=True),
        Q(language=language) | Q(language=""),
        Q(channel=channel) | Q(channel=""),
        is_active=True,
    )
    return max(
        candidates,
        key=lambda queue: (queue.account_id is not None, queue.language != "", queue.channel != "", -queue.pk),
        default=None,
    )


def waiting_tickets(*, at: datetime) -> list[WaitingTicket]:
    """Return the most urgent waiting tickets nobody is deciding on, as matching sees them."""
    pending = Offer.objects.filter(ticket_id=OuterRef("ticket_id"), state=OfferState.PENDING)
    rows = list(
        Waiting.objects.filter(~Exists(pending), enqueued_at__lte=at)
        .select_related("queue")
        .order_by("-priority", "due_at", "enqueued_at", "id")[:BACKLOG_LOOKED_AT]
    )
    ids = [row.ticket_id for row in rows]
    passed = passed_by(ticket_ids=ids, at=at)
    last = last_operators(ticket_ids=ids)
    return [
        WaitingTicket(
            ticket_id=row.ticket_id,
            account_id=row.account_id,
            channel=row.channel,
            language=row.language,
            priority=row.priority,
            enqueued_at=row.enqueued_at,
            first_level=row.queue.minimum_level,
            passed_by=passed.get(row.ticket_id, frozenset()),
            last_operator_id=last.get(row.ticket_id),
        )
        for row in rows
    ]


def passed_by(*, ticket_ids: Iterable[int], at: datetime) -> dict[int, frozenset[int]]:
    """Return per ticket the operators who declined or missed it within PASS_COOLDOWN, or handed it on lately."""
    passed: dict[int, set[int]] = defaultdict(set)
    passed_on_ids = list(ticket_ids)
    for ticket_id, operator_id in Offer.objects.filter(
        ticket_id__in=passed_on_ids,
        state__in=[OfferState.DECLINED, OfferState.TIMED_OUT],
        resolved_at__gt=at - PASS_COOLDOWN,
    ).values_list("ticket_id", "operator_id"):
        passed[ticket_id].add(operator_id)
    handed_on = Assignment.objects.filter(ticket_id__in=passed_on_ids, transferred_at__gt=at - HANDED_ON_COOLDOWN)
    for ticket_id, operator_id in handed_on.values_list("ticket_id", "operator_id"):
        passed[ticket_id].add(operator_id)
    return {ticket_id: frozenset(operators) for ticket_id, operators in passed.items()}


def last_operators(*, ticket_ids: Iterable[int]) -> dict[int, int]:
    """Return per ticket the operator who served it last."""
    return dict(
        Assignment.objects.filter(ticket_id__in=list(ticket_ids))
        .order_by("ticket_id", "-started_at", "-id")
        .distinct("ticket_id")
        .values_list("ticket_id", "operator_id")
    )


def operator_views(*, operator_ids: Iterable[int] | None = None) -> list[OperatorView]:
    """Return the available operators (or these operators, whatever their presence) as matching sees them."""
    states = OperatorState.objects.select_related("operator").filter(
        operator__is_active=True, operator__user__is_active=True
    )
    if operator_ids is None:
        states = states.filter(presence=Presence.AVAILABLE, next_presence="")
    else:
        states = states.filter(operator_id__in=list(operator_ids))
    rows = list(states)
    ids = [row.operator_id for row in rows]
    languages: dict[int, dict[str, int]] = defaultdict(dict)
    for operator_id, language, level in OperatorLanguage.objects.filter(operator_id__in=ids).values_list(
        "operator_id", "language", "level"
    ):
        languages[operator_id][language] = level
    accounts: dict[int, set[int]] = defaultdict(set)
    for user_id, account_id in Membership.objects.filter(
        user_id__in=[row.operator.user_id for row in rows]
    ).values_list("user_id", "account_id"):
        accounts[user_id].add(account_id)
    loads = loads_of(operator_ids=ids)
    deciding = set(
        Offer.objects.filter(operator_id__in=ids, state=OfferState.PENDING).values_list("operator_id", flat=True)
    )
    return [
        OperatorView(
            operator_id=row.operator_id,
            available=row.presence == Presence.AVAILABLE and not row.next_presence,
            accounts=frozenset(accounts[row.operator.user_id]),
            languages=languages[row.operator_id],
            capacity=capacity_of(row.operator),
            load=loads[row.operator_id],
            idle_since=row.idle_since or row.since,
            has_offer=row.operator_id in deciding,
        )
        for row in rows
    ]


def capacity_of(operator: Operator) -> dict[str, int]:
    """Return the operator's places by kind."""
    return {"voice": operator.max_voice, "chat": operator.max_chat, "email": operator.max_mail}


def loads_of(*, operator_ids: Iterable[int]) -> Mapping[int, dict[str, int]]:
    """Return the places taken, by operator and kind, counted from the rows (states.counts_as_load)."""
    loads: dict[int, dict[str, int]] = defaultdict(lambda: {"voice": 0, "chat": 0, "email": 0})
    ids = list(operator_ids)
    taken = (
        Offer.objects.filter(operator_id__in=ids, state=OfferState.PENDING),
        Assignment.objects.filter(operator_id__in=ids, state__in=OWNING),
        Transfer.objects.filter(operator_id__in=ids, state=TransferState.CONSULTING).annotate(
            channel=F("assignment__channel")
        ),
    )
    for rows in taken:
        for operator_id, channel, count in rows.values_list("operator_id", "channel").annotate(count=Count("id")):
            loads[operator_id][capacity_kind(channel)] += count
    return loads


def live_assignment(*, ticket_id: int) -> Assignment | None:
    """Return who serves the ticket now: its owner, else the newest wrap-up after which nobody else has it."""
    return (
        Assignment.objects.filter(ticket_id=ticket_id, state__in=LIVE_STATES)
        .exclude(state=AssignmentState.WRAPPING, transferred_at__isnull=False)
        .order_by("state", "-started_at")  # "wrapping" sorts last
        .first()
    )


def has_work(*, operator_id: int) -> bool:
    """True while the operator serves, wraps up or helps with anything, of whatever account."""
    with open_every_account(reason="an operator's time is one, whichever account asks; only yes or no comes out"):
        return (
            Assignment.objects.filter(operator_id=operator_id, state__in=LIVE_STATES).exists()
            or Transfer.objects.filter(operator_id=operator_id, state=TransferState.CONSULTING).exists()
        )


def pulse() -> Pulse:
    """Count the waiting of the accounts in scope, and the people at work."""
    waiting = Waiting.objects.aggregate(count=Count("id"), oldest=Min("enqueued_at"))
    engaged = Assignment.objects.filter(operator_id=OuterRef("operator_id"), state__in=LIVE_STATES)
    deciding = Offer.objects.filter(operator_id=OuterRef("operator_id"), state=OfferState.PENDING)
    people = OperatorState.objects.filter(presence__in=[Presence.AVAILABLE, Presence.BREAK]).aggregate(
        signed_in=Count("operator_id"),
        ready=Count(
            "operator_id",
            filter=Q(presence=Presence.AVAILABLE, next_presence="") & ~Exists(engaged) & ~Exists(deciding),
        ),
    )
    return Pulse(
        waiting=waiting["count"],
        longest_since=waiting["oldest"],
        ready=people["ready"],
        signed_in=people["signed_in"],
    )

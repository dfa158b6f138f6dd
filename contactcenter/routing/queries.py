"""What routing and the console read: who waits, who could serve, how full everybody is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

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
from contactcenter.routing.states import LIVE
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Channel, Interaction, Ticket

LONGEST_CALL: Final = timedelta(hours=4)

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


def last_served(*, ticket: Ticket) -> tuple[int, datetime] | None:
    """Return who served a ticket of this contact last, and when they were done; None if nobody has."""
    done = Coalesce("done_at", "wrapping_at", "started_at")
    return (
        Assignment.objects.filter(ticket__contact_id=ticket.contact_id)
        .order_by("-started_at", "-id")
        .values_list("operator_id", done)
        .first()
    )


def live_assignment(*, ticket_id: int) -> Assignment | None:
    """Return who serves the ticket now: its owner, else the newest wrap-up after which nobody else has it."""
    return (
        Assignment.objects.filter(ticket_id=ticket_id, state__in=LIVE_STATES)
        .exclude(state=AssignmentState.WRAPPING, transferred_at__isnull=False)
        .order_by("state", "-started_at")  # "wrapping" sorts last
        .first()
    )


def has_work(*, operator_id: int, at: datetime) -> bool:
    """True while the operator serves, wraps up, helps or telephones, of whatever account.

    A call that never ended in the telephone's log counts for LONGEST_CALL only: nobody is kept from a break by it.
    """
    with open_every_account(reason="an operator's time is one, whichever account asks; only yes or no comes out"):
        return (
            Assignment.objects.filter(operator_id=operator_id, state__in=LIVE_STATES).exists()
            or Transfer.objects.filter(operator_id=operator_id, state=TransferState.CONSULTING).exists()
            or calls_under_way().filter(operator_id=operator_id, started_at__gt=at - LONGEST_CALL).exists()
        )


def calls_under_way() -> QuerySet[Interaction]:
    """Return operators' parts of calls that the telephone system tells of and that go on, the oldest first.

    They are brought to the operator without an assignment, which begins with the wrap-up (wrap_call).
    """
    going_on = Interaction.objects.filter(channel=Channel.VOICE, ended_at=None, source_key__isnull=False)
    return going_on.order_by("started_at", "id")


def pulse() -> Pulse:
    """Count the waiting of the accounts in scope, and the people at work."""
    waiting = Waiting.objects.aggregate(count=Count("id"), oldest=Min("enqueued_at"))
    engaged = Assignment.objects.filter(operator_id=OuterRef("operator_id"), state__in=LIVE_STATES)
    speaking = calls_under_way().filter(operator_id=OuterRef("operator_id"))
    deciding = Offer.objects.filter(operator_id=OuterRef("operator_id"), state=OfferState.PENDING)
    people = OperatorState.objects.filter(presence__in=[Presence.AVAILABLE, Presence.BREAK]).aggregate(
        signed_in=Count("operator_id"),
        ready=Count(
            "operator_id",
            filter=Q(
                ~Exists(engaged), ~Exists(speaking), ~Exists(deciding), presence=Presence.AVAILABLE, next_presence=""
            ),
        ),
    )
    return Pulse(
        waiting=waiting["count"],
        longest_since=waiting["oldest"],
        ready=people["ready"],
        signed_in=people["signed_in"],
    )

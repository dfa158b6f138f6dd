"""What a client sees of its own contacts: the month in figures, and the records behind every figure.

A contact is an interaction, or a call that no operator took. All reads go through the account scope.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay

from contactcenter.contacts.models import ContactPoint
from contactcenter.dashboards.rollups.queries import LIVE_CHANNELS
from contactcenter.kernel.errors import Invalid
from contactcenter.kernel.intervals import milliseconds
from contactcenter.routing.models import Abandonment, CallbackRequest
from contactcenter.tickets.models import (
    Call,
    CallSegment,
    Channel,
    Direction,
    Interaction,
)
from contactcenter.worktime.queries import InteractionTime, interaction_time

TIME_CLASSES = ("talk", "hold", "wrap", "focus", "open")


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Which contacts of one account; [start, end) are UTC instants, None for all time. Empty fields do not narrow.

    `answer`: in_time (answered within `within_ms`), late (answered after it), abandoned.
    `weekday` 0 = Monday and `hour` are local to `zone`.
    """

    account_id: int
    zone: ZoneInfo
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    channel: str = ""
    answer: str = ""
    weekday: int | None = None
    hour: int | None = None
    ticket_id: int | None = None
    within_ms: int = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list, newest first: the instant, then interactions, calls, abandoned chats, then the id."""

    at: dt.datetime
    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.kind}{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read what str() writes; anything else is Invalid."""
        instant, _, rest = text.partition("~")
        try:
            at = dt.datetime.fromisoformat(instant)
            place = cls(at=at, kind=rest[:1], id=int(rest[1:]))
        except ValueError:
            raise Invalid("The cursor is not one this server gave out.", field="cursor") from None
        if at.tzinfo is None or place.kind not in ("i", "c", "a") or not 0 <= place.id < 2**63:
            raise Invalid("The cursor is not one this server gave out.", field="cursor")
        return place


def interactions(*, wanted: ContactFilter) -> QuerySet[Interaction]:
    """Return the interactions that match, in no order."""
    found = _narrowed(Interaction.objects.all(), wanted)
    if wanted.channel:
        found = found.filter(channel=wanted.channel)
    if wanted.answer == "abandoned":
        return found.none()
    if wanted.answer:
        live = Q(direction=Direction.INBOUND, channel__in=LIVE_CHANNELS, waited_ms__isnull=False)
        in_time = wanted.answer == "in_time"
        found = found.filter(live, **{"waited_ms__lte" if in_time else "waited_ms__gt": wanted.within_ms})
    return found


def calls_nobody_took(*, wanted: ContactFilter) -> QuerySet[Call]:
    """Return the calls that became no interaction, in no order."""
    handled = CallSegment.objects.filter(call=OuterRef("pk"), interaction__isnull=False)
    found = _narrowed(Call.objects.all(), wanted).filter(~Exists(handled))
    if wanted.channel and wanted.channel != Channel.VOICE:
        return found.none()
    if wanted.answer == "abandoned":
        # A caller who hung up before reaching a queue was never ours to answer; who asked to be called back waits on.
        called_back = CallbackRequest.objects.filter(
            ticket=OuterRef("ticket_id"),
            requested_at__gte=OuterRef("enqueued_at"),
            requested_at__lte=OuterRef("ended_at"),
        )
        return found.filter(
            ~Exists(called_back),
            direction=Direction.INBOUND,
            answered_at__isnull=True,
            enqueued_at__isnull=False,
            ended_at__isnull=False,
        )
    if wanted.answer:
        in_time = wanted.answer == "in_time"
        found = found.filter(_ANSWERED, **{"wait_ms__lte" if in_time else "wait_ms__gt": wanted.within_ms})
    return found


_ANSWERED = Q(direction=Direction.INBOUND, answered_at__isnull=False, wait_ms__isnull=False)


def abandoned_chats(*, wanted: ContactFilter) -> QuerySet[Any]:
    """Return the chats whose visitor left before an answer, in no order; they are listed as abandoned only.

    Unlike calls they may be handled afterwards, and are then contacts like others.
    """
    found = Abandonment.objects.annotate(started_at=F("enqueued_at"))
    if wanted.answer != "abandoned":
        return found.none()
    found = _narrowed(found, wanted)
    return found.filter(channel=wanted.channel) if wanted.channel else found


def _narrowed(rows: QuerySet[Any], wanted: ContactFilter) -> QuerySet[Any]:
    rows = rows.filter(account_id=wanted.account_id)
    if wanted.start is not None:
        rows = rows.filter(started_at__gte=wanted.start)
    if wanted.end is not None:
        rows = rows.filter(started_at__lt=wanted.end)
    if wanted.ticket_id is not None:
        rows = rows.filter(ticket_id=wanted.ticket_id)
    if wanted.weekday is not None:
        rows = rows.alias(local_weekday=ExtractIsoWeekDay("started_at", tzinfo=wanted.zone))
        rows = rows.filter(local_weekday=wanted.weekday + 1)
    if wanted.hour is not None:
        rows = rows.alias(local_hour=ExtractHour("started_at", tzinfo=wanted.zone)).filter(local_hour=wanted.hour)
    return rows


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One line of the list of contacts, with its milliseconds by class of time."""

    place: Place
    started_at: dt.datetime
    ended_at: dt.datetime | None
    channel: str
    direction: str
    contact_name: str
    contact_point: str
    operator: str | None
    outcome: str
    disposition: str | None
    ticket_id: int | None
    ticket_number: str | None
    ticket_subject: str
    wait_ms: int | None
    times: dict[str, int]


def contact_page(*, wanted: ContactFilter, after: Place | None, size: int) -> tuple[list[ContactRow], Place | None]:
    """Return up to `size` contacts after a place, newest first, and the place to go on from (None at the end)."""
    handled = interactions(wanted=wanted).select_related(
        "operator", "disposition", "ticket__contact", "ticket__account"
    )
    missed = calls_nobody_took(wanted=wanted).select_related("contact", "operator", "ticket__account")
    left = abandoned_chats(wanted=wanted).select_related("ticket__contact", "ticket__account")
    first = [
        *_page_of(handled, "i", after, size + 1),
        *_page_of(missed, "c", after, size + 1),
        *_page_of(left, "a", after, size + 1),
    ]
    first.sort(key=lambda row: (row[0].at, row[0].kind, row[0].id), reverse=True)
    chosen = first[:size]
    more = chosen[-1][0] if len(first) > size else None
    taken = [row for _, row in chosen if isinstance(row, Interaction)]
    times = interaction_time(interaction_ids=[row.pk for row in taken])
    legs = _legs([row.pk for row in taken if row.channel == Channel.VOICE])
    points = _points({row.ticket.contact_id for row in taken})
    return [
        _handled_row(place, row, times.get(row.pk, InteractionTime()), legs.get(row.pk), points)
        if isinstance(row, Interaction)
        else _missed_row(place, row)
        if isinstance(row, Call)
        else _left_row(place, row)
        for place, row in chosen
    ], more


def _page_of(
    rows: QuerySet[Any], kind: str, after: Place | None, size: int
) -> Iterable[tuple[Place, Interaction | Call | Abandonment]]:
    if after is not None:
        same_instant = Q(started_at=after.at)
        if kind == after.kind:
            same_instant &= Q(id__lt=after.id)
        elif kind > after.kind:
            same_instant = Q(pk__in=[])
        rows = rows.filter(Q(started_at__lt=after.at) | same_instant)
    for row in rows.order_by("-started_at", "-id")[:size]:
        yield Place(at=row.started_at, kind=kind, id=row.pk), row


def _legs(interaction_ids: list[int]) -> dict[int, CallSegment]:
    segments = CallSegment.objects.filter(interaction_id__in=interaction_ids).select_related("call")
    return {segment.interaction_id: segment for segment in segments if segment.interaction_id is not None}


def _points(contact_ids: set[int]) -> dict[tuple[int, str], str]:
    rows = ContactPoint.objects.filter(contact_id__in=contact_ids).order_by("-id")
    return {(row.contact_id, row.kind): row.value for row in rows}


def _number(ticket: Any) -> str:
    return f"{ticket.account.ticket_prefix}-{ticket.number}"


def _handled_row(
    place: Place,
    row: Interaction,
    time: InteractionTime,
    leg: CallSegment | None,
    points: dict[tuple[int, str], str],
) -> ContactRow:
    contact = row.ticket.contact
    # a chat's point is the visitor's session, which tells a person nothing
    kind = {Channel.VOICE: "phone", Channel.CHAT: ""}.get(Channel(row.channel), row.channel)
    point = points.get((contact.pk, kind), "")
    if leg is not None:
        point = leg.call.from_number if leg.call.direction == Direction.INBOUND else leg.call.to_number
    return ContactRow(
        place=place,
        started_at=row.started_at,
        ended_at=row.ended_at,
        channel=row.channel,
        direction=row.direction,
        contact_name=contact.name,
        contact_point=point,
        operator=row.operator.display_name,
        outcome=leg.call.outcome if leg is not None else ("handled" if row.ended_at else "running"),
        disposition=row.disposition.name if row.disposition else None,
        ticket_id=row.ticket_id,
        ticket_number=_number(row.ticket),
        ticket_subject=row.ticket.subject,
        wait_ms=row.waited_ms if row.direction == Direction.INBOUND else None,
        times={f"{name}_ms": getattr(time, f"{name}_ms") for name in TIME_CLASSES},
    )


def _left_row(place: Place, row: Abandonment) -> ContactRow:
    return ContactRow(
        place=place,
        started_at=row.enqueued_at,
        ended_at=row.abandoned_at,
        channel=row.channel,
        direction=Direction.INBOUND,
        contact_name=row.ticket.contact.name,
        contact_point="",
        operator=None,
        outcome="abandoned",
        disposition=None,
        ticket_id=row.ticket_id,
        ticket_number=_number(row.ticket),
        ticket_subject=row.ticket.subject,
        wait_ms=milliseconds(start=row.enqueued_at, end=row.abandoned_at),
        times={f"{name}_ms": 0 for name in TIME_CLASSES},
    )


def _missed_row(place: Place, row: Call) -> ContactRow:
    return ContactRow(
        place=place,
        started_at=row.started_at,
        ended_at=row.ended_at,
        channel=Channel.VOICE,
        direction=row.direction,
        contact_name=row.contact.name if row.contact else row.from_name,
        contact_point=row.from_number if row.direction == Direction.INBOUND else row.to_number,
        operator=row.operator.display_name if row.operator else None,
        outcome=row.outcome or ("answered" if row.answered_at else "abandoned"),
        disposition=None,
        ticket_id=row.ticket_id,
        ticket_number=_number(row.ticket) if row.ticket else None,
        ticket_subject=row.ticket.subject if row.ticket else "",
        wait_ms=row.wait_ms,
        times={f"{name}_ms": 0 for name in TIME_CLASSES},
    )

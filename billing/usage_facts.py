"""Reads: what else is counted of interactions beside their operators' time, as the product knows it.

Language, queue and campaign, time in the menu before the queue, put through to an outside number and with an
interpreter, messages and SMS segments that went out, orders that were taken. Every function runs inside an account
scope that its caller has opened.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum

from billing.terms import TimeClass
from billing.usage import MS
from billing.usage_spans import Stretch
from contactcenter.tickets.models import (
    Call,
    CallSegment,
    Channel,
    Direction,
    Interaction,
    InterpreterUse,
    Message,
    MessageKind,
)

EXTERNAL = "external"
"""The kind of a call's stay with an outside number (channels_app.phone)."""
MENU_OUTCOMES = frozenset({"abandoned_in_menu", "ended_in_menu"})
SHORTEST_MENU = timedelta(seconds=2)
"""Whoever reaches a queue sooner heard no menu: a telephone system takes as long to answer and pass the call on."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one interaction: whole milliseconds and counts; "" is not known. `stretches` say where the
    milliseconds lie, for those of which it is known.
    """

    language: str = ""
    queue: str = ""
    campaign: str = ""
    patched_ms: int = 0
    ivr_ms: int = 0
    interpreter_ms: int = 0
    messages: int = 0
    segments: int = 0
    orders: int = 0
    stretches: tuple[Stretch, ...] = ()

    @property
    def columns(self) -> dict[str, Any]:
        """What a usage line holds of them, by column."""
        told = asdict(self)
        del told["stretches"]
        return told


def facts_of(*, interactions: Sequence[Interaction]) -> dict[int, Facts]:
    """Return the facts of interactions (with their tickets) by id, in four queries however many there are."""
    stays = _call_stays(interactions)
    sent = _sent(interactions)
    interpreted = dict(
        InterpreterUse.objects.filter(interaction__in=interactions)
        .values_list("interaction_id")
        .annotate(total=Sum("seconds"))
    )
    found = {}
    for interaction in interactions:
        stay = stays[interaction.pk]
        if not stay.patched_ms and interaction.patched_ms:
            # the console knows of it, the telephone system does not say more
            stay.patched_ms = interaction.patched_ms
            stay.note(TimeClass.PATCHED, interaction.patched_at, interaction.patch_ended_at)
        found[interaction.pk] = Facts(
            language=interaction.ticket.language,
            queue=stay.queue,
            campaign=stay.campaign or interaction.ticket.campaign,
            patched_ms=stay.patched_ms,
            ivr_ms=stay.ivr_ms,
            interpreter_ms=(interpreted.get(interaction.pk) or 0) * 1000,
            messages=sent[interaction.pk][0],
            segments=sent[interaction.pk][1],
            orders=interaction.orders,
            stretches=tuple(stay.stretches),
        )
    return found


def menu_of(*, call: Call) -> Stretch | None:
    """Return the time of an inbound call in the telephone system's menu: until it entered a queue, or ended without
    ever leaving the menu; None where it heard none.
    """
    until = call.enqueued_at or (call.ended_at if call.outcome in MENU_OUTCOMES else None)
    if call.direction != Direction.INBOUND or until is None or until - call.started_at < SHORTEST_MENU:
        return None
    return Stretch(TimeClass.IVR, call.started_at, until, (until - call.started_at) // MS)


@dataclass(slots=True)
class _Stay:
    """What calls say of one interaction."""

    queue: str = ""
    campaign: str = ""
    patched_ms: int = 0
    ivr_ms: int = 0
    stretches: list[Stretch] = field(default_factory=list)

    def note(self, time_class: TimeClass, started_at: datetime | None, ended_at: datetime | None) -> None:
        if started_at is not None and ended_at is not None:
            self.stretches.append(Stretch(time_class, started_at, ended_at, (ended_at - started_at) // MS))


def _call_stays(interactions: Sequence[Interaction]) -> dict[int, _Stay]:
    """By interaction: its call's queue and campaign, the menu before the first one of a call, and the talk of the
    outside stays that follow it before the next operator's.
    """
    found: dict[int, _Stay] = defaultdict(_Stay)
    own = CallSegment.objects.filter(interaction__in=interactions).values_list("call_id")
    rows = CallSegment.objects.filter(call_id__in=own).select_related("call").order_by("call_id", "position")
    call, current = None, None
    for row in rows:
        if row.call_id != call:
            call, current = row.call_id, None
        if row.interaction_id is not None:
            first, current = current is None, found[row.interaction_id]
            current.queue = current.queue or row.queue_name or row.call.queue_name
            current.campaign = row.call.campaign
            menu = menu_of(call=row.call) if first else None
            if menu is not None:
                current.ivr_ms = menu.ms
                current.stretches.append(menu)
        elif row.kind == EXTERNAL and current is not None:
            current.patched_ms += row.talk_ms or 0
            current.note(TimeClass.PATCHED, row.answered_at, row.ended_at)
    return found


def _sent(interactions: Sequence[Interaction]) -> dict[int, tuple[int, int]]:
    """By interaction: messages its operator sent to the contact while it ran, and the SMS segments of them."""
    found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    written = [interaction for interaction in interactions if interaction.channel != Channel.VOICE]
    if not written:
        return found
    rows = Message.objects.filter(
        ticket_id__in={interaction.ticket_id for interaction in written},
        direction=Direction.OUTBOUND,
        kind=MessageKind.MESSAGE,
        at__gte=min(interaction.started_at for interaction in written),
    ).values_list("ticket_id", "operator_id", "at", "parts")
    by_ticket = defaultdict(list)
    for ticket_id, operator_id, at, parts in rows:
        by_ticket[ticket_id, operator_id].append((at, parts or 0))
    for interaction in written:
        inside = [
            parts
            for at, parts in by_ticket[interaction.ticket_id, interaction.operator_id]
            if interaction.started_at <= at and (interaction.ended_at is None or at <= interaction.ended_at)
        ]
        found[interaction.pk] = len(inside), sum(inside)
    return found

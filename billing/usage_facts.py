"""Reads: what else is counted of interactions beside their operators' time, as the product knows it.

Language and queue, messages and SMS segments that went out, and how long callers spoke with whom they were put through
to. Every function runs inside an account scope that its caller has opened.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from contactcenter.tickets.models import CallSegment, Channel, Direction, Interaction, Message, MessageKind

EXTERNAL = "external"
"""The kind of a call's stay with an outside number (channels_app.phone)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one interaction: whole milliseconds and counts; "" is not known."""

    language: str = ""
    queue: str = ""
    patched_ms: int = 0
    messages: int = 0
    segments: int = 0


def facts_of(*, interactions: Sequence[Interaction]) -> dict[int, Facts]:
    """Return the facts of interactions (with their tickets) by id, in three queries however many there are."""
    stays = _call_stays(interactions)
    sent = _sent(interactions)
    return {
        interaction.pk: Facts(
            language=interaction.ticket.language,
            queue=stays[interaction.pk][0],
            patched_ms=stays[interaction.pk][1],
            messages=sent[interaction.pk][0],
            segments=sent[interaction.pk][1],
        )
        for interaction in interactions
    }


def _call_stays(interactions: Sequence[Interaction]) -> dict[int, tuple[str, int]]:
    """By interaction: its call's queue, and the talk of the outside stays that follow it before the next operator's."""
    found: dict[int, tuple[str, int]] = defaultdict(lambda: ("", 0))
    own = CallSegment.objects.filter(interaction__in=interactions).values_list("call_id")
    rows = (
        CallSegment.objects.filter(call_id__in=own)
        .order_by("call_id", "position")
        .values_list("call_id", "interaction_id", "kind", "queue_name", "call__queue_name", "talk_ms")
    )
    call, current = None, None
    for call_id, interaction_id, kind, queue, call_queue, talk_ms in rows:
        if call_id != call:
            call, current = call_id, None
        if interaction_id is not None:
            current = interaction_id
            queue_before, patched = found[current]
            found[current] = (queue_before or queue or call_queue, patched)
        elif kind == EXTERNAL and current is not None:
            queue_before, patched = found[current]
            found[current] = (queue_before, patched + (talk_ms or 0))
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

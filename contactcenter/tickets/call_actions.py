"""Writes of calls: what a telephone system's log told, onto the timeline. Each needs an open account scope."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q

from contactcenter.contacts.actions import create_contact, find_or_create_contact
from contactcenter.contacts.models import Contact, PointKind
from contactcenter.tickets.actions import open_ticket, push_ticket_changed
from contactcenter.tickets.interaction_actions import start_interaction
from contactcenter.tickets.models import Call, CallSegment, Channel, Direction, Interaction, Ticket, TicketStatus
from contactcenter.tickets.models.ticket import OPEN_STATUSES

EXTERNAL: Final = "external"
"""Kind of a segment in which an outside number was brought into the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFacts:
    """One part of a call, as CallSegment keeps it; `operator_id` None: nobody, or a name no alias knows."""

    kind: str
    queue_name: str = ""
    operator_id: int | None = None
    operator_name: str = ""
    enqueued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ring_ms: int | None = None
    wait_ms: int | None = None
    talk_ms: int | None = None
    hold_ms: int | None = None
    holds: list[dict[str, str | None]] = field(default_factory=list)
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """One call, as Call keeps it. `contact_number` is the outside party's normalised number, '' if withheld.

    `ticket_id` names the ticket a call was made for (click to call).
    `opens_ticket` is false for calls that never reached the account's people (hung up in a menu). `campaign` is the
    endpoint's at present: a call keeps the one it began with.
    """

    endpoint_id: int
    external_id: str
    external_ids: list[str]
    direction: str
    from_number: str
    from_name: str
    to_number: str
    queue_name: str
    started_at: datetime
    enqueued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    wait_ms: int | None
    ring_ms: int | None
    talk_ms: int | None
    hold_ms: int | None
    outcome: str
    hung_up_by: str
    transfers: list[dict[str, Any]]
    flags: list[str]
    segments: tuple[SegmentFacts, ...]
    contact_number: str
    contact_name: str
    language: str
    opens_ticket: bool
    ticket_id: int | None = None
    campaign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """What recording did: created, updated or unchanged; interactions by position of their segment."""

    status: str
    call: Call
    interactions: dict[int, Interaction]


_NOT_OF_THE_ROW = {"segments", "contact_number", "contact_name", "language", "opens_ticket", "ticket_id", "campaign"}


@transaction.atomic
def record_call(*, account_id: int, facts: CallFacts) -> RecordedCall:
    """Create the call or bring it up to the facts; recording the same facts again changes nothing.

    A new call finds its contact by number and joins the contact's open voice ticket, else opens one. Every answered
    segment of a known operator gets an interaction. The caller serialises recordings of one endpoint.
    """
    values = {name: value for name, value in asdict(facts).items() if name not in _NOT_OF_THE_ROW}
    call = (
        Call.objects.select_for_update(of=("self",))
        .filter(endpoint_id=facts.endpoint_id, external_id=facts.external_id)
        .first()
    )
    operators = [part.operator_id for part in facts.segments if part.answered_at and part.operator_id]
    values["operator_id"] = operators[0] if operators else None
    was_missed = call is not None and _is_missed(call)
    if call is None:
        status = "created"
        ticket, contact = _ticket_of_new_call(account_id=account_id, facts=facts)
        # who calls for a ticket calls for its campaign
        campaign = (ticket.campaign if ticket is not None and facts.ticket_id else "") or facts.campaign
        call = Call.objects.create(account_id=account_id, ticket=ticket, contact=contact, campaign=campaign, **values)
    else:
        changed = [name for name, value in values.items() if getattr(call, name) != value]
        for name in changed:
            setattr(call, name, values[name])
        if call.ticket_id is None and facts.opens_ticket:
            call.ticket, call.contact = _ticket_of_new_call(account_id=call.account_id, facts=facts)
            changed += ["ticket", "contact"]
        if changed:
            call.save(update_fields=changed)
        status = "updated" if changed else "unchanged"
    interactions, segments_changed = _record_segments(call, facts)
    _record_patch(facts, interactions)
    if segments_changed and status == "unchanged":
        status = "updated"
    if status != "unchanged" and call.ticket is not None:
        _touch_ticket(
            call,
            is_new=status == "created",
            newly_missed=_is_missed(call) and not was_missed,
            operator_id=operators[-1] if operators else None,
        )
    return RecordedCall(status=status, call=call, interactions=interactions)


def _ticket_of_new_call(*, account_id: int, facts: CallFacts) -> tuple[Ticket | None, Contact | None]:
    """Join the ticket it was made for, else the contact's newest open voice ticket.

    A withheld number is always a new contact and matter.
    """
    if not facts.opens_ticket:
        return None, None
    if facts.ticket_id is not None:
        asked_for = Ticket.objects.select_related("contact").get(pk=facts.ticket_id)
        return asked_for, asked_for.contact
    if facts.contact_number:
        contact, _ = find_or_create_contact(
            account_id=account_id,
            kind=PointKind.PHONE,
            value=facts.contact_number,
            name=facts.contact_name,
            language=facts.language,
        )
        # two first calls at once must not open two tickets for one matter
        Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        ticket = (
            Ticket.objects.filter(contact=contact, channel=Channel.VOICE, status__in=OPEN_STATUSES)
            .order_by("-id")
            .first()
        )
        if ticket is not None:
            return ticket, contact
    else:
        contact = create_contact(account_id=account_id, name=facts.contact_name, language=facts.language)
    ticket = open_ticket(
        account_id=account_id,
        contact=contact,
        channel=Channel.VOICE,
        at=facts.started_at,
        subject=facts.contact_name or facts.contact_number,
        language=facts.language,
        preview=facts.contact_number,
        campaign=facts.campaign,
    )
    return ticket, contact


def _record_segments(call: Call, facts: CallFacts) -> tuple[dict[int, Interaction], bool]:
    stored = {segment.position: segment for segment in call.segments.select_related("interaction")}
    changed = False
    interactions: dict[int, Interaction] = {}
    for position, part in enumerate(facts.segments):
        interaction = _interaction_of(call, position, part)
        if interaction is not None:
            interactions[position] = interaction
        values = {**asdict(part), "interaction_id": interaction.pk if interaction else None}
        segment = stored.pop(position, None)
        if segment is None:
            CallSegment.objects.create(account_id=call.account_id, call=call, position=position, **values)
            changed = True
            continue
        different = [name for name, value in values.items() if getattr(segment, name) != value]
        for name in different:
            setattr(segment, name, values[name])
        if different:
            segment.save(update_fields=different)
            changed = True
    for segment in stored.values():
        segment.delete()
        if segment.interaction is not None:
            # usage may already stand on it: it is kept, without a length
            Interaction.objects.filter(pk=segment.interaction.pk).update(ended_at=segment.interaction.started_at)
        changed = True
    return interactions, changed


def begin_patch(*, interaction_id: int, number: str, at: datetime) -> None:
    """Note that the caller was put through to an outside number; once, a second call changes nothing."""
    Interaction.objects.filter(pk=interaction_id, patched_at__isnull=True).update(patched_to=number[:64], patched_at=at)


def _record_patch(facts: CallFacts, interactions: dict[int, Interaction]) -> None:
    """Measure the caller's time with an outside number: it belongs to the interaction of whoever put them through.

    The telephone's instants replace what the console noted. A patch whose own end no log tells ends with the call.
    """
    for position, interaction in interactions.items():
        following = facts.segments[position + 1] if position + 1 < len(facts.segments) else None
        outside = following is not None and following.kind == EXTERNAL and following.operator_id is None
        if following is not None and outside and following.answered_at is not None:
            number = following.operator_name or interaction.patched_to
            begun, ended = following.answered_at, following.ended_at or facts.ended_at
        elif interaction.patched_at is not None and following is None:
            number, begun, ended = interaction.patched_to, interaction.patched_at, facts.ended_at
        else:
            continue
        now = (number[:64], begun, max(ended, begun) if ended else None)
        if now != (interaction.patched_to, interaction.patched_at, interaction.patch_ended_at):
            interaction.patched_to, interaction.patched_at, interaction.patch_ended_at = now
            interaction.save(update_fields=["patched_to", "patched_at", "patch_ended_at"])


def _interaction_of(call: Call, position: int, part: SegmentFacts) -> Interaction | None:
    if call.ticket is None or part.operator_id is None or part.answered_at is None:
        return None
    source_key = f"call {call.endpoint_id} {call.external_id} {position}"
    if call.direction == Direction.OUTBOUND:
        _take_over_callback(
            ticket=call.ticket, operator_id=part.operator_id, source_key=source_key, at=part.answered_at
        )
    interaction = start_interaction(
        ticket=call.ticket,
        operator_id=part.operator_id,
        channel=Channel.VOICE,
        at=part.answered_at,
        direction=call.direction,
        waited_ms=part.wait_ms,
        source_key=source_key,
    )
    now = {
        "operator_id": part.operator_id,
        "started_at": part.answered_at,
        # an end that precedes the answer is a clock's, not a conversation's
        "ended_at": max(part.ended_at, part.answered_at) if part.ended_at else None,
        "waited_ms": part.wait_ms,
    }
    different = [name for name, value in now.items() if getattr(interaction, name) != value]
    if different:
        for name in different:
            setattr(interaction, name, now[name])
        interaction.save(update_fields=different)
    return interaction


def _take_over_callback(*, ticket: Ticket, operator_id: int, source_key: str, at: datetime) -> None:
    """The call that an operator owed the ticket's contact is the unit that began when they took the request."""
    known = Interaction.objects.filter(account_id=ticket.account_id)
    if known.filter(source_key=source_key).exists():
        return
    begun = known.filter(
        Q(source_key__startswith="callback ") | Q(source_key=None),
        Q(ended_at=None) | Q(ended_at__gt=at),
        ticket=ticket,
        operator_id=operator_id,
        channel=Channel.VOICE,
        direction=Direction.OUTBOUND,
        started_at__lte=at,
    )
    found = begun.order_by("-started_at").values_list("pk", flat=True).first()
    if found is not None:
        known.filter(pk=found).update(source_key=source_key)


def _is_missed(call: Call) -> bool:
    """Whether somebody called and went away unanswered; a call that still waits is not missed yet."""
    return call.direction == Direction.INBOUND and call.answered_at is None and call.ended_at is not None


def _touch_ticket(call: Call, *, is_new: bool, newly_missed: bool, operator_id: int | None) -> None:
    assert call.ticket is not None  # noqa: S101  the caller looked
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=call.ticket.pk)
    changes: dict[str, Any] = {}
    last = call.ended_at or call.answered_at or call.started_at
    if last > ticket.last_activity_at:
        changes["last_activity_at"] = last
    if operator_id is not None and ticket.assignee_id is None:
        changes["assignee_id"] = operator_id
        if ticket.status == TicketStatus.NEW:
            changes["status"] = TicketStatus.OPEN
    if newly_missed:
        changes["unread"] = F("unread") + 1
    if changes:
        Ticket.objects.filter(pk=ticket.pk).update(**changes)
    push_ticket_changed(
        ticket, kind="entry.added" if is_new else "entry.changed", entry={"type": "call", "id": call.pk}
    )

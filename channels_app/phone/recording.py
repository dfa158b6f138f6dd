"""Stored entries of a telephone system's log become recorded calls and operators' time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels_app.models import CallRequest, Endpoint, PhoneLogEntry
from channels_app.phone.calls import Call, Direction, Outcome, SegmentKind
from channels_app.phone.directory import Directory
from channels_app.phone.events import PhoneEvent
from channels_app.phone.files import reread
from channels_app.phone.ledger_events import OfferFacts, tell_ledger
from channels_app.phone.reducer import reduce_events
from channels_app.phone.report import transfer_as_json
from channels_app.phone.screen_pop import announce_rings, hand_to_wrap_up, rings_told
from contactcenter.contacts.points import normal_phone
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.operators.models import OperatorAlias
from contactcenter.tenancy.models import Account
from contactcenter.tickets.call_actions import CallFacts, SegmentFacts, record_call
from contactcenter.tickets.models import Call as CallRow
from contactcenter.tickets.models import Direction as RowDirection
from contactcenter.tickets.models import Interaction

CALLED_BACK_FOR = timedelta(hours=12)
"""Whoever asked to be called back longer ago, in a log imported now, expects it no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCall:
    """A call the entries speak of: created, updated, unchanged; internal (between operators) and in_menu: no row."""

    status: str
    call: Call
    account: str
    row: CallRow | None


def record_rows(
    *,
    endpoint: Endpoint,
    rows: list[PhoneLogEntry],
    directory: Directory,
    accounts: Mapping[str, Account],
    at: datetime,
) -> Iterator[ImportedCall]:
    """Reduce stored entries to calls, record each, tell the ledger and the screens, in the caller's transaction.

    The caller serialises recordings of one endpoint and passes all entries that hang together. A call still in the
    menu is not recorded yet: whose it is depends on what the caller chooses. `at` is now.
    """
    events: list[PhoneEvent] = []
    for row in rows:
        events.extend(reread(source=row.source, raw=bytes(row.raw), at=row.at).events)
    aliases = dict(OperatorAlias.objects.values_list("name", "operator_id"))
    phones = {**{name: "" for name in aliases if "/" in name or ":" in name}, **directory.phones}
    calls = reduce_events(events, phones=phones)
    ids = [call.external_id for call in calls]
    requested = dict(
        CallRequest.objects.filter(endpoint_id=endpoint.pk, channel_id__in=ids).values_list("channel_id", "ticket_id")
    )
    for call in calls:
        slug = directory.account_slug(call)
        account = accounts[slug] if slug else endpoint.account
        if call.direction is Direction.INTERNAL:
            yield ImportedCall(status="internal", call=call, account=account.slug, row=None)
            continue
        if call.outcome is None and not call.segments:
            yield ImportedCall(status="in_menu", call=call, account=account.slug, row=None)
            continue
        asked_for = requested.get(call.external_id)
        facts = _facts(call, endpoint=endpoint, directory=directory, aliases=aliases, ticket_id=asked_for)
        talking = set(
            Interaction.objects.filter(
                source_key__startswith=f"call {endpoint.pk} {call.external_id} ", ended_at=None
            ).values_list("pk", flat=True)
        )
        recorded = record_call(account_id=account.pk, facts=facts)
        offers = _offers(call, aliases=aliases)
        told = rings_told(recorded=recorded, offers=offers, at=at)
        tell_ledger(recorded=recorded, segments=facts.segments, offers=offers)
        spoke = [part.operator_id for part in facts.segments if part.answered_at and part.operator_id]
        announce_rings(recorded=recorded, offers=offers, told=told, answered_by=spoke, at=at)
        if (
            recorded.call.ticket_id is not None
            and directory.asks_callback(call)
            and at - call.started_at < CALLED_BACK_FOR
        ):
            enqueue_on_commit("routing.call_wants_callback", call_id=recorded.call.pk)
        hand_to_wrap_up(recorded=recorded, segments=facts.segments, was_open=talking, at=at)
        yield ImportedCall(status=recorded.status, call=call, account=account.slug, row=recorded.call)


def _operator(name: str, interface: str, aliases: Mapping[str, int]) -> int | None:
    return aliases.get(name) or aliases.get(interface)


def _offers(call: Call, *, aliases: Mapping[str, int]) -> list[OfferFacts]:
    """Every ring of a known operator's telephone for a caller: they were reserved meanwhile."""
    offers = []
    for segment in call.segments:
        for ring in segment.rings if segment.kind is not SegmentKind.OUTBOUND else ():
            operator_id = _operator(ring.operator_name, ring.interface, aliases)
            if operator_id is not None and ring.started_at is not None:
                offers.append(OfferFacts(operator_id=operator_id, made_at=ring.started_at, ended_at=ring.ended_at))
    return offers


def _facts(
    call: Call, *, endpoint: Endpoint, directory: Directory, aliases: Mapping[str, int], ticket_id: int | None
) -> CallFacts:
    outbound = call.direction is Direction.OUTBOUND
    outside = call.to_number if outbound else call.from_number
    return CallFacts(
        endpoint_id=endpoint.pk,
        external_id=call.external_id,
        external_ids=list(call.external_ids),
        direction=RowDirection.OUTBOUND if outbound else RowDirection.INBOUND,
        from_number=call.from_number[:64],
        from_name=call.from_name[:200],
        to_number=call.to_number[:64],
        queue_name=call.queue[:80],
        started_at=call.started_at,
        enqueued_at=call.enqueued_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        wait_ms=call.wait_ms,
        ring_ms=call.ring_ms,
        talk_ms=call.talk_ms,
        hold_ms=call.hold_ms,
        outcome=call.outcome or "",
        hung_up_by=call.hung_up_by or "",
        transfers=[transfer_as_json(transfer) for transfer in call.transfers],
        flags=[str(flag) for flag in call.flags],
        segments=tuple(
            SegmentFacts(
                kind=segment.kind,
                queue_name=segment.queue[:80],
                operator_id=_operator(segment.operator_name, segment.interface, aliases),
                operator_name=segment.operator_name[:120],
                enqueued_at=segment.enqueued_at,
                answered_at=segment.answered_at,
                ended_at=segment.ended_at,
                ring_ms=segment.ring_ms,
                wait_ms=segment.wait_ms,
                talk_ms=segment.talk_ms,
                hold_ms=segment.hold_ms,
                holds=[
                    {"start": hold.start.isoformat(), "end": hold.end.isoformat() if hold.end else None}
                    for hold in segment.holds
                ],
                outcome=segment.outcome or "",
            )
            for segment in call.segments
        ),
        contact_number=normal_phone(number=outside, region=directory.region),
        contact_name="" if outbound else call.from_name[:200],
        language=directory.language(call) or endpoint.language,
        campaign=endpoint.campaign,
        ticket_id=ticket_id,
        opens_ticket=call.outcome not in {Outcome.ABANDONED_IN_MENU, Outcome.ENDED_IN_MENU},
    )

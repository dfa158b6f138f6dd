"""A FreeSWITCH leg's record (channel variables at its end) to phone events."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from channels_app.phone.events import (
    MAX_ID_LENGTH,
    CompleteReason,
    EventKind,
    LeaveReason,
    PhoneEvent,
    Source,
    instant_of_epoch,
)

_HOLD = re.compile(r"\{(\d{10,17}),(\d{10,17})\}")
# the telephone at the far end of the leg did it
_BY_TELEPHONE = frozenset({"recv_bye", "recv_cancel", "recv_refuse"})
_DIAL_STATUS = {
    "USER_BUSY": "BUSY",
    "NO_ANSWER": "NOANSWER",
    "NO_USER_RESPONSE": "NOANSWER",
    "ORIGINATOR_CANCEL": "CANCEL",
    "ALLOTTED_TIMEOUT": "NOANSWER",
}
CANCELS = {
    "TIMEOUT": LeaveReason.TIMED_OUT,
    "NO_AGENT_TIMEOUT": LeaveReason.EMPTIED,
    "EXIT_WITH_KEY": LeaveReason.PRESSED_KEY,
    "BREAK_OUT": LeaveReason.ABANDONED,
}


class Unreadable(ValueError):
    """An object that is no record or event of a call; the message says why."""


def leg_record(variables: Mapping[str, str], *, profile: Mapping[str, str]) -> tuple[PhoneEvent, ...]:
    """Return the events of one leg's record. Raises Unreadable."""
    leg_id = variables.get("uuid", "")
    if not leg_id or len(leg_id) > MAX_ID_LENGTH:
        raise Unreadable(f"uuid: {leg_id[:40]!r} is no id")
    started, ended = _instant(variables, "start_uepoch"), _instant(variables, "end_uepoch")
    if started is None or ended is None:
        raise Unreadable(f"{'start_uepoch' if started is None else 'end_uepoch'}: no instant")
    caller_id = variables.get("originating_leg_uuid") or variables.get("originator") or ""
    linked = variables.get("call_uuid") or caller_id or leg_id
    base = PhoneEvent(
        kind=EventKind.CHANNEL_CREATED,
        source=Source.FREESWITCH,
        at=started,
        channel_id=leg_id,
        linked_id=linked[:MAX_ID_LENGTH],
        channel=variables.get("channel_name", ""),
        number=profile.get("caller_id_number", ""),
        name=profile.get("caller_id_name", ""),
        extension=profile.get("destination_number", ""),
        account=variables.get("accountcode", ""),
    )
    if caller_id == "" and variables.get("direction") == "outbound" and linked != leg_id:
        caller_id = linked
    if caller_id:
        base = replace(base, peer_id=caller_id[:MAX_ID_LENGTH])
    events = [base]
    bare = replace(base, number="", name="", extension="", account="")
    answered = _instant(variables, "answer_uepoch")
    if answered is not None:
        events.append(replace(bare, kind=EventKind.CHANNEL_UP, at=answered))
    ringing = _instant(variables, "progress_uepoch")
    if caller_id and ringing is not None:
        events.append(replace(bare, kind=EventKind.RINGING, at=ringing))
    events.extend(_bridged(bare, variables, profile=profile, ringing=ringing, ended=ended))
    for first, second in _HOLD.findall(variables.get("hold_events", "")):
        for kind, stamp in ((EventKind.HELD, first), (EventKind.UNHELD, second)):
            events.append(replace(bare, kind=kind, at=_of_stamp(stamp)))
    events.extend(_queued(replace(bare, peer_id=""), variables))
    disposition = variables.get("sip_hangup_disposition", "")
    other = variables.get("bridge_uuid", "")
    if disposition in _BY_TELEPHONE:
        events.append(replace(bare, kind=EventKind.HANGUP_ASKED, at=ended))
    elif disposition == "send_bye" and other and variables.get("bridge_hangup_cause") == "NORMAL_CLEARING":
        # the system hung up here because the leg it was joined with did
        events.append(
            replace(bare, kind=EventKind.HANGUP_ASKED, at=ended, channel_id=other[:MAX_ID_LENGTH], channel="")
        )
    cause = _DIAL_STATUS.get(variables.get("hangup_cause", ""), "" if answered else "CHANUNAVAIL")
    events.append(replace(bare, kind=EventKind.HUNG_UP, at=ended, reason=cause))
    return tuple(events)


def _bridged(
    bare: PhoneEvent,
    variables: Mapping[str, str],
    *,
    profile: Mapping[str, str],
    ringing: datetime | None,
    ended: datetime,
) -> list[PhoneEvent]:
    """The record of the calling leg names whom it was joined with: the other leg's record may never come."""
    at = _instant(variables, "bridge_uepoch")
    other = variables.get("bridge_uuid") or variables.get("last_bridge_to") or ""
    if at is None or not other or bare.peer_id or other == bare.channel_id:
        return []
    here = replace(bare, kind=EventKind.BRIDGE_ENTERED, at=at, bridge=f"{bare.channel_id} {other}"[:200])
    name = variables.get("bridge_channel") or profile.get("other_channel", "")
    there = replace(here, channel_id=other[:MAX_ID_LENGTH], channel=name)
    made = there
    if profile.get("other_uuid") == other and (created := _of_text(profile.get("other_created", ""))):
        ringing = created
    if ringing is not None and ringing <= at:
        made = replace(there, kind=EventKind.RINGING, at=ringing, peer_id=bare.channel_id, bridge="")
    up = replace(there, kind=EventKind.CHANNEL_UP, peer_id=bare.channel_id, bridge="")
    dialled = variables.get("dialed_user") or variables.get("last_sent_callee_id_number") or ""
    events = [replace(each, extension=dialled) for each in {made, up} if each.kind is not EventKind.BRIDGE_ENTERED]
    # the conversation ends with this leg at the latest
    left = [replace(side, kind=EventKind.BRIDGE_LEFT, at=ended) for side in (here, there)]
    return [*sorted(events, key=lambda event: event.order), here, there, *left]


def _queued(bare: PhoneEvent, variables: Mapping[str, str]) -> list[PhoneEvent]:
    """mod_callcenter leaves its times on the caller's leg (whole seconds)."""
    joined = _seconds(variables, "cc_queue_joined_epoch")
    queue = variables.get("cc_queue", "")
    if variables.get("cc_side", "member") != "member" or joined is None or not queue:
        return []
    name = queue.partition("@")[0]
    entered = replace(bare, kind=EventKind.QUEUE_ENTERED, at=joined, queue=name, source=Source.FREESWITCH)
    answered = _seconds(variables, "cc_queue_answered_epoch")
    over = _seconds(variables, "cc_queue_terminated_epoch")
    if answered is not None:
        agent = variables.get("cc_agent", "")
        connected = replace(
            entered,
            kind=EventKind.OPERATOR_CONNECTED,
            at=answered,
            operator_name=agent.partition("@")[0],
            peer_id=(variables.get("cc_agent_uuid") or variables.get("bridge_uuid") or "")[:MAX_ID_LENGTH],
        )
        done = replace(connected, kind=EventKind.OPERATOR_COMPLETED, reason=CompleteReason.UNSTATED)
        return [entered, connected, replace(done, at=over)] if over is not None else [entered, connected]
    left = _seconds(variables, "cc_queue_canceled_epoch") or over
    if left is None:
        return [entered]
    reason = CANCELS.get(variables.get("cc_cancel_reason", ""), LeaveReason.UNSTATED)
    return [entered, replace(entered, kind=EventKind.QUEUE_LEFT, at=left, reason=reason)]


def _instant(variables: Mapping[str, str], name: str) -> datetime | None:
    text = variables.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 17):
        raise Unreadable(f"{name}: {text[:40]!r} is no instant in microseconds")
    return _of_text(text)


def _of_text(text: str) -> datetime | None:
    return _of_stamp(text) if text.isascii() and text.isdigit() and len(text) <= 17 and int(text) else None


def _of_stamp(text: str) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(text))


def _seconds(variables: Mapping[str, str], name: str) -> datetime | None:
    text = variables.get(name, "")
    try:
        return instant_of_epoch(text) if text and text != "0" else None
    except ValueError as error:
        raise Unreadable(f"{name}: {error}") from None

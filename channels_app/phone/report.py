"""Calls as JSON values: instants in ISO 8601 with Z, durations in whole milliseconds, null where nothing is known."""

from datetime import datetime
from typing import Any

from channels_app.phone.calls import Call, Segment, Transfer


def as_text(instant: datetime | None) -> str | None:
    """Return 2026-11-23T14:55:23.702253Z."""
    return instant.isoformat().replace("+00:00", "Z") if instant is not None else None


def without_hold(*, talk_ms: int | None, hold_ms: int | None) -> int | None:
    """Return the time both sides could speak; None unless talk and hold are known."""
    return None if talk_ms is None or hold_ms is None else talk_ms - hold_ms


def transfer_as_json(transfer: Transfer) -> dict[str, Any]:
    """Return a transfer as the timeline and the report show it."""
    return {
        "kind": transfer.kind,
        "at": as_text(transfer.at),
        "from_operator": transfer.from_operator,
        "to": transfer.to,
    }


def call_as_json(call: Call) -> dict[str, Any]:
    """Return everything the reducer knows of a call."""
    return {
        "external_id": call.external_id,
        "external_ids": list(call.external_ids),
        "direction": str(call.direction),
        "from": call.from_number,
        "from_name": call.from_name,
        "to": call.to_number or None,
        "queue": call.queue or None,
        "account_code": call.account_hint or None,
        "operator": call.operator_name or None,
        "started_at": as_text(call.started_at),
        "enqueued_at": as_text(call.enqueued_at),
        "answered_at": as_text(call.answered_at),
        "ended_at": as_text(call.ended_at),
        "wait_ms": call.wait_ms,
        "ring_ms": call.ring_ms,
        "talk_ms": call.talk_ms,
        "hold_ms": call.hold_ms,
        "talk_without_hold_ms": without_hold(talk_ms=call.talk_ms, hold_ms=call.hold_ms),
        "outcome": call.outcome,
        "hung_up_by": call.hung_up_by,
        "transfers": [transfer_as_json(transfer) for transfer in call.transfers],
        "flags": [str(flag) for flag in call.flags],
        "segments": [_segment_as_json(segment) for segment in call.segments],
    }


def _segment_as_json(segment: Segment) -> dict[str, Any]:
    return {
        "kind": str(segment.kind),
        "queue": segment.queue or None,
        "operator": segment.operator_name or None,
        "enqueued_at": as_text(segment.enqueued_at),
        "answered_at": as_text(segment.answered_at),
        "ended_at": as_text(segment.ended_at),
        "wait_ms": segment.wait_ms,
        "ring_ms": segment.ring_ms,
        "talk_ms": segment.talk_ms,
        "hold_ms": segment.hold_ms,
        "talk_without_hold_ms": without_hold(talk_ms=segment.talk_ms, hold_ms=segment.hold_ms),
        "holds": [{"start": as_text(hold.start), "end": as_text(hold.end)} for hold in segment.holds],
        "rings": [
            {
                "operator": ring.operator_name or None,
                "started_at": as_text(ring.started_at),
                "ended_at": as_text(ring.ended_at),
                "ring_ms": ring.ring_ms,
                "answered": ring.answered,
            }
            for ring in segment.rings
        ],
        "outcome": segment.outcome,
    }

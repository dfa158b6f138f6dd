"""The closing rule: what ends a call whose end no source tells, as an entry of the log beside the others. Pure.

The entry names the call, the rule and the last instant anything was known of it; the reducer believes it only while no
source tells a real end.
"""

import json
from datetime import datetime

from channels_app.phone.events import EventKind, PhoneEvent, RawEntry, Source


def closing_bytes(*, call_id: str, ended_at: datetime, rule: str) -> bytes:
    """Return the raw entry that closes a call."""
    return json.dumps({"call": call_id, "ended_at": ended_at.isoformat(), "rule": rule}, sort_keys=True).encode()


def closing_entry(raw: bytes) -> RawEntry:
    """Return the entry that such bytes make."""
    stored = json.loads(raw)
    at = datetime.fromisoformat(stored["ended_at"])
    event = PhoneEvent(
        kind=EventKind.END_LOST,
        source=Source.CLOSING_RULE,
        at=at,
        channel_id=stored["call"],
        linked_id=stored["call"],
        reason=stored["rule"],
    )
    return RawEntry(line=1, raw=raw, at=at, events=(event,), identity=f"{stored['call']} {stored['ended_at']}")

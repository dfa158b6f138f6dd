"""A caller in the queue of a telephone system, as the manager interface tells it, and what the console is told."""

from datetime import UTC, datetime

from channels_app.phone.bridge_actions import take_frames
from channels_app.phone.frames import Frame
from contactcenter.kernel.models import LiveEvent

AT = datetime(2026, 11, 23, 15, 0, 0, tzinfo=UTC)
NUMBER = "+442079460009"


def events(kind):
    """What was pushed of a kind, in order."""
    return [event.payload for event in LiveEvent.objects.filter(kind=kind).order_by("pk")]


def frame(event: str, second: float, **headers: str) -> Frame:
    """An event of the manager interface, so many seconds after AT."""
    lines = [f"Event: {event}", f"Timestamp: {AT.timestamp() + second:.6f}"]
    raw = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())])
    return Frame(raw.encode(), AT)


CALLER = {"Channel": "PJSIP/trunk-1", "Uniqueid": "1.1", "Linkedid": "1.1", "CallerIDNum": NUMBER, "Exten": "100"}
PHONE = {"DestChannel": "PJSIP/101-2", "DestUniqueid": "1.2", "DestLinkedid": "1.1"}
MEMBER = {**CALLER, **PHONE, "Queue": "sales", "MemberName": "Anna Kovacs", "Interface": "PJSIP/101"}
MENU = frame("Newchannel", 0, **CALLER, ChannelStateDesc="Ring")
QUEUED = frame("QueueCallerJoin", 1, **CALLER, Queue="sales")
RINGS = frame("AgentCalled", 2, **MEMBER)
ANSWERS = frame("AgentConnect", 5, **MEMBER, HoldTime="4", RingTime="3")
MISSED = frame("AgentRingNoAnswer", 12, **MEMBER, RingTime="10000")
COMPLETE = frame("AgentComplete", 65, **MEMBER, HoldTime="4", TalkTime="60", Reason="caller")
HANGUP = frame("Hangup", 65, **CALLER, Cause="16")


def take(pbx, *frames: Frame, second: float) -> None:
    """Take frames in, so many seconds after AT."""
    take_frames(endpoint_id=pbx.pk, frames=frames, at=datetime.fromtimestamp(AT.timestamp() + second, tz=UTC))

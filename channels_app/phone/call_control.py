"""What can be done with a call under way from the console, and what the telephone system is told for it. Pure.

Asterisk's manager interface (AMI 11, Asterisk 18 to 22; res/res_pjsip_notify.c, main/manager.c, apps/app_chanspy.c):
- PJSIPNotify with `channel` sends a NOTIFY within the call's dialogue. `Event: hold` and `Event: talk` make a telephone
  that knows BroadWorks' remote control hold and go on by itself, so that Hold and Unhold are logged as by its keys.
  There is no manager action that holds a channel.
- BlindTransfer of the operator's channel sends whoever is bridged with it to an extension; the operator's part ends.
- Hangup of the operator's channel is the red key of their telephone: what the dialplan does next with the caller, it
  does. Redirect would end the dialplan's Queue() and with it the queue's own record.
- Originate of ChanSpy on the operator's channel lets a supervisor listen (`q`: no tone, `E`: until the channel hangs
  up) or speak to the operator only (`w`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from channels_app.call_models import CallAction
from channels_app.phone.events import PhoneEvent, in_order
from channels_app.phone.legs import Leg, Legs

OWN: Final = (CallAction.HOLD, CallAction.RESUME, CallAction.TRANSFER, CallAction.HANG_UP)
"""What the operator at the telephone may do."""
SUPERVISING: Final = (CallAction.LISTEN, CallAction.WHISPER)

NO_ORDERS: Final = "no_orders"
"""This telephone system tells of calls but takes no orders."""
HOLD_NOT_SET_UP: Final = "hold_not_set_up"
"""Nobody has said that its telephones obey (`remote_hold`)."""
HOLD_NEEDS_PJSIP: Final = "hold_needs_pjsip"
LISTENING_NOT_ALLOWED: Final = "listening_not_allowed"
"""Nobody has allowed it (`listening`): in many countries somebody has to agree first."""
NO_TELEPHONE: Final = "no_telephone"
"""Who wants to listen has no telephone."""

EXTENSION: Final = re.compile(r"[0-9*#]{1,10}")
SPIES_AS: Final = "cc-spy-"
"""How the channels of those who listen are called; with the order's id."""
NORMAL_CLEARING: Final = "16"
RING_MS: Final = 25_000


def why_absent(*, action: CallAction, settings: Mapping[str, object], interface: str, own_interface: str = "") -> str:
    """Return why an action is not to be had at this telephone system, '' where it is.

    `interface` is the telephone that is spoken on, `own_interface` that of whoever wants to listen.
    """
    if not settings.get("ami_host"):
        return NO_ORDERS
    if action in {CallAction.HOLD, CallAction.RESUME}:
        if settings.get("remote_hold") is not True:
            return HOLD_NOT_SET_UP
        return "" if interface.startswith("PJSIP/") else HOLD_NEEDS_PJSIP
    if action in SUPERVISING:
        if settings.get("listening") is not True:
            return LISTENING_NOT_ALLOWED
        return "" if own_interface else NO_TELEPHONE
    return ""


def extension_of(*, interface: str) -> str:
    """Return what is dialled to reach a telephone: 101 of PJSIP/101."""
    return interface.rpartition("/")[2]


def operators_channel(*, events: Iterable[PhoneEvent], interfaces: Iterable[str]) -> str:
    """Return the channel on which a telephone (one of `interfaces`) speaks now, '' where it does not.

    Of several the one that was joined last: a consultation rather than the call on hold.
    """
    own = set(interfaces)
    speaking = [
        (start, leg)
        for leg in Legs(in_order(events)).by_id.values()
        if leg.interface in own and leg.hung_up_at is None
        for start in _open_bridges(leg)
    ]
    return max(speaking, key=lambda found: (found[0], found[1].id))[1].channel if speaking else ""


def ami_action(
    *, action: CallAction, channel: str, settings: Mapping[str, object], extension: str, interface: str, order_id: int
) -> tuple[str, dict[str, str]]:
    """Return the manager action, and its headers, that does this to the operator's channel."""
    match action:
        case CallAction.HOLD:
            return "PJSIPNotify", {"channel": channel, "Variable": "Event=hold"}
        case CallAction.RESUME:
            return "PJSIPNotify", {"channel": channel, "Variable": "Event=talk"}
        case CallAction.TRANSFER:
            context = str(settings.get("call_context", "from-internal"))
            return "BlindTransfer", {"Channel": channel, "Context": context, "Exten": extension}
        case CallAction.HANG_UP:
            return "Hangup", {"Channel": channel, "Cause": NORMAL_CLEARING}
        case CallAction.LISTEN | CallAction.WHISPER:
            options = "qE" if action == CallAction.LISTEN else "qwE"
            name = f"{SPIES_AS}{order_id}"
            headers = {
                "Channel": interface,
                "Application": "ChanSpy",
                "Data": f"{channel},{options}",
                "Timeout": str(RING_MS),
                "Async": "true",
                "ChannelId": name,
                "ActionID": name,
            }
            return "Originate", headers


def _open_bridges(leg: Leg) -> list[object]:
    return [start for _, start, end in leg.in_bridges if end is None]

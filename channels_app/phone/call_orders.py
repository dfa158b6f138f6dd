"""Orders for calls under way: an operator (or supervisor) asks, the bridge of the telephone system carries out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from channels_app.models import CallAction, CallOrder, CallOrderState, Endpoint
from channels_app.phone.call_control import (
    EXTENSION,
    OWN,
    SUPERVISING,
    ami_action,
    extension_of,
    operators_channel,
    why_absent,
)
from channels_app.phone.call_requests import NOT_CONNECTED, audience_of
from channels_app.phone.files import reread
from channels_app.phone.ingest import entries_about
from channels_app.phone.telephones import interface_of, interfaces_of
from contactcenter.contacts.points import normal_phone
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.push import push_on_commit
from contactcenter.operators.models import Operator, OperatorAlias
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Membership
from contactcenter.tickets.call_actions import begin_patch
from contactcenter.tickets.models import Call, CallSegment

WAITS_FOR: Final = timedelta(seconds=5)
"""An order that the telephone system has not taken by then fails: a hold that comes late is worse than none."""

_MAY_FOLLOW = {
    CallOrderState.REQUESTED: {CallOrderState.SENT, CallOrderState.FAILED},
    CallOrderState.SENT: {CallOrderState.DONE, CallOrderState.FAILED},
    # a telephone that was to listen may not be answered
    CallOrderState.DONE: {CallOrderState.FAILED},
    CallOrderState.FAILED: set(),
}


class CallOver(Conflict):
    """The operator's part of the call has ended."""

    code = "call_over"


class CannotOrder(Conflict):
    """The telephone system does not offer this; data["reason"] says why, as in call_control."""

    code = "cannot_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCall:
    """A call that somebody speaks on now: the operator's part of it and what can be done, with why it cannot ('')."""

    call: Call
    segment: CallSegment
    endpoint: Endpoint
    is_own: bool
    actions: dict[CallAction, str]

    @property
    def held_since(self) -> str | None:
        """Since when the caller is on hold, as the telephone system told it."""
        running = (str(hold["start"]) for hold in self.segment.holds if hold.get("end") is None)
        return next(running, None)


def live_call(*, ticket_id: int, operator: Operator) -> LiveCall | None:
    """Return the ticket's call that somebody speaks on, the operator's own before others'; None if there is none.

    Within the account scope of the operator.
    """
    parts = CallSegment.objects.select_related("call", "operator", "interaction").filter(
        call__ticket_id=ticket_id, call__ended_at=None, ended_at=None, answered_at__isnull=False, operator__isnull=False
    )
    segment = min(parts, key=lambda part: (part.operator_id != operator.pk, -part.pk), default=None)
    if segment is None or segment.interaction_id is None:
        return None
    return _live(segment=segment, operator=operator)


def get_call(*, call_id: int) -> Call:
    """Return a call that has a ticket, within the account scope; NotFound for others."""
    call = Call.objects.filter(pk=call_id, ticket__isnull=False).first()
    if call is None:
        raise NotFound("There is no such call.")
    return call


def telephones_of_account(*, account_id: int) -> list[int]:
    """Return the operators entitled to an account who have a telephone to be put through to."""
    entitled = Membership.objects.filter(account_id=account_id, user__operator__is_active=True)
    with_phone = OperatorAlias.objects.filter(name__contains="/", operator__user__in=entitled.values("user"))
    return sorted(set(with_phone.values_list("operator_id", flat=True)))


@transaction.atomic
def order(
    *,
    operator: Operator,
    call_id: int,
    action: CallAction,
    at: datetime,
    to_operator_id: int | None = None,
    extension: str = "",
    number: str = "",
) -> CallOrder:
    """Store what is wanted of a call under way; its bridge hears of it after the commit.

    A transfer names one of an operator, an extension and an outside number. Raises NotFound, CallOver, CannotOrder or
    Invalid, and then nothing is stored. Whether somebody may listen at all the caller has checked.
    """
    call = get_call(call_id=call_id)
    live = live_call(ticket_id=call.ticket_id or 0, operator=operator)
    if live is None or live.call.pk != call.pk or live.segment.interaction is None:
        raise CallOver("Nobody speaks on this call any more.")
    if action not in live.actions:
        raise CannotOrder("Only who speaks on a call can do this.", data={"reason": "not_yours"})
    if absent := live.actions[action]:
        raise CannotOrder("This telephone system does not offer this.", data={"reason": absent})
    dialled, outside = "", ""
    if action == CallAction.TRANSFER:
        dialled, outside = _target(
            live=live, to_operator_id=to_operator_id, extension=extension.strip(), number=number.strip()
        )
    made = CallOrder.objects.create(
        account_id=call.account_id,
        endpoint_id=call.endpoint_id,
        call=call,
        interaction=live.segment.interaction,
        operator=operator,
        action=action,
        extension=dialled,
        number=outside,
        interface=interface_of(operator_id=operator.pk) if action in SUPERVISING else "",
        requested_at=at,
        changed_at=at,
    )
    audit.record(
        action=f"call.{action.value}",
        target=call,
        actor_id=operator.user_id,
        account_id=call.account_id,
        data={"to": outside or dialled} if dialled else {"operator": live.segment.operator_id},
    )
    push_on_commit(audience_of(endpoint_id=call.endpoint_id), kind="call.ordered", payload={"order_id": made.pk})
    return made


@transaction.atomic
def move_order(*, order_id: int, state: CallOrderState, at: datetime, reason: str = "") -> bool:
    """Note how far an order came and tell who gave it; False where it is there or further already.

    A caller who was put through to an outside number is another's from then on: the patch begins.
    """
    found = CallOrder.objects.select_for_update(of=("self",)).get(pk=order_id)
    if state not in _MAY_FOLLOW[CallOrderState(found.state)]:
        return False
    found.state, found.reason, found.changed_at = state, reason[:200], at
    found.save(update_fields=["state", "reason", "changed_at"])
    if state == CallOrderState.DONE and found.number:
        begin_patch(interaction_id=found.interaction_id, number=found.number, at=at)
    push_on_commit(
        f"operator:{found.operator_id}",
        kind="call.order_changed",
        account_id=found.account_id,
        payload={
            "order_id": found.pk,
            "call_id": found.call_id,
            "action": found.action,
            "state": found.state,
            "reason": found.reason,
        },
    )
    return True


def take_order(*, order_id: int, at: datetime) -> tuple[str, dict[str, str]] | None:
    """Take an order and return the manager action that carries it out, with its headers; once.

    None where it is taken already, came too late, or the operator no longer speaks: then it fails.
    """
    with transaction.atomic():
        found = CallOrder.objects.select_for_update(of=("self",)).get(pk=order_id)
        if found.state != CallOrderState.REQUESTED:
            return None
        if at - found.requested_at > WAITS_FOR:
            move_order(order_id=order_id, state=CallOrderState.FAILED, at=at, reason=NOT_CONNECTED)
            return None
        endpoint = Endpoint.objects.get(pk=found.endpoint_id)
        part = CallSegment.objects.filter(interaction_id=found.interaction_id, ended_at=None).first()
        channel = _channel(call=found.call, endpoint=endpoint, part=part) if part is not None else ""
        if not channel:
            move_order(order_id=order_id, state=CallOrderState.FAILED, at=at, reason="The call is over.")
            return None
        move_order(order_id=order_id, state=CallOrderState.SENT, at=at)
    return ami_action(
        action=CallAction(found.action),
        channel=channel,
        settings=endpoint.settings,
        extension=found.extension,
        interface=found.interface,
        order_id=found.pk,
    )


def waiting_orders(*, endpoint_id: int) -> list[int]:
    """Return the orders that nobody has carried out yet, the oldest first."""
    waiting = CallOrder.objects.filter(endpoint_id=endpoint_id, state=CallOrderState.REQUESTED)
    return list(waiting.order_by("requested_at", "pk").values_list("pk", flat=True)[:100])


def fail_forgotten_orders(*, at: datetime) -> int:
    """Fail every order that no telephone system has taken in time; returns how many."""
    forgotten = CallOrder.objects.filter(state=CallOrderState.REQUESTED, requested_at__lt=at - WAITS_FOR)
    return sum(
        move_order(order_id=pk, state=CallOrderState.FAILED, at=at, reason=NOT_CONNECTED)
        for pk in forgotten.order_by("pk").values_list("pk", flat=True)
    )


def _live(*, segment: CallSegment, operator: Operator) -> LiveCall:
    # one telephone system may serve several accounts: its settings say what it can, and nothing else is shown
    with open_every_account(reason="the telephone system of a call may be another account's"):
        endpoint = Endpoint.objects.get(pk=segment.call.endpoint_id)
    is_own = segment.operator_id == operator.pk
    speaking = interface_of(operator_id=segment.operator_id or 0)
    own = "" if is_own else interface_of(operator_id=operator.pk)
    return LiveCall(
        call=segment.call,
        segment=segment,
        endpoint=endpoint,
        is_own=is_own,
        actions={
            action: why_absent(action=action, settings=endpoint.settings, interface=speaking, own_interface=own)
            for action in (OWN if is_own else SUPERVISING)
        },
    )


def _target(*, live: LiveCall, to_operator_id: int | None, extension: str, number: str) -> tuple[str, str]:
    """Return (what is dialled, the outside number or '')."""
    if sum(map(bool, (to_operator_id, extension, number))) != 1:
        raise Invalid("Name one of operator_id, extension and number.", field="operator_id")
    if to_operator_id:
        interface = interface_of(operator_id=to_operator_id)
        if to_operator_id not in telephones_of_account(account_id=live.call.account_id) or not interface:
            raise Invalid("This operator has no telephone, or does not serve this client.", field="operator_id")
        if to_operator_id == live.segment.operator_id:
            raise Invalid("Choose somebody else.", field="operator_id")
        return extension_of(interface=interface), ""
    if extension:
        if not EXTENSION.fullmatch(extension):
            raise Invalid("An extension is made of at most ten digits, * and #.", field="extension")
        return extension, ""
    value = normal_phone(number=number, region=str(live.endpoint.settings.get("region", "")) or None)
    if not value:
        raise Invalid("This is no telephone number.", field="number")
    return f"{live.endpoint.settings.get('call_prefix', '')}{value}", value


def _channel(*, call: Call, endpoint: Endpoint, part: CallSegment) -> str:
    rows, _ = entries_about(endpoint, frozenset(call.external_ids))
    events = [event for row in rows for event in reread(source=row.source, raw=bytes(row.raw), at=row.at).events]
    return operators_channel(events=events, interfaces=interfaces_of(operator_id=part.operator_id or 0))

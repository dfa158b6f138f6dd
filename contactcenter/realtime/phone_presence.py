"""The presence of operators and the pauses of their telephones are one: what is said on one side holds on the other."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from channels_app.phone.call_requests import audience_of
from channels_app.phone.member_pauses import PauseWish
from contactcenter.kernel.errors import DomainError
from contactcenter.kernel.hub import hub
from contactcenter.routing.actions import set_presence
from contactcenter.routing.models import OperatorState, Presence

logger = logging.getLogger(__name__)

UNNAMED_REASON: Final = "Paused at the telephone"


class ConsolePresences:
    """Presence as the console has it (see channels_app.phone.bridge.Presences)."""

    def wishes(self) -> list[PauseWish]:
        """Return who of those at work is on a break; of people who are not at work nothing is said."""
        at_work = OperatorState.objects.filter(presence__in=[Presence.AVAILABLE, Presence.BREAK]).order_by("pk")
        return [
            # who is to go on a break after this contact must not be rung up for another one
            PauseWish(
                operator_id=state.pk,
                paused=state.presence == Presence.BREAK or state.next_presence != "",
                reason=state.reason or state.next_reason,
            )
            for state in at_work
        ]

    def follow(self, *, operator_id: int, paused: bool, reason: str, at: datetime) -> None:
        """Send an operator at work on a break, or back; a pause of somebody who is not at work changes nothing."""
        state = OperatorState.objects.filter(pk=operator_id).first()
        if state is None or state.presence not in {Presence.AVAILABLE, Presence.BREAK}:
            return
        rests = state.presence == Presence.BREAK or state.next_presence != ""
        if rests is paused:
            return
        wanted = Presence.BREAK if paused else Presence.AVAILABLE
        try:
            set_presence(operator_id=operator_id, state=wanted, at=at, reason=reason or UNNAMED_REASON)
        except DomainError as error:
            logger.warning("operator %s keeps the presence %s: %s", operator_id, state.presence, error.message)


async def orders_for(endpoint_id: int) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Return the live events that a telephone system's bridge acts on, for ever."""
    while True:
        subscription = await hub().subscribe(audiences={audience_of(endpoint_id=endpoint_id), "staff"})
        try:
            async for delivery in subscription:
                yield delivery.event["kind"], delivery.event["payload"]
        finally:
            await hub().unsubscribe(subscription)

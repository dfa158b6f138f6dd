"""Routing's background work. Every task is safe to run twice; the beat repeats them from what the database says."""

from __future__ import annotations

from typing import Final

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from contactcenter.kernel.clock import clock_is_held
from contactcenter.kernel.jobs import leave_out
from contactcenter.routing import actions, queries
from contactcenter.routing.models import Waiting
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.interpreters import end_left_open
from contactcenter.tickets.sla_actions import flag_breaches, tickets_under

MATCH: Final = "routing.match"
"""Jobs that match at their end leave it out: what they commit before asks for no job more."""
_last_pulse: queries.Pulse | None = None


@shared_task(name="routing.ticket_waiting")
def ticket_waiting(*, ticket_id: int) -> None:
    """Put a ticket where it belongs after a change, and make offers."""
    with open_every_account(reason="routing brings tickets of all accounts to one pool of operators"):
        at = timezone.now()
        with leave_out(MATCH):
            actions.answer_callback_offer(ticket_id=ticket_id, at=at)
            actions.place_ticket(ticket_id=ticket_id, at=at)
        _match()


@shared_task(name="routing.call_wants_callback")
def call_wants_callback(*, call_id: int) -> None:
    """A caller left the telephone's queue by the key for a callback: they wait in the place they had there."""
    with open_every_account(reason="routing brings tickets of all accounts to one pool of operators"):
        actions.callback_of_call(call_id=call_id, at=timezone.now())
        _match()


@shared_task(name="routing.chat_closed")
def chat_closed(*, ticket_id: int) -> None:
    """The contact has left the chat: wrap-up begins."""
    with open_every_account(reason="routing brings tickets of all accounts to one pool of operators"):
        with leave_out(MATCH):
            actions.conversation_ended(ticket_id=ticket_id, at=timezone.now())
        _match()


@shared_task(name="routing.call_ended")
def call_ended(*, interaction_id: int) -> None:
    """An operator's part of a call has ended: their wrap-up begins."""
    with open_every_account(reason="routing brings tickets of all accounts to one pool of operators"):
        actions.wrap_call(interaction_id=interaction_id)


@shared_task(name=MATCH)
def match() -> None:
    """Make every offer that can be made now."""
    with open_every_account(reason="routing brings tickets of all accounts to one pool of operators"):
        _match()


@shared_task(name="routing.expire")
def expire() -> None:
    """Time out offers and wrap-ups, find lost operators, let the freed places be filled; tell how the queue looks."""
    if clock_is_held():
        return
    with open_every_account(reason="clocks of all accounts run out by themselves"):
        at = timezone.now()
        with leave_out(MATCH):
            actions.expire_offers(at=at)
            actions.close_overdue_wraps(at=at)
            actions.lose_operators(at=at)
        _match()
        _tell_pulse()


@shared_task(name="routing.sweep")
def sweep() -> None:
    """Find tickets that a lost broker or worker left without a place; bring back those whose time has come."""
    if clock_is_held():
        return
    with open_every_account(reason="a lost job may concern any account"):
        at = timezone.now()
        actions.place_forgotten_tickets(at=at)
        actions.wake_due(at=at)
        actions.expire_callbacks(at=at)
        actions.place_due_callbacks(at=at)
        actions.offer_callbacks(at=at)
        actions.begin_due(at=at)
        end_left_open()
        flag_breaches(at=at)
        _match()


@shared_task(name="routing.repromise")
def repromise(*, policy_id: int | None = None, calendar_id: int | None = None, queue_id: int | None = None) -> None:
    """Reckon anew what is due on every open ticket under a policy, calendar or queue that was changed."""
    with open_every_account(reason="a policy or a calendar may hold for several accounts"):
        tickets = (
            tickets_under(policy_id=policy_id, calendar_id=calendar_id)
            if queue_id is None
            else list(Waiting.objects.filter(queue_id=queue_id).values_list("ticket_id", flat=True))
        )
        for ticket_id in tickets:
            actions.place_ticket(ticket_id=ticket_id, at=timezone.now())
        _match()


@shared_task(name="routing.rematch")
def rematch() -> None:
    """Look at everything that waits, whatever changed: nothing should be found that an event has not led to."""
    with open_every_account(reason="routing brings tickets of all accounts to one pool of operators"):
        _match(everything=True)


def _match(*, everything: bool = False) -> None:
    if not clock_is_held():
        actions.match_until_settled(clock=timezone.now, everything=everything)


def _tell_pulse() -> None:
    """Tell the staff when the queue looks different from what this process last told: once a second is enough."""
    global _last_pulse
    pulse = queries.pulse()
    if pulse != _last_pulse:
        with transaction.atomic():
            actions.tell_pulse()
        _last_pulse = pulse

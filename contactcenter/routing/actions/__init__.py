"""Every write of routing. Each is one transaction.

Locks are taken in one order everywhere, so that no two writes wait for each other: the waiting row, the operator's
state, the offer, the assignment, the ticket. Matching runs one at a time (an advisory lock), so that no older ticket
is overtaken because two runs looked at different moments.
"""

from contactcenter.routing.actions.calls import wrap_call
from contactcenter.routing.actions.matching import match_waiting
from contactcenter.routing.actions.offers import accept_offer, decline_offer, expire_offers
from contactcenter.routing.actions.presence import lose_operators, see_operator, set_presence
from contactcenter.routing.actions.queues import note_queues
from contactcenter.routing.actions.serving import (
    close_overdue_wraps,
    conversation_ended,
    extend_wrap,
    finish_conversation,
    focus_ticket,
    hold,
    resume,
    wrap_up,
)
from contactcenter.routing.actions.supervising import force_presence, take_over, whisper
from contactcenter.routing.actions.transfers import (
    ask_operator,
    cancel_transfer,
    complete_transfer,
    patch_to_number,
    transfer_to_queue,
)
from contactcenter.routing.actions.waiting import place_forgotten_tickets, place_ticket, tell_pulse

__all__ = [
    "accept_offer",
    "ask_operator",
    "cancel_transfer",
    "close_overdue_wraps",
    "complete_transfer",
    "conversation_ended",
    "decline_offer",
    "expire_offers",
    "extend_wrap",
    "finish_conversation",
    "focus_ticket",
    "force_presence",
    "hold",
    "lose_operators",
    "match_waiting",
    "note_queues",
    "patch_to_number",
    "place_forgotten_tickets",
    "place_ticket",
    "resume",
    "see_operator",
    "set_presence",
    "take_over",
    "tell_pulse",
    "transfer_to_queue",
    "whisper",
    "wrap_call",
    "wrap_up",
]

"""Every write of routing. Each is one transaction.

Locks are taken in one order everywhere, so that no two writes wait for each other: the waiting row, the operator's
state, the offer, the assignment, the ticket. Matching runs one at a time (an advisory lock), so that no older ticket
is overtaken because two runs looked at different moments.
"""

from contactcenter.routing.actions.callbacks import (
    callback_of_call,
    cancel_callback,
    dial_by_hand,
    expire_callbacks,
    place_due_callbacks,
    record_callback_result,
    request_callback,
)
from contactcenter.routing.actions.calls import wrap_call
from contactcenter.routing.actions.focusing import focus_ticket
from contactcenter.routing.actions.matching import match_until_settled, match_waiting
from contactcenter.routing.actions.offering_callbacks import answer_callback_offer, offer_callbacks
from contactcenter.routing.actions.offers import accept_offer, decline_offer, expire_offers
from contactcenter.routing.actions.presence import lose_operators, see_operator, set_presence
from contactcenter.routing.actions.queues import note_queues
from contactcenter.routing.actions.relating import follow_up, merge, split, unmerge
from contactcenter.routing.actions.serving import (
    close_overdue_wraps,
    conversation_ended,
    extend_wrap,
    finish_conversation,
    hold,
    resume,
    wrap_up,
)
from contactcenter.routing.actions.snoozing import snooze_ticket, wake_due, wake_ticket
from contactcenter.routing.actions.stance import begin_due
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
    "answer_callback_offer",
    "ask_operator",
    "begin_due",
    "callback_of_call",
    "cancel_callback",
    "cancel_transfer",
    "close_overdue_wraps",
    "complete_transfer",
    "conversation_ended",
    "decline_offer",
    "dial_by_hand",
    "expire_callbacks",
    "expire_offers",
    "extend_wrap",
    "finish_conversation",
    "focus_ticket",
    "follow_up",
    "force_presence",
    "hold",
    "lose_operators",
    "match_until_settled",
    "match_waiting",
    "merge",
    "note_queues",
    "offer_callbacks",
    "patch_to_number",
    "place_due_callbacks",
    "place_forgotten_tickets",
    "place_ticket",
    "record_callback_result",
    "request_callback",
    "resume",
    "see_operator",
    "set_presence",
    "snooze_ticket",
    "split",
    "take_over",
    "tell_pulse",
    "transfer_to_queue",
    "unmerge",
    "wake_due",
    "wake_ticket",
    "whisper",
    "wrap_call",
    "wrap_up",
]

"""Tickets and what stands on their timelines."""

from contactcenter.tickets.models.bridging import InterpreterUse, ReplyTranslation, Translation, TranslationState
from contactcenter.tickets.models.entry import Attachment, Message, Note, Upload
from contactcenter.tickets.models.order_correction import OrderCorrection
from contactcenter.tickets.models.phone import Call, CallSegment
from contactcenter.tickets.models.rating import Rating
from contactcenter.tickets.models.relation import RelationKind, TicketRelation
from contactcenter.tickets.models.service_level import Calendar, ClockKind, SlaClock, SlaPolicy, SlaTarget
from contactcenter.tickets.models.ticket import Draft, Interaction, Ticket, TicketCounter, TicketLink
from contactcenter.tickets.models.words import (
    Channel,
    Direction,
    FileState,
    MessageKind,
    MessageStatus,
    TicketStatus,
)

__all__ = [
    "Attachment",
    "Calendar",
    "Call",
    "CallSegment",
    "Channel",
    "ClockKind",
    "Direction",
    "Draft",
    "FileState",
    "Interaction",
    "InterpreterUse",
    "Message",
    "MessageKind",
    "MessageStatus",
    "Note",
    "OrderCorrection",
    "Rating",
    "RelationKind",
    "ReplyTranslation",
    "SlaClock",
    "SlaPolicy",
    "SlaTarget",
    "Ticket",
    "TicketCounter",
    "TicketLink",
    "TicketRelation",
    "TicketStatus",
    "Translation",
    "TranslationState",
    "Upload",
]

"""Tickets and what stands on their timelines."""

from contactcenter.tickets.models.entry import Attachment, Message, Note, Upload
from contactcenter.tickets.models.phone import Call, CallSegment
from contactcenter.tickets.models.rating import Rating
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
    "Call",
    "CallSegment",
    "Channel",
    "Direction",
    "Draft",
    "FileState",
    "Interaction",
    "Message",
    "MessageKind",
    "MessageStatus",
    "Note",
    "Rating",
    "Ticket",
    "TicketCounter",
    "TicketLink",
    "TicketStatus",
    "Upload",
]

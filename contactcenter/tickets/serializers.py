"""Shapes of the tickets API: what comes in is checked here, what goes out is described here for OpenAPI.

Cards and entries are built as plain dictionaries (cards.py, queries.py) and are not run through these classes again: a
page of 50 costs a third. tests/app/tickets_api holds both to the same fields.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from contactcenter.contacts.models import PointKind
from contactcenter.contacts.serializers import ContactSerializer
from contactcenter.tickets.actions import MAX_TEXT
from contactcenter.tickets.models import Channel, ClockKind, Direction, FileState, MessageStatus, TicketStatus


class PersonSerializer(serializers.Serializer[Any]):
    """An operator by name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class CardContactSerializer(serializers.Serializer[Any]):
    """The contact of a card; `point` is the address, number or handle to show."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    point = serializers.CharField()


TICKET_EXAMPLE: dict[str, Any] = {
    "id": 1042,
    "number": "MT-1042",
    "account_id": 3,
    "contact": {"id": 4711, "name": "Olga Petrova", "point": "olga@example.org"},
    "channel": "email",
    "subject": "Where is my order?",
    "language": "en",
    "status": "open",
    "unread": 1,
    "waiting_since": None,
    "last_activity_at": "2026-06-15T09:00:00Z",
    "assignee": {"id": 12, "name": "Anna K."},
    "preview": "It should have come on Monday.",
    "assignment_state": "active",
    "since": "2026-06-15T09:00:41Z",
    "due_at": "2026-06-15T13:00:00Z",
    "due_for": "first_reply",
    "is_breached": False,
    "snoozed_until": None,
}


@extend_schema_serializer(examples=[OpenApiExample("A ticket", value=TICKET_EXAMPLE)])
class TicketCardSerializer(serializers.Serializer[Any]):
    """A ticket in a list."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    account_id = serializers.IntegerField()
    contact = CardContactSerializer()
    channel = serializers.ChoiceField(choices=Channel.choices)
    subject = serializers.CharField()
    language = serializers.CharField()
    status = serializers.ChoiceField(choices=TicketStatus.choices)
    unread = serializers.IntegerField()
    waiting_since = serializers.DateTimeField(allow_null=True)
    last_activity_at = serializers.DateTimeField()
    assignee = PersonSerializer(allow_null=True)
    preview = serializers.CharField()
    assignment_state = serializers.ChoiceField(choices=["active", "held", "consult", "wrapping"], allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True, help_text="When the next promise is due; null: none runs")
    due_for = serializers.ChoiceField(choices=ClockKind.choices, allow_blank=True)
    is_breached = serializers.BooleanField(help_text="Whether a promise on this ticket was broken")
    snoozed_until = serializers.DateTimeField(allow_null=True)


class TicketListSerializer(serializers.Serializer[Any]):
    """A page of tickets; `cursor` is where live events go on from this snapshot."""

    results = TicketCardSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    cursor = serializers.CharField()


class ContactPointSerializer(serializers.Serializer[Any]):
    """One way to reach the contact."""

    kind = serializers.ChoiceField(choices=PointKind.choices)
    value = serializers.CharField()
    opted_out = serializers.BooleanField(help_text="Its holder wants no SMS (STOP), or no automatic mail (a complaint)")


class TicketEndpointSerializer(serializers.Serializer[Any]):
    """An endpoint the ticket's messages came by."""

    kind = serializers.CharField()
    name = serializers.CharField()
    provider = serializers.CharField()


class DraftSerializer(serializers.Serializer[Any]):
    """What the person has typed but not sent."""

    channel = serializers.CharField()
    text = serializers.CharField()


class WrapSerializer(serializers.Serializer[Any]):
    """The wrap-up clock."""

    ticket_id = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="When it ends by itself; null: never")
    extended = serializers.BooleanField()


class TicketRelationSerializer(serializers.Serializer[Any]):
    """Another ticket this one hangs together with. `role`: what this ticket is to the other one."""

    id = serializers.IntegerField()
    role = serializers.ChoiceField(choices=["kept", "merged", "split", "split_off", "followed", "follow_up"])
    ticket_id = serializers.IntegerField()
    number = serializers.CharField()
    subject = serializers.CharField()
    at = serializers.DateTimeField()


class TicketDetailSerializer(TicketCardSerializer):
    """An opened ticket."""

    priority = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    solved_at = serializers.DateTimeField(allow_null=True)
    contact_points = ContactPointSerializer(many=True)
    history_count = serializers.IntegerField()
    linked_tickets = serializers.IntegerField(
        help_text="Tickets of other clients that stem from the same mail; nothing else of them is told"
    )
    channels_available = serializers.ListField(child=serializers.ChoiceField(choices=Channel.choices))
    endpoints = TicketEndpointSerializer(many=True)
    drafts = DraftSerializer(many=True)
    relations = TicketRelationSerializer(many=True)
    bridge = serializers.ChoiceField(
        choices=[("machine", "Machine translation"), ("interpreter", "Interpreter")],
        allow_blank=True,
        help_text="What helps whoever serves it with the language; '' for nothing",
    )
    wrap = WrapSerializer(allow_null=True)


class AuthorSerializer(serializers.Serializer[Any]):
    """Who an entry is from."""

    kind = serializers.ChoiceField(choices=["contact", "operator", "system"])
    name = serializers.CharField()


class AttachmentSerializer(serializers.Serializer[Any]):
    """A file of a message."""

    id = serializers.IntegerField()
    filename = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    state = serializers.ChoiceField(
        choices=FileState.choices, help_text="Only a stored file can be had; a pending one is being fetched"
    )
    error = serializers.CharField(help_text="Why a file is not to be had")
    url = serializers.CharField()


class CallFactsSerializer(serializers.Serializer[Any]):
    """What the telephone system says of a call; durations in whole milliseconds, null: not known."""

    direction = serializers.ChoiceField(choices=Direction.choices)
    outcome = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="null: somebody may still be on the line")
    wait_ms = serializers.IntegerField(allow_null=True)
    talk_ms = serializers.IntegerField(allow_null=True)
    hold_ms = serializers.IntegerField(allow_null=True)
    to = serializers.CharField()
    operator = serializers.CharField(allow_null=True)
    hung_up_by = serializers.CharField()
    flags = serializers.ListField(
        child=serializers.CharField(), help_text="What to know before relying on the figures, such as end_unknown"
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add "from", which is no name in Python."""
        return {**super().get_fields(), "from": serializers.CharField()}


class RecipientSerializer(serializers.Serializer[Any]):
    """One recipient of a mail."""

    name = serializers.CharField(max_length=200, allow_blank=True, default="")
    email = serializers.CharField(max_length=320)


class RecipientsSerializer(serializers.Serializer[Any]):
    """To whom a mail went."""

    to = RecipientSerializer(many=True)
    cc = RecipientSerializer(many=True)
    bcc = RecipientSerializer(many=True)


class BounceSerializer(serializers.Serializer[Any]):
    """What a mail server said of a recipient it did not reach.

    `hard`: the address itself is dead (null: nothing tells); `final` is false while the server still tries.
    """

    at = serializers.DateTimeField()
    recipient = serializers.CharField()
    code = serializers.CharField()
    hard = serializers.BooleanField(allow_null=True)
    final = serializers.BooleanField()
    reason = serializers.CharField()


class ComplaintSerializer(serializers.Serializer[Any]):
    """Somebody called a mail of ours spam; `nature` as RFC 5965 has it (abuse, fraud, ...), '' where it is not said."""

    at = serializers.DateTimeField()
    recipient = serializers.CharField()
    nature = serializers.CharField()


class EditSerializer(serializers.Serializer[Any]):
    """What a message said before its author changed it at this instant."""

    at = serializers.DateTimeField()
    before = serializers.CharField()


class EntrySerializer(serializers.Serializer[Any]):
    """An entry of the timeline. (type, id) is its identity; `kind` tells sorts of messages and events apart."""

    type = serializers.ChoiceField(choices=["message", "call", "note", "event", "rating"])
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    author = AuthorSerializer()
    channel = serializers.ChoiceField(choices=Channel.choices, allow_null=True)
    direction = serializers.ChoiceField(choices=Direction.choices, allow_null=True)
    kind = serializers.CharField()
    text = serializers.CharField()
    html_available = serializers.BooleanField()
    subject = serializers.CharField()
    status = serializers.ChoiceField(choices=MessageStatus.choices, allow_null=True)
    error = serializers.CharField()
    attachments = AttachmentSerializer(many=True)
    call = CallFactsSerializer(allow_null=True)
    score = serializers.IntegerField(allow_null=True, help_text="Of a rating: 1 (bad) to 5 (good).")
    client_uuid = serializers.UUIDField(allow_null=True)
    recipients = RecipientsSerializer(allow_null=True)
    bounces = BounceSerializer(many=True)
    complaints = ComplaintSerializer(many=True)
    incomplete = serializers.CharField(help_text="Why what is shown may be incomplete, as of an encrypted mail; or ''")
    protection = serializers.ListField(child=serializers.CharField(), help_text="How the mail is signed")
    parts = serializers.IntegerField(allow_null=True, help_text="SMS segments of this message; null: none are counted")
    is_cut = serializers.BooleanField(help_text="`text` is without quotes and signature; /messages/{id}/ has all of it")
    edits = EditSerializer(many=True)


class TimelineSerializer(serializers.Serializer[Any]):
    """The timeline; `cursor` is where live events go on from this snapshot."""

    results = EntrySerializer(many=True)
    cursor = serializers.CharField()


class MessageHtmlSerializer(serializers.Serializer[Any]):
    """The sanitised HTML of a message, to be shown in a sandboxed frame."""

    html = serializers.CharField()


class NewContactSerializer(serializers.Serializer[Any]):
    """Whom a new ticket is about."""

    kind = serializers.ChoiceField(choices=PointKind.choices)
    value = serializers.CharField(max_length=320)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class NewTicketSerializer(serializers.Serializer[Any]):
    """A ticket opened by a person, or by an API key."""

    account_id = serializers.IntegerField(required=False, help_text="Your account, unless you reach several.")
    channel = serializers.ChoiceField(choices=Channel.choices)
    subject = serializers.CharField(max_length=300)
    contact = NewContactSerializer()
    text = serializers.CharField(max_length=MAX_TEXT, required=False, allow_blank=True, default="")
    language = serializers.CharField(max_length=8, required=False, allow_blank=True, default="")
    client_uuid = serializers.UUIDField(required=False, allow_null=True, default=None)


class TicketChangeSerializer(serializers.Serializer[Any]):
    """What may be changed at the head of a ticket."""

    status = serializers.ChoiceField(choices=TicketStatus.choices, required=False)
    subject = serializers.CharField(max_length=300, required=False)
    language = serializers.CharField(max_length=8, required=False, allow_blank=True)


class ReplySerializer(serializers.Serializer[Any]):
    """A reply; `client_uuid` makes sending it twice harmless.

    Without `to` a mail answers the ticket's last mail. Addresses that were never on the ticket are refused
    (`new_recipients`) unless `confirm_new_recipients`. `attachments` are ids of uploads; they
    may stand for the text.
    """

    client_uuid = serializers.UUIDField(default=uuid4)
    channel = serializers.ChoiceField(choices=Channel.choices)
    text = serializers.CharField(max_length=MAX_TEXT, allow_blank=True, default="")
    to = RecipientSerializer(many=True, required=False)
    cc = RecipientSerializer(many=True, required=False)
    bcc = RecipientSerializer(many=True, required=False)
    confirm_new_recipients = serializers.BooleanField(default=False)
    attachments = serializers.ListField(child=serializers.IntegerField(), required=False, max_length=20)
    translation_id = serializers.IntegerField(required=False, help_text="What was written, if `text` is a translation")


class UploadSerializer(serializers.Serializer[Any]):
    """A file that is ready to be sent with a reply; its type is what its bytes say."""

    id = serializers.IntegerField()
    filename = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()


class NewUploadSerializer(serializers.Serializer[Any]):
    """A file, as a form sends it."""

    file = serializers.FileField(allow_empty_file=True, max_length=1000)


class NewNoteSerializer(serializers.Serializer[Any]):
    """A note; `client_uuid` makes sending it twice harmless."""

    client_uuid = serializers.UUIDField(default=uuid4)
    text = serializers.CharField(max_length=MAX_TEXT)


class DraftTextSerializer(serializers.Serializer[Any]):
    """What was typed; empty removes the draft."""

    text = serializers.CharField(max_length=MAX_TEXT, allow_blank=True, trim_whitespace=False)


class SuggestionSerializer(serializers.Serializer[Any]):
    """Another contact that may be the same person: `value` is the number or address that both have."""

    contact = ContactSerializer()
    reason = serializers.ChoiceField(choices=["same_number", "email_in_chat"])
    value = serializers.CharField()


class SuggestionListSerializer(serializers.Serializer[Any]):
    """Contacts that may be one person with this one."""

    results = SuggestionSerializer(many=True)

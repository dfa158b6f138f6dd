"""Shapes of the routing API. Frames are built as plain dictionaries (frames.py, console.py); these describe them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from contactcenter.routing.models import OfferPurpose, OfferState, Presence, TransferKind, TransferState
from contactcenter.tickets.models import Channel, TicketStatus
from contactcenter.tickets.serializers import PersonSerializer, TicketCardSerializer, WrapSerializer


class OfferSerializer(serializers.Serializer[Any]):
    """An offer; `why` tells the choice: rule, levels and load."""

    id = serializers.IntegerField()
    ticket = TicketCardSerializer()
    channel = serializers.ChoiceField(choices=Channel.choices)
    offered_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    why = serializers.DictField()
    bridge = serializers.ChoiceField(
        choices=[("machine", "Machine translation"), ("interpreter", "Interpreter")],
        allow_blank=True,
        help_text="What helps with the language; '' for nothing",
    )
    purpose = serializers.ChoiceField(choices=OfferPurpose.choices)


class OperatorNameSerializer(serializers.Serializer[Any]):
    """An operator by name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class TransferSerializer(serializers.Serializer[Any]):
    """A ticket on its way from its owner to somebody else, and how far it came."""

    id = serializers.IntegerField()
    ticket_id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=TransferKind.choices)
    state = serializers.ChoiceField(choices=TransferState.choices)
    to = OperatorNameSerializer(allow_null=True)
    queue = serializers.CharField()
    number = serializers.CharField()
    note = serializers.CharField()
    asked_at = serializers.DateTimeField()
    consulting_at = serializers.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add "from" (the owner), which is no name in Python."""
        return {**super().get_fields(), "from": OperatorNameSerializer()}


class NextPresenceSerializer(serializers.Serializer[Any]):
    """What begins when the work at hand is finished."""

    state = serializers.ChoiceField(choices=["break", "offline"])
    reason = serializers.CharField()


class PresenceStateSerializer(serializers.Serializer[Any]):
    """Presence (said) and engagement (derived)."""

    state = serializers.ChoiceField(choices=Presence.choices)
    reason = serializers.CharField()
    since = serializers.DateTimeField()
    next = NextPresenceSerializer(allow_null=True)
    engagement = serializers.ChoiceField(choices=["idle", "offered", "engaged", "wrap", "not_responding"])
    engagement_since = serializers.DateTimeField()


class PlacesSerializer(serializers.Serializer[Any]):
    """Places of one kind: taken, and in all."""

    used = serializers.IntegerField()
    max = serializers.IntegerField()


class LoadSerializer(serializers.Serializer[Any]):
    """Places by kind; SMS and social networks count as chats."""

    voice = PlacesSerializer()
    chat = PlacesSerializer()
    email = PlacesSerializer()


class PulseSerializer(serializers.Serializer[Any]):
    """The queue at a glance."""

    waiting = serializers.IntegerField()
    longest_since = serializers.DateTimeField(allow_null=True)
    ready = serializers.IntegerField()
    signed_in = serializers.IntegerField()


class WrappingSerializer(WrapSerializer):
    """A wrap-up with the card of its ticket."""

    ticket = TicketCardSerializer()


class ConsoleSerializer(serializers.Serializer[Any]):
    """Everything the console shows on opening."""

    cursor = serializers.CharField()
    server_time = serializers.DateTimeField()
    presence = PresenceStateSerializer()
    load = LoadSerializer()
    pulse = PulseSerializer()
    offer = OfferSerializer(allow_null=True)
    transfers = TransferSerializer(many=True)
    calls = TicketCardSerializer(many=True)
    open = TicketCardSerializer(many=True)
    wrapping = WrappingSerializer(many=True)


class DeclineSerializer(serializers.Serializer[Any]):
    """Why an offer is passed on."""

    reason = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class PresenceChangeSerializer(serializers.Serializer[Any]):
    """What the operator says; a break needs a reason.

    `after_work`: it begins when the work at hand is finished, and routing stops at once (a break's default).
    """

    state = serializers.ChoiceField(choices=["available", "break", "offline"])
    reason = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    after_work = serializers.BooleanField(required=False, allow_null=True, default=None)


class ForcePresenceSerializer(serializers.Serializer[Any]):
    """What a supervisor decides for somebody, and why."""

    state = serializers.ChoiceField(choices=["available", "break", "offline"])
    reason = serializers.CharField(max_length=80)


class ForcedPresenceSerializer(serializers.Serializer[Any]):
    """The operator's presence afterwards."""

    operator_id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Presence.choices)
    reason = serializers.CharField()
    since = serializers.DateTimeField()


class TransferRequestSerializer(serializers.Serializer[Any]):
    """Whom the ticket is for: one of operator_id, queue_id and number. `consult`: ask the operator to help first."""

    operator_id = serializers.IntegerField(required=False, allow_null=True, default=None)
    queue_id = serializers.IntegerField(required=False, allow_null=True, default=None)
    number = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    consult = serializers.BooleanField(required=False, default=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class TargetOperatorSerializer(OperatorNameSerializer):
    """Somebody a ticket may go to; `reason` says why not now ('' if they can be asked)."""

    presence = serializers.ChoiceField(choices=Presence.choices)
    since = serializers.DateTimeField(allow_null=True)
    languages = serializers.ListField(child=serializers.CharField())
    used = serializers.IntegerField()
    max = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=["", "not_available", "capacity", "deciding"])


class TargetQueueSerializer(serializers.Serializer[Any]):
    """A queue the ticket may go to."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    waiting = serializers.IntegerField()


class TransferTargetsSerializer(serializers.Serializer[Any]):
    """Whom a ticket may be handed to."""

    operators = TargetOperatorSerializer(many=True)
    queues = TargetQueueSerializer(many=True)
    numbers = serializers.BooleanField()


class WhisperSerializer(serializers.Serializer[Any]):
    """What a supervisor says to the operator at work on a ticket."""

    text = serializers.CharField(max_length=2000)
    client_uuid = serializers.UUIDField()


class FocusSerializer(serializers.Serializer[Any]):
    """Whether the ticket is on screen with activity in the last 90 seconds."""

    active = serializers.BooleanField()
    idle_ms = serializers.IntegerField(
        required=False, min_value=0, max_value=90_000, help_text="Milliseconds since the last activity."
    )


class WrapUpSerializer(serializers.Serializer[Any]):
    """The outcome and the orders taken; `disposition` is required where the account has outcomes."""

    disposition = serializers.CharField(max_length=40, required=False, allow_null=True, default=None)
    comment = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    status = serializers.ChoiceField(choices=TicketStatus.choices, required=False, allow_null=True, default=None)
    orders = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=1000, help_text="How many orders were taken."
    )
    order_amount = serializers.DecimalField(
        required=False,
        allow_null=True,
        default=None,
        max_digits=12,
        decimal_places=2,
        min_value=Decimal(0),
        help_text="What they are worth together, in the account's currency.",
    )


class CountedReasonSerializer(serializers.Serializer[Any]):
    """How many operators were not chosen for this reason."""

    reason = serializers.CharField()
    count = serializers.IntegerField()


class NotChosenSerializer(serializers.Serializer[Any]):
    """An operator who was not chosen, and the figures behind the reason."""

    operator = PersonSerializer()
    reason = serializers.CharField()
    skill = serializers.CharField()
    load = serializers.IntegerField(allow_null=True)
    capacity = serializers.IntegerField(allow_null=True)
    level = serializers.IntegerField(allow_null=True)
    wanted = serializers.IntegerField(allow_null=True)


class ReasonsSerializer(serializers.Serializer[Any]):
    """Why: the rule that decided, what was asked for, what had been relaxed, and the others."""

    rule = serializers.CharField()
    minimum_level = serializers.IntegerField(allow_null=True)
    level = serializers.IntegerField(allow_null=True)
    bridge = serializers.CharField()
    relaxed = serializers.ListField(child=serializers.CharField())
    waited_ms = serializers.IntegerField()
    load = serializers.IntegerField()
    capacity = serializers.IntegerField()
    not_chosen = CountedReasonSerializer(many=True)
    others = NotChosenSerializer(many=True)


class TracedOfferSerializer(ReasonsSerializer):
    """An offer with its reasons."""

    id = serializers.IntegerField()
    operator = PersonSerializer()
    state = serializers.ChoiceField(choices=OfferState.choices)
    offered_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)


class TracedWaitSerializer(ReasonsSerializer):
    """Where it waits, and why nobody has it yet; `rule` is empty while somebody decides, or its queue is closed."""

    queue = serializers.CharField()
    since = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    priority = serializers.IntegerField()


class RoutingTraceSerializer(serializers.Serializer[Any]):
    """Why the ticket was offered to whom it was."""

    waiting = TracedWaitSerializer(allow_null=True)
    offers = TracedOfferSerializer(many=True)

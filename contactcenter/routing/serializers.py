"""Shapes of the routing API. Frames are built as plain dictionaries (frames.py, console.py); these describe them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from contactcenter.routing.models import Presence
from contactcenter.tickets.models import Channel, TicketStatus
from contactcenter.tickets.serializers import TicketCardSerializer, WrapSerializer


class OfferSerializer(serializers.Serializer[Any]):
    """An offer; `why` tells the choice: rule, levels, load, and why others were not chosen."""

    id = serializers.IntegerField()
    ticket = TicketCardSerializer()
    channel = serializers.ChoiceField(choices=Channel.choices)
    offered_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    why = serializers.DictField()


class PresenceStateSerializer(serializers.Serializer[Any]):
    """Presence (said) and engagement (derived)."""

    state = serializers.ChoiceField(choices=Presence.choices)
    reason = serializers.CharField()
    since = serializers.DateTimeField()
    engagement = serializers.ChoiceField(choices=["idle", "offered", "engaged", "wrap"])
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
    open = TicketCardSerializer(many=True)
    wrapping = WrappingSerializer(many=True)


class DeclineSerializer(serializers.Serializer[Any]):
    """Why an offer is passed on."""

    reason = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class PresenceChangeSerializer(serializers.Serializer[Any]):
    """What the operator says; a break needs a reason."""

    state = serializers.ChoiceField(choices=["available", "break", "offline"])
    reason = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class FocusSerializer(serializers.Serializer[Any]):
    """Whether the ticket is on screen with activity in the last 90 seconds."""

    active = serializers.BooleanField()
    idle_ms = serializers.IntegerField(
        required=False, min_value=0, max_value=90_000, help_text="Milliseconds since the last activity."
    )


class WrapUpSerializer(serializers.Serializer[Any]):
    """The outcome; `disposition` is required where the account has outcomes."""

    disposition = serializers.CharField(max_length=40, required=False, allow_null=True, default=None)
    comment = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    status = serializers.ChoiceField(choices=TicketStatus.choices, required=False, allow_null=True, default=None)

"""The live events as one polymorphic schema: the same objects by the socket and by /api/v1/events/."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from channels_app.models import CallAction, CallOrderState, CallRequestState
from contactcenter.routing.models import OfferState, Presence
from contactcenter.routing.serializers import (
    NextPresenceSerializer,
    OfferSerializer,
    PulseSerializer,
    TransferSerializer,
)
from contactcenter.tickets.serializers import WrapSerializer


class OfferMadePayload(serializers.Serializer[Any]):
    """An offer for this operator."""

    offer = OfferSerializer()


class OfferResolvedPayload(serializers.Serializer[Any]):
    """The offer is no longer open."""

    offer_id = serializers.IntegerField()
    ticket_id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=OfferState.choices)


class TicketPayload(serializers.Serializer[Any]):
    """Something about this ticket changed; read what is on the screen. `created`: it was just opened."""

    ticket_id = serializers.IntegerField()
    created = serializers.BooleanField(required=False)


class EntryReferenceSerializer(serializers.Serializer[Any]):
    """Which entry."""

    type = serializers.ChoiceField(choices=["message", "call", "note", "event", "rating"])
    id = serializers.IntegerField()


class EntryPayload(serializers.Serializer[Any]):
    """An entry was added to the timeline, or changed."""

    ticket_id = serializers.IntegerField()
    entry = EntryReferenceSerializer()


class PresencePayload(serializers.Serializer[Any]):
    """An operator's presence."""

    operator_id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Presence.choices)
    reason = serializers.CharField()
    since = serializers.DateTimeField()
    next = NextPresenceSerializer(allow_null=True)


class PresenceForcedPayload(serializers.Serializer[Any]):
    """A supervisor has set this operator's presence."""

    state = serializers.ChoiceField(choices=Presence.choices)
    reason = serializers.CharField()
    by = serializers.CharField()


class TransferPayload(serializers.Serializer[Any]):
    """How far a transfer came, for its owner and the operator asked."""

    transfer = TransferSerializer()


class WhisperPayload(serializers.Serializer[Any]):
    """A supervisor says something to the operator at work on this ticket; it stays as a note."""

    ticket_id = serializers.IntegerField()
    note_id = serializers.IntegerField()
    text = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add "from" (a person's name), which is no name in Python."""
        return {**super().get_fields(), "from": serializers.CharField()}


class ViewerSerializer(serializers.Serializer[Any]):
    """Somebody of the team who has the ticket on screen."""

    user_id = serializers.IntegerField()
    name = serializers.CharField()
    writing = serializers.BooleanField()


class ViewersPayload(serializers.Serializer[Any]):
    """Who looks at this ticket now; passes by and is not in the log of events."""

    ticket_id = serializers.IntegerField()
    viewers = ViewerSerializer(many=True)


class TakenOverPayload(serializers.Serializer[Any]):
    """A supervisor has taken this ticket over from the operator."""

    ticket_id = serializers.IntegerField()
    by = serializers.CharField()


class WrapStartedPayload(serializers.Serializer[Any]):
    """A wrap-up clock runs, or was extended."""

    ticket_id = serializers.IntegerField()
    wrap = WrapSerializer()


class WrapFinishedPayload(serializers.Serializer[Any]):
    """A wrap-up is over; `outcome` is a disposition's code, '', "resumed" or "released"."""

    ticket_id = serializers.IntegerField()
    outcome = serializers.CharField()


class TypingPayload(serializers.Serializer[Any]):
    """Somebody is writing on this ticket."""

    ticket_id = serializers.IntegerField()
    name = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add "from" (contact or operator), which is no name in Python."""
        return {**super().get_fields(), "from": serializers.CharField()}


class ChatClosedPayload(serializers.Serializer[Any]):
    """The visitor's chat has ended."""

    ticket_id = serializers.IntegerField(allow_null=True)


class ContactMergePayload(serializers.Serializer[Any]):
    """Contact `merged_id` was merged into `contact_id`, or was parted from it again."""

    contact_id = serializers.IntegerField()
    merged_id = serializers.IntegerField()
    merge_id = serializers.IntegerField()


class CallRingingPayload(serializers.Serializer[Any]):
    """A caller rings on this operator's telephone; `number` is '' where it is withheld."""

    call_id = serializers.IntegerField()
    ticket_id = serializers.IntegerField()
    account_id = serializers.IntegerField()
    number = serializers.CharField()
    name = serializers.CharField()
    queue = serializers.CharField()
    since = serializers.DateTimeField()


class CallRingEndedPayload(serializers.Serializer[Any]):
    """It rings no longer: answered by this operator, or not."""

    call_id = serializers.IntegerField()
    ticket_id = serializers.IntegerField(allow_null=True)
    account_id = serializers.IntegerField()
    answered = serializers.BooleanField()


class CallRequestPayload(serializers.Serializer[Any]):
    """How far a click to call came; answered means that the operator lifted."""

    request_id = serializers.IntegerField()
    ticket_id = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=CallRequestState.choices)
    reason = serializers.CharField()


class CallOrderPayload(serializers.Serializer[Any]):
    """How far an order for a call under way came; done means that the telephone system took it."""

    order_id = serializers.IntegerField()
    call_id = serializers.IntegerField()
    action = serializers.ChoiceField(choices=CallAction.choices)
    state = serializers.ChoiceField(choices=CallOrderState.choices)
    reason = serializers.CharField()


PAYLOADS: dict[str, type[serializers.Serializer[Any]]] = {
    "offer.made": OfferMadePayload,
    "offer.resolved": OfferResolvedPayload,
    "ticket.changed": TicketPayload,
    "entry.added": EntryPayload,
    "entry.changed": EntryPayload,
    "presence.changed": PresencePayload,
    "presence.forced": PresenceForcedPayload,
    "transfer.changed": TransferPayload,
    "ticket.whispered": WhisperPayload,
    "ticket.taken_over": TakenOverPayload,
    "ticket.viewers": ViewersPayload,
    "queue.pulse": PulseSerializer,
    "wrap.started": WrapStartedPayload,
    "wrap.finished": WrapFinishedPayload,
    "chat.typing": TypingPayload,
    "chat.closed": ChatClosedPayload,
    "call.ringing": CallRingingPayload,
    "call.ring_ended": CallRingEndedPayload,
    "call.request_changed": CallRequestPayload,
    "call.order_changed": CallOrderPayload,
    "contact.merged": ContactMergePayload,
    "contact.unmerged": ContactMergePayload,
}


def _event(kind: str, payload: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the serializer of one kind of event; `kind` is a constant, so that clients can tell the union apart."""

    @extend_schema_field({"type": "string", "const": kind})
    class Kind(serializers.CharField):
        pass

    name = "".join(part.capitalize() for part in kind.split("."))
    fields = {
        "__doc__": f"Live event {kind}.",
        "__module__": __name__,
        "cursor": serializers.CharField(),
        "kind": Kind(),
        "at": serializers.DateTimeField(),
        "account_id": serializers.IntegerField(allow_null=True),
        "payload": payload(),
    }
    return type(f"{name}EventSerializer", (serializers.Serializer,), fields)


LiveEventSerializer = PolymorphicProxySerializer(
    component_name="LiveEvent",
    serializers={kind: _event(kind, payload) for kind, payload in PAYLOADS.items()},
    resource_type_field_name="kind",
    many=False,
)


@extend_schema_field(LiveEventSerializer)
class LiveEventField(serializers.JSONField):
    """One live event, built by kernel.push.as_json."""


class LiveEventsSerializer(serializers.Serializer[Any]):
    """Events after a cursor; ask again with `next` until none come. `reload`: the log no longer reaches back so far."""

    results = serializers.ListField(child=LiveEventField())
    next = serializers.CharField()
    reload = serializers.BooleanField()

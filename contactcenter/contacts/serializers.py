"""Shapes of the contacts API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from contactcenter.contacts.models import ContactMerge, PointKind

OLGA = {
    "id": 4711,
    "account_id": 3,
    "name": "Olga Petrova",
    "language": "ru",
    "created_at": "2026-06-15T09:00:00Z",
    "points": [
        {"id": 9001, "kind": "phone", "value": "+74952201490", "opted_out_at": None},
        {"id": 9002, "kind": "email", "value": "olga@example.org", "opted_out_at": None},
    ],
}


class PointSerializer(serializers.Serializer[Any]):
    """One address, number or handle; the value is normalised (E.164, lower case)."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=PointKind.choices)
    value = serializers.CharField()
    opted_out_at = serializers.DateTimeField(
        allow_null=True,
        help_text="Since when its holder wants no SMS (STOP) or no automatic mail (a complaint); null: none of it",
    )


@extend_schema_serializer(examples=[OpenApiExample("A contact", value=OLGA, response_only=True)])
class ContactSerializer(serializers.Serializer[Any]):
    """One end customer."""

    id = serializers.IntegerField()
    account_id = serializers.IntegerField()
    name = serializers.CharField()
    language = serializers.CharField()
    created_at = serializers.DateTimeField()
    points = PointSerializer(many=True)


class ContactPageSerializer(serializers.Serializer[Any]):
    """A page of contacts, the newest first."""

    results = ContactSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class ContactNameSerializer(serializers.Serializer[Any]):
    """A contact by name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class UndoableMergeSerializer(serializers.Serializer[Any]):
    """A merge into this contact that can be undone; `by` is empty where an API key merged."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    merged = ContactNameSerializer()


class ContactDetailSerializer(ContactSerializer):
    """One end customer with the merges that made it."""

    merges = UndoableMergeSerializer(many=True)


class NewPointSerializer(serializers.Serializer[Any]):
    """A point as anybody writes it."""

    kind = serializers.ChoiceField(choices=PointKind.choices)
    value = serializers.CharField(max_length=320)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A new contact",
            value={
                "name": "Olga Petrova",
                "language": "ru",
                "points": [{"kind": "email", "value": "Olga@Example.org"}],
            },
            request_only=True,
        )
    ]
)
class NewContactWithPointsSerializer(serializers.Serializer[Any]):
    """A contact to add."""

    account_id = serializers.IntegerField(required=False, help_text="Your account, unless you reach several.")
    name = serializers.CharField(max_length=200, allow_blank=True, default="")
    language = serializers.CharField(max_length=8, allow_blank=True, default="")
    points = NewPointSerializer(many=True, required=False, default=list)


class ContactChangeSerializer(serializers.Serializer[Any]):
    """What to change."""

    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    language = serializers.CharField(max_length=8, allow_blank=True, required=False)


class MergeRequestSerializer(serializers.Serializer[Any]):
    """Which contact to merge into the one in the address."""

    contact_id = serializers.IntegerField()


class MergeSerializer(serializers.ModelSerializer[ContactMerge]):
    """A merge. `moved` and `stayed` are ids by kind of row; `stayed` is what an undo could not move back."""

    contact_id = serializers.IntegerField(source="kept_id")
    merged_id = serializers.IntegerField()
    moved = serializers.DictField(child=serializers.ListField(child=serializers.IntegerField()))
    stayed = serializers.DictField(child=serializers.ListField(child=serializers.IntegerField()))

    class Meta:
        model = ContactMerge
        fields = ("id", "contact_id", "merged_id", "at", "moved", "undone_at", "stayed")
        read_only_fields = fields

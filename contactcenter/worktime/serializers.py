"""What the ledger looks like over HTTP."""

from typing import Any

from rest_framework import serializers

from contactcenter.worktime.models import SliceKind


class SessionParameters(serializers.Serializer[Any]):
    """Which sessions; `date` is a UTC day on which they were under way."""

    operator = serializers.IntegerField(required=False, min_value=1)
    date = serializers.DateField(required=False)
    cursor = serializers.CharField(required=False, max_length=60)


class SessionSerializer(serializers.Serializer[Any]):
    """One session; `derived_until` tells how far its slices reach."""

    id = serializers.IntegerField()
    operator_id = serializers.IntegerField()
    operator_name = serializers.CharField(source="operator.display_name")
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    derived_until = serializers.DateTimeField(allow_null=True)
    close_rule = serializers.CharField()


class SessionPageSerializer(serializers.Serializer[Any]):
    """A page of sessions, newest first."""

    results = SessionSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class SliceParameters(serializers.Serializer[Any]):
    """Which session's slices."""

    session = serializers.IntegerField(min_value=1)
    cursor = serializers.CharField(required=False, max_length=60)


class AllocationSerializer(serializers.Serializer[Any]):
    """A part of a slice under the current allocation; account null: nobody's."""

    account_id = serializers.IntegerField(allow_null=True)
    interaction_id = serializers.IntegerField(allow_null=True)
    ms = serializers.IntegerField()


class SliceSerializer(serializers.Serializer[Any]):
    """One current slice with its allocations, which sum to it."""

    id = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    ms = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=SliceKind.choices)
    account_id = serializers.IntegerField(allow_null=True)
    interaction_id = serializers.IntegerField(allow_null=True)
    channel = serializers.CharField()
    reason = serializers.CharField()
    allocations = AllocationSerializer(many=True, source="current_allocations")


class SlicePageSerializer(serializers.Serializer[Any]):
    """A page of slices in order of time."""

    results = SliceSerializer(many=True)
    next = serializers.CharField(allow_null=True)

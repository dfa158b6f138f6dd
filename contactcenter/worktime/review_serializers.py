"""What days, corrections, allocations made again and contradictions look like over HTTP."""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from rest_framework import serializers

from contactcenter.worktime.models import (
    ContradictionKind,
    CorrectionState,
    IdlePolicyKind,
    OpenPolicyKind,
    SliceKind,
)
from contactcenter.worktime.serializers import SliceSerializer


class ZoneField(serializers.CharField):
    """An IANA time zone."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the zone; a name that is none is refused."""
        name = super().to_internal_value(data)
        if name not in available_timezones():
            raise serializers.ValidationError(f"There is no time zone {name}.")
        return ZoneInfo(name)


class DayParameters(serializers.Serializer[Any]):
    """Whose day, in which time zone."""

    operator = serializers.IntegerField(min_value=1)
    date = serializers.DateField()
    zone = ZoneField(required=False)


class TimeTotalSerializer(serializers.Serializer[Any]):
    """Milliseconds of one account (null: nobody's) and class."""

    account = serializers.IntegerField(allow_null=True)
    kind = serializers.ChoiceField(choices=SliceKind.choices)
    ms = serializers.IntegerField()


class DaySessionSerializer(serializers.Serializer[Any]):
    """A session with its time within the day."""

    id = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    derived_until = serializers.DateTimeField(allow_null=True)
    close_rule = serializers.CharField()
    ms = serializers.IntegerField()
    versions = serializers.IntegerField()


class ContradictionSerializer(serializers.Serializer[Any]):
    """What two sources, or a source and the rules, do not agree on."""

    id = serializers.IntegerField()
    operator_id = serializers.IntegerField()
    operator_name = serializers.CharField(source="operator.display_name")
    kind = serializers.ChoiceField(choices=ContradictionKind.choices)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    subject = serializers.CharField()
    seen_by = serializers.CharField(source="seen_by.full_name", allow_null=True, default=None)
    seen_at = serializers.DateTimeField(allow_null=True)


class DaySerializer(serializers.Serializer[Any]):
    """An operator's day: the totals sum to the slices, the slices to the time logged in."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    sessions = DaySessionSerializer(many=True)
    slices = SliceSerializer(many=True)
    totals = TimeTotalSerializer(many=True)
    logged_in_ms = serializers.IntegerField()
    contradictions = ContradictionSerializer(many=True)


class ContradictionParameters(serializers.Serializer[Any]):
    """Which contradictions, newest first."""

    operator = serializers.IntegerField(required=False, min_value=1)
    kind = serializers.ChoiceField(choices=ContradictionKind.choices, required=False)
    unseen = serializers.BooleanField(required=False, default=False)
    cursor = serializers.CharField(required=False, max_length=60)


class ContradictionPageSerializer(serializers.Serializer[Any]):
    """A page of contradictions."""

    results = ContradictionSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class EventParameters(serializers.Serializer[Any]):
    """Whose events, from when to when."""

    operator = serializers.IntegerField(min_value=1)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class TimeEventSerializer(serializers.Serializer[Any]):
    """One recorded event; `is_void`: a correction has taken it back."""

    source_key = serializers.CharField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    account_id = serializers.IntegerField(allow_null=True)
    interaction_id = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    told_by = serializers.CharField()
    is_void = serializers.BooleanField()


class TimeEventListSerializer(serializers.Serializer[Any]):
    """Events in order of time, at most 500."""

    results = TimeEventSerializer(many=True)


class ChangeSerializer(serializers.Serializer[Any]):
    """One change: assign time to a class and account, take an event back (void), or set the start or end of a stay."""

    do = serializers.ChoiceField(choices=["assign", "void", "start", "end"])
    start = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False)
    kind = serializers.ChoiceField(choices=["talk", "focus", "wrap", "break", "idle"], required=False)
    account_id = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    interaction_id = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    channel = serializers.CharField(required=False, allow_blank=True, max_length=10)
    source_key = serializers.CharField(required=False, max_length=200)
    at = serializers.DateTimeField(required=False)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the change as it is kept: JSON, with the class under its name in events."""
        values = super().to_internal_value(data)
        document = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}
        if "kind" in document:
            document["class"] = document.pop("kind")
        return document


class ChangesSerializer(serializers.Serializer[Any]):
    """The changes of one operator's time."""

    operator_id = serializers.IntegerField(min_value=1)
    changes = serializers.ListField(child=ChangeSerializer(), min_length=1, max_length=50)


class CorrectionCreateSerializer(ChangesSerializer):
    """A correction to propose."""

    reason = serializers.CharField(max_length=200)


class EffectSliceSerializer(serializers.Serializer[Any]):
    """A slice as it is, or as it would be."""

    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=SliceKind.choices)
    account = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()


class EffectSerializer(serializers.Serializer[Any]):
    """What changes would do to the sessions around them."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    before = TimeTotalSerializer(many=True)
    after = TimeTotalSerializer(many=True)
    slices_before = EffectSliceSerializer(many=True)
    slices_after = EffectSliceSerializer(many=True)


class CorrectionParameters(serializers.Serializer[Any]):
    """Which corrections, newest first."""

    state = serializers.ChoiceField(choices=CorrectionState.choices, required=False)
    operator = serializers.IntegerField(required=False, min_value=1)
    cursor = serializers.IntegerField(required=False, min_value=1)


class CorrectionSerializer(serializers.Serializer[Any]):
    """A correction with its effect as it was shown when it was proposed."""

    id = serializers.IntegerField()
    operator_id = serializers.IntegerField()
    operator_name = serializers.CharField(source="operator.display_name")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=CorrectionState.choices)
    changes = serializers.ListField(child=serializers.DictField())
    reason = serializers.CharField()
    before = TimeTotalSerializer(many=True)
    after = TimeTotalSerializer(many=True)
    author_id = serializers.IntegerField()
    author_name = serializers.CharField(source="author.full_name")
    proposed_at = serializers.DateTimeField()
    decided_by_name = serializers.CharField(source="decided_by.full_name", allow_null=True, default=None)
    decided_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()


class CorrectionPageSerializer(serializers.Serializer[Any]):
    """A page of corrections; `next` is the cursor of the following one."""

    results = CorrectionSerializer(many=True)
    next = serializers.IntegerField(allow_null=True)


class RejectionSerializer(serializers.Serializer[Any]):
    """Why a correction is rejected; its author may leave it out."""

    note = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class ReallocationCreateSerializer(serializers.Serializer[Any]):
    """A period to allocate again; without `kind` by each operator's own policy as set now."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    operator_id = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    kind = serializers.ChoiceField(choices=IdlePolicyKind.choices, required=False, allow_null=True)
    open_kind = serializers.ChoiceField(choices=OpenPolicyKind.choices, required=False)
    settings = serializers.DictField(required=False)
    is_dry_run = serializers.BooleanField(default=True)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class AllocationDifferenceSerializer(serializers.Serializer[Any]):
    """What an account (null: nobody) had of a class before, and has after."""

    account = serializers.IntegerField(allow_null=True)
    kind = serializers.ChoiceField(choices=SliceKind.choices)
    before_ms = serializers.IntegerField()
    after_ms = serializers.IntegerField()


class ReallocationPolicySerializer(serializers.Serializer[Any]):
    """The policy asked for; all null: each operator's own."""

    kind = serializers.ChoiceField(choices=IdlePolicyKind.choices, allow_null=True, default=None)
    open_kind = serializers.ChoiceField(choices=OpenPolicyKind.choices, allow_null=True, default=None)
    settings = serializers.DictField(default=dict)


class ReallocationSerializer(serializers.Serializer[Any]):
    """An allocation made again, or calculated; the differences are complete once it is finished."""

    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    operator_id = serializers.IntegerField(allow_null=True)
    policy = ReallocationPolicySerializer()
    is_dry_run = serializers.BooleanField()
    reason = serializers.CharField()
    author_name = serializers.CharField(source="author.full_name", allow_null=True, default=None)
    asked_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    sessions = serializers.IntegerField()
    changed_sessions = serializers.IntegerField()
    differences = AllocationDifferenceSerializer(many=True)


class AllocationVersionParameters(serializers.Serializer[Any]):
    """Which session's versions; `cursor`: those below this version."""

    session = serializers.IntegerField(min_value=1)
    cursor = serializers.IntegerField(required=False, min_value=1)


class AllocationVersionPolicySerializer(serializers.Serializer[Any]):
    """The policy that a version was made under."""

    kind = serializers.ChoiceField(choices=IdlePolicyKind.choices)
    open_kind = serializers.ChoiceField(choices=OpenPolicyKind.choices)


class AllocationVersionSerializer(serializers.Serializer[Any]):
    """One version of whose a session's time is, why it was made, and what it changed from the one before."""

    version = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    is_current = serializers.BooleanField()
    cause = serializers.ChoiceField(choices=["first", "facts", "reallocation"])
    reason = serializers.CharField()
    author_name = serializers.CharField(allow_null=True)
    policy = AllocationVersionPolicySerializer()
    ms = serializers.IntegerField()
    differences = AllocationDifferenceSerializer(many=True)


class AllocationVersionPageSerializer(serializers.Serializer[Any]):
    """A page of versions, newest first; `next` is the cursor of the following one."""

    results = AllocationVersionSerializer(many=True)
    next = serializers.IntegerField(allow_null=True)


class ReallocationPageSerializer(serializers.Serializer[Any]):
    """A page of allocations made again, newest first; `next` is the cursor of the following one."""

    results = ReallocationSerializer(many=True)
    next = serializers.IntegerField(allow_null=True)


class CursorParameters(serializers.Serializer[Any]):
    """Where a page begins."""

    cursor = serializers.IntegerField(required=False, min_value=1)

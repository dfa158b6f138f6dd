"""The shapes of /api/v1/portal/. Milliseconds are whole, shares whole thousandths, money decimal strings."""

from typing import Any

from rest_framework import serializers

from billing.periods import Cycle
from contactcenter.dashboards.portal_months import Month, parse_month
from contactcenter.tenancy.models import ServiceLevelFormula
from contactcenter.tickets.models import Channel, Direction

ANSWERS = ("in_time", "late", "abandoned")


class MonthField(serializers.CharField):
    """A calendar month, YYYY-MM, or the first day of a 28-day cycle."""

    def to_internal_value(self, data: Any) -> Month:  # type: ignore[override]
        """Return the month, or say how one is written."""
        try:
            return parse_month(text=super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None


class PeriodParameters(serializers.Serializer[Any]):
    """Whose; without `account` the first one in reach."""

    account = serializers.IntegerField(required=False)


class PeriodsSerializer(serializers.Serializer[Any]):
    """The periods by which an account is billed, newest first: months (2026-06), or cycles by their first day."""

    account = serializers.IntegerField()
    cycle = serializers.ChoiceField(choices=[str(cycle) for cycle in Cycle])
    results = serializers.ListField(child=serializers.CharField())


class UsageParameters(PeriodParameters):
    """What to count; without `account` the first one in reach, without `month` the running period."""

    month = MonthField(
        required=False, help_text="YYYY-MM, or the first day of a 28-day cycle, in the account's time zone"
    )
    channel = serializers.ChoiceField(choices=Channel.choices, required=False, allow_blank=True)


class ContactParameters(UsageParameters):
    """Which contacts to list. With `ticket` and no `month`: all of that ticket."""

    answer = serializers.ChoiceField(choices=ANSWERS, required=False, allow_blank=True)
    day = serializers.DateField(required=False, allow_null=True, help_text="A local day of the account")
    weekday = serializers.IntegerField(min_value=0, max_value=6, required=False, help_text="0 = Monday")
    hour = serializers.IntegerField(min_value=0, max_value=23, required=False)
    ticket = serializers.IntegerField(required=False)
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=80)


class CountSerializer(serializers.Serializer[Any]):
    """A number beside that of the stretch compared with."""

    value = serializers.IntegerField()
    before = serializers.IntegerField()
    change_permille = serializers.IntegerField(allow_null=True)


class AnsweringSerializer(serializers.Serializer[Any]):
    """How calls and chats were answered."""

    threshold_s = serializers.IntegerField()
    formula = serializers.ChoiceField(choices=ServiceLevelFormula.choices)
    target_percent = serializers.IntegerField()
    answered = serializers.IntegerField()
    abandoned = serializers.IntegerField()
    in_time_permille = serializers.IntegerField(allow_null=True)
    before_permille = serializers.IntegerField(allow_null=True)
    average_wait_ms = serializers.IntegerField(allow_null=True)
    before_wait_ms = serializers.IntegerField(allow_null=True)


class FigureSerializer(serializers.Serializer[Any]):
    """A figure beside that of the stretch compared with: a share in thousandths or a time in milliseconds.

    Null: nothing to divide. Defined in docs/metrics.md.
    """

    value = serializers.IntegerField(allow_null=True)
    before = serializers.IntegerField(allow_null=True)


class UsageFiguresSerializer(serializers.Serializer[Any]):
    """How contacts were handled."""

    abandonment = FigureSerializer()
    aht = FigureSerializer()
    transfers = FigureSerializer()
    fcr = FigureSerializer()
    csat = FigureSerializer()


class CostSerializer(serializers.Serializer[Any]):
    """What the month costs by now; `before_net` is the whole previous month."""

    net = serializers.CharField()
    gross = serializers.CharField()
    currency = serializers.CharField()
    before_net = serializers.CharField(allow_null=True)


class UsageDaySerializer(serializers.Serializer[Any]):
    """One local day."""

    on = serializers.DateField()
    counts = serializers.DictField(child=serializers.IntegerField())
    in_time_permille = serializers.IntegerField(allow_null=True)
    average_wait_ms = serializers.IntegerField(allow_null=True)


class BusiestSerializer(serializers.Serializer[Any]):
    """The fullest hour of the week."""

    weekday = serializers.IntegerField()
    hour = serializers.IntegerField()
    contacts = serializers.IntegerField()


class UsageSerializer(serializers.Serializer[Any]):
    """One month of one account."""

    account_id = serializers.IntegerField()
    month = serializers.CharField()
    cycle = serializers.ChoiceField(choices=[str(cycle) for cycle in Cycle])
    time_zone = serializers.CharField()
    currency = serializers.CharField()
    as_of = serializers.DateTimeField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    complete = serializers.BooleanField()
    contacts = CountSerializer()
    answering = AnsweringSerializer()
    figures = UsageFiguresSerializer()
    cost = CostSerializer(allow_null=True)
    days = UsageDaySerializer(many=True)
    heat = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    busiest = BusiestSerializer(allow_null=True)


class PortalContactPersonSerializer(serializers.Serializer[Any]):
    """Who it was."""

    name = serializers.CharField()
    point = serializers.CharField()


class PortalTicketSerializer(serializers.Serializer[Any]):
    """The ticket it belongs to."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    subject = serializers.CharField()


class TimeClassesSerializer(serializers.Serializer[Any]):
    """Settled operator time by class, in whole milliseconds."""

    talk_ms = serializers.IntegerField()
    hold_ms = serializers.IntegerField()
    wrap_ms = serializers.IntegerField()
    focus_ms = serializers.IntegerField()
    open_ms = serializers.IntegerField()


class AmountSerializer(serializers.Serializer[Any]):
    """Money."""

    amount = serializers.CharField()
    currency = serializers.CharField()


class PortalContactSerializer(serializers.Serializer[Any]):
    """One interaction (id i...), or a call that nobody took (id c...)."""

    id = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    channel = serializers.ChoiceField(choices=Channel.choices)
    direction = serializers.ChoiceField(choices=Direction.choices)
    contact = PortalContactPersonSerializer(allow_null=True)
    operator = serializers.CharField(allow_null=True)
    outcome = serializers.CharField()
    disposition = serializers.CharField(allow_null=True)
    ticket = PortalTicketSerializer(allow_null=True)
    wait_ms = serializers.IntegerField(allow_null=True)
    times = TimeClassesSerializer()
    cost = AmountSerializer(allow_null=True)


class PortalContactPageSerializer(serializers.Serializer[Any]):
    """A page of contacts, newest first."""

    results = PortalContactSerializer(many=True)
    next = serializers.CharField(allow_null=True)

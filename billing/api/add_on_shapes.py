"""What requests and answers about add-ons and one-offs look like."""

from decimal import Decimal

from rest_framework import serializers

from billing.api.serializers import Shape
from billing.models import AddOnKind, AddOnState, Side
from billing.terms import QUANTITY_BY_KIND


class AddOnInvoiceSerializer(Shape):
    """An issued invoice that charges it."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    period = serializers.CharField()
    amount = serializers.CharField()


class PrepaidSerializer(Shape):
    """Units that a one-off buys ahead, in all: whole units (ms, contact, ...) on the rates `of` (none: all that count
    in them).
    """

    units = serializers.IntegerField()
    unit = serializers.CharField()
    of = serializers.ListField(child=serializers.CharField())
    priority = serializers.IntegerField()


class AddOnSerializer(Shape):
    """A fee beside the tariff. ends_on: the day after the last. code: the tariff's component it was chosen from.

    may_decide, may_withdraw, may_end: what the person who asks may do with it now.
    """

    id = serializers.IntegerField()
    account = serializers.IntegerField()
    account_name = serializers.CharField()
    reference = serializers.CharField()
    kind = serializers.ChoiceField(choices=AddOnKind.choices)
    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    quantity = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    tax_code = serializers.CharField()
    prorate = serializers.BooleanField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=AddOnState.choices)
    proposed_side = serializers.ChoiceField(choices=Side.choices)
    proposed_at = serializers.DateTimeField()
    proposed_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    prepaid = PrepaidSerializer(allow_null=True)
    invoices = AddOnInvoiceSerializer(many=True)
    may_decide = serializers.BooleanField()
    may_withdraw = serializers.BooleanField()
    may_end = serializers.BooleanField()


class AddOnPageSerializer(Shape):
    """Add-ons, newest first."""

    results = AddOnSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class PrepaidUnitsSerializer(Shape):
    """Units to buy ahead, for each of the quantity; `of`: codes of the rates they are for, none meaning all that count
    in them. Of what expires together, the lower priority is drawn first.
    """

    units = serializers.DecimalField(max_digits=12, decimal_places=4)
    unit = serializers.ChoiceField(choices=sorted(q.word for q in QUANTITY_BY_KIND.values() if q.word != "hour"))
    of = serializers.ListField(child=serializers.CharField(max_length=200), max_length=100, default=list)
    priority = serializers.IntegerField(min_value=-100, max_value=100, default=0)


class ProposalSerializer(Shape):
    """A fee to propose: by a code of the tariff, or of its own with name, amount and tax category."""

    account = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=AddOnKind.choices, default=AddOnKind.RECURRING)
    code = serializers.CharField(max_length=200, allow_blank=True, default="")
    name = serializers.CharField(max_length=150, allow_blank=True, default="")
    description = serializers.CharField(max_length=1000, allow_blank=True, default="")
    quantity = serializers.DecimalField(max_digits=12, decimal_places=4, default=Decimal(1))
    amount = serializers.DecimalField(max_digits=20, decimal_places=4, required=False, allow_null=True, default=None)
    tax_code = serializers.CharField(max_length=200, allow_blank=True, default="")
    prorate = serializers.BooleanField(default=True)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, allow_null=True, default=None)
    prepaid = PrepaidUnitsSerializer(required=False, allow_null=True, default=None)


class AddOnReasonSerializer(Shape):
    """Why a proposal is declined."""

    reason = serializers.CharField(max_length=500)


class AddOnEndSerializer(Shape):
    """From which day on an add-on is no longer charged; a one-off needs none."""

    ends_on = serializers.DateField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class ChoiceSerializer(Shape):
    """An add-on or one-off that the account's tariff sells."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(choices=AddOnKind.choices)
    name = serializers.CharField()
    amount = serializers.CharField()
    prorate = serializers.BooleanField()


class TaxChoiceSerializer(Shape):
    """A tax category of the account's tariff."""

    code = serializers.CharField()
    percent = serializers.CharField()


class RateChoiceSerializer(Shape):
    """A rate of the account's tariff, of which units can be bought ahead: minutes, contacts, ..."""

    code = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()


class ChoicesSerializer(Shape):
    """What can be proposed to an account today; currency null: it has no tariff."""

    currency = serializers.CharField(allow_null=True)
    choices = ChoiceSerializer(many=True)
    taxes = TaxChoiceSerializer(many=True)
    rates = RateChoiceSerializer(many=True)

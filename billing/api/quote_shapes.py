"""Quotes as their API shows and takes them. Money is decimal strings, of smallest units where the currency has them."""

from typing import Any

from rest_framework import serializers

from billing.api.serializers import BillLineSerializer, BillSerializer, NamedSerializer, Shape
from billing.api.sheets import SheetTextsSerializer
from billing.models import Quote, QuoteStatus
from billing.quote_figures import estimate_in, other_currency


class StaffSerializer(Shape):
    """What the comparison with own staff assumes; without a wage there is none. Shares and loads are decimals."""

    wage_per_hour = serializers.CharField(max_length=20, required=False, allow_blank=True)
    productive_share = serializers.CharField(max_length=20, required=False)
    load = serializers.CharField(max_length=20, required=False)
    target_percent = serializers.IntegerField(required=False)
    within_s = serializers.IntegerField(required=False)
    least_staff = serializers.IntegerField(required=False)


class QuoteInputsSerializer(Shape):
    """What a quote is computed from; volumes as docs/quotes.md describes them."""

    tariff_version = serializers.IntegerField()
    starts_on = serializers.DateField()
    valid_until = serializers.DateField()
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")
    volumes = serializers.DictField()
    staff = StaffSerializer(default=dict)


class NewQuoteSerializer(QuoteInputsSerializer):
    """A quote to draft for an account."""

    account = serializers.IntegerField()


class AcceptSerializer(Shape):
    """Who accepts, and the hash of what was read."""

    name = serializers.CharField(max_length=200)
    content_hash = serializers.CharField(max_length=64)


class ReasonSerializer(Shape):
    """Why, in a sentence or none."""

    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class EstimatedLineSerializer(BillLineSerializer):
    """A line of the usual period; low and high: the 10th and the 90th of a hundred possible periods."""

    low = serializers.CharField()
    high = serializers.CharField()


class EstimatedBillSerializer(BillSerializer):
    """The usual period, and how far chance moves its net."""

    lines = EstimatedLineSerializer(many=True)
    low = serializers.CharField()
    high = serializers.CharField()


class EstimatedTotalSerializer(Shape):
    """All periods together, without tax."""

    periods = serializers.IntegerField()
    net = serializers.CharField()
    low = serializers.CharField()
    high = serializers.CharField()


class EstimateSerializer(Shape):
    """What is to be expected: the usual period, the first bill, all periods; from so many possible periods."""

    currency = serializers.CharField()
    usual_period = serializers.CharField()
    first_period = serializers.CharField()
    usual = EstimatedBillSerializer()
    first = BillSerializer()
    total = EstimatedTotalSerializer()
    runs = serializers.IntegerField()


class ComparisonFormulaSerializer(Shape):
    """The two formulas with their numbers."""

    paid_hours = serializers.CharField()
    cost = serializers.CharField()


class ComparisonSerializer(Shape):
    """Own staff for a usual period: people in each hour of a week (Monday first), hours, cost, what the quote saves."""

    staff = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    most_staff = serializers.IntegerField()
    productive_hours = serializers.CharField()
    paid_hours = serializers.CharField()
    full_time = serializers.CharField()
    cost = serializers.CharField()
    quoted = serializers.CharField()
    saved = serializers.CharField()
    formula = ComparisonFormulaSerializer()


class QuoteRowSerializer(Shape):
    """A quote as a list shows it; net: of the usual period, expected."""

    id = serializers.IntegerField()
    account = serializers.IntegerField()
    account_name = serializers.CharField()
    number = serializers.CharField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=QuoteStatus.choices)
    tariff = NamedSerializer()
    starts_on = serializers.DateField()
    valid_until = serializers.DateField()
    currency = serializers.CharField()
    net = serializers.CharField()
    low = serializers.CharField()
    high = serializers.CharField()
    changed_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class QuotePageSerializer(Shape):
    """Quotes, newest first."""

    results = QuoteRowSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class QuoteSerializer(QuoteRowSerializer):
    """A quote with all that was computed, and the price sheet it stands on (once it is sent).

    other_currency: the account's tariff's on the quote's first day, where it is another than the quote's; else "".
    """

    tariff_version = serializers.IntegerField()
    tariff_version_number = serializers.IntegerField()
    note = serializers.CharField()
    volumes = serializers.DictField()
    staff = StaffSerializer()
    estimate = EstimateSerializer()
    comparison = ComparisonSerializer(allow_null=True)
    sheets = serializers.DictField(child=SheetTextsSerializer())
    sheet_hash = serializers.CharField()
    content_hash = serializers.CharField()
    other_currency = serializers.CharField()
    created_by = serializers.CharField(allow_null=True)
    decided_name = serializers.CharField()
    reason = serializers.CharField()


def quote_row(*, quote: Quote) -> dict[str, Any]:
    """Return a quote as a list shows it."""
    usual = quote.estimate["usual"]
    tariff = quote.tariff_version.tariff
    return {
        "id": quote.pk,
        "account": quote.account_id,
        "account_name": quote.account.name,
        "number": quote.number,
        "version": quote.version,
        "status": quote.status,
        "tariff": {"id": tariff.pk, "name": tariff.name},
        "starts_on": quote.starts_on,
        "valid_until": quote.valid_until,
        "currency": quote.estimate["currency"],
        **{key: usual[key] for key in ("net", "low", "high")},
        "changed_at": quote.changed_at,
        "sent_at": quote.sent_at,
        "decided_at": quote.decided_at,
    }


def quote_detail(*, quote: Quote, language: str) -> dict[str, Any]:
    """Return a quote with all that was computed, its lines named in the reader's language."""
    return quote_row(quote=quote) | {
        "tariff_version": quote.tariff_version_id,
        "tariff_version_number": quote.tariff_version.number,
        "note": quote.note,
        "volumes": quote.volumes,
        "staff": quote.staff,
        "estimate": estimate_in(quote=quote, language=language),
        "other_currency": other_currency(quote=quote) or "",
        "comparison": quote.comparison,
        "sheets": quote.sheet.get("texts", {}),
        "sheet_hash": quote.sheet_hash,
        "content_hash": quote.content_hash,
        "created_by": quote.created_by.full_name if quote.created_by else None,
        "decided_name": quote.decided_name,
        "reason": quote.reason,
    }

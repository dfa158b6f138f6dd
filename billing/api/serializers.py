"""The shapes of billing's API. Money and exact amounts are decimal strings, durations whole milliseconds."""

from typing import Any

from rest_framework import serializers

from billing.models import CreditReason, DocumentKind, InvoiceStatus
from billing.money_owed import PaymentState
from billing.pricing import LineKind

Shape = serializers.Serializer[Any]


class BillLineSerializer(Shape):
    """A line as printed; `explanation` tells how the amount came about. `id` and what credit notes took
    back (`credited`) only on invoices.
    """

    id = serializers.IntegerField(required=False)
    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=[str(kind) for kind in LineKind])
    code = serializers.CharField()
    name = serializers.CharField()
    segment = serializers.CharField()
    tax = serializers.CharField()
    amount = serializers.CharField()
    credited = serializers.CharField(required=False)
    explanation = serializers.DictField()


class BillTaxSerializer(Shape):
    """A tax category: EN 16931 letter, percent, base and amount."""

    code = serializers.CharField()
    category = serializers.CharField()
    percent = serializers.CharField()
    base = serializers.CharField()
    amount = serializers.CharField()


class BillSerializer(Shape):
    """A priced period. net is the sum of the lines, total = net + tax; unpriced counts contacts that no rate fits."""

    currency = serializers.CharField()
    lines = BillLineSerializer(many=True)
    taxes = BillTaxSerializer(many=True)
    net = serializers.CharField()
    tax = serializers.CharField()
    total = serializers.CharField()
    unpriced = serializers.IntegerField()


class AccrualSerializer(BillSerializer):
    """What a month costs so far, as it would be invoiced now."""

    account = serializers.IntegerField()
    month = serializers.CharField()
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    as_of = serializers.DateTimeField()


class DocumentReferenceSerializer(Shape):
    """An issued document by its number."""

    id = serializers.IntegerField()
    number = serializers.CharField()


class InvoiceRowSerializer(Shape):
    """An invoice or credit note in a list. period_end is the day after the last; credited: what notes took back."""

    id = serializers.IntegerField()
    account = serializers.IntegerField()
    account_name = serializers.CharField()
    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    number = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=InvoiceStatus.choices)
    corrects = DocumentReferenceSerializer(allow_null=True)
    is_cancelled = serializers.BooleanField()
    credited = serializers.CharField()
    period = serializers.CharField()
    revision = serializers.IntegerField()
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    issued_at = serializers.DateTimeField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    currency = serializers.CharField()
    net = serializers.CharField()
    tax = serializers.CharField()
    total = serializers.CharField()
    paid = serializers.CharField()
    open = serializers.CharField()
    payment_state = serializers.ChoiceField(choices=[str(state) for state in PaymentState])


class CreditNoteRowSerializer(DocumentReferenceSerializer):
    """A credit note on an invoice."""

    issued_at = serializers.DateTimeField()
    total = serializers.CharField()
    reason_code = serializers.ChoiceField(choices=CreditReason.choices)


class InvoiceSerializer(InvoiceRowSerializer):
    """An invoice with its lines, taxes and parties."""

    lines = BillLineSerializer(many=True)
    taxes = BillTaxSerializer(many=True)
    unpriced = serializers.IntegerField()
    tariff_name = serializers.CharField()
    seller = serializers.DictField(child=serializers.CharField(allow_blank=True))
    buyer = serializers.DictField(child=serializers.CharField(allow_blank=True))
    built_at = serializers.DateTimeField()
    approved_at = serializers.DateTimeField(allow_null=True)
    approved_by = serializers.CharField(allow_null=True)
    reason_code = serializers.CharField()
    reason = serializers.CharField()
    credit_notes = CreditNoteRowSerializer(many=True)
    content_hash = serializers.CharField()
    chain_position = serializers.IntegerField(allow_null=True)
    chain_hash = serializers.CharField()


class InvoicePageSerializer(Shape):
    """Invoices, newest period first."""

    results = InvoiceRowSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class LineContactSerializer(Shape):
    """A contact on a usage line, to the millisecond."""

    id = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    channel = serializers.CharField()
    direction = serializers.CharField()
    number = serializers.CharField()
    name = serializers.CharField()
    ticket_id = serializers.IntegerField(allow_null=True)
    ticket_number = serializers.CharField()
    raw_ms_by_class = serializers.DictField(child=serializers.IntegerField())
    billed_s = serializers.CharField(allow_null=True)
    amount = serializers.CharField()
    explanation = serializers.DictField()


class LineContactPageSerializer(Shape):
    """The contacts of a line in order of start."""

    results = LineContactSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class UsageSourceSerializer(Shape):
    """A piece of an operator's time that a contact's usage is made of."""

    kind = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    ms = serializers.IntegerField()
    allocation_version = serializers.IntegerField()


class ContactExplanationSerializer(LineContactSerializer):
    """A contact with the slices of time behind it."""

    sources = UsageSourceSerializer(many=True)


class DraftRequestSerializer(Shape):
    """Which draft to build; again: bill a period anew whose invoice was cancelled."""

    account = serializers.IntegerField()
    period = serializers.CharField(max_length=10)
    again = serializers.BooleanField(default=False)


class WarningSerializer(Shape):
    """What looks wrong with a tariff; a warning never forbids."""

    kind = serializers.CharField()
    component = serializers.CharField()
    message = serializers.CharField()
    before = serializers.CharField()


class VersionRowSerializer(Shape):
    """A tariff version in a list."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["draft", "in_force"])
    effective_from = serializers.DateField(allow_null=True)
    changed_at = serializers.DateTimeField()


class TariffSerializer(Shape):
    """A tariff with its versions, newest first; in_force is the version whose terms hold today."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()
    is_offered = serializers.BooleanField()
    contracts = serializers.IntegerField()
    in_force = VersionRowSerializer(allow_null=True)
    versions = VersionRowSerializer(many=True)


class TariffListSerializer(Shape):
    """All tariffs by name."""

    results = TariffSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class NewTariffSerializer(Shape):
    """A tariff to create; the document is that of its first version, a draft."""

    name = serializers.CharField(max_length=120)
    document = serializers.DictField()


class NamedSerializer(Shape):
    """An object by id and name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class VersionSerializer(VersionRowSerializer):
    """A tariff version with its document, the version in force beside it, and warnings."""

    tariff = NamedSerializer()
    document = serializers.DictField()
    put_in_force_at = serializers.DateTimeField(allow_null=True)
    changed_by = serializers.CharField(allow_null=True)
    contracts = serializers.IntegerField()
    in_force = VersionRowSerializer(allow_null=True)
    in_force_document = serializers.DictField(allow_null=True)
    warnings = WarningSerializer(many=True)


class DocumentSerializer(Shape):
    """A tariff document, in JSON as docs/tariffs.md describes it."""

    document = serializers.DictField()


class TariffChangeSerializer(Shape):
    """is_offered: clients are shown what their usage would cost under it."""

    is_offered = serializers.BooleanField()


class NewVersionSerializer(Shape):
    """A draft to open; without a document it copies the latest version."""

    document = serializers.DictField(required=False)


class PutInForceSerializer(Shape):
    """The day from which the terms hold."""

    effective_from = serializers.DateField()


class TryRequestSerializer(Shape):
    """Usage to price: an account's month; document: an unsaved one to price instead of the stored."""

    account = serializers.IntegerField()
    month = serializers.CharField(max_length=7)
    document = serializers.DictField(required=False)


class VersionTotalSerializer(Shape):
    """What the version in force gives for the same usage."""

    version = serializers.IntegerField()
    net = serializers.CharField()
    total = serializers.CharField()


class TryResponseSerializer(BillSerializer):
    """The bill of real usage under the version tried, beside the version in force; difference is of the net."""

    contacts = serializers.IntegerField()
    in_force = VersionTotalSerializer(allow_null=True)
    difference = serializers.CharField(allow_null=True)
    warnings = WarningSerializer(many=True)


class ContractSerializer(Shape):
    """An account has a tariff on [starts_on, ends_on)."""

    id = serializers.IntegerField()
    account = serializers.IntegerField()
    account_name = serializers.CharField()
    tariff = NamedSerializer()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)


class ContractListSerializer(Shape):
    """Contracts, newest first."""

    results = ContractSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class NewContractSerializer(Shape):
    """A contract to sign."""

    account = serializers.IntegerField()
    tariff = serializers.IntegerField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, allow_null=True, default=None)


class EndContractSerializer(Shape):
    """The first day without the contract."""

    ends_on = serializers.DateField()

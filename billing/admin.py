"""Billing in the back office: the issuer is edited here; everything else is looked at, and changed by actions alone."""

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from billing.models import (
    Contract,
    Invoice,
    InvoiceLine,
    Issuer,
    NumberSeries,
    ParkedBill,
    Tariff,
    TariffVersion,
    UsageLine,
)


@admin.register(Issuer)
class IssuerAdmin(admin.ModelAdmin[Issuer]):
    """The particulars that are copied into every invoice."""

    list_display = ("legal_name", "tax_id", "number_prefix", "payment_days")


class LookedAt:
    """Nothing is added, changed or deleted here: a write of billing is an action with its audit row."""

    def has_add_permission(self, request: HttpRequest, *args: object) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False


@admin.register(NumberSeries)
class NumberSeriesAdmin(LookedAt, admin.ModelAdmin[NumberSeries]):
    """The next number of each series."""

    list_display = ("code", "issuer", "next_number")
    list_select_related = ("issuer",)


class VersionInline(LookedAt, admin.TabularInline[TariffVersion, Tariff]):
    """A tariff's versions."""

    model = TariffVersion
    fields = ("number", "state", "effective_from", "put_in_force_at")
    extra = 0


@admin.register(Tariff)
class TariffAdmin(LookedAt, admin.ModelAdmin[Tariff]):
    """Tariffs with their versions."""

    list_display = ("name", "is_active", "created_at")
    inlines = (VersionInline,)


@admin.register(Contract)
class ContractAdmin(LookedAt, admin.ModelAdmin[Contract]):
    """Who has which tariff from when."""

    list_display = ("account", "tariff", "starts_on", "ends_on")
    list_filter = ("account", "tariff")
    list_select_related = ("account", "tariff")


class InvoiceLineInline(LookedAt, admin.TabularInline[InvoiceLine, Invoice]):
    """The lines as printed."""

    model = InvoiceLine
    fields = ("position", "code", "name", "tax_code", "amount", "explanation")
    extra = 0


@admin.register(Invoice)
class InvoiceAdmin(LookedAt, admin.ModelAdmin[Invoice]):
    """Drafts and issued invoices."""

    list_display = ("number", "kind", "account", "period", "status", "total", "currency", "issued_at")
    list_filter = ("kind", "status", "account", "period")
    list_select_related = ("account",)
    search_fields = ("number",)
    inlines = (InvoiceLineInline,)


@admin.register(ParkedBill)
class ParkedBillAdmin(LookedAt, admin.ModelAdmin[ParkedBill]):
    """What could not be billed, and why."""

    list_display = ("account", "period", "reason", "parked_at")
    list_filter = ("account", "period")
    list_select_related = ("account",)


@admin.register(UsageLine)
class UsageLineAdmin(LookedAt, admin.ModelAdmin[UsageLine]):
    """Billable time by contact."""

    list_display = ("started_at", "account", "channel", "direction", "talk_ms", "hold_ms", "wrap_ms", "focus_ms")
    list_filter = ("is_current", "channel", "account")
    list_select_related = ("account",)
    date_hierarchy = "started_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[UsageLine]:
        """Newest first."""
        return super().get_queryset(request).order_by("-started_at", "-pk")

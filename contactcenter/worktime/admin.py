"""Idle policies in the back office; events and sessions to read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from contactcenter.worktime.models import BreakReason, IdlePolicy, OpenPolicyKind, OperatorEvent, Session
from contactcenter.worktime.policies import policy_from


class IdlePolicyForm(forms.ModelForm[IdlePolicy]):
    """Refuses settings that the ledger could not use."""

    class Meta:
        model = IdlePolicy
        fields = ("operator", "kind", "open_kind", "settings")

    def clean(self) -> dict[str, Any]:
        """Build the policy as the ledger would; an operator without a home account or accounts is given stand-ins."""
        values: dict[str, Any] = super().clean() or {}
        if "kind" in values and "settings" in values:
            # an emptied field comes as None, which the column refuses
            values["settings"] = values["settings"] or {}
            try:
                policy_from(
                    kind=values["kind"],
                    open_kind=values.get("open_kind") or OpenPolicyKind.EQUAL,
                    settings=values["settings"],
                    home_account_id=1,
                    account_ids=[1],
                )
            except ValueError as error:
                self.add_error("settings", str(error))
        return values


@admin.register(IdlePolicy)
class IdlePolicyAdmin(admin.ModelAdmin[IdlePolicy]):
    """The default policy (no operator) and those of single operators. Allocations made before stay as they are."""

    form = IdlePolicyForm
    list_display = ("operator", "kind", "open_kind", "settings")
    list_select_related = ("operator",)


@admin.register(BreakReason)
class BreakReasonAdmin(admin.ModelAdmin[BreakReason]):
    """What operators choose from, and breaks that an account pays for. Breaks recorded before stay as they are."""

    list_display = ("reason", "account", "position", "is_active")
    list_select_related = ("account",)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Facts: nobody adds, changes or deletes them by hand."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Facts are recorded by actions."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A correction is a new event."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Facts stay."""
        return False


@admin.register(OperatorEvent)
class OperatorEventAdmin(ReadOnlyAdmin):
    """Newest first."""

    list_display = ("at", "operator", "kind", "account", "channel", "reason", "source", "source_key", "author")
    list_filter = ("kind", "source")
    list_select_related = ("operator", "account", "author")
    search_fields = ("source_key",)
    ordering = ("-at", "-id")


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """Newest first."""

    list_display = ("started_at", "ended_at", "operator", "close_rule", "derived_until")
    list_select_related = ("operator",)
    ordering = ("-started_at", "-id")

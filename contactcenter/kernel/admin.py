"""The audit trail in the back office: to read, never to change."""

from django.contrib import admin
from django.http import HttpRequest

from contactcenter.kernel.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin[AuditEntry]):
    """Newest first."""

    list_display = ("at", "actor", "action", "target_type", "target_id", "account_id")
    list_filter = ("action",)
    list_select_related = ("actor",)
    ordering = ("-at", "-id")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Nobody deletes."""
        return False

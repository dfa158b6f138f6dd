"""Endpoints and receipts in the back office."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from channels_app.actions import retry_receipts
from channels_app.models import ChannelThread, ChatSession, EmailSignature, Endpoint, MailFolder, Receipt


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """For facts: looked at, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a fact by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody edits a fact."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody deletes a fact."""
        return False


@admin.register(Endpoint)
class EndpointAdmin(ReadOnlyAdmin):
    """Mailboxes, widgets and telephone systems; they are changed on the admin page, which keeps their secrets."""

    list_display = ("address", "kind", "provider", "account", "language", "is_active", "last_received_at", "last_error")
    list_filter = ("kind", "provider", "account", "is_active")
    list_select_related = ("account",)
    exclude = ("settings", "secrets_sealed", "public_token")


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """What arrived, and what became of it."""

    list_display = ("id", "endpoint", "external_id", "received_at", "state", "attempts", "error")
    list_filter = ("state", "endpoint__kind", "account")
    list_select_related = ("endpoint",)
    exclude = ("raw",)
    search_fields = ("external_id",)
    ordering = ("-id",)
    actions = ("retry",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        """Leave the raw bytes in the database."""
        return Receipt.objects.defer("raw")

    @admin.action(description="Process the failed ones among them again")
    def retry(self, request: HttpRequest, queryset: QuerySet[Receipt]) -> None:
        """Put failed receipts back."""
        ids = list(queryset.values_list("pk", flat=True))
        count = retry_receipts(receipt_ids=ids, actor_id=request.user.pk, at=timezone.now())
        self.message_user(request, f"{count} are processed again.", messages.SUCCESS)


@admin.register(ChatSession)
class ChatSessionAdmin(ReadOnlyAdmin):
    """Visitors' chats."""

    list_display = ("uuid", "endpoint", "visitor_name", "language", "started_at", "ended_at")
    exclude = ("secret_sha256",)
    list_select_related = ("endpoint",)


@admin.register(ChannelThread)
class ChannelThreadAdmin(ReadOnlyAdmin):
    """Places of tickets on endpoints."""

    list_display = ("ticket", "endpoint", "contact_point", "key")
    list_select_related = ("ticket", "endpoint", "contact_point")


@admin.register(EmailSignature)
class EmailSignatureAdmin(ReadOnlyAdmin):
    """What stands below mails; changed on the admin page, which knows the placeholders."""

    list_display = ("account", "language", "text")
    list_select_related = ("account",)


@admin.register(MailFolder)
class MailFolderAdmin(ReadOnlyAdmin):
    """Folders that are read by IMAP."""

    list_display = ("endpoint", "name", "on_server", "last_uid", "checked_at", "error")
    list_select_related = ("endpoint",)

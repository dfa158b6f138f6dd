"""Scripts, answers and outcomes in the back office."""

from django.contrib import admin

from contactcenter.playbooks.models import AnswerPhrase, Disposition, FaqEntry, Script


@admin.register(Script)
class ScriptAdmin(admin.ModelAdmin[Script]):
    """What to say for a reason of contact."""

    list_display = ("title", "account", "language", "reason", "version", "is_current")
    list_filter = ("account", "language", "is_current")
    list_select_related = ("account",)


@admin.register(FaqEntry)
class FaqEntryAdmin(admin.ModelAdmin[FaqEntry]):
    """Frequent questions."""

    list_display = ("question", "account", "language")
    list_filter = ("account", "language")
    list_select_related = ("account",)


@admin.register(AnswerPhrase)
class AnswerPhraseAdmin(admin.ModelAdmin[AnswerPhrase]):
    """How calls and chats are opened."""

    list_display = ("text", "account", "language")
    list_select_related = ("account",)


@admin.register(Disposition)
class DispositionAdmin(admin.ModelAdmin[Disposition]):
    """Outcomes at wrap-up."""

    list_display = ("name", "code", "account", "is_active")
    list_filter = ("account",)
    list_select_related = ("account",)

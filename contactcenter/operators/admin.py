"""Operators in the back office."""

from django.contrib import admin

from contactcenter.operators.models import Operator, OperatorAlias, OperatorLanguage


class LanguageInline(admin.TabularInline[OperatorLanguage, Operator]):
    """Languages with their level."""

    model = OperatorLanguage
    extra = 0


class AliasInline(admin.TabularInline[OperatorAlias, Operator]):
    """Names in telephone systems."""

    model = OperatorAlias
    extra = 0


@admin.register(Operator)
class OperatorAdmin(admin.ModelAdmin[Operator]):
    """Operators, their languages and capacity."""

    list_display = ("display_name", "user", "home_account", "max_voice", "max_chat", "max_mail", "is_active")
    list_select_related = ("user", "home_account")
    search_fields = ("display_name", "user__email")
    inlines = (LanguageInline, AliasInline)

"""Accounts and people in the back office."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from contactcenter.tenancy.models import Account, Membership, User


class MembershipInline(admin.TabularInline[Membership, User]):
    """The accounts a person may see or serve."""

    model = Membership
    extra = 0


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin[Account]):
    """Client businesses."""

    list_display = ("name", "slug", "language", "time_zone", "currency", "is_active")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("name",)


@admin.register(User)
class PersonAdmin(DjangoUserAdmin[User]):
    """People who log in."""

    list_display = ("email", "full_name", "role", "is_active")
    list_filter = ("role", "is_active")
    search_fields = ("email", "full_name")
    ordering = ("email",)
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("full_name", "role", "language")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "full_name", "role", "language", "password1", "password2")}),)
    filter_horizontal = ()

"""The back office (Django's admin) for what the web has no screen for yet, behind the site's one login."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class BackOffice(admin.AdminSite):
    """Django's admin whose login is the site's own."""

    site_header = "Contact centre · back office"
    site_title = "Back office"
    index_title = "Everything the screens do not cover"

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Send to the site's login, which asks for the second factor and limits attempts."""
        return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}")

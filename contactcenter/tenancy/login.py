"""Login by e-mail through django-allauth: nobody signs up by themselves; an API session needs its CSRF token."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from drf_spectacular.authentication import SessionScheme
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from contactcenter.tenancy.models import User


def logged_in(request: Request) -> User:
    """Return the person behind the request; an anonymous one is answered 401."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


class ClosedSignupAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are created by an admin."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: there is no public sign-up."""
        return False


class BrowserSession(SessionAuthentication):
    """Django's session with CSRF protection; an anonymous call gets 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        """Return the scheme named in WWW-Authenticate."""
        return "Session"


class BrowserSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """Describe the session cookie in the OpenAPI document."""

    target_class = "contactcenter.tenancy.login.BrowserSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return an apiKey cookie scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}

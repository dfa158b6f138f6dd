"""The HTTP door: each request runs in the account scope of the person who is logged in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from contactcenter.tenancy import queries
from contactcenter.tenancy.doors import open_scope


class AccountScopeMiddleware:
    """Open the logged-in person's accounts around the view; nobody logged in, no scope."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with open_scope(queries.scope_of(request.user)):
            return self.get_response(request)

"""The HTTP door: each request runs in the account scope of its API key, else of the person who is logged in."""

from collections.abc import Callable
from functools import partial

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from contactcenter.kernel import audit
from contactcenter.tenancy import queries
from contactcenter.tenancy.doors import open_account, open_scope
from contactcenter.tenancy.key_login import read_key
from contactcenter.tenancy.sessions import person_of


class PersonMiddleware(AuthenticationMiddleware):
    """Django's, with the person read together with the session."""

    def process_request(self, request: HttpRequest) -> None:
        """Set `request.user`, found when it is first asked for."""
        super().process_request(request)
        request.user = SimpleLazyObject(partial(person_of, request))  # type: ignore[assignment]  # stands for either


class AccountScopeMiddleware:
    """Open the key's account, or the logged-in person's accounts, around the view; nobody known, no scope."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (key := read_key(request)) is not None:
            with open_account(key.account_id), audit.by_api_key(str(key)):
                return self.get_response(request)
        if not request.user.is_authenticated:
            return self.get_response(request)
        with open_scope(queries.scope_of(request.user)):
            return self.get_response(request)

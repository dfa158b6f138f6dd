"""Who is behind an API key, and what it reaches: nothing, unless the view names the scope that opens it.

A view says `key_scopes = {"GET": ApiScope.TICKETS_READ}`; an address or a method that names none is closed to keys.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.request import Request

from contactcenter.tenancy import key_limits
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.key_actions import note_use
from contactcenter.tenancy.key_tokens import digest, token_in
from contactcenter.tenancy.models import ApiKey

_FOUND: Final = "contactcenter.api_key"
_REFUSED: Final = "contactcenter.api_key_refused"


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The software behind a key, where a person would be: `request.user` of a request with a key."""

    key_id: int
    account_id: int
    name: str
    role: str = ""
    is_authenticated: bool = True
    is_active: bool = True
    pk: None = None


def read_key(request: HttpRequest) -> ApiKey | None:
    """Look the key of the request up and return it; what `ApiKeyAuthentication` says of it is kept on the request."""
    token = token_in(request.headers.get("Authorization", ""))
    if token is None:
        return None
    with open_every_account(reason="only the key knows its account"):
        key = ApiKey.objects.select_related("account").filter(sha256=digest(token)).first()
    refusal = _refusal(key, at=timezone.now())
    if refusal:
        request.META[_REFUSED] = refusal
        return None
    request.META[_FOUND] = key
    return key


def _refusal(key: ApiKey | None, *, at: datetime) -> str:
    if key is None:
        return "This API key is not known."
    if key.revoked_at is not None:
        return "This API key is revoked."
    if key.expires_at is not None and key.expires_at <= at:
        return "This API key has expired."
    if not key.account.is_active:
        return "The account of this API key is closed."
    return ""


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer cc_...`: a session beside it counts for nothing, and no CSRF token is asked for."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        """Return the holder, or None without a key; 401 a bad key, 403 a closed address, 429 too many requests."""
        if refusal := request.META.get(_REFUSED):
            raise AuthenticationFailed(refusal)
        key: ApiKey | None = request.META.get(_FOUND)
        if key is None:
            return None
        at = timezone.now()
        wait = key_limits.wait_s(key_id=key.pk, at=at)
        if wait is not None:
            raise Throttled(wait=wait)
        scope = scope_of_view(request.parser_context["view"], str(request.method))
        if scope is None:
            raise PermissionDenied("No API key reaches this address.")
        if scope not in key.scopes:
            raise PermissionDenied(f"This API key lacks the scope {scope}.")
        note_use(key=key, at=at)
        return KeyHolder(key_id=key.pk, account_id=key.account_id, name=key.name), key

    def authenticate_header(self, request: Request) -> str:
        """Return the scheme named in WWW-Authenticate."""
        return "Bearer"


def scope_of_view(view: Any, method: str) -> str | None:
    """Return the scope that opens this view's method to keys, None where nothing does."""
    method = "GET" if method == "HEAD" else method
    scope = getattr(view, "key_scopes", {}).get(method)
    return None if scope is None else str(scope)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describe the key in the OpenAPI document, at the operations that a scope opens."""

    target_class = "contactcenter.tenancy.key_login.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_requirement(self, auto_schema: Any) -> Any:
        """Return the scope the operation asks for."""
        scope = scope_of_view(auto_schema.view, auto_schema.method.upper())
        return [] if scope is None else {self.name: [scope]}

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return an HTTP bearer scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "cc_..."}

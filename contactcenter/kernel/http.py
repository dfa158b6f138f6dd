"""The one place where errors become HTTP answers, and where every answer gets its security headers."""

import logging
import sys
from collections.abc import Callable
from typing import Any, Final

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import server_error as default_server_error
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from contactcenter.kernel.errors import DomainError

logger = logging.getLogger(__name__)

DATABASE_LOST: Final = (OperationalError, InterfaceError)
"""The database is down, restarting, full, or gave up on a lock: none of it is the caller's doing, all of it passes."""
UNAVAILABLE: Final = {"code": "unavailable", "message": "The database does not answer. Try again in a moment."}
RETRY_AFTER_S: Final = "5"


def _first_field_error(detail: Any, path: str = "") -> tuple[str | None, str]:
    if isinstance(detail, dict):
        for name, value in detail.items():
            inner = path if name in {"non_field_errors", "detail"} else f"{path}.{name}".lstrip(".")
            return _first_field_error(value, inner)
    if isinstance(detail, list) and detail:
        for index, value in enumerate(detail):
            if value:
                nested = isinstance(value, dict | list)
                return _first_field_error(value, f"{path}[{index}]" if nested else path)
    return (path or None), str(detail)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer {"error": {"code", "message", "field"?, "data"?}} for every error an API view raises."""
    if isinstance(error, Http404):
        error = drf.NotFound()
    elif isinstance(error, DjangoPermissionDenied):
        error = drf.PermissionDenied()

    if isinstance(error, DomainError):
        set_rollback()
        return Response({"error": error.as_dict()}, status=error.status)
    if isinstance(error, drf.ValidationError):
        set_rollback()
        field, message = _first_field_error(error.detail)
        body: dict[str, Any] = {"code": "invalid", "message": message, "data": {"fields": error.detail}}
        if field:
            body["field"] = field
        return Response({"error": body}, status=400)
    if isinstance(error, drf.APIException):
        set_rollback()
        headers: dict[str, str] = {}
        if getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
        if getattr(error, "wait", None):
            headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
        code = str(getattr(error.detail, "code", error.default_code))
        return Response(
            {"error": {"code": code, "message": str(error.detail)}}, status=error.status_code, headers=headers
        )
    if isinstance(error, DATABASE_LOST):
        logger.error("no answer without the database: %s", error)
        return Response({"error": UNAVAILABLE}, status=503, headers={"Retry-After": RETRY_AFTER_S})
    logger.error("unhandled error in %s", context.get("view"), exc_info=error)
    return None


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an error nobody handled, such as one before any view ran: 503 where the database is lost, else 500."""
    if isinstance(sys.exception(), DATABASE_LOST):
        return JsonResponse({"error": UNAVAILABLE}, status=503, headers={"Retry-After": RETRY_AFTER_S})
    if request.path.startswith("/api/"):
        body = {"code": "internal", "message": "Something went wrong here. It has been logged."}
        return JsonResponse({"error": body}, status=500)
    return default_server_error(request)


# Styles are inline only where Vue binds geometry (bars, splitters); scripts never are.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'none'; form-action 'self'"
)


class SecurityHeadersMiddleware:
    """Add the content security and permissions policies that Django has no setting for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)")
        return response

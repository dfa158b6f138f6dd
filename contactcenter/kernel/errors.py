"""What a refused action says: one family of errors, turned into HTTP and socket answers in one place."""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """An action was refused; nothing has changed.

    `code` is stable and machine-readable, `status` the HTTP status, `data` further facts for the caller.
    """

    code = "refused"
    status = 400

    def __init__(self, message: str, *, field: str | None = None, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.data = dict(data or {})

    def as_dict(self) -> dict[str, Any]:
        """Return {"code", "message", "field"?, "data"?}, the shape every client knows."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.field is not None:
            body["field"] = self.field
        if self.data:
            body["data"] = self.data
        return body


class Invalid(DomainError):
    """A value does not fit; `field` names it."""

    code = "invalid"
    status = 400


class PermissionDenied(DomainError):
    """The role may not do this."""

    code = "permission_denied"
    status = 403


class NotFound(DomainError):
    """There is no such object within the caller's accounts."""

    code = "not_found"
    status = 404


class Conflict(DomainError):
    """The object is no longer in a state that allows this."""

    code = "conflict"
    status = 409

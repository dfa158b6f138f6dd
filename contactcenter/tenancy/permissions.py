"""Permission by role: a view names the roles that may use it."""

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from contactcenter.tenancy.key_login import KeyHolder
from contactcenter.tenancy.models import STAFF_ROLES, Role, User


def signed_in(request: Request) -> User:
    """Return the logged-in person, behind a permission that admits nobody else."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def actor_id_of(request: Request) -> int | None:
    """Return the acting person's id, None for an API key: the audit trail names the key by itself."""
    return None if isinstance(request.user, KeyHolder) else signed_in(request).pk


def roles(*allowed: Role | str) -> type[BasePermission]:
    """Return a permission class that admits exactly these roles, and keys, whose scope was asked at their login."""
    permitted = frozenset(str(role) for role in allowed)

    class RolePermission(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            user = request.user
            if isinstance(user, KeyHolder):
                return True
            return bool(user.is_authenticated and user.role in permitted)

    return RolePermission


IsStaff = roles(*STAFF_ROLES)
IsSupervisor = roles(Role.SUPERVISOR, Role.ADMIN)
IsBilling = roles(Role.BILLING_ADMIN, Role.ADMIN)

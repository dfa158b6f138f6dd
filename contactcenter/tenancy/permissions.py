"""Permission by role: a view names the roles that may use it."""

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from contactcenter.tenancy.models import STAFF_ROLES, Role, User


def signed_in(request: Request) -> User:
    """Return the logged-in person, behind a permission that admits nobody else."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def roles(*allowed: Role | str) -> type[BasePermission]:
    """Return a permission class that admits exactly these roles."""
    permitted = frozenset(str(role) for role in allowed)

    class RolePermission(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            user = request.user
            return bool(user.is_authenticated and user.role in permitted)

    return RolePermission


IsStaff = roles(*STAFF_ROLES)
IsSupervisor = roles(Role.SUPERVISOR, Role.ADMIN)
IsBilling = roles(Role.BILLING_ADMIN, Role.ADMIN)

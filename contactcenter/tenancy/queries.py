"""Who may see what, and the accounts as their users see them."""

from django.db.models import QuerySet

from contactcenter.tenancy.models import Account, Membership, User
from contactcenter.tenancy.scope import Scope, current_scope


def scope_of(user: User) -> Scope:
    """Return the accounts in reach of this person."""
    if user.sees_every_account:
        return Scope(None)
    return Scope(frozenset(Membership.objects.filter(user=user).values_list("account_id", flat=True)))


def accounts_in_scope() -> QuerySet[Account]:
    """Return the accounts in reach of the running code, by name."""
    ids = current_scope().account_ids
    accounts = Account.objects.order_by("name", "id")
    return accounts if ids is None else accounts.filter(id__in=ids)

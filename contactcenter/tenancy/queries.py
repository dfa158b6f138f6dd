"""Who may see what, and the accounts as their users see them."""

from django.db.models import QuerySet

from contactcenter.kernel.asked import number
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.tenancy.models import Account, Membership, User
from contactcenter.tenancy.scope import Scope, current_scope


def scope_of(user: User) -> Scope:
    """Return the accounts in reach of this person."""
    if user.sees_every_account:
        return Scope(None)
    if user.known_account_ids is not None:
        return Scope(user.known_account_ids)
    return Scope(frozenset(Membership.objects.filter(user=user).values_list("account_id", flat=True)))


def accounts_in_scope() -> QuerySet[Account]:
    """Return the accounts in reach of the running code, by name."""
    ids = current_scope().account_ids
    accounts = Account.objects.order_by("name", "id")
    return accounts if ids is None else accounts.filter(id__in=ids)


def chosen_account_id(given: int | str | None, *, field: str = "account") -> int:
    """Return the account a request is about: the one it names, else the only one in reach.

    NotFound where it is out of reach; Invalid where it must be named, or is no number.
    """
    account_id = number(None if given is None else str(given), field=field)
    if account_id is None:
        ids = list(accounts_in_scope().values_list("pk", flat=True)[:2])
        if len(ids) != 1:
            raise Invalid("Name the account.", field=field)
        return ids[0]
    if not accounts_in_scope().filter(pk=account_id).exists():
        raise NotFound("There is no such account.", field=field)
    return account_id

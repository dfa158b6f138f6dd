"""The doors of the account scope. Importing this module is what a reviewer looks for."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from contactcenter.tenancy.scope import Scope, active_scope


@contextmanager
def open_scope(scope: Scope) -> Iterator[Scope]:
    """Within: queries see what the scope allows."""
    token = active_scope.set(scope)
    try:
        yield scope
    finally:
        active_scope.reset(token)


def open_account(account_id: int) -> AbstractContextManager[Scope]:
    """Within: queries see this one account."""
    return open_scope(Scope(frozenset({account_id})))


def open_accounts(account_ids: Iterable[int]) -> AbstractContextManager[Scope]:
    """Within: queries see these accounts."""
    return open_scope(Scope(frozenset(account_ids)))


def open_every_account(*, reason: str) -> AbstractContextManager[Scope]:
    """Within: queries see every account. `reason` says to the reader why this place may."""
    if not reason:
        raise ValueError("opening every account needs a reason")
    return open_scope(Scope(None))

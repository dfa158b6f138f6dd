"""The account scope: which accounts the running code may see. Without one, client data cannot be queried at all."""

from contextvars import ContextVar
from dataclasses import dataclass

from contactcenter.kernel.errors import DomainError


class ScopeMissing(DomainError):
    """A query for client data ran outside every account scope: a programming error, never a user's."""

    code = "scope_missing"
    status = 500


@dataclass(frozen=True, slots=True)
class Scope:
    """The accounts in reach; `account_ids` None means every account (staff, nightly jobs)."""

    account_ids: frozenset[int] | None

    def allows(self, account_id: int) -> bool:
        """Return whether the account is within reach."""
        return self.account_ids is None or account_id in self.account_ids

    def reach(self) -> list[int] | None:
        """Return what a written statement compares by `(%s::bigint[] IS NULL OR account_id = ANY(%s))`."""
        return None if self.account_ids is None else list(self.account_ids)


active_scope: ContextVar[Scope | None] = ContextVar("account_scope", default=None)


def current_scope() -> Scope:
    """Return the open scope, or raise ScopeMissing."""
    scope = active_scope.get()
    if scope is None:
        raise ScopeMissing("Client data was queried outside an account scope.")
    return scope

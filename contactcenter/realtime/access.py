"""Who may listen to what: a person's audiences, and whether a socket's page is one of ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from contactcenter.tenancy import queries
from contactcenter.tenancy.models import STAFF_ROLES, User


@dataclass(frozen=True, slots=True)
class Audience:
    """What of the live events a person receives."""

    names: frozenset[str]
    every_account: bool
    account_ids: frozenset[int] | None
    operator_id: int | None


def audience_of(*, user_id: int) -> Audience | None:
    """Return the person's audiences; None for people who are not (or no longer) of the team."""
    user = User.objects.select_related("operator").filter(pk=user_id, is_active=True).first()
    if user is None or user.role not in STAFF_ROLES:
        return None
    accounts = queries.scope_of(user).account_ids
    operator = getattr(user, "operator", None)
    names = {"staff", *(f"account:{account_id}" for account_id in accounts or ())}
    if operator is not None:
        names.add(f"operator:{operator.pk}")
    return Audience(frozenset(names), accounts is None, accounts, operator.pk if operator else None)


def same_site(*, origin: str | None, host: str | None, trusted: Iterable[str]) -> bool:
    """Return whether the page that opened the socket is served by this host, or named in `trusted`.

    Browsers always send an Origin; without one, or from elsewhere, the session cookie must not be used.
    """
    if not origin or not host:
        return False
    if origin in set(trusted):
        return True
    return urlsplit(origin).netloc.lower() == host.lower()

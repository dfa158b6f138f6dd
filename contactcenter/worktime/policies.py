"""Which allocation policy an operator has, as the pure ledger takes it."""

import logging
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Membership
from contactcenter.worktime.allocation import IdleKind, OpenKind, Policy
from contactcenter.worktime.models import IdlePolicy

logger = logging.getLogger(__name__)


def policy_of(*, operator: Operator) -> Policy:
    """Return the operator's policy, else the default one, else: idle time is nobody's."""
    row = IdlePolicy.objects.filter(operator=operator).first() or IdlePolicy.objects.filter(operator=None).first()
    if row is None:
        return Policy()
    return policy_under(operator=operator, kind=row.kind, open_kind=row.open_kind, settings=row.settings)


def policy_under(*, operator: Operator, kind: str, open_kind: str, settings: Mapping[str, Any]) -> Policy:
    """Return what these kinds and settings mean for the operator, with their home account and accounts.

    Settings that make no sense for this operator are logged and leave the idle time unallocated.
    """
    try:
        return policy_from(
            kind=kind,
            open_kind=open_kind,
            settings=settings,
            home_account_id=operator.home_account_id,
            account_ids=Membership.objects.filter(user_id=operator.user_id).values_list("account_id", flat=True),
        )
    except ValueError as error:
        logger.warning("the idle policy %s of operator %s is ignored: %s", kind, operator.pk, error)
        return Policy()


def policy_from(
    *,
    kind: str,
    settings: Mapping[str, Any],
    home_account_id: int | None,
    account_ids: Iterable[int],
    open_kind: str = OpenKind.EQUAL,
) -> Policy:
    """Return the policy that the kinds and their settings mean; ValueError says what is wrong with them.

    home and dedicated take {"account_id"} (without it: the home account), percent {"percent": {account id: percent}}
    with up to two decimals, equal {"account_ids"} (without it: all the operator's accounts), the others nothing.
    The open-chat kind weighted takes {"open_weights": {account id: part}}.
    """
    weights: dict[int, int] = {}
    open_weights: dict[int, int] = {}
    try:
        if kind in (IdleKind.HOME, IdleKind.DEDICATED):
            account_id = settings.get("account_id") or home_account_id
            weights = {int(account_id): 1} if account_id else {}
        elif kind == IdleKind.PERCENT:
            parts = {int(name): Decimal(str(part)) * 100 for name, part in settings.get("percent", {}).items()}
            if any(part != part.to_integral_value() for part in parts.values()):
                raise ValueError("percent: at most two decimals")
            weights = {account_id: int(part) for account_id, part in parts.items()}
        elif kind == IdleKind.EQUAL:
            weights = {int(account_id): 1 for account_id in settings.get("account_ids") or account_ids}
        if open_kind == OpenKind.WEIGHTED:
            open_weights = {int(name): int(part) for name, part in settings.get("open_weights", {}).items()}
    except (TypeError, AttributeError, InvalidOperation) as error:
        raise ValueError(f"settings: not of the shape that {kind} and {open_kind} take") from error
    return Policy(
        IdleKind(kind), tuple(sorted(weights.items())), OpenKind(open_kind), tuple(sorted(open_weights.items()))
    )


def to_document(*, policy: Policy) -> dict[str, Any]:
    """Return the policy as JSON, as an allocation run keeps it."""
    return {
        "idle": policy.idle,
        "weights": [list(pair) for pair in policy.weights],
        "open": policy.open,
        "open_weights": [list(pair) for pair in policy.open_weights],
    }


def from_document(*, document: Mapping[str, Any]) -> Policy:
    """Return the policy that an allocation run was made under."""

    def parts(name: str) -> tuple[tuple[int, int], ...]:
        return tuple((int(account_id), int(part)) for account_id, part in document.get(name, []))

    return Policy(IdleKind(document["idle"]), parts("weights"), OpenKind(document["open"]), parts("open_weights"))

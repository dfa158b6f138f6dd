"""Which allocation policy an operator has, as the pure ledger takes it."""

import logging
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Membership
from contactcenter.worktime.allocation import IdleKind, OpenKind, Policy
from contactcenter.worktime.models import IdlePolicy

logger = logging.getLogger(__name__)


def policy_of(*, operator: Operator) -> Policy:
    """Return the operator's policy, else the default one, else: idle time is nobody's.

    Settings by kind: home and dedicated {"account_id"} (without it: the operator's home account), percent
    {"percent": {account id: percent}}, equal {"account_ids"} (without it: all the operator's accounts). Settings that
    make no sense are logged and leave the idle time unallocated.
    """
    row = IdlePolicy.objects.filter(operator=operator).first() or IdlePolicy.objects.filter(operator=None).first()
    if row is None:
        return Policy()
    try:
        return Policy(IdleKind(row.kind), tuple(sorted(_weights(row, operator).items())))
    except (ValueError, TypeError, AttributeError, InvalidOperation) as error:
        logger.warning("idle policy %s of operator %s is ignored: %s", row.pk, operator.pk, error)
        return Policy()


def _weights(row: IdlePolicy, operator: Operator) -> dict[int, int]:
    settings: Mapping[str, Any] = row.settings
    if row.kind in (IdleKind.HOME, IdleKind.DEDICATED):
        account_id = settings.get("account_id") or operator.home_account_id
        return {int(account_id): 1} if account_id else {}
    if row.kind == IdleKind.PERCENT:
        parts = {int(name): Decimal(str(part)) for name, part in settings.get("percent", {}).items()}
        scale = 1 if all(part == part.to_integral_value() for part in parts.values()) else 100
        return {account_id: int(part * scale) for account_id, part in parts.items()}
    if row.kind == IdleKind.EQUAL:
        ids = settings.get("account_ids") or Membership.objects.filter(user_id=operator.user_id).values_list(
            "account_id", flat=True
        )
        return {int(account_id): 1 for account_id in ids}
    return {}


def to_document(*, policy: Policy) -> dict[str, Any]:
    """Return the policy as JSON, as an allocation run keeps it."""
    return {"idle": policy.idle, "weights": [list(pair) for pair in policy.weights], "open": policy.open}


def from_document(*, document: Mapping[str, Any]) -> Policy:
    """Return the policy that an allocation run was made under."""
    weights = tuple((int(account_id), int(part)) for account_id, part in document["weights"])
    return Policy(IdleKind(document["idle"]), weights, OpenKind(document["open"]))

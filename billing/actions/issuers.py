"""Writes of the issuer's particulars, for documents built from then on."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from billing.actions.parties import current_issuer
from billing.models import Issuer
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Invalid


@transaction.atomic
def change_issuer(*, values: Mapping[str, Any], actor_id: int | None) -> Issuer:
    """Change the issuer's particulars for documents built from now on; Invalid where both series get one prefix."""
    issuer = Issuer.objects.select_for_update(of=("self",)).get(pk=current_issuer().pk)
    before = {name: getattr(issuer, name) for name in values}
    for name, value in values.items():
        setattr(issuer, name, value)
    if issuer.number_prefix == issuer.credit_prefix:
        raise Invalid("Invoices and credit notes need different prefixes.", field="credit_prefix")
    issuer.save(update_fields=list(values))
    changed = {name: [before[name], value] for name, value in values.items() if before[name] != value}
    audit.record(action="issuer.changed", target=issuer, actor_id=actor_id, data=changed)
    return issuer

"""How to answer for an account, as the console shows it."""

from contactcenter.kernel.errors import Invalid
from contactcenter.playbooks.models import Disposition


def disposition_by_code(*, account_id: int, code: str) -> Disposition:
    """Return the account's active disposition of this code, or raise Invalid naming the field."""
    disposition = Disposition.objects.filter(account_id=account_id, code=code, is_active=True).first()
    if disposition is None:
        raise Invalid("This account has no such outcome.", field="disposition")
    return disposition

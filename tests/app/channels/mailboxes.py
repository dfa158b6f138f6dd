"""Mailboxes for tests."""

from channels_app.contract import EndpointInfo
from channels_app.endpoints import find_mailbox
from channels_app.models import Endpoint
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.models import Account


def make_mailbox(
    account: Account, address: str, *, secrets: dict[str, str] | None = None, **fields: object
) -> EndpointInfo:
    """A saved mailbox of the account, as adapters know it."""
    fields["secrets_sealed"] = seal(secrets or {})
    # creating needs no scope: only queries do
    Endpoint(account=account, kind="email", address=address, name=address, **fields).save()
    return find_mailbox(address=address)

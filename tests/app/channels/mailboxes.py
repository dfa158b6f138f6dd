"""Mailboxes for tests."""

from channels_app.contract import EndpointInfo
from channels_app.endpoints import find_mailbox
from channels_app.models import Endpoint
from contactcenter.tenancy.models import Account


def make_mailbox(account: Account, address: str, **fields: object) -> EndpointInfo:
    """A saved mailbox of the account, as adapters know it."""
    # creating needs no scope: only queries do
    Endpoint(account=account, kind="email", address=address, name=address, **fields).save()
    return find_mailbox(address=address)

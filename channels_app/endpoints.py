"""Endpoints as values for adapters, and the door that finds the endpoint of an address."""

from datetime import datetime, timedelta

from channels_app.contract import EndpointInfo
from channels_app.email.addresses import without_tag
from channels_app.models import Endpoint, EndpointKind
from contactcenter.contacts.points import normal_email
from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.doors import open_every_account

SEEN_EVERY = timedelta(minutes=1)


class UnknownEndpoint(NotFound):
    """No active endpoint has this address."""

    code = "unknown_endpoint"


def endpoint_info(endpoint: Endpoint) -> EndpointInfo:
    """Return what an adapter may know of the endpoint (its account must be loaded or costs a query)."""
    return EndpointInfo(
        id=endpoint.pk,
        account_id=endpoint.account_id,
        account_name=endpoint.account.name,
        kind=endpoint.kind,
        address=endpoint.address,
        name=endpoint.name,
        language=endpoint.language,
        settings=endpoint.settings,
    )


def find_mailbox(*, address: str) -> EndpointInfo:
    """Return the active mailbox that takes mail for `address`; a +tag (a signed reply address) is looked through.

    Raises UnknownEndpoint naming the address.
    """
    wanted = normal_email(address)
    with open_every_account(reason="the address of a mail names the account"):
        found = {
            endpoint.address: endpoint
            for endpoint in Endpoint.objects.select_related("account").filter(
                kind=EndpointKind.EMAIL,
                address__in={wanted, without_tag(wanted)},
                is_active=True,
                account__is_active=True,
            )
        }
    endpoint = found.get(wanted) or found.get(without_tag(wanted))
    if endpoint is None:
        raise UnknownEndpoint(f"No active mailbox has the address {address!r}.", field="endpoint")
    return endpoint_info(endpoint)


def note_received(*, endpoint: Endpoint, at: datetime) -> None:
    """Remember when the endpoint last received, at most once a minute: the row must not become a bottleneck."""
    if endpoint.last_received_at is None or at - endpoint.last_received_at >= SEEN_EVERY:
        Endpoint.objects.filter(pk=endpoint.pk).update(last_received_at=at)


def note_error(*, endpoint_id: int, error: str, at: datetime) -> None:
    """Remember the last failure of the endpoint for the screens of admins."""
    Endpoint.objects.filter(pk=endpoint_id).update(last_error=error[:500], last_error_at=at)

"""Endpoints as values for adapters, and the door that finds the endpoint of an address."""

import time
from datetime import datetime, timedelta

from django.conf import settings

from channels_app.contract import EndpointInfo
from channels_app.email.addresses import without_tag
from channels_app.models import Endpoint, EndpointKind
from contactcenter.contacts.points import normal_email
from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.sealing import unseal
from contactcenter.tenancy.doors import open_every_account

SEEN_EVERY = timedelta(minutes=1)
# how long an endpoint that was switched off, or whose secrets were changed, may still be served as it was
TRUSTED_FOR_S = 2.0
_hooked: dict[str, tuple[float, EndpointInfo]] = {}


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
        provider=endpoint.provider,
        secrets=unseal(endpoint.secrets_sealed),
        webhook_url=webhook_url(public_token=endpoint.public_token),
    )


def webhook_url(*, public_token: str) -> str:
    """Return the address at which a provider reaches the endpoint of this token."""
    return f"{settings.PUBLIC_URL}/hooks/{public_token}/"


def find_hooked_endpoint(*, public_token: str) -> EndpointInfo:
    """Return the active endpoint that a provider calls by this token. Raises UnknownEndpoint."""
    with open_every_account(reason="the address of a webhook names the account"):
        endpoint = (
            Endpoint.objects.select_related("account")
            .filter(public_token=public_token, is_active=True, account__is_active=True)
            .first()
        )
    if endpoint is None:
        raise UnknownEndpoint("There is no such endpoint.")
    return endpoint_info(endpoint)


def remember_hooked_endpoint(*, public_token: str, endpoint: EndpointInfo) -> None:
    """Let this process take further webhooks of the endpoint for TRUSTED_FOR_S without looking at its row."""
    _hooked[public_token] = (time.monotonic() + TRUSTED_FOR_S, endpoint)


def hooked_endpoint_of_late(*, public_token: str) -> EndpointInfo | None:
    """Return the endpoint that was remembered by this token, None once that is too long ago."""
    until, endpoint = _hooked.get(public_token, (0.0, None))
    if endpoint is not None and time.monotonic() >= until:
        # not kept for longer: it holds the secrets
        _hooked.pop(public_token, None)
        return None
    return endpoint


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


def own_mailboxes() -> set[str]:
    """Return the addresses of all mailboxes of this installation, in lower case: no reply is ever sent to one."""
    with open_every_account(reason="an own mailbox is known by its address, whichever account it is of"):
        rows = Endpoint.objects.filter(kind=EndpointKind.EMAIL).values_list("address", flat=True)
        return {address.lower() for address in rows}


def note_received(*, endpoint: Endpoint, at: datetime) -> None:
    """Remember when the endpoint last received, at most once a minute: the row must not become a bottleneck."""
    if endpoint.last_received_at is None or at - endpoint.last_received_at >= SEEN_EVERY:
        Endpoint.objects.filter(pk=endpoint.pk).update(last_received_at=at)


def note_error(*, endpoint_id: int, error: str, at: datetime) -> None:
    """Remember the last failure of the endpoint for the screens of admins.

    The same failure again within a minute is not written: whoever sends forged webhooks must not load the database.
    """
    text = error[:500]
    Endpoint.objects.filter(pk=endpoint_id).exclude(last_error=text, last_error_at__gt=at - SEEN_EVERY).update(
        last_error=text, last_error_at=at
    )

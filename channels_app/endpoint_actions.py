"""Writes of endpoints. Secrets are sealed, kept unless replaced, and never leave by the API or the audit trail."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from channels_app.models import Endpoint, EndpointKind, MailAuthorization
from channels_app.registry import PROVIDERS, needs_provider
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.sealing import Unreadable, reseal, seal, unseal
from contactcenter.tenancy.actions import change_fields

ENDPOINT_FIELDS = ("kind", "provider", "address", "name", "language", "campaign", "is_active")
MAX_PER_MINUTE = 100_000
_SECRET = re.compile(r"password|secret|token|credential|api_?key|signing_?key|smtp_url|imap_url", re.IGNORECASE)


# What a door can be reached at: a mailbox by a mail address, a widget by a name that stands in its socket's path.
_ADDRESS = {
    EndpointKind.EMAIL: (re.compile(r"[^@\s]+@[^@\s]+"), "must be a mail address for a mailbox"),
    EndpointKind.WEBCHAT: (re.compile(r"[A-Za-z0-9._-]+"), "must be letters, digits, dots and hyphens for a widget"),
}


def secrets_set(*, endpoint: Endpoint) -> list[str]:
    """Return the names of the secrets that hold a value; none can be named where no key opens them any more."""
    try:
        return sorted(unseal(endpoint.secrets_sealed))
    except Unreadable:
        return []


def save_endpoint(
    *, actor_id: int, account_id: int, values: Mapping[str, Any], endpoint_id: int | None = None
) -> Endpoint:
    """Create an endpoint of the account (endpoint_id None) or change the given fields of one, within an open scope.

    `settings` replaces the open settings and holds no secret; `secrets` {name: text or null} sets or removes single
    secrets, the others stay. Invalid where the address does not suit the kind, or the kind has no such provider;
    Conflict where an endpoint of the kind and provider (a mailbox: of any provider) has the address, in whichever
    account.
    """
    with transaction.atomic():
        endpoint = (
            Endpoint(account_id=account_id)
            if endpoint_id is None
            else Endpoint.objects.select_for_update(of=("self",)).get(pk=endpoint_id)
        )
        changed: dict[str, Any] = change_fields(row=endpoint, values=values, fields=ENDPOINT_FIELDS)
        shape, cause = _ADDRESS.get(EndpointKind(endpoint.kind), (None, ""))
        if shape is not None and not shape.fullmatch(endpoint.address):
            raise Invalid(cause, field="address")
        _check_provider(endpoint)
        # the constraint reaches over all accounts, the scoped manager does not
        taken = Endpoint._base_manager.filter(kind=endpoint.kind, address=endpoint.address).exclude(pk=endpoint.pk)
        if endpoint.kind != EndpointKind.EMAIL:
            # a mailbox is found by its address alone, by whichever door its mails come
            taken = taken.filter(provider=endpoint.provider)
        if taken.exists():
            raise Conflict("An endpoint of this kind has this address already.", field="address")
        changed |= _change_settings(endpoint, values)
        endpoint.save()
        audit.record(
            action="endpoint.create" if endpoint_id is None else "endpoint.change",
            target=endpoint,
            actor_id=actor_id,
            account_id=endpoint.account_id,
            data=changed,
        )
    return endpoint


def rotate_secrets() -> int:
    """Seal the secrets of every endpoint, and its tokens, anew with the first key; returns how many endpoints.

    Needs a scope of every account.
    Each endpoint is a transaction of its own; one that no key opens is left as it is, and Unreadable is raised.
    """
    count = 0
    for pk in Endpoint.objects.exclude(secrets_sealed="").order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            endpoint = Endpoint.objects.select_for_update(of=("self",)).get(pk=pk)
            Endpoint.objects.filter(pk=pk).update(secrets_sealed=reseal(endpoint.secrets_sealed))
            count += 1
    for pk in MailAuthorization.objects.exclude(sealed="").order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            kept = MailAuthorization.objects.select_for_update(of=("self",)).get(pk=pk)
            MailAuthorization.objects.filter(pk=pk).update(sealed=reseal(kept.sealed))
    return count


def _check_provider(endpoint: Endpoint) -> None:
    known = PROVIDERS.get(endpoint.kind)
    if known is None and endpoint.provider:
        raise Invalid("This kind of endpoint has no providers.", field="provider")
    if (
        known is not None
        and endpoint.provider not in known
        and (endpoint.provider or needs_provider(kind=endpoint.kind))
    ):
        raise Invalid(f"Expected one of {', '.join(sorted(known))}.", field="provider")


def _change_settings(endpoint: Endpoint, values: Mapping[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if "settings" in values and values["settings"] != endpoint.settings:
        if named := _first_secret(values["settings"]):
            raise Invalid(f"{named} is a secret: send it in `secrets`.", field="settings")
        _check_rate(values["settings"].get("per_minute"))
        changed["settings"] = [endpoint.settings, values["settings"]]
        endpoint.settings = values["settings"]
    if given := values.get("secrets"):
        known = unseal(endpoint.secrets_sealed)
        for name, text in given.items():
            if text is None:
                known.pop(name, None)
            else:
                known[name] = text
        endpoint.secrets_sealed = seal(known)
        changed["secrets"] = sorted(given)
    return changed


def _check_rate(per_minute: Any) -> None:
    if per_minute is not None and (type(per_minute) is not int or not 1 <= per_minute <= MAX_PER_MINUTE):
        raise Invalid(f"per_minute: expected a whole number from 1 to {MAX_PER_MINUTE}.", field="settings")


def _first_secret(settings: Mapping[str, Any]) -> str:
    """Return the name of a setting, at any depth, that is a secret by its name; '' if none is."""
    for name, value in settings.items():
        if _SECRET.search(name):
            return name
        if isinstance(value, Mapping) and (inner := _first_secret(value)):
            return inner
    return ""

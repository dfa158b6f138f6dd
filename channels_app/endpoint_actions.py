"""Writes of endpoints. Secrets are kept unless replaced, and never leave by the API or the audit trail."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from channels_app.models import Endpoint, EndpointKind
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tenancy.actions import change_fields

ENDPOINT_FIELDS = ("kind", "address", "name", "language", "is_active")
_SECRET = re.compile(r"password|secret|token|credential|api_?key|smtp_url", re.IGNORECASE)


# What a door can be reached at: a mailbox by a mail address, a widget by a name that stands in its socket's path.
_ADDRESS = {
    EndpointKind.EMAIL: (re.compile(r"[^@\s]+@[^@\s]+"), "must be a mail address for a mailbox"),
    EndpointKind.WEBCHAT: (re.compile(r"[A-Za-z0-9._-]+"), "must be letters, digits, dots and hyphens for a widget"),
}


def is_secret(*, key: str) -> bool:
    """Say whether a key of the settings holds a secret, by its name."""
    return bool(_SECRET.search(key))


def open_settings(*, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that may be shown, at any depth."""
    shown: dict[str, Any] = {}
    for key, value in settings.items():
        if not is_secret(key=key):
            shown[key] = open_settings(settings=value) if isinstance(value, Mapping) else value
    return shown


def secrets_set(*, settings: Mapping[str, Any]) -> list[str]:
    """Return the names of the top-level secrets that hold a value."""
    return sorted(key for key, value in settings.items() if is_secret(key=key) and value)


def save_endpoint(
    *, actor_id: int, account_id: int, values: Mapping[str, Any], endpoint_id: int | None = None
) -> Endpoint:
    """Create an endpoint of the account (endpoint_id None) or change the given fields of one, within an open scope.

    `settings` replaces the open settings; `secrets` {name: text or null} sets or removes single secrets, the others
    stay. Invalid where the address does not suit the kind; Conflict where an endpoint of the kind has it, in whichever
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
        # the constraint reaches over all accounts, the scoped manager does not
        taken = Endpoint._base_manager.filter(kind=endpoint.kind, address=endpoint.address).exclude(pk=endpoint.pk)
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


def _change_settings(endpoint: Endpoint, values: Mapping[str, Any]) -> dict[str, Any]:
    before = dict(endpoint.settings)
    after = _with_secrets(values["settings"], before) if "settings" in values else dict(before)
    for name, text in (values.get("secrets") or {}).items():
        if text is None:
            after.pop(name, None)
        else:
            after[name] = text
    endpoint.settings = after
    changed: dict[str, Any] = {}
    if open_settings(settings=before) != open_settings(settings=after):
        changed["settings"] = [open_settings(settings=before), open_settings(settings=after)]
    if values.get("secrets"):
        changed["secrets"] = sorted(values["secrets"])
    return changed


def _with_secrets(shown: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The new open settings with the old secrets put back where they were."""
    merged = dict(shown)
    for key, value in before.items():
        if is_secret(key=key):
            merged.setdefault(key, value)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _with_secrets(merged[key], value)
    return merged

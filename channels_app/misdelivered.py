"""Events that came to one endpoint's webhook for another endpoint of the same app: an app of Meta has one webhook."""

import hmac
from typing import Any

from channels_app.contract import AdapterError, Misdelivered
from channels_app.models import Endpoint, Receipt
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.sealing import unseal

# the name of the secret
_APP = "app_secret"


def pass_on(*, endpoint: Endpoint, event: Misdelivered, receipt_id: int) -> dict[str, Any]:
    """Give what came to the endpoint that owns it a receipt there; runs in the transaction of the first one.

    The owner is of the same account, network and app (one app secret). Where there is none, it is a permanent
    AdapterError that names the address: the receipt is kept as failed, and can be tried again once there is one.
    """
    owners = Endpoint.objects.filter(
        account_id=endpoint.account_id,
        kind=endpoint.kind,
        provider=endpoint.provider,
        address=event.address,
        is_active=True,
    )
    owner = next((item for item in owners.exclude(pk=endpoint.pk).order_by("pk") if _same_app(item, endpoint)), None)
    if owner is None:
        raise AdapterError(
            f"It came for {event.address[:80]!r}, which is no active endpoint of this account and app.", permanent=True
        )
    receipt = Receipt.objects.get(pk=receipt_id)
    passed, created = Receipt.objects.get_or_create(
        endpoint=owner,
        external_id=receipt.external_id,
        defaults={
            "account_id": owner.account_id,
            "raw": bytes(receipt.raw),
            "received_at": receipt.received_at,
            "next_attempt_at": receipt.received_at,
        },
    )
    if created:
        enqueue_on_commit("channels.process_receipts", receipt_ids=[passed.pk])
    return {"endpoint": owner.address, "receipt": passed.pk}


def _same_app(one: Endpoint, other: Endpoint) -> bool:
    secret = str(unseal(one.secrets_sealed).get(_APP, ""))
    return bool(secret) and hmac.compare_digest(
        secret.encode(), str(unseal(other.secrets_sealed).get(_APP, "")).encode()
    )

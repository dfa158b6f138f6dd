"""Background work of telephone logs: finish what an import that died has left."""

import logging

from celery import shared_task
from django.utils import timezone

from channels_app.models import Endpoint, EndpointKind, PhoneLogEntry
from channels_app.phone.call_orders import fail_forgotten_orders
from channels_app.phone.call_requests import fail_forgotten_requests
from channels_app.phone.closing_rule import close_lost_calls as close_calls_of
from channels_app.phone.directory import BadSettings
from channels_app.phone.ingest import reduce_pending
from contactcenter.tenancy.doors import open_every_account

logger = logging.getLogger(__name__)


@shared_task(name="channels.reduce_phone_logs")
def reduce_phone_logs() -> int:
    """Record the calls of stored entries that no import finished; safe to run twice. Returns how many calls changed.

    One endpoint whose settings make no sense is logged and keeps no other waiting.
    """
    changed = 0
    with open_every_account(reason="entries of every telephone system are finished"):
        fail_forgotten_requests(at=timezone.now())
        fail_forgotten_orders(at=timezone.now())
        left = PhoneLogEntry.objects.filter(reduced_at__isnull=True, rejected="").values("endpoint_id")
        for endpoint in Endpoint.objects.select_related("account").filter(pk__in=left).order_by("pk"):
            try:
                calls = reduce_pending(endpoint=endpoint, at=timezone.now())
            except BadSettings as error:
                logger.error("telephone log of endpoint %s waits: %s", endpoint.address, error)
                continue
            changed += sum(1 for call in calls if call.status in {"created", "updated"})
    return changed


@shared_task(name="channels.close_lost_calls")
def close_lost_calls() -> int:
    """Close the calls whose end was lost, by the closing rule; safe to run twice. Returns how many were closed."""
    closed = 0
    with open_every_account(reason="lost calls of every telephone system are closed"):
        for endpoint in Endpoint.objects.select_related("account").filter(kind=EndpointKind.VOICE).order_by("pk"):
            try:
                closed += close_calls_of(endpoint=endpoint, at=timezone.now())
            except BadSettings as error:
                logger.error("lost calls of endpoint %s stay open: %s", endpoint.address, error)
    return closed

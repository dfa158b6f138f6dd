"""Writes of queues: what waits where, how long an offer stands, how long wrap-up lasts."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict
from contactcenter.routing.models import Queue
from contactcenter.tenancy.actions import change_fields

QUEUE_FIELDS = (
    "name",
    "account_id",
    "language",
    "channel",
    "priority",
    "minimum_level",
    "offer_seconds",
    "wrap_up_seconds",
    "is_active",
)


def save_queue(*, actor_id: int, values: Mapping[str, Any], queue_id: int | None = None) -> Queue:
    """Create a queue (queue_id None) or change the given fields of one; tickets that wait in it stay where they are.

    Conflict where another queue has the same account, language and channel.
    """
    with transaction.atomic():
        queue = Queue() if queue_id is None else Queue.objects.select_for_update().get(pk=queue_id)
        changed = change_fields(row=queue, values=values, fields=QUEUE_FIELDS)
        same = Queue.objects.filter(
            Q(account__isnull=True) if queue.account_id is None else Q(account_id=queue.account_id),
            language=queue.language,
            channel=queue.channel,
        )
        if same.exclude(pk=queue.pk).exists():
            raise Conflict("Another queue has this account, language and channel.", field="account_id")
        queue.save()
        audit.record(
            action="queue.create" if queue_id is None else "queue.change",
            target=queue,
            actor_id=actor_id,
            account_id=queue.account_id,
            data=changed,
        )
    return queue

"""Writes of queues: what waits where, how long an offer stands, how long wrap-up lasts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict
from contactcenter.routing.models import Queue
from contactcenter.routing.queries import pick_queue
from contactcenter.tenancy.actions import change_fields
from contactcenter.tickets.models import Call, Channel, Interaction

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


@transaction.atomic
def note_queues(*, interaction_ids: Sequence[int], call_ids: Sequence[int]) -> int:
    """Write down the queue of contacts of which none is known, as the queues are now; return how many got one.

    Calls are queued by the telephone system under names of its own: they count for the queue that their ticket's
    language would wait in. What is written down stays, whatever becomes of the queues.
    """
    asked: dict[tuple[int, str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    rows = Interaction.objects.filter(pk__in=interaction_ids, queue_id=None)
    for pk, account_id, language, channel in rows.values_list("pk", "account_id", "ticket__language", "channel"):
        asked[account_id, language, channel][0].append(pk)
    calls = Call.objects.filter(pk__in=call_ids, queue_id=None)
    for pk, account_id, told in calls.values_list("pk", "account_id", "ticket__language"):
        asked[account_id, told or "", Channel.VOICE][1].append(pk)
    noted = 0
    for (account_id, language, channel), (interactions, missed) in sorted(asked.items()):
        queue = pick_queue(account_id=account_id, language=language, channel=channel)
        if queue is not None:
            noted += Interaction.objects.filter(pk__in=interactions).update(queue_id=queue.pk)
            noted += Call.objects.filter(pk__in=missed).update(queue_id=queue.pk)
    return noted

"""Writes of queues: what waits where, how long an offer stands, how long wrap-up lasts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.routing.models import Queue, QueueMember, QueueSkill, RelaxationAction, RelaxationStep
from contactcenter.routing.queries import pick_queue
from contactcenter.tenancy.actions import change_fields
from contactcenter.tickets.models import Calendar, Call, Channel, Interaction, SlaPolicy

QUEUE_FIELDS = (
    "name",
    "account_id",
    "language",
    "channel",
    "priority",
    "minimum_level",
    "offer_seconds",
    "wrap_up_seconds",
    "wrap_up_mode",
    "sticky_seconds",
    "callback_attempts",
    "callback_retry_s",
    "callback_expires_s",
    "calendar_id",
    "sla_policy_id",
    "is_active",
)


def save_queue(*, actor_id: int, values: Mapping[str, Any], queue_id: int | None = None) -> Queue:
    """Create a queue (queue_id None) or change the given fields of one; tickets that wait in it stay where they are.

    values: QUEUE_FIELDS; skills [{"skill_id", "level", "is_required"}], members [operator ids] and relaxation
    [{"after_s", "action", "level", "overflow_queue_id"}] replace what was there. Conflict where another queue has the
    same account, language and channel; Invalid where a line makes no sense or names what does not exist.
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
        for name, model in (("calendar_id", Calendar), ("sla_policy_id", SlaPolicy)):
            chosen = getattr(queue, name)
            if name in changed and chosen is not None and not model.objects.filter(pk=chosen).exists():
                raise Invalid("There is no such row.", field=name)
        queue.save()
        if "skills" in values:
            changed |= _set_skills(queue, values["skills"])
        if "members" in values:
            changed |= _set_members(queue, values["members"])
        if "relaxation" in values:
            changed |= _set_relaxation(queue, values["relaxation"])
        audit.record(
            action="queue.create" if queue_id is None else "queue.change",
            target=queue,
            actor_id=actor_id,
            account_id=queue.account_id,
            data=changed,
        )
        if queue_id is not None and "sla_policy_id" in changed:
            enqueue_on_commit("routing.repromise", queue_id=queue.pk)
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


def _set_skills(queue: Queue, wanted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = ("skill_id", "level", "is_required")
    return _replace(QueueSkill, queue, [{name: line[name] for name in names} for line in wanted], field="skills")


def _set_members(queue: Queue, wanted: Sequence[int]) -> dict[str, Any]:
    return _replace(QueueMember, queue, [{"operator_id": one} for one in sorted(set(wanted))], field="members")


def _set_relaxation(queue: Queue, wanted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    lines = []
    for line in sorted(wanted, key=lambda line: int(line["after_s"])):
        lowers, overflows = line["action"] == RelaxationAction.LOWER_LEVEL, line["action"] == RelaxationAction.OVERFLOW
        if line["action"] == RelaxationAction.VOICEMAIL:
            raise Invalid(
                "Voicemail is taken by the telephone system, not by a queue here: set it up there.", field="relaxation"
            )
        if lowers and line.get("level") is None:
            raise Invalid("Say which language level is enough then.", field="relaxation")
        if overflows and line.get("overflow_queue_id") == queue.pk:
            raise Invalid("A queue cannot overflow into itself.", field="relaxation")
        lines.append(
            {
                "after_s": line["after_s"],
                "action": line["action"],
                "level": line["level"] if lowers else None,
                "overflow_queue_id": line.get("overflow_queue_id") if overflows else None,
            }
        )
    return _replace(RelaxationStep, queue, lines, field="relaxation")


def _replace(model: Any, queue: Queue, wanted: list[dict[str, Any]], *, field: str) -> dict[str, Any]:
    """Let exactly these lines hold for the queue; return {field: [before, after]} if they differ."""
    known = [name.attname for name in model._meta.concrete_fields if name.attname not in {"id", "queue_id"}]
    before = list(model.objects.filter(queue=queue).order_by("id").values(*known))
    if before == wanted:
        return {}
    model.objects.filter(queue=queue).delete()
    try:
        with transaction.atomic():
            model.objects.bulk_create(model(queue=queue, **line) for line in wanted)
            # a line may point at what does not exist: say so now, not at the end of the transaction
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError:
        raise Invalid("A line is given twice, or names what does not exist.", field=field) from None
    return {field: [before, wanted]}

"""What usage counts beside operators' time is what the product has on record."""

from itertools import islice

from django.db.models import Exists, OuterRef

from billing.models import UsageLine, UsageMark
from billing.usage_facts import facts_of, menu_of
from contactcenter.dashboards.verification.checks import Check
from contactcenter.tickets.models import CallSegment, Interaction

COUNTED = ("patched_ms", "ivr_ms", "interpreter_ms", "messages", "segments", "orders", "campaign")
BATCH = 1000


def usage_equals_facts() -> Check:
    """What usage counts beside operators' time is what the calls, messages, orders and interpreters it is of say now;
    what has a mark is passed over: it is about to be collected again.
    """
    check = Check("usage = facts", "menu, put through, interpreters, messages, segments and orders are those on record")
    marked_interactions = UsageMark.objects.exclude(interaction_id=None).values("interaction_id")
    lines = UsageLine.objects.filter(is_current=True).order_by("pk")
    contacts = lines.filter(interaction__isnull=False).exclude(interaction_id__in=marked_interactions)
    rows = contacts.iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        ids = [line.interaction_id for line in batch if line.interaction_id is not None]
        facts = facts_of(interactions=list(Interaction.objects.filter(pk__in=ids).select_related("ticket")))
        for line in batch:
            check.checked += 1
            for name in COUNTED:
                told, known = getattr(line, name), getattr(facts[line.interaction_id or 0], name)
                if told != known:
                    check.differs(
                        f"usage line {line.pk} of interaction {line.interaction_id}: {name} {told}, on record {known}"
                    )
    handled = CallSegment.objects.filter(interaction__isnull=False).values("call_id")
    marked_calls = UsageMark.objects.exclude(call_id=None).values("call_id")
    menus = lines.filter(call__isnull=False).exclude(call_id__in=marked_calls).select_related("call")
    for line in menus.annotate(is_handled=Exists(handled.filter(call=OuterRef("call")))).iterator(chunk_size=BATCH):
        check.checked += 1
        menu = None if line.call is None or line.is_handled else menu_of(call=line.call)
        on_record = menu.ms if menu is not None else 0
        if line.ivr_ms != on_record:
            check.differs(f"usage line {line.pk} of call {line.call_id}: ivr_ms {line.ivr_ms}, on record {on_record}")
    return check

"""Writes of the menu time of calls that reached no operator; of others it is part of the first operator's usage."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from billing.actions.usage_lines import Collected, LineWriter
from billing.models import UsageLine
from billing.usage import told_spans
from billing.usage_facts import menu_of
from billing.usage_spans import spans_of
from contactcenter.tickets.models import Call, CallSegment


@transaction.atomic
def collect_calls(*, call_ids: Iterable[int], at: datetime) -> Collected:
    """Bring the usage lines of ended calls without an operator up to their time in the menu.

    A call that turns out to have reached one has none: its menu stands on the operator's usage.
    """
    handled = CallSegment.objects.filter(call=OuterRef("pk"), interaction__isnull=False)
    calls = list(
        Call.objects.select_for_update(of=("self",))
        .filter(pk__in=list(call_ids), ended_at__isnull=False)
        .select_related("account", "contact", "ticket")
        .annotate(is_handled=Exists(handled))
        .order_by("pk")
    )
    newest = {line.call_id: line for line in UsageLine.objects.filter(call__in=calls).order_by("version")}
    writer = LineWriter(at=at)
    for call in calls:
        known, menu = newest.get(call.pk), None if call.is_handled else menu_of(call=call)
        if menu is None:
            writer.drop(known=known, account=call.account)
            continue
        writer.put(
            known=known,
            account=call.account,
            facts={
                "started_at": call.started_at,
                "direction": call.direction,
                "queue": call.queue_name,
                "campaign": call.campaign,
                "ivr_ms": menu.ms,
                "spans": told_spans(spans=spans_of(started_at=call.started_at, stretches=[menu])),
            },
            more={
                "call": call,
                "contact_name": call.contact.name if call.contact else call.from_name,
                "contact_point": call.from_number,
                "ticket_id": call.ticket_id,
                "ticket_number": f"{call.account.ticket_prefix}-{call.ticket.number}" if call.ticket else "",
            },
        )
    return writer.finish()

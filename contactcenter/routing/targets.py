"""Whom a ticket may be handed to, as the transfer dialog shows it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from contactcenter.operators.models import Operator, OperatorLanguage
from contactcenter.routing import queries
from contactcenter.routing.candidates import views_of
from contactcenter.routing.matching import capacity_kind
from contactcenter.routing.models import OperatorState, Presence, Queue
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Channel
from contactcenter.tickets.queries import get_ticket

_ORDER = {Presence.AVAILABLE: 0, Presence.BREAK: 1, Presence.LOST: 2, Presence.OFFLINE: 3}


def transfer_targets(*, ticket_id: int, operator_id: int | None) -> dict[str, Any]:
    """Return operators entitled to the ticket's account (who can be asked first), queues, and whether numbers go.

    NotFound outside the account scope.
    """
    ticket = get_ticket(ticket_id=ticket_id)
    assignment = queries.live_assignment(ticket_id=ticket_id)
    channel = assignment.channel if assignment else ticket.channel
    queues = (
        Queue.objects.filter(
            Q(account_id=ticket.account_id) | Q(account_id__isnull=True),
            Q(channel=channel) | Q(channel=""),
            is_active=True,
        )
        .annotate(count=Count("waiting"))
        .order_by("name", "id")
    )
    return {
        "operators": _operators(account_id=ticket.account_id, channel=channel, but=operator_id),
        "queues": []
        if channel == Channel.VOICE
        else [{"id": queue.pk, "name": queue.name, "waiting": queue.count} for queue in queues],
        "numbers": channel == Channel.VOICE,
    }


def _operators(*, account_id: int, channel: str, but: int | None) -> list[dict[str, Any]]:
    people = list(
        Operator.objects.filter(is_active=True, user__is_active=True, user__memberships__account_id=account_id).exclude(
            pk=but or 0
        )
    )
    ids = [person.pk for person in people]
    states = OperatorState.objects.in_bulk(ids)
    # an operator's load comes from all their accounts; only its figures are shown
    with open_every_account(reason="who can be asked depends on all that they have in hand"):
        views = {view.operator_id: view for view in views_of(operator_ids=ids)}
    languages: dict[int, list[str]] = {}
    for operator_id, language in OperatorLanguage.objects.filter(operator_id__in=ids).values_list(
        "operator_id", "language"
    ):
        languages.setdefault(operator_id, []).append(language)
    kind = capacity_kind(channel)
    rows = []
    for person in people:
        state, view = states.get(person.pk), views.get(person.pk)
        used, room = (view.load.get(kind, 0), view.capacity.get(kind, 0)) if view else (0, 0)
        reason = "" if view and view.available else "not_available"
        if view and not reason:
            reason = "deciding" if view.has_offer else "capacity" if used >= room else ""
        rows.append(
            {
                "id": person.pk,
                "name": person.display_name,
                "presence": state.presence if state else Presence.OFFLINE,
                "since": state.since if state else None,
                "languages": sorted(languages.get(person.pk, [])),
                "used": used,
                "max": room,
                "reason": reason,
            }
        )
    return sorted(rows, key=lambda row: (row["reason"] != "", _ORDER[row["presence"]], row["name"], row["id"]))

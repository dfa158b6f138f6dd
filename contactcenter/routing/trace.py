"""Why this operator, and why not the others: what supervisors read of the decisions on a ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.intervals import as_text
from contactcenter.operators.models import Operator, Skill
from contactcenter.routing.candidates import Backlog, operator_views
from contactcenter.routing.matching import OTHERS_TOLD, choose_operator
from contactcenter.routing.models import Offer, Waiting
from contactcenter.routing.profiles import read_book
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Ticket

OFFERS_TOLD: Final = 50


def routing_trace(*, ticket_id: int, at: datetime) -> dict[str, Any]:
    """Return the newest offers of the ticket with their reasons, and, while it waits, why nobody has it yet.

    Operators and skills are named. NotFound outside the account scope.
    """
    if not Ticket.objects.filter(pk=ticket_id).exists():
        raise NotFound("There is no such ticket.")
    made = Offer.objects.filter(ticket_id=ticket_id).select_related("operator").order_by("-offered_at", "-id")
    offers = list(made[:OFFERS_TOLD])
    waiting = Waiting.objects.filter(ticket_id=ticket_id).select_related("queue").first()
    now = _why_nobody(ticket_id=ticket_id, at=at) if waiting else None
    reasons = [*(offer.why for offer in offers), *([now] if now else [])]
    others = [other for why in reasons for other in why.get("others", [])]
    people = Operator.objects.filter(pk__in={other["operator_id"] for other in others})
    names = dict(people.values_list("pk", "display_name"))
    missing = Skill.objects.filter(pk__in={other["skill"] for other in others if other.get("skill")})
    skills = dict(missing.values_list("pk", "name"))
    return {
        "waiting": (
            {
                "queue": waiting.queue.name,
                "since": as_text(waiting.enqueued_at),
                "due_at": as_text(waiting.due_at),
                "priority": waiting.priority,
                **_named(now or {}, names=names, skills=skills),
            }
            if waiting
            else None
        ),
        "offers": [
            {
                "id": offer.pk,
                "operator": {"id": offer.operator_id, "name": offer.operator.display_name},
                "state": offer.state,
                "offered_at": as_text(offer.offered_at),
                "resolved_at": as_text(offer.resolved_at) if offer.resolved_at else None,
                **_named(offer.why, names=names, skills=skills),
            }
            for offer in offers
        ],
    }


def _why_nobody(*, ticket_id: int, at: datetime) -> dict[str, Any] | None:
    """What matching would say of the ticket now; None while somebody decides on it, or its queue is closed."""
    with open_every_account(reason="who could take a ticket depends on all that the operators have in hand"):
        book = read_book(on=at.date())
        found = Backlog(book=book, at=at).these([ticket_id])
        if not found:
            return None
        decision = choose_operator(ticket=found[0], operators=operator_views(book=book), at=at, told=OTHERS_TOLD)
    return decision.explain()


def _named(why: dict[str, Any], *, names: dict[int, str], skills: dict[int, str]) -> dict[str, Any]:
    """The reasons of a decision, with names; what an earlier version did not store is empty."""
    return {
        "rule": why.get("rule", ""),
        "minimum_level": why.get("minimum_level"),
        "level": why.get("level"),
        "bridge": why.get("bridge", ""),
        "relaxed": why.get("relaxed", []),
        "waited_ms": why.get("waited_ms", 0),
        "load": why.get("load", 0),
        "capacity": why.get("capacity", 0),
        "not_chosen": [{"reason": reason, "count": count} for reason, count in why.get("not_chosen", {}).items()],
        "others": [
            {
                "operator": {"id": other["operator_id"], "name": names.get(other["operator_id"], "")},
                "reason": other["reason"],
                "skill": skills.get(other.get("skill", 0), ""),
                "load": other.get("load"),
                "capacity": other.get("capacity"),
                "level": other.get("level"),
                "wanted": other.get("wanted"),
            }
            for other in why.get("others", [])
        ],
    }

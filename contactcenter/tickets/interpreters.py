"""Interpreters who help an operator with a contact: who, in which language, from when to when, and what is charged.

A use belongs to one interaction and ends with it. Billing reads the seconds of each (InterpreterUse).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.push import push_on_commit
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction, InterpreterUse, Ticket

_SECOND = timedelta(seconds=1)


class NoConsent(Conflict):
    """The account has not agreed to pay for interpreters."""

    code = "no_consent"


def begin_interpreting(
    *, interaction: Interaction, language: str, at: datetime, provider: str = "", reference: str = ""
) -> InterpreterUse:
    """Write down that an interpreter helps with this interaction from now on; one at a time.

    While one helps already, who it is (`provider`) and the reference are filled in where they are given.
    """
    use, created = InterpreterUse.objects.get_or_create(
        interaction=interaction,
        ended_at=None,
        defaults={
            "account_id": interaction.account_id,
            "language": language,
            "started_at": max(at, interaction.started_at),
            "provider": provider[:80],
            "reference": reference[:120],
        },
    )
    told = {"provider": provider[:80], "reference": reference[:120]}
    changed = [name for name, value in told.items() if value and getattr(use, name) != value]
    if not created and changed:
        for name in changed:
            setattr(use, name, told[name])
        use.save(update_fields=changed)
    return use


def end_interpreting(*, interaction_id: int, at: datetime) -> bool:
    """Write down that the interpreter has gone; False where none helped. Every begun second counts."""
    use = InterpreterUse.objects.filter(interaction_id=interaction_id, ended_at=None).first()
    if use is None:
        return False
    ended_at = max(at, use.started_at)
    seconds = -((use.started_at - ended_at) // _SECOND)
    return InterpreterUse.objects.filter(pk=use.pk, ended_at=None).update(ended_at=ended_at, seconds=seconds) == 1


def resume_interpreting(*, interaction_id: int) -> None:
    """The interaction goes on after all: so does the help that ended with it."""
    InterpreterUse.objects.filter(interaction_id=interaction_id, ended_at=F("interaction__ended_at")).update(
        ended_at=None, seconds=0
    )


def end_left_open(*, limit: int = 200) -> int:
    """End the help whose interaction has ended by other means (the telephone system's log), at its end; how many."""
    left = InterpreterUse.objects.filter(ended_at=None, interaction__ended_at__isnull=False).order_by("pk")
    ended = 0
    for interaction_id, at in left.values_list("interaction_id", "interaction__ended_at")[:limit]:
        ended += at is not None and end_interpreting(interaction_id=interaction_id, at=at)
    return ended


@transaction.atomic
def call_in_interpreter(
    *, ticket_id: int, operator_id: int, language: str, provider: str, reference: str, at: datetime, actor_id: int
) -> InterpreterUse:
    """An operator calls an interpreter in for what they are doing on a ticket, or says who it is.

    `language` '' takes the ticket's. Raises NotFound, NoConsent where the account has not agreed, Invalid without a
    language, Conflict where the operator serves nobody on this ticket.
    """
    ticket = _ticket(ticket_id)
    if not Account.objects.filter(pk=ticket.account_id, allows_interpreter=True).exists():
        raise NoConsent("This client has not agreed to interpreters.")
    interaction = _under_way(ticket_id=ticket_id, operator_id=operator_id)
    if interaction is None:
        raise Conflict("You are not serving this contact.")
    if not (language or ticket.language):
        raise Invalid("Say in which language.", field="language")
    use = begin_interpreting(
        interaction=interaction, language=language or ticket.language, provider=provider, reference=reference, at=at
    )
    audit.record(
        action="interpreter.call_in",
        target=use,
        actor_id=actor_id,
        account_id=ticket.account_id,
        data={"language": use.language, "provider": use.provider},
    )
    _tell(ticket)
    return use


@transaction.atomic
def let_interpreter_go(*, ticket_id: int, operator_id: int, at: datetime, actor_id: int) -> InterpreterUse:
    """The interpreter has gone while the conversation goes on. Conflict where none helps this operator."""
    ticket = _ticket(ticket_id)
    interaction = _under_way(ticket_id=ticket_id, operator_id=operator_id)
    if interaction is None or not end_interpreting(interaction_id=interaction.pk, at=at):
        raise Conflict("No interpreter helps you here.")
    use = InterpreterUse.objects.filter(interaction=interaction).latest("id")
    audit.record(
        action="interpreter.let_go",
        target=use,
        actor_id=actor_id,
        account_id=ticket.account_id,
        data={"seconds": use.seconds},
    )
    _tell(ticket)
    return use


def interpreter_uses(*, ticket_id: int) -> list[InterpreterUse]:
    """Return who has helped with a ticket, the newest first; NotFound outside the scope."""
    _ticket(ticket_id)
    uses = InterpreterUse.objects.select_related("interaction__operator").filter(interaction__ticket_id=ticket_id)
    return list(uses.order_by("-started_at", "-id")[:50])


def _ticket(ticket_id: int) -> Ticket:
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound("There is no such ticket.")
    return ticket


def _under_way(*, ticket_id: int, operator_id: int) -> Interaction | None:
    rows = Interaction.objects.filter(Q(ended_at=None), ticket_id=ticket_id, operator_id=operator_id)
    return rows.order_by("-started_at", "-id").first()


def _tell(ticket: Ticket) -> None:
    push_on_commit(
        f"account:{ticket.account_id}",
        kind="ticket.changed",
        account_id=ticket.account_id,
        payload={"ticket_id": ticket.pk},
    )

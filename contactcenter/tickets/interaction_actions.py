"""Every write to interactions, the handled units of work on a ticket. Each needs an open account scope."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.tickets.interpreters import end_interpreting, resume_interpreting
from contactcenter.tickets.models import Direction, Interaction, OrderCorrection, Ticket


@transaction.atomic
def start_interaction(
    *,
    ticket: Ticket,
    operator_id: int,
    channel: str,
    at: datetime,
    direction: str = Direction.INBOUND,
    waited_ms: int | None = None,
    source_key: str | None = None,
    queue_id: int | None = None,
) -> Interaction:
    """Begin one handled unit. With a source_key (a call's segment) the same key gives the same interaction."""
    fields = {"ticket": ticket, "operator_id": operator_id, "channel": channel, "direction": direction}
    fields |= {"started_at": at, "waited_ms": waited_ms, "queue_id": queue_id}
    if source_key is None:
        return Interaction.objects.create(account_id=ticket.account_id, **fields)
    interaction, _ = Interaction.objects.get_or_create(
        account_id=ticket.account_id, source_key=source_key, defaults=fields
    )
    return interaction


def end_interaction(*, interaction_id: int, at: datetime) -> None:
    """Set the end of the conversation once; a second call changes nothing. An interpreter who helped goes with it."""
    Interaction.objects.filter(pk=interaction_id, ended_at__isnull=True).update(ended_at=at)
    end_interpreting(interaction_id=interaction_id, at=at)


def resume_interaction(*, interaction_id: int) -> None:
    """Take the end back: the contact wrote again before wrap-up was done, and the handled unit goes on."""
    resume_interpreting(interaction_id=interaction_id)
    Interaction.objects.filter(pk=interaction_id, wrapped_at__isnull=True).update(ended_at=None)


@transaction.atomic
def wrap_interaction(
    *,
    interaction_id: int,
    at: datetime,
    disposition_id: int | None,
    comment: str = "",
    orders: int = 0,
    order_amount: Decimal | None = None,
) -> Interaction:
    """Record the outcome, the orders that were taken and the end of wrap-up, once.

    `disposition_id` must be one of the account's dispositions; the database refuses another account's. `order_amount`
    is what the orders are worth together, in the account's currency; Invalid without any order.
    """
    if order_amount is not None and not orders:
        raise Invalid("Say how many orders this amount is of.", field="orders")
    interaction = Interaction.objects.select_for_update(of=("self",)).get(pk=interaction_id)
    if interaction.wrapped_at is not None:
        raise Conflict("This contact is already wrapped up.")
    interaction.disposition_id = disposition_id
    interaction.ended_at = interaction.ended_at or at
    interaction.wrapped_at = at
    interaction.comment = comment[:500]
    interaction.orders, interaction.order_amount = orders, order_amount
    interaction.save(update_fields=["disposition", "ended_at", "wrapped_at", "comment", "orders", "order_amount"])
    end_interpreting(interaction_id=interaction_id, at=interaction.ended_at)
    return interaction


@transaction.atomic
def correct_orders(
    *,
    ticket_id: int,
    interaction_id: int,
    orders: int,
    order_amount: Decimal | None,
    reason: str,
    at: datetime,
    actor_id: int,
) -> OrderCorrection:
    """Correct the orders that were counted when a contact was wrapped up, by an event of its own with the reason.

    Afterwards the interaction has the new number and amount; its usage is collected again. Conflict before wrap-up is
    done, or where nothing would change; Invalid without a reason, or with an amount of no order; NotFound where the
    ticket has no such contact.
    """
    if not reason.strip():
        raise Invalid("Say why.", field="reason")
    if order_amount is not None and not orders:
        raise Invalid("Say how many orders this amount is of.", field="orders")
    interaction = (
        Interaction.objects.select_for_update(of=("self",)).filter(pk=interaction_id, ticket_id=ticket_id).first()
    )
    if interaction is None:
        raise NotFound("The ticket has no such contact.", field="interaction")
    if interaction.wrapped_at is None:
        raise Conflict("The operator has not wrapped this contact up yet.")
    if (interaction.orders, interaction.order_amount) == (orders, order_amount):
        raise Conflict("That is what was counted.")
    correction = OrderCorrection.objects.create(
        account_id=interaction.account_id,
        interaction=interaction,
        orders_before=interaction.orders,
        amount_before=interaction.order_amount,
        orders=orders,
        order_amount=order_amount,
        reason=reason.strip()[:500],
        at=at,
        by_id=actor_id,
    )
    interaction.orders, interaction.order_amount = orders, order_amount
    interaction.save(update_fields=["orders", "order_amount"])
    audit.record(
        action="interaction.orders_corrected",
        target=interaction,
        actor_id=actor_id,
        account_id=interaction.account_id,
        data={"before": correction.orders_before, "after": orders, "reason": correction.reason},
    )
    return correction

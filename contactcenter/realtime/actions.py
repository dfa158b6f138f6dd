"""What a console tells others in passing."""

from __future__ import annotations

from django.db import transaction

from channels_app.webchat.actions import show_typing
from contactcenter.kernel.push import push_on_commit
from contactcenter.tenancy.models import User
from contactcenter.tickets.queries import get_ticket


@transaction.atomic
def tell_typing(*, ticket_id: int, user_id: int) -> None:
    """Tell the account's consoles and the visitor's widget that somebody is writing; NotFound outside the scope."""
    ticket = get_ticket(ticket_id=ticket_id)
    user = User.objects.select_related("operator").get(pk=user_id)
    operator = getattr(user, "operator", None)
    name = operator.display_name if operator else user.full_name
    push_on_commit(
        f"account:{ticket.account_id}",
        kind="chat.typing",
        account_id=ticket.account_id,
        payload={"ticket_id": ticket_id, "from": "operator", "name": name},
    )
    show_typing(ticket_id=ticket_id, name=name)

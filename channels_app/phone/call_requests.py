"""Click to call: an operator asks, the telephone system rings their telephone, then the contact's."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from channels_app.models import CallRequest, CallRequestState, Endpoint, EndpointKind
from channels_app.phone.telephones import interface_of
from contactcenter.contacts.models import Contact, ContactPoint, PointKind
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.push import push_on_commit
from contactcenter.operators.models import Operator
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Ticket

WAITS_FOR = timedelta(seconds=15)
"""A wish that the telephone system has not taken by then fails: nobody wants to be rung up later."""
CALLED_AS = "cc-"

_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_MAY_FOLLOW = {
    CallRequestState.REQUESTED: {CallRequestState.RINGING, CallRequestState.ANSWERED, CallRequestState.FAILED},
    CallRequestState.RINGING: {CallRequestState.ANSWERED, CallRequestState.FAILED},
    CallRequestState.ANSWERED: set(),
    CallRequestState.FAILED: set(),
}


class NoTelephone(Conflict):
    """The operator has no telephone that the telephone system knows."""

    code = "no_telephone"


class NoTelephoneSystem(Conflict):
    """No telephone system of the account can place calls."""

    code = "no_telephone_system"


def audience_of(*, endpoint_id: int) -> str:
    """Return the live audience on which a telephone system's bridge hears wishes."""
    return f"phone:{endpoint_id}"


@transaction.atomic
def request_call(
    *, operator: Operator, at: datetime, ticket_id: int | None = None, contact_id: int | None = None, number: str = ""
) -> CallRequest:
    """Store an operator's wish to call a ticket's contact, or a contact; its bridge hears of it after the commit.

    `number` is one of the contact's numbers; the first of them if empty. Needs the scope of the operator. Raises
    NotFound, Invalid, NoTelephone or NoTelephoneSystem, and then nothing is stored.
    """
    ticket, contact = _whom(ticket_id=ticket_id, contact_id=contact_id)
    chosen = _number_of(contact, number)
    interface = interface_of(operator_id=operator.pk)
    if not interface:
        raise NoTelephone("You have no telephone here. An administrator adds it to your names (PJSIP/101).")
    endpoint = telephone_system_of(account_id=contact.account_id)
    request = CallRequest.objects.create(
        account_id=contact.account_id,
        endpoint_id=endpoint.pk,
        ticket=ticket,
        contact=contact,
        operator=operator,
        interface=interface,
        number=chosen,
        channel_id=f"{CALLED_AS}{uuid4()}",
        requested_at=at,
        changed_at=at,
    )
    audit.record(
        action="call.request",
        target=request,
        actor_id=operator.user_id,
        account_id=contact.account_id,
        data={"number": chosen, "ticket": ticket.pk if ticket else None},
    )
    push_on_commit(audience_of(endpoint_id=endpoint.pk), kind="call.requested", payload={"request_id": request.pk})
    return request


@transaction.atomic
def move_request(*, request_id: int, state: CallRequestState, at: datetime, reason: str = "") -> bool:
    """Note how far a wish came and tell the operator; False where it is there or further already."""
    request = CallRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
    if state not in _MAY_FOLLOW[CallRequestState(request.state)]:
        return False
    request.state, request.reason, request.changed_at = state, reason[:200], at
    request.save(update_fields=["state", "reason", "changed_at"])
    push_on_commit(
        f"operator:{request.operator_id}",
        kind="call.request_changed",
        account_id=request.account_id,
        payload={
            "request_id": request.pk,
            "ticket_id": request.ticket_id,
            "state": request.state,
            "reason": request.reason,
        },
    )
    return True


def take_request(*, request_id: int, at: datetime) -> CallRequest | None:
    """Return a wish for the bridge to place, once; None where it is taken, over, or too old (then it fails)."""
    with transaction.atomic():
        request = CallRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
        if request.state != CallRequestState.REQUESTED:
            return None
        if at - request.requested_at > WAITS_FOR:
            move_request(request_id=request_id, state=CallRequestState.FAILED, at=at, reason=NOT_CONNECTED)
            return None
        move_request(request_id=request_id, state=CallRequestState.RINGING, at=at)
    return request


def fail_forgotten_requests(*, at: datetime) -> int:
    """Fail every wish that no telephone system has taken in time; returns how many."""
    forgotten = CallRequest.objects.filter(state=CallRequestState.REQUESTED, requested_at__lt=at - WAITS_FOR)
    return sum(
        move_request(request_id=pk, state=CallRequestState.FAILED, at=at, reason=NOT_CONNECTED)
        for pk in forgotten.order_by("pk").values_list("pk", flat=True)
    )


NOT_CONNECTED = "The telephone system is not connected."


def telephone_system_of(*, account_id: int) -> Endpoint:
    """Return the active telephone system that can place calls for an account: its own, else one that serves it."""
    with open_every_account(reason="one telephone system may serve several accounts"):
        slug = Account.objects.values_list("slug", flat=True).get(pk=account_id)
        systems = Endpoint.objects.filter(kind=EndpointKind.VOICE, is_active=True, settings__has_key="ami_host")
        found = sorted(systems, key=lambda endpoint: (endpoint.account_id != account_id, endpoint.pk))
    for endpoint in found:
        if endpoint.account_id == account_id or slug in endpoint.settings.get("accounts", {}).values():
            return endpoint
    raise NoTelephoneSystem("No telephone system of this account can place calls.")


def _whom(*, ticket_id: int | None, contact_id: int | None) -> tuple[Ticket | None, Contact]:
    if ticket_id is not None:
        ticket = Ticket.objects.select_related("contact").filter(pk=ticket_id).first()
        if ticket is None:
            raise NotFound("There is no such ticket.", field="ticket_id")
        if ticket.contact is None:
            raise Invalid("The ticket has no contact to call.", field="ticket_id")
        return ticket, ticket.contact
    contact = Contact.objects.filter(pk=contact_id).first() if contact_id is not None else None
    if contact is None:
        raise NotFound("There is no such contact.", field="contact_id")
    return None, contact


def _number_of(contact: Contact, number: str) -> str:
    """Only what is known of the contact is called: nobody may ring up the world on a client's account."""
    known = list(
        ContactPoint.objects.filter(contact=contact, kind=PointKind.PHONE)
        .order_by("pk")
        .values_list("value", flat=True)
    )
    callable_numbers = [value for value in known if _NUMBER.fullmatch(value)]
    if number and number not in callable_numbers:
        raise Invalid("This is no number of the contact.", field="number")
    if not callable_numbers:
        raise Invalid("The contact has no number to call.", field="number")
    return number or callable_numbers[0]

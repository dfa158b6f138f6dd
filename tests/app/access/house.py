"""Makes the house whose addresses are asked for."""

from datetime import timedelta

from channels_app.attachments import attach_files, keep_files
from channels_app.contract import InboundAttachment
from channels_app.models import Endpoint
from channels_app.subscriptions.actions import create_subscription, new_delivery
from contactcenter.contacts.merging import merge_contacts
from contactcenter.contacts.models import ContactPoint
from contactcenter.operators.models import Operator
from contactcenter.routing.models import CallbackRequest, Offer, OperatorState
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.key_actions import create_key
from contactcenter.tenancy.models import Role
from contactcenter.tickets import actions
from contactcenter.tickets.models import Attachment, Call
from contactcenter.tickets.relations import merge_tickets
from tests.app.access.asking import SECRET, House
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket, make_user


def make_house() -> House:
    """Two accounts; everything that has an address belongs to the first."""
    alpha, beta = make_account("Alpha"), make_account("Beta")
    with open_every_account(reason="the test sets both accounts up"):
        operator = make_operator(alpha)
        other = make_operator(beta)
        ticket = make_ticket(alpha, subject=SECRET)
        message = actions.receive_message(ticket=ticket, channel="email", at=AT, text=SECRET, html=f"<p>{SECRET}</p>")
        file = InboundAttachment(filename="a.txt", content_type="text/plain", content=SECRET.encode())
        attach_files(message=message, files=keep_files([file]))
        attachment = Attachment.objects.get()
        endpoint = Endpoint.objects.create(account=alpha, kind="email", address="a@alpha.example", name="Alpha's")
        offer = Offer.objects.create(
            account=alpha, ticket=ticket, operator=operator, channel="email", offered_at=AT,
            expires_at=AT + timedelta(seconds=30),
        )  # fmt: skip
        key, _ = create_key(account_id=alpha.pk, actor_id=operator.user_id, name="CRM", scopes=["calls:read"], at=AT)
        webhook, _ = create_subscription(
            account_id=alpha.pk, actor_id=operator.user_id, url="https://a.example/", events=["call.ended"], at=AT
        )
        delivery = new_delivery(subscription=webhook, kind="webhook.test", subject="x", body=SECRET, at=AT)
        delivery.save()
        call = Call.objects.create(
            account=alpha, endpoint_id=endpoint.pk, external_id="1", direction="in", started_at=AT, from_name=SECRET
        )
        other_contact = make_contact(alpha)
        merge = merge_contacts(kept_id=other_contact.pk, merged_id=make_contact(alpha).pk, actor_id=None, at=AT)
        twin = make_ticket(alpha, contact=ticket.contact)
        joined = merge_tickets(kept_id=ticket.pk, merged_id=twin.pk, actor_id=None, at=AT)
        callback = CallbackRequest.objects.create(
            account=alpha, ticket=ticket, contact=ticket.contact, number="+4915112345", reason=SECRET,
            enqueued_at=AT, requested_at=AT, changed_at=AT,
        )  # fmt: skip
        free_point = ContactPoint.objects.create(account=alpha, contact=ticket.contact, kind="sms", value="+4915112345")
    people = {
        "operator": operator.user,
        "other operator": other.user,
        "supervisor": make_user(Role.SUPERVISOR),
        "billing admin": make_user(Role.BILLING_ADMIN),
        "admin": make_user(Role.ADMIN),
        "viewer": make_user(Role.CLIENT_VIEWER, alpha),
        "client": make_user(Role.CLIENT_ADMIN, alpha),
        "other client": make_user(Role.CLIENT_ADMIN, beta),
    }
    chief = Operator.objects.create(user=people["supervisor"], display_name="Supervisor")
    for server in (operator, other, chief):
        OperatorState.objects.create(operator=server, presence="available", since=AT)
    ids = {
        "account_id": alpha.pk,
        "ticket_id": ticket.pk,
        "message_id": message.pk,
        "call_id": call.pk,
        "subscription_id": webhook.pk,
        "delivery_id": delivery.pk,
        "attachment_id": attachment.pk,
        "endpoint_id": endpoint.pk,
        "offer_id": offer.pk,
        "operator_id": operator.pk,
        "channel": "email",
        "key_id": key.pk,
        "contact_id": ticket.contact_id,
        "other_contact_id": other_contact.pk,
        "point_id": free_point.pk,
        "merge_id": merge.pk,
        "callback_id": callback.pk,
        "ticket_merge_id": joined.pk,
    }
    return House(account=alpha, people=people, ids=ids)

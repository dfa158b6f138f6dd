"""Every address of the API by every role: who is admitted, who is refused, who is told that there is nothing.

Columns, in the order of ROLES: an operator of the account, one of another account, supervisor, billing admin, admin,
client viewer and client admin of the account, client admin of another one. "y": admitted (the call is understood,
whatever it then answers), "n": 403, "-": 404, there is nothing here. Nobody logged in gets 401 everywhere.
"""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from channels_app.attachments import store_attachments
from channels_app.contract import InboundAttachment
from channels_app.models import Endpoint
from channels_app.subscriptions.actions import create_subscription, new_delivery
from contactcenter.contacts.merging import merge_contacts
from contactcenter.contacts.models import ContactPoint
from contactcenter.operators.models import Operator
from contactcenter.routing.models import CallbackRequest, Offer, OperatorState
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.key_actions import create_key
from contactcenter.tenancy.models import ApiScope, Role
from contactcenter.tickets import actions
from contactcenter.tickets.models import Attachment, Call
from contactcenter.tickets.relations import merge_tickets
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket, make_user

pytestmark = pytest.mark.django_db

ROLES = ("operator", "other operator", "supervisor", "billing admin", "admin", "viewer", "client", "other client")
SECRET = "Zauberwort der Alpha"
# enough for the calls on a ticket to be understood, so that access decides and not a missing field
BODY = {"client_uuid": "6f1c1a52-7a0c-4a51-9e6e-0d5a3f0c9b11", "channel": "email", "text": "Hello", "active": True,
        "kind": "sms", "value": "+4915100000"}  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")

TABLE = {
    "GET /api/v1/accounts/{account_id}/billing-profile/": "nnnyyyy-",
    "GET /api/v1/billing-profile-proposals/": "nnnyyyy-",
    "POST /api/v1/billing-profile-proposals/": "nnnnnnyy",
    "POST /api/v1/billing-profile-proposals/{proposal_id}/accept/": "nnn--nnn",
    "POST /api/v1/billing-profile-proposals/{proposal_id}/decline/": "nnn--nnn",
    "POST /api/v1/billing-profile-proposals/{proposal_id}/withdraw/": "nnnnnn--",
    "GET /api/v1/invoices/{invoice_id}/deliveries/": "nnn-----",
    "POST /api/v1/invoices/{invoice_id}/deliveries/": "nnn--nnn",
    "PATCH /api/v1/accounts/{account_id}/billing-profile/": "nnnyynnn",
    "GET /api/v1/accrual/": "nnnyyyy-",
    "GET /api/v1/accrual/rounding/": "nnnyyyy-",
    "GET /api/v1/alert-rules/": "nnnyyyy-",
    "POST /api/v1/alert-rules/": "nnnyynyy",
    "DELETE /api/v1/alert-rules/{rule_id}/": "nnn--n--",
    "GET /api/v1/alerts/": "nnnyyyy-",
    "POST /api/v1/alerts/{alert_id}/seen/": "nnn-----",
    "GET /api/v1/forecast/": "nnnyyyy-",
    "GET /api/v1/tariff-comparison/": "nnnyyyy-",
    "GET /api/v1/forecasts/": "nnnyynnn",
    "GET /api/v1/invoices/{invoice_id}/rounding/": "nnn-----",
    "GET /api/v1/admin/accounts/": "nnyyynnn",
    "POST /api/v1/admin/accounts/": "nnnyynnn",
    "GET /api/v1/admin/accounts/{account_id}/": "nnyyynnn",
    "PATCH /api/v1/admin/accounts/{account_id}/": "nnnyynnn",
    "GET /api/v1/admin/audit/": "nnnnynnn",
    "GET /api/v1/admin/endpoints/": "nnynynnn",
    "POST /api/v1/admin/endpoints/": "nnnnynnn",
    "GET /api/v1/admin/endpoints/{endpoint_id}/": "nnynynnn",
    "PATCH /api/v1/admin/endpoints/{endpoint_id}/": "nnnnynnn",
    "POST /api/v1/admin/endpoints/{endpoint_id}/test/": "nnnnynnn",
    "GET /api/v1/admin/endpoint-providers/": "nnynynnn",
    "GET /api/v1/admin/operators/": "nnynynnn",
    "POST /api/v1/admin/operators/": "nnynynnn",
    "GET /api/v1/admin/operators/{operator_id}/": "nnynynnn",
    "PATCH /api/v1/admin/operators/{operator_id}/": "nnynynnn",
    "GET /api/v1/admin/proofs/": "nnyyynnn",
    "POST /api/v1/admin/proofs/": "nnyyynnn",
    "GET /api/v1/admin/calendars/": "nnynynnn",
    "POST /api/v1/admin/calendars/": "nnynynnn",
    "PATCH /api/v1/admin/calendars/{row_id}/": "nn-n-nnn",
    "GET /api/v1/admin/skills/": "nnynynnn",
    "POST /api/v1/admin/skills/": "nnynynnn",
    "PATCH /api/v1/admin/skills/{row_id}/": "nn-n-nnn",
    "GET /api/v1/admin/sla-policies/": "nnynynnn",
    "POST /api/v1/admin/sla-policies/": "nnynynnn",
    "PATCH /api/v1/admin/sla-policies/{row_id}/": "nn-n-nnn",
    "GET /api/v1/tickets/{ticket_id}/routing/": "nnynynnn",
    "GET /api/v1/admin/queues/": "nnynynnn",
    "POST /api/v1/admin/queues/": "nnynynnn",
    "GET /api/v1/admin/queues/{queue_id}/": "nn-n-nnn",
    "PATCH /api/v1/admin/queues/{queue_id}/": "nn-n-nnn",
    "GET /api/v1/admin/planning/": "nnyyynnn",
    "GET /api/v1/admin/floor/": "nnynynnn",
    "GET /api/v1/admin/wallboard/": "nnyyynnn",
    "GET /api/v1/admin/signatures/": "nnynynnn",
    "PUT /api/v1/admin/signatures/": "nnynynnn",
    "GET /api/v1/api-keys/": "nnnnyny-",
    "POST /api/v1/api-keys/": "nnnnynyy",
    "POST /api/v1/api-keys/{key_id}/revoke/": "nnnnyny-",
    "GET /api/v1/attachments/{attachment_id}/": "y-yyyyy-",
    "GET /api/v1/console/": "yyyyynnn",
    "POST /api/v1/bill-runs/": "nnnyynnn",
    "GET /api/v1/balance/": "nnnyyyy-",
    "GET /api/v1/add-ons/": "nnnyyyy-",
    "POST /api/v1/add-ons/": "nnnyynyy",
    "GET /api/v1/add-ons/choices/": "nnnyyyy-",
    "POST /api/v1/add-ons/{add_on_id}/approve/": "nnn--n--",
    "POST /api/v1/add-ons/{add_on_id}/decline/": "nnn--n--",
    "POST /api/v1/add-ons/{add_on_id}/end/": "nnn--n--",
    "POST /api/v1/add-ons/{add_on_id}/withdraw/": "nnn--n--",
    "GET /api/v1/disputes/": "nnnyyyyy",
    "POST /api/v1/disputes/{dispute_id}/messages/": "nnn--n--",
    "POST /api/v1/disputes/{dispute_id}/resolve/": "nnn--nnn",
    "POST /api/v1/invoice-lines/{line_id}/dispute/": "nnnnnn--",
    "GET /api/v1/invoices/{invoice_id}/reminders/": "nnn--nnn",
    "POST /api/v1/invoices/{invoice_id}/reminders/": "nnn--nnn",
    "POST /api/v1/invoices/{invoice_id}/late-usage/": "nnn--nnn",
    "GET /api/v1/late-usage/": "nnnyynnn",
    "GET /api/v1/payments/": "nnnyynnn",
    "POST /api/v1/payments/": "nnnyynnn",
    "POST /api/v1/payments/import/": "nnnyynnn",
    "POST /api/v1/payments/{payment_id}/match/": "nnnyynnn",
    "GET /api/v1/wallet/": "nnnyyyy-",
    "POST /api/v1/wallet/settle/": "nnnyynnn",
    "POST /api/v1/wallet/refund/": "nnnyynnn",
    "POST /api/v1/reminders/": "nnnyynnn",
    "GET /api/v1/break-reasons/": "yyyyynnn",
    "GET /api/v1/admin/break-reasons/": "nnynynnn",
    "POST /api/v1/admin/break-reasons/": "nnynynnn",
    "PATCH /api/v1/admin/break-reasons/{reason_id}/": "nn-n-nnn",
    "GET /api/v1/calls/": "yyyyyyyy",
    "GET /api/v1/calls/{call_id}/": "y-yyyyy-",
    "POST /api/v1/call-requests/": "y-ynnnnn",
    "GET /api/v1/callbacks/": "yyynynnn",
    "POST /api/v1/callbacks/": "yyynynnn",
    "POST /api/v1/callbacks/{callback_id}/cancel/": "y-ynynnn",
    "POST /api/v1/callbacks/{callback_id}/dial/": "y-ynnnnn",
    "POST /api/v1/callbacks/{callback_id}/result/": "y-ynnnnn",
    "GET /api/v1/tickets/{ticket_id}/call/": "y-ynynnn",
    "POST /api/v1/calls/{call_id}/orders/": "---nnnnn",
    "GET /api/v1/call-orders/{order_id}/": "---nnnnn",
    "GET /api/v1/call-requests/{request_id}/": "---nnnnn",
    "POST /api/v1/contact-merges/{merge_id}/undo/": "y-ynynnn",
    "GET /api/v1/contacts/": "yyyyyyyy",
    "POST /api/v1/contacts/": "yyynynnn",
    "GET /api/v1/contacts/{contact_id}/": "y-yyyyy-",
    "PATCH /api/v1/contacts/{contact_id}/": "y-ynynnn",
    "POST /api/v1/contacts/{contact_id}/merge/": "y-ynynnn",
    "POST /api/v1/contacts/{contact_id}/points/": "y-ynynnn",
    "DELETE /api/v1/contacts/{contact_id}/points/{point_id}/": "y-ynynnn",
    "GET /api/v1/contacts/{contact_id}/suggestions/": "y-yyyyy-",
    "GET /api/v1/contracts/": "nnnyynnn",
    "POST /api/v1/contracts/": "nnnyynnn",
    "POST /api/v1/contracts/{contract_id}/end/": "nnnyynnn",
    "GET /api/v1/endpoints/{endpoint_id}/mailbox/": "nnynynnn",
    "GET /api/v1/events/": "yyyyynnn",
    "GET /api/v1/invoice-lines/{line_id}/contacts/": "nnn-----",
    "GET /api/v1/invoice-lines/{line_id}/contacts/{contact_id}/": "nnn-----",
    "GET /api/v1/invoices/": "nnnyyyy-",
    "POST /api/v1/invoices/": "nnnyynnn",
    "GET /api/v1/invoices/{invoice_id}/": "nnn-----",
    "DELETE /api/v1/invoices/{invoice_id}/": "nnn--nnn",
    "POST /api/v1/invoices/{invoice_id}/approve/": "nnn--nnn",
    "POST /api/v1/invoices/{invoice_id}/credit-notes/": "nnn--nnn",
    "POST /api/v1/invoices/{invoice_id}/issue/": "nnn--nnn",
    "GET /api/v1/invoices/{invoice_id}/files/{file_kind}/": "nnn-----",
    "GET /api/v1/invoices/{invoice_id}/pdf/": "nnn-----",
    "GET /api/v1/issuer/": "nnnyynnn",
    "PATCH /api/v1/issuer/": "nnnyynnn",
    "GET /api/v1/me/": "yyyyyyyy",
    "GET /api/v1/messages/": "yyyyyyyy",
    "GET /api/v1/messages/{message_id}/": "y-yyyyy-",
    "GET /api/v1/messages/{message_id}/html/": "y-yyyyy-",
    "GET /api/v1/number-series/": "nnnyynnn",
    "POST /api/v1/offers/{offer_id}/accept/": "y--nnnnn",
    "POST /api/v1/offers/{offer_id}/decline/": "y--nnnnn",
    "GET /api/v1/parked-bills/": "nnnyynnn",
    "POST /api/v1/parked-bills/{bill_id}/retry/": "nnn--nnn",
    "GET /api/v1/playbook/": "y-yyyyy-",
    "GET /api/v1/portal/interactions/": "nnyyyyy-",
    "GET /api/v1/portal/interactions/export/": "nnyyyyy-",
    "GET /api/v1/portal/invoices/{invoice_id}/export/": "nnn-----",
    "GET /api/v1/portal/periods/": "nnyyyyy-",
    "GET /api/v1/portal/usage/": "nnyyyyy-",
    "GET /api/v1/portal/usage/export/": "nnyyyyy-",
    "POST /api/v1/operators/{operator_id}/presence/": "nnynynnn",
    "POST /api/v1/presence/": "yyynnnnn",
    "GET /api/v1/price-acceptances/": "nnnyynnn",
    "POST /api/v1/price-acceptances/": "nnnyynnn",
    "POST /api/v1/price-sheets/{version_id}/accept/": "nnnnnnyy",
    "GET /api/v1/price-sheets/": "nnnyyyy-",
    "GET /api/v1/price-sheets/{version_id}/pdf/": "nnn-----",
    "GET /api/v1/quotes/": "nnnyyyy-",
    "POST /api/v1/quotes/": "nnnyynnn",
    "GET /api/v1/quotes/{quote_id}/": "nnn-----",
    "PUT /api/v1/quotes/{quote_id}/": "nnnyynnn",
    "DELETE /api/v1/quotes/{quote_id}/": "nnn--nnn",
    "POST /api/v1/quotes/{quote_id}/accept/": "nnnnnn--",
    "POST /api/v1/quotes/{quote_id}/compare/": "nnn-----",
    "POST /api/v1/quotes/{quote_id}/decline/": "nnnnnn--",
    "GET /api/v1/quotes/{quote_id}/pdf/": "nnn-----",
    "POST /api/v1/quotes/{quote_id}/revise/": "nnn--nnn",
    "POST /api/v1/quotes/{quote_id}/send/": "nnn--nnn",
    "POST /api/v1/quotes/{quote_id}/withdraw/": "nnn--nnn",
    "GET /api/v1/ratings/": "nnynyyyy",
    "GET /api/v1/receipts/": "nnynynnn",
    "POST /api/v1/receipts/retry/": "nnynynnn",
    "GET /api/v1/receipts/export/": "nnynynnn",
    "GET /api/v1/receipts/{receipt_id}/raw/": "nn-n-nnn",
    "POST /api/v1/receipts/{receipt_id}/retry/": "nn-n-nnn",
    "GET /api/v1/file-abilities/": "yyynynnn",
    "GET /api/v1/messages/{message_id}/translations/": "y-ynynnn",
    "POST /api/v1/messages/{message_id}/translations/": "y-ynynnn",
    "POST /api/v1/messages/{message_id}/resend/": "y-ynynnn",
    "GET /api/v1/tariff-versions/{version_id}/": "nnn--nnn",
    "PUT /api/v1/tariff-versions/{version_id}/": "nnnyynnn",
    "DELETE /api/v1/tariff-versions/{version_id}/": "nnn--nnn",
    "GET /api/v1/tariff-versions/{version_id}/price-sheet/": "nnn--nnn",
    "GET /api/v1/tariff-versions/{version_id}/price-sheet/pdf/": "nnn--nnn",
    "POST /api/v1/tariff-versions/{version_id}/put-in-force/": "nnnyynnn",
    "POST /api/v1/tariff-versions/{version_id}/try/": "nnnyynnn",
    "GET /api/v1/tariff-schema/": "nnnyynnn",
    "GET /api/v1/tariffs/": "nnnyynnn",
    "POST /api/v1/tariffs/": "nnnyynnn",
    "GET /api/v1/tariffs/{tariff_id}/": "nnn--nnn",
    "PATCH /api/v1/tariffs/{tariff_id}/": "nnnyynnn",
    "POST /api/v1/tariffs/{tariff_id}/versions/": "nnn--nnn",
    "GET /api/v1/tickets/": "yyyyyyyy",
    "POST /api/v1/tickets/": "yyynynnn",
    "GET /api/v1/tickets/{ticket_id}/": "y-yyyyy-",
    "PATCH /api/v1/tickets/{ticket_id}/": "y-ynynnn",
    "PUT /api/v1/tickets/{ticket_id}/drafts/{channel}/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/finish/": "---nnnnn",
    "POST /api/v1/tickets/{ticket_id}/focus/": "y-ynnnnn",
    "POST /api/v1/tickets/{ticket_id}/follow-up/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/merge/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/snooze/": "y-ynynnn",
    "DELETE /api/v1/tickets/{ticket_id}/snooze/": "y-ynynnn",
    "GET /api/v1/tickets/{ticket_id}/callbacks/": "y-ynynnn",
    "GET /api/v1/tickets/{ticket_id}/interpreter/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/interpreter/": "y-ynnnnn",
    "DELETE /api/v1/tickets/{ticket_id}/interpreter/": "y-ynnnnn",
    "GET /api/v1/tickets/{ticket_id}/translations/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/translations/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/reply-translations/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/split/": "y-ynynnn",
    "POST /api/v1/ticket-merges/{ticket_merge_id}/undo/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/hold/": "---nnnnn",
    "POST /api/v1/tickets/{ticket_id}/resume/": "---nnnnn",
    "POST /api/v1/tickets/{ticket_id}/transfer/": "y-ynnnnn",
    "POST /api/v1/tickets/{ticket_id}/transfer/cancel/": "---nnnnn",
    "POST /api/v1/tickets/{ticket_id}/transfer/complete/": "---nnnnn",
    "GET /api/v1/tickets/{ticket_id}/transfer-targets/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/take-over/": "nnynnnnn",
    "POST /api/v1/tickets/{ticket_id}/whisper/": "nnynynnn",
    "POST /api/v1/tickets/{ticket_id}/notes/": "y-ynynnn",
    "GET /api/v1/tickets/{ticket_id}/recipients/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/uploads/": "y-ynynnn",
    "DELETE /api/v1/uploads/{upload_id}/": "---n-nnn",
    "POST /api/v1/tickets/{ticket_id}/replies/": "y-ynynnn",
    "GET /api/v1/tickets/{ticket_id}/social/": "y-ynynnn",
    "POST /api/v1/tickets/{ticket_id}/template-replies/": "y-ynynnn",
    "GET /api/v1/tickets/{ticket_id}/timeline/": "y-yyyyy-",
    "POST /api/v1/tickets/{ticket_id}/wrap-up/": "---nnnnn",
    "POST /api/v1/tickets/{ticket_id}/wrap-up/extend/": "---nnnnn",
    "GET /api/v1/webhook-deliveries/{delivery_id}/": "nnnnyny-",
    "POST /api/v1/webhook-deliveries/{delivery_id}/replay/": "nnnnyny-",
    "GET /api/v1/webhooks/": "nnnnyny-",
    "POST /api/v1/webhooks/": "nnnnynyy",
    "GET /api/v1/webhooks/{subscription_id}/": "nnnnyny-",
    "PATCH /api/v1/webhooks/{subscription_id}/": "nnnnyny-",
    "DELETE /api/v1/webhooks/{subscription_id}/": "nnnnyny-",
    "GET /api/v1/webhooks/{subscription_id}/deliveries/": "nnnnyny-",
    "POST /api/v1/webhooks/{subscription_id}/replay/": "nnnnyny-",
    "POST /api/v1/webhooks/{subscription_id}/rotate-secret/": "nnnnyny-",
    "POST /api/v1/webhooks/{subscription_id}/test/": "nnnnyny-",
    "GET /api/v1/worktime/contradictions/": "nnynynnn",
    "POST /api/v1/worktime/contradictions/{contradiction_id}/seen/": "nn-n-nnn",
    "GET /api/v1/worktime/corrections/": "yyyyynnn",
    "POST /api/v1/worktime/corrections/": "yyyyynnn",
    "POST /api/v1/worktime/corrections/preview/": "yyyyynnn",
    "POST /api/v1/worktime/corrections/{correction_id}/approve/": "nn-n-nnn",
    "POST /api/v1/worktime/corrections/{correction_id}/reject/": "-----nnn",
    "GET /api/v1/worktime/day/": "yyyyynnn",
    "GET /api/v1/worktime/events/": "yyyyynnn",
    "GET /api/v1/worktime/reallocations/": "nnynynnn",
    "POST /api/v1/worktime/reallocations/": "nnynynnn",
    "GET /api/v1/worktime/sessions/": "yyyyynnn",
    "GET /api/v1/worktime/slices/": "yyyyynnn",
    "GET /api/v1/worktime/versions/": "yyyyynnn",
}
# what opens an address to API keys; all others are closed to every key
KEYS = {
    "GET /api/v1/attachments/{attachment_id}/": "messages:read",
    "GET /api/v1/calls/": "calls:read",
    "GET /api/v1/calls/{call_id}/": "calls:read",
    "GET /api/v1/messages/": "messages:read",
    "GET /api/v1/messages/{message_id}/": "messages:read",
    "GET /api/v1/callbacks/": "tickets:read",
    "POST /api/v1/callbacks/": "tickets:write",
    "POST /api/v1/callbacks/{callback_id}/cancel/": "tickets:write",
    "GET /api/v1/tickets/{ticket_id}/callbacks/": "tickets:read",
    "POST /api/v1/contact-merges/{merge_id}/undo/": "contacts:write",
    "GET /api/v1/contacts/": "contacts:read",
    "POST /api/v1/contacts/": "contacts:write",
    "GET /api/v1/contacts/{contact_id}/": "contacts:read",
    "PATCH /api/v1/contacts/{contact_id}/": "contacts:write",
    "POST /api/v1/contacts/{contact_id}/merge/": "contacts:write",
    "POST /api/v1/contacts/{contact_id}/points/": "contacts:write",
    "DELETE /api/v1/contacts/{contact_id}/points/{point_id}/": "contacts:write",
    "GET /api/v1/contacts/{contact_id}/suggestions/": "contacts:read",
    "GET /api/v1/messages/{message_id}/html/": "messages:read",
    "GET /api/v1/portal/interactions/": "usage:read",
    "GET /api/v1/portal/interactions/export/": "usage:read",
    "GET /api/v1/portal/periods/": "usage:read",
    "GET /api/v1/portal/usage/": "usage:read",
    "GET /api/v1/portal/usage/export/": "usage:read",
    "GET /api/v1/tickets/": "tickets:read",
    "POST /api/v1/tickets/": "tickets:write",
    "GET /api/v1/tickets/{ticket_id}/": "tickets:read",
    "PATCH /api/v1/tickets/{ticket_id}/": "tickets:write",
    "POST /api/v1/tickets/{ticket_id}/notes/": "tickets:write",
    "POST /api/v1/tickets/{ticket_id}/replies/": "messages:write",
    "GET /api/v1/tickets/{ticket_id}/timeline/": "tickets:read",
}


@pytest.fixture
def house():
    """Two accounts; everything that has an address belongs to the first."""
    alpha, beta = make_account("Alpha"), make_account("Beta")
    with open_every_account(reason="the test sets both accounts up"):
        operator = make_operator(alpha)
        other = make_operator(beta)
        ticket = make_ticket(alpha, subject=SECRET)
        message = actions.receive_message(ticket=ticket, channel="email", at=AT, text=SECRET, html=f"<p>{SECRET}</p>")
        store_attachments(
            message=message,
            attachments=[InboundAttachment(filename="a.txt", content_type="text/plain", content=SECRET.encode())],
        )
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
    return alpha, people, ids


def _calls() -> list[tuple[str, str]]:
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return [(method.upper(), path) for path, item in sorted(paths.items()) for method in METHODS if method in item]


def _outcome(status: int) -> str:
    return {401: "401", 403: "n", 404: "-"}.get(status, "y")


def _answer(client: Client, method: str, path: str, ids: dict, account_id: int):
    # an id that this house has none of (an invoice, say) stands for one of another account
    address = path
    for name, value in ids.items():
        address = address.replace(f"{{{name}}}", str(value))
    while "{" in address:
        address = address[: address.index("{")] + "999999999" + address[address.index("}") + 1 :]
    with transaction.atomic():
        if method == "GET":
            response = client.get(address, {"account": account_id, "after": "0-0"})
        else:
            body = {**BODY, "contact_id": ids["other_contact_id"]}
            response = client.generic(method, address, json.dumps(body), content_type="application/json")
        content = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    return response.status_code, content


def test_every_address_is_in_the_table():
    assert {f"{method} {path}" for method, path in _calls()} == set(TABLE)


def test_every_role_gets_what_the_table_says(house):
    alpha, people, ids = house
    seen = {}
    for method, path in _calls():
        row = ""
        for role in ROLES:
            client = Client()
            client.force_login(people[role])
            row += _outcome(_answer(client, method, path, ids, alpha.pk)[0])
        seen[f"{method} {path}"] = row
    assert seen == TABLE


def test_nobody_logged_in_gets_401_everywhere(house):
    alpha, _, ids = house
    outcomes = {f"{method} {path}": _answer(Client(), method, path, ids, alpha.pk)[0] for method, path in _calls()}
    assert {call: status for call, status in outcomes.items() if status != 401} == {}


def test_no_answer_to_another_account_holds_a_word_of_this_one(house):
    alpha, people, ids = house
    leaks = []
    for role in ("other operator", "other client"):
        client = Client()
        client.force_login(people[role])
        for method, path in _calls():
            if SECRET.encode() in _answer(client, method, path, ids, alpha.pk)[1]:
                leaks.append(f"{role}: {method} {path}")
    assert leaks == []


def _key_client(account, person, scopes: list[str]) -> Client:
    with open_every_account(reason="the test sets a key up"):
        _, token = create_key(account_id=account.pk, actor_id=person.pk, name="CRM", scopes=scopes, at=AT)
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_every_scope_opens_to_keys_what_the_table_says_and_nothing_else(house):
    alpha, people, ids = house
    clients = {scope: _key_client(alpha, people["admin"], [scope]) for scope in ApiScope.values}
    opened = {}
    for method, path in _calls():
        statuses = {scope: _answer(client, method, path, ids, alpha.pk)[0] for scope, client in clients.items()}
        admitted = [scope for scope, status in statuses.items() if status != 403]
        if admitted:
            opened[f"{method} {path}"] = " ".join(admitted)
            assert statuses[admitted[0]] != 404, path
    assert opened == KEYS


def test_a_key_of_another_account_finds_nothing_and_reads_no_word_of_this_one(house):
    alpha, people, ids = house
    client = _key_client(make_account("Gamma"), people["admin"], ApiScope.values)
    for method, path in _calls():
        status, content = _answer(client, method, path, ids, alpha.pk)
        call = f"{method} {path}"
        assert SECRET.encode() not in content, call
        if "{" in path:
            assert status in {403, 404}, call


def test_the_document_names_the_scope_of_every_address_that_keys_reach():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    named = {
        f"{method.upper()} {path}": scopes["apiKey"][0]
        for path, item in paths.items()
        for method in METHODS
        if method in item
        for scopes in item[method]["security"]
        if "apiKey" in scopes
    }
    assert named == KEYS

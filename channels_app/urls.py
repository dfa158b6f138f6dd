"""Addresses of this app below /api/v1/."""

from django.urls import path

from channels_app import abilities_api, api, failures_api, mailbox_api, social_api
from channels_app.phone import api as phone_api
from channels_app.phone import control_api
from channels_app.subscriptions import api as webhooks
from channels_app.translation import api as translation_api

urlpatterns = [
    path("endpoints/<int:endpoint_id>/mailbox/", mailbox_api.MailboxStateView.as_view(), name="endpoint-mailbox"),
    path("tickets/<int:ticket_id>/recipients/", mailbox_api.ProposedRecipientsView.as_view(), name="ticket-recipients"),
    path("admin/signatures/", mailbox_api.SignaturesView.as_view(), name="admin-signatures"),
    path("file-abilities/", abilities_api.FileAbilitiesView.as_view(), name="file-abilities"),
    path("receipts/", api.ReceiptsView.as_view(), name="receipts"),
    path("receipts/retry/", failures_api.ReceiptsRetryView.as_view(), name="receipts-retry"),
    path("receipts/export/", failures_api.ReceiptsExportView.as_view(), name="receipts-export"),
    path("receipts/<int:receipt_id>/raw/", api.ReceiptRawView.as_view(), name="receipt-raw"),
    path("receipts/<int:receipt_id>/retry/", api.ReceiptRetryView.as_view(), name="receipt-retry"),
    path("messages/<int:message_id>/resend/", api.MessageResendView.as_view(), name="message-resend"),
    path(
        "messages/<int:message_id>/translations/",
        translation_api.TranslationsView.as_view(),
        name="message-translations",
    ),
    path(
        "tickets/<int:ticket_id>/translations/",
        translation_api.TicketTranslationsView.as_view(),
        name="ticket-translations",
    ),
    path(
        "tickets/<int:ticket_id>/reply-translations/",
        translation_api.ReplyTranslationsView.as_view(),
        name="ticket-reply-translations",
    ),
    path("tickets/<int:ticket_id>/social/", social_api.SocialStateView.as_view(), name="ticket-social"),
    path(
        "tickets/<int:ticket_id>/template-replies/",
        social_api.TemplateReplyView.as_view(),
        name="ticket-template-replies",
    ),
    path("webhooks/", webhooks.WebhooksView.as_view(), name="webhooks"),
    path("webhooks/<int:subscription_id>/", webhooks.WebhookView.as_view(), name="webhook"),
    path("webhooks/<int:subscription_id>/rotate-secret/", webhooks.WebhookSecretView.as_view(), name="webhook-secret"),
    path("webhooks/<int:subscription_id>/test/", webhooks.WebhookTestView.as_view(), name="webhook-test"),
    path(
        "webhooks/<int:subscription_id>/deliveries/",
        webhooks.WebhookDeliveriesView.as_view(),
        name="webhook-deliveries",
    ),
    path("webhooks/<int:subscription_id>/replay/", webhooks.WebhookReplayView.as_view(), name="webhook-replay"),
    path("webhook-deliveries/<int:delivery_id>/", webhooks.WebhookDeliveryView.as_view(), name="webhook-delivery"),
    path(
        "webhook-deliveries/<int:delivery_id>/replay/",
        webhooks.WebhookDeliveryReplayView.as_view(),
        name="webhook-delivery-replay",
    ),
    path("call-requests/", phone_api.CallRequestsView.as_view(), name="call-requests"),
    path("call-requests/<int:request_id>/", phone_api.CallRequestView.as_view(), name="call-request"),
    path("tickets/<int:ticket_id>/call/", control_api.LiveCallView.as_view(), name="ticket-call"),
    path("calls/<int:call_id>/orders/", control_api.CallOrdersView.as_view(), name="call-orders"),
    path("call-orders/<int:order_id>/", control_api.CallOrderView.as_view(), name="call-order"),
]

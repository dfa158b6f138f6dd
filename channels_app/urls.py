"""Addresses of this app below /api/v1/."""

from django.urls import path

from channels_app import api, mailbox_api

urlpatterns = [
    path("endpoints/<int:endpoint_id>/mailbox/", mailbox_api.MailboxStateView.as_view(), name="endpoint-mailbox"),
    path("receipts/", api.ReceiptsView.as_view(), name="receipts"),
    path("receipts/<int:receipt_id>/raw/", api.ReceiptRawView.as_view(), name="receipt-raw"),
    path("receipts/<int:receipt_id>/retry/", api.ReceiptRetryView.as_view(), name="receipt-retry"),
    path("messages/<int:message_id>/resend/", api.MessageResendView.as_view(), name="message-resend"),
]

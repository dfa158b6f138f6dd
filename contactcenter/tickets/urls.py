"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.tickets import api, interpreter_api, orders_api, rating_api, records_api

urlpatterns: list[URLPattern] = [
    path("tickets/", api.TicketsView.as_view(), name="tickets"),
    path("tickets/<int:ticket_id>/", api.TicketView.as_view(), name="ticket"),
    path("tickets/<int:ticket_id>/timeline/", api.TimelineView.as_view(), name="ticket-timeline"),
    path("tickets/<int:ticket_id>/replies/", api.RepliesView.as_view(), name="ticket-replies"),
    path("tickets/<int:ticket_id>/uploads/", api.UploadsView.as_view(), name="ticket-uploads"),
    path("uploads/<int:upload_id>/", api.UploadView.as_view(), name="upload"),
    path("tickets/<int:ticket_id>/notes/", api.NotesView.as_view(), name="ticket-notes"),
    path("tickets/<int:ticket_id>/drafts/<slug:channel>/", api.DraftView.as_view(), name="ticket-draft"),
    path("tickets/<int:ticket_id>/interpreter/", interpreter_api.InterpreterView.as_view(), name="ticket-interpreter"),
    path("tickets/<int:ticket_id>/counted-orders/", orders_api.OrdersView.as_view(), name="ticket-counted-orders"),
    path("contacts/<int:contact_id>/suggestions/", api.ContactSuggestionsView.as_view(), name="contact-suggestions"),
    path("messages/", records_api.MessagesView.as_view(), name="messages"),
    path("messages/<int:message_id>/", records_api.MessageView.as_view(), name="message"),
    path("calls/", records_api.CallsView.as_view(), name="calls"),
    path("calls/<int:call_id>/", records_api.CallView.as_view(), name="call"),
    path("ratings/", rating_api.RatingsView.as_view(), name="ratings"),
    path("messages/<int:message_id>/html/", api.MessageHtmlView.as_view(), name="message-html"),
    path("attachments/<int:attachment_id>/", api.AttachmentView.as_view(), name="attachment"),
]

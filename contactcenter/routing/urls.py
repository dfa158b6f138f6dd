"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.routing import api, callback_api, ticket_api, transfer_api

urlpatterns: list[URLPattern] = [
    path("console/", api.ConsoleView.as_view(), name="console"),
    path("presence/", api.PresenceView.as_view(), name="presence"),
    path("offers/<int:offer_id>/accept/", api.AcceptView.as_view(), name="offer-accept"),
    path("offers/<int:offer_id>/decline/", api.DeclineView.as_view(), name="offer-decline"),
    path("tickets/<int:ticket_id>/routing/", api.RoutingTraceView.as_view(), name="ticket-routing"),
    path("tickets/<int:ticket_id>/focus/", api.FocusView.as_view(), name="ticket-focus"),
    path("tickets/<int:ticket_id>/finish/", api.FinishView.as_view(), name="ticket-finish"),
    path("tickets/<int:ticket_id>/wrap-up/", api.WrapUpView.as_view(), name="ticket-wrap-up"),
    path("tickets/<int:ticket_id>/wrap-up/extend/", api.ExtendWrapView.as_view(), name="ticket-wrap-up-extend"),
    path("tickets/<int:ticket_id>/merge/", ticket_api.MergeView.as_view(), name="ticket-merge"),
    path("ticket-merges/<int:ticket_merge_id>/undo/", ticket_api.UndoMergeView.as_view(), name="ticket-merge-undo"),
    path("tickets/<int:ticket_id>/split/", ticket_api.SplitView.as_view(), name="ticket-split"),
    path("tickets/<int:ticket_id>/follow-up/", ticket_api.FollowUpView.as_view(), name="ticket-follow-up"),
    path("tickets/<int:ticket_id>/snooze/", ticket_api.SnoozeView.as_view(), name="ticket-snooze"),
    path("tickets/<int:ticket_id>/hold/", transfer_api.HoldView.as_view(), name="ticket-hold"),
    path("tickets/<int:ticket_id>/resume/", transfer_api.ResumeView.as_view(), name="ticket-resume"),
    path("tickets/<int:ticket_id>/transfer/", transfer_api.TransferView.as_view(), name="ticket-transfer"),
    path(
        "tickets/<int:ticket_id>/transfer-targets/",
        transfer_api.TransferTargetsView.as_view(),
        name="ticket-transfer-targets",
    ),
    path(
        "tickets/<int:ticket_id>/transfer/complete/",
        transfer_api.CompleteTransferView.as_view(),
        name="ticket-transfer-complete",
    ),
    path(
        "tickets/<int:ticket_id>/transfer/cancel/",
        transfer_api.CancelTransferView.as_view(),
        name="ticket-transfer-cancel",
    ),
    path("tickets/<int:ticket_id>/take-over/", transfer_api.TakeOverView.as_view(), name="ticket-take-over"),
    path("tickets/<int:ticket_id>/whisper/", transfer_api.WhisperView.as_view(), name="ticket-whisper"),
    path("operators/<int:operator_id>/presence/", transfer_api.ForcePresenceView.as_view(), name="operator-presence"),
    path("callbacks/", callback_api.CallbacksView.as_view(), name="callbacks"),
    path("callbacks/<int:callback_id>/cancel/", callback_api.CancelCallbackView.as_view(), name="callback-cancel"),
    path("callbacks/<int:callback_id>/dial/", callback_api.DialCallbackView.as_view(), name="callback-dial"),
    path("callbacks/<int:callback_id>/result/", callback_api.CallbackResultView.as_view(), name="callback-result"),
    path("tickets/<int:ticket_id>/callbacks/", callback_api.TicketCallbacksView.as_view(), name="ticket-callbacks"),
]

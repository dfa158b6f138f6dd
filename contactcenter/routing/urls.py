"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.routing import api

urlpatterns: list[URLPattern] = [
    path("console/", api.ConsoleView.as_view(), name="console"),
    path("presence/", api.PresenceView.as_view(), name="presence"),
    path("offers/<int:offer_id>/accept/", api.AcceptView.as_view(), name="offer-accept"),
    path("offers/<int:offer_id>/decline/", api.DeclineView.as_view(), name="offer-decline"),
    path("tickets/<int:ticket_id>/focus/", api.FocusView.as_view(), name="ticket-focus"),
    path("tickets/<int:ticket_id>/finish/", api.FinishView.as_view(), name="ticket-finish"),
    path("tickets/<int:ticket_id>/wrap-up/", api.WrapUpView.as_view(), name="ticket-wrap-up"),
    path("tickets/<int:ticket_id>/wrap-up/extend/", api.ExtendWrapView.as_view(), name="ticket-wrap-up-extend"),
]

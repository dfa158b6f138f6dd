"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.worktime.api import SessionsView, SlicesView

urlpatterns: list[URLPattern] = [
    path("worktime/sessions/", SessionsView.as_view(), name="worktime-sessions"),
    path("worktime/slices/", SlicesView.as_view(), name="worktime-slices"),
]

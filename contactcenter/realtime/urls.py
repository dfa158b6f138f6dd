"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.realtime import api

urlpatterns: list[URLPattern] = [path("events/", api.EventsView.as_view(), name="events")]

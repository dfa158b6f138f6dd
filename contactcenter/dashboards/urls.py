"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.dashboards import portal_api

urlpatterns: list[URLPattern] = [
    path("portal/usage/", portal_api.UsageView.as_view(), name="portal-usage"),
    path("portal/interactions/", portal_api.ContactsView.as_view(), name="portal-interactions"),
    path("portal/interactions/export/", portal_api.ContactsExportView.as_view(), name="portal-interactions-export"),
]

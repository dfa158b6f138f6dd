"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.playbooks import api

urlpatterns: list[URLPattern] = [path("playbook/", api.PlaybookView.as_view(), name="playbook")]

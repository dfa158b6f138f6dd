"""Websocket addresses of the chat widget."""

from django.urls import URLPattern

websocket_urlpatterns: list[URLPattern] = []

"""Websocket addresses of the chat widget."""

from django.urls import URLPattern, path

from channels_app.webchat.consumers import VisitorConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/chat/<str:address>/", VisitorConsumer.as_asgi()),
]

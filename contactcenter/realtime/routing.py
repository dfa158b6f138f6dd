"""Websocket addresses of the console."""

from django.urls import URLPattern, path

from contactcenter.realtime.consumers import ConsoleConsumer

websocket_urlpatterns: list[URLPattern] = [path("ws/console/", ConsoleConsumer.as_asgi())]

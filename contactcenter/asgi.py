"""ASGI entry: HTTP by Django, websockets by Channels."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")
# read by settings.py: without a pool every request would open a database connection
os.environ.setdefault("DATABASE_POOL_SIZE", "20")
http_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from channels_app.language import load_models  # noqa: E402
from channels_app.webchat.routing import websocket_urlpatterns as chat_urlpatterns  # noqa: E402
from contactcenter.realtime.routing import websocket_urlpatterns as console_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": AuthMiddlewareStack(URLRouter([*console_urlpatterns, *chat_urlpatterns])),
    }
)
# the first chat message must not be the one that everybody waits for
load_models()

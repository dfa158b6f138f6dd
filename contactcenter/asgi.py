"""ASGI entry: HTTP by Django, websockets by Channels."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")
# each web process has its models for itself; it detects the language of chats only, whose browsers give a hint
os.environ.setdefault("LANGUAGE_MODELS", "small")
django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from channels_app.group_commit import GroupCommit  # noqa: E402
from channels_app.hook_door import HookDoor  # noqa: E402
from channels_app.language import load_models  # noqa: E402
from channels_app.webchat.routing import websocket_urlpatterns as chat_urlpatterns  # noqa: E402
from contactcenter.kernel.threaded import ThreadedHandler  # noqa: E402
from contactcenter.realtime.routing import websocket_urlpatterns as console_urlpatterns  # noqa: E402
from contactcenter.routing.at_once import match_here  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": HookDoor(
            next_application=ThreadedHandler(threads=settings.WEB_THREADS, max_body_bytes=settings.MAX_REQUEST_BYTES),
            writer=GroupCommit(),
        ),
        "websocket": AuthMiddlewareStack(URLRouter([*console_urlpatterns, *chat_urlpatterns])),
    }
)
# the first chat message must not be the one that everybody waits for
load_models()
match_here()
# what is loaded by now lives as long as the process: collections need not look at it again, nor run every few requests
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)

"""The page to try the widget on."""

from typing import Any

import pytest
from django.test import Client

from channels_app.models import Endpoint, EndpointKind
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def endpoint() -> Endpoint:
    account = Account.objects.create(name="<b>Shop</b>", slug="shop", language="es")
    with open_every_account(reason="test"):
        return Endpoint.objects.create(
            account=account, kind=EndpointKind.WEBCHAT, address="shop-chat", name="Chat", language="es"
        )


def test_the_demo_page_embeds_the_widget_under_a_strict_policy(settings: Any, client: Client) -> None:
    settings.DEMO = True
    answer = client.get("/demo/chat/shop-chat/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert '<script src="/widget.js" data-endpoint="shop-chat" data-language="es" async></script>' in page
    assert "&lt;b&gt;Shop&lt;/b&gt;" in page
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert client.get("/demo/chat.css").headers["Content-Type"].startswith("text/css")


def test_an_unknown_endpoint_has_no_demo_page(settings: Any, client: Client) -> None:
    settings.DEMO = True
    assert client.get("/demo/chat/nobody/").status_code == 404


def test_without_demo_or_debug_there_is_no_such_page(settings: Any, client: Client) -> None:
    settings.DEMO = settings.DEBUG = False
    assert client.get("/demo/chat/shop-chat/").status_code == 404
    assert client.get("/demo/chat.css").status_code == 404

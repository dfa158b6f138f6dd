"""Endpoints and receipts in the back office."""

import pytest
from django.test import Client

from channels_app.contract import EndpointInfo
from channels_app.models import Endpoint, Receipt
from channels_app.receipts import store_receipt
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Role
from tests.app.channels.mails import raw_mail
from tests.app.factories import AT, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_client() -> Client:
    client = Client()
    client.force_login(make_user(Role.ADMIN, is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def failed(mailbox: EndpointInfo) -> Receipt:
    with open_account(mailbox.account_id):
        stored = store_receipt(endpoint_id=mailbox.id, external_id="a@x", raw=raw_mail(message_id="a@x"), at=AT)
        Receipt.objects.filter(pk=stored.receipt_id).update(state="failed", error="no way")
        return Receipt.objects.get(pk=stored.receipt_id)


@pytest.mark.parametrize("page", ["receipt", "endpoint", "chatsession", "channelthread"])
def test_lists_are_shown(admin_client: Client, failed: Receipt, page: str) -> None:
    assert admin_client.get(f"/backoffice/channels_app/{page}/").status_code == 200


def test_failed_receipts_are_put_back_by_the_action(
    admin_client: Client, failed: Receipt, mailbox: EndpointInfo
) -> None:
    admin_client.post("/backoffice/channels_app/receipt/", {"action": "retry", "_selected_action": [failed.pk]})
    with open_account(mailbox.account_id):
        assert Receipt.objects.get().state == "pending"


def test_facts_cannot_be_edited_and_secrets_are_not_shown(
    admin_client: Client, failed: Receipt, mailbox: EndpointInfo
) -> None:
    with open_account(mailbox.account_id):
        Endpoint.objects.update(settings={"host": "hunter2"}, secrets_sealed="hunter2", public_token="hunter2")
    page = admin_client.get(f"/backoffice/channels_app/endpoint/{mailbox.id}/change/")
    assert page.status_code == 200
    assert b"hunter2" not in page.content
    assert admin_client.post(f"/backoffice/channels_app/receipt/{failed.pk}/change/", {"error": ""}).status_code == 403
    assert admin_client.post(f"/backoffice/channels_app/receipt/{failed.pk}/delete/").status_code == 403
    with open_account(mailbox.account_id):
        assert Receipt.objects.get().error == "no way"

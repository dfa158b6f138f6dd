"""Albums, edits, echoes, read marks and names of social networks, through the door."""

import json

import pytest
from django.test import Client

from channels_app import names
from channels_app.models import Endpoint, Receipt
from channels_app.receipts import process_receipt
from contactcenter.dashboards.verification.intake_checks import entries_equal_raw, receipts_equal_entries
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message
from contactcenter.tickets.queries import ticket_detail, timeline
from tests.app.channels.gateways import gateway
from tests.app.factories import AT

pytestmark = pytest.mark.django_db
ANNA = {"id": 5, "first_name": "Anna", "language_code": "ru"}


def make_social(account: Account, provider: str, **fields: object) -> Endpoint:
    secrets = {"bot_token": "t", "webhook_secret": "whisper", "access_token": "t", "secret_key": "key"}
    endpoint = Endpoint(
        account=account,
        kind="social",
        provider=provider,
        address="77",
        name=provider,
        secrets_sealed=seal(secrets),
        **fields,
    )
    endpoint.save()
    return endpoint


def deliver(endpoint: Endpoint, *events: dict) -> None:
    for event in events:
        response = Client().post(
            f"/hooks/{endpoint.public_token}/",
            json.dumps(event),
            content_type="application/json",
            headers={"X-Telegram-Bot-Api-Secret-Token": "whisper"},
        )
        assert response.status_code == 200, response.content
    with open_account(endpoint.account_id):
        for pk in Receipt.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True):
            process_receipt(receipt_id=pk, at=AT)


def update(number: int, **message: object) -> dict:
    base = {"message_id": number, "from": ANNA, "chat": {"id": 5, "type": "private"}, "date": 1780650000}
    return {"update_id": number, "message": base | message}


def photo(number: int, **more: object) -> dict:
    return update(number, media_group_id="g1", photo=[{"file_id": f"p{number}", "width": 9, "height": 9}], **more)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_album_is_one_entry_whatever_the_order(shop: Account, order: tuple[int, ...]) -> None:
    endpoint = make_social(shop, "telegram")
    parts = [photo(1, caption="Three views"), photo(2), photo(3)]
    deliver(endpoint, *(parts[index] for index in order))
    deliver(endpoint, parts[1])
    with open_account(shop.pk):
        message = Message.objects.get()
        assert message.text == "Three views"
        assert sorted(item.remote for item in message.attachments.all()) == ["p1", "p2", "p3"]
        assert receipts_equal_entries(at=AT).differences == 0
        assert entries_equal_raw(newest=10).differences == 0


def test_edit_shows_the_new_text_and_keeps_the_old_one(shop: Account) -> None:
    endpoint = make_social(shop, "telegram")
    deliver(endpoint, update(1, text="At five"))
    edited = update(2, text="At six", edit_date=1780650060)
    deliver(endpoint, {"update_id": 9, "edited_message": edited["message"] | {"message_id": 1}})
    with open_account(shop.pk):
        message = Message.objects.get()
    assert message.text == "At six"
    assert message.headers["edits"] == [{"at": "2026-06-05T09:01:00+00:00", "before": "At five"}]


def test_other_bots_and_service_messages_make_no_entry(shop: Account) -> None:
    endpoint = make_social(shop, "telegram")
    deliver(
        endpoint,
        update(1, **{"from": {"id": 6, "is_bot": True}}, text="I am a bot"),
        update(2, new_chat_title="Summer"),
        {"update_id": 3, "my_chat_member": {"chat": {"id": 5}}},
    )
    with open_account(shop.pk):
        assert list(Receipt.objects.order_by("pk").values_list("outcome__status", flat=True)) == ["ignored"] * 3
        assert not Message.objects.exists()


def vk_event(kind: str, **message: object) -> dict:
    return {
        "type": kind,
        "group_id": 77,
        "event_id": f"{kind}{message.get('id')}",
        "secret": "key",
        "object": {"message": message},
    }


def test_vk_echo_is_ignored_and_read_mark_moves_our_message(shop: Account) -> None:
    endpoint = make_social(shop, "vk")
    deliver(endpoint, vk_event("message_new", id=1, from_id=5, peer_id=5, date=1780650000, text="Привет"))
    deliver(endpoint, vk_event("message_new", id=2, from_id=-77, peer_id=5, date=1780650001, text="echo"))
    with open_account(shop.pk):
        ticket = Message.objects.get().ticket
        reply = send_reply(
            ticket=ticket, operator_id=None, channel="social", text="Hello", at=AT,
            client_uuid="7d3e1c6e-0000-4000-8000-000000000001",
        )  # fmt: skip
        Message.objects.filter(pk=reply.pk).update(status="sent", external_id="3")
    deliver(
        endpoint, {"type": "message_read", "group_id": 77, "event_id": "r", "secret": "key", "object": {"from_id": 5}}
    )
    with open_account(shop.pk):
        assert Message.objects.get(pk=reply.pk).status == "read"


def test_contact_without_a_name_is_asked_for_once_and_a_written_name_stays(shop: Account, settings) -> None:
    with gateway(settings) as server:
        server.say(200, json.dumps({"response": [{"first_name": "Ольга", "last_name": "Петрова"}]}))
        endpoint = make_social(shop, "vk", settings={"api_url": server.url})
        deliver(endpoint, vk_event("message_new", id=1, from_id=5, peer_id=5, date=1780650000, text="Привет"))
        with open_account(shop.pk):
            contact = Message.objects.get().contact
            point = contact.points.get()
            for _ in range(2):
                names.name_contact(endpoint_id=endpoint.pk, point_id=point.pk)
            contact.refresh_from_db()
        assert contact.name == "Ольга Петрова"
        assert len(server.asked) == 1


def test_network_that_does_not_tell_a_name_changes_nothing(shop: Account, settings) -> None:
    with gateway(settings) as server:
        server.say(500, "")
        endpoint = make_social(shop, "vk", settings={"api_url": server.url})
        deliver(endpoint, vk_event("message_new", id=1, from_id=5, peer_id=5, date=1780650000, text="Привет"))
        with open_account(shop.pk):
            contact = Message.objects.get().contact
            names.name_contact(endpoint_id=endpoint.pk, point_id=contact.points.get().pk)
            contact.refresh_from_db()
        assert contact.name == ""


def test_the_console_is_told_of_the_network_and_of_what_a_message_said_before(shop: Account) -> None:
    endpoint = make_social(shop, "telegram")
    deliver(endpoint, update(1, text="Tuesday"))
    edited = {"update_id": 2, "edited_message": update(1, text="Wednesday", edit_date=1780650060)["message"]}
    deliver(endpoint, edited)
    with open_account(shop.pk):
        message = Message.objects.get()
        detail = ticket_detail(ticket_id=message.ticket_id, user_id=None, with_team=True)
        entry = timeline(ticket_id=message.ticket_id, with_team=False)[0]
    assert detail["channels_available"] == ["social"]
    assert detail["endpoints"] == [{"kind": "social", "name": "telegram", "provider": "telegram"}]
    assert entry["text"] == "Wednesday"
    assert entry["edits"] == [{"at": "2026-06-05T09:01:00+00:00", "before": "Tuesday"}]

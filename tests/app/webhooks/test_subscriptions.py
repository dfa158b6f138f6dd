"""What people do with webhooks: make, test, look at the log, replay, delete."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from channels_app.subscriptions import actions, serializers
from channels_app.subscriptions.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookSubscription,
)
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.models import AuditEntry
from contactcenter.kernel.sealing import unseal
from tests.app.factories import AT, signed_in
from tests.app.webhooks.scene import queue, run, states, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_account")]


def test_a_webhook_is_made_and_its_secret_shown_once_and_kept_sealed(account, owner):
    client = signed_in(owner)
    answer = client.post(
        "/api/v1/webhooks/", {"url": "https://client.example/hook", "events": ["call.ended"]}, format="json"
    )
    assert answer.status_code == 201, answer.json()
    secret = answer.json()["secret"]
    assert secret.startswith("whsec_")
    row = WebhookSubscription.objects.get()
    assert unseal(row.secrets) == {"current": secret}
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM channels_app_webhooksubscription")
        assert secret not in cursor.fetchone()[0]
    assert secret not in client.get("/api/v1/webhooks/").content.decode()
    assert secret not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    "url", ["http://client.example/", "ftp://client.example/", "https://", "https://a:b@client.example/", "x", "https://[1"]
)  # fmt: skip
def test_addresses_that_will_not_do_are_refused(account, owner, settings, url):
    settings.WEBHOOKS_ALLOW_HTTP = False
    answer = signed_in(owner).post("/api/v1/webhooks/", {"url": url, "events": ["call.ended"]}, format="json")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "url")
    assert not WebhookSubscription.objects.exists()


def test_a_test_event_goes_out_even_while_the_subscription_rests(account, owner, receiver):
    subscription, _ = subscribe(account, receiver.url)
    WebhookSubscription.objects.update(paused_until=AT + timedelta(minutes=5), failures=3, failing_since=AT)
    answer = signed_in(owner).post(f"/api/v1/webhooks/{subscription.pk}/test/")
    assert answer.status_code == 202
    delivery = WebhookDelivery.objects.get()
    assert json.loads(delivery.body)["type"] == "webhook.test"
    WebhookDelivery.objects.update(next_attempt_at=AT)
    assert run() == 1
    assert receiver.asked[0].headers["webhook-id"] == delivery.message_id


def test_a_test_of_a_webhook_that_is_off_is_refused(account, owner):
    subscription, _ = subscribe(account)
    WebhookSubscription.objects.update(is_active=False)
    with pytest.raises(Conflict):
        actions.send_test(subscription_id=subscription.pk, actor_id=owner.pk, at=AT)
    assert not WebhookDelivery.objects.exists()


def test_the_log_shows_deliveries_with_their_attempts(account, owner, receiver):
    subscription, _ = subscribe(account, receiver.url)
    receiver.say(500, "broken")
    first, second = queue(subscription, 2)
    run()
    client = signed_in(owner)
    page = client.get(f"/api/v1/webhooks/{subscription.pk}/deliveries/").json()
    assert [row["id"] for row in page["results"]] == [second.pk, first.pk]
    assert set(page["results"][0]) == set(serializers.WebhookDeliverySerializer().get_fields())
    assert page["results"][0]["last_attempt"]["answer"] == "broken"
    detail = client.get(f"/api/v1/webhook-deliveries/{first.pk}/").json()
    assert set(detail) == set(serializers.WebhookDeliveryDetailSerializer().get_fields())
    assert (detail["body"], [attempt["status"] for attempt in detail["log"]]) == ("{}", [500])
    assert client.get(f"/api/v1/webhooks/{subscription.pk}/deliveries/", {"state": "failed"}).json()["results"] == []


def test_one_delivery_is_replayed_under_its_old_id_but_not_while_it_is_on_its_way(account, owner, receiver):
    subscription, _ = subscribe(account, receiver.url)
    [delivery] = queue(subscription)
    with pytest.raises(Conflict):
        actions.replay_delivery(delivery_id=delivery.pk, actor_id=owner.pk, at=AT)
    run()
    actions.replay_delivery(delivery_id=delivery.pk, actor_id=owner.pk, at=AT)
    run()
    assert [asked.headers["webhook-id"] for asked in receiver.asked] == [delivery.message_id] * 2
    assert states(subscription) == [("delivered", 1)]
    assert WebhookAttempt.objects.count() == 2


def test_a_range_is_replayed_and_only_what_failed_unless_told(account, owner):
    subscription, _ = subscribe(account)
    rows = queue(subscription, 4)
    for row, state, minutes in zip(rows, ["failed", "delivered", "pending", "failed"], [0, 1, 2, 3], strict=True):
        WebhookDelivery.objects.filter(pk=row.pk).update(state=state, created_at=AT + timedelta(minutes=minutes))
    asked = {"starts_at": "2026-06-15T09:00:00Z", "ends_at": "2026-06-15T09:03:00Z"}
    address = f"/api/v1/webhooks/{subscription.pk}/replay/"
    assert signed_in(owner).post(address, asked).json() == {"count": 1}
    assert [state for state, _ in states(subscription)] == ["pending", "delivered", "pending", "failed"]
    assert signed_in(owner).post(address, {**asked, "failed_only": False}, format="json").json() == {"count": 1}
    with pytest.raises(Invalid):
        actions.replay_range(
            subscription_id=subscription.pk, actor_id=owner.pk, starts_at=AT, ends_at=AT, failed_only=True, at=AT
        )


def test_a_webhook_is_deleted_with_its_log(account, owner, receiver):
    subscription, _ = subscribe(account, receiver.url)
    queue(subscription)
    run()
    assert signed_in(owner).delete(f"/api/v1/webhooks/{subscription.pk}/").status_code == 204
    assert not WebhookSubscription.objects.exists()
    assert not WebhookAttempt.objects.exists()
    assert AuditEntry.objects.get(action="webhook.delete").data == {"url": receiver.url}


def test_the_log_is_kept_for_thirty_days(account):
    subscription, _ = subscribe(account)
    queue(subscription)
    assert actions.forget_deliveries(at=AT + timedelta(days=30)) == 0
    assert actions.forget_deliveries(at=AT + timedelta(days=30, seconds=1)) == 1


def test_an_account_has_at_most_twenty_webhooks(account):
    for _ in range(actions.MAX_SUBSCRIPTIONS):
        subscribe(account)
    with pytest.raises(Conflict):
        subscribe(account)
    assert WebhookSubscription.objects.count() == actions.MAX_SUBSCRIPTIONS

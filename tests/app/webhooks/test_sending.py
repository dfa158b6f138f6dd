"""How deliveries leave: signed, tried again, given up, and what becomes of dead addresses."""

from datetime import timedelta

import pytest

from channels_app.subscriptions import actions, sending, serializers
from channels_app.subscriptions.models import (
    WebhookAttempt,
    WebhookSubscription,
)
from channels_app.subscriptions.signing import signature
from contactcenter.kernel.models import AuditEntry, EventReader
from tests.app.factories import AT
from tests.app.webhooks.scene import queue, run, states, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_account")]


def test_a_delivery_is_signed_sent_and_logged(account, receiver):
    subscription, secret = subscribe(account, receiver.url)
    receiver.say(200, "thank you")
    [delivery] = queue(subscription)
    assert run() == 1
    [asked] = receiver.asked
    assert (asked.method, asked.body) == ("POST", b"{}")
    assert asked.headers["content-type"] == "application/json; charset=utf-8"
    assert asked.headers["webhook-id"] == delivery.message_id
    assert asked.headers["webhook-timestamp"] == "1781514000"  # 2026-06-15 09:00 UTC
    assert asked.headers["webhook-signature"] == signature(
        secret=secret, message_id=delivery.message_id, timestamp=1781514000, body="{}"
    )
    assert states(subscription) == [("delivered", 1)]
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.answer, attempt.error) == (200, "thank you", "")
    assert run() == 0


def test_after_a_rotation_both_secrets_sign_for_a_day(account, receiver):
    subscription, old = subscribe(account, receiver.url)
    _, new = actions.rotate_secret(subscription_id=subscription.pk, actor_id=subscription.created_by_id, at=AT)
    for at in (AT, AT + timedelta(hours=23, minutes=59), AT + timedelta(hours=24)):
        queue(subscription)
        run(at)
    counted = []
    for asked in receiver.asked:
        parts = {"message_id": asked.headers["webhook-id"], "timestamp": int(asked.headers["webhook-timestamp"])}
        expected = [signature(secret=secret, body="{}", **parts) for secret in (new, old)]
        sent = asked.headers["webhook-signature"].split(" ")
        assert sent == expected[: len(sent)]
        counted.append(len(sent))
    assert counted == [2, 2, 1]


@pytest.mark.parametrize("status", [300, 301, 400, 404, 429, 500, 503])
def test_whatever_is_no_success_is_tried_again(account, receiver, status):
    subscription, _ = subscribe(account, receiver.url)
    receiver.say(status, "x" * 1000, Location="https://elsewhere.example/")
    queue(subscription)
    assert run() == 1
    assert states(subscription) == [("pending", 1)]
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, len(attempt.answer)) == (status, 500)
    assert len(receiver.asked) == 1


def test_a_delivery_fails_for_good_after_the_eighth_attempt_under_one_webhook_id(account, receiver, settings):
    settings.WEBHOOKS_DISABLED_AFTER_DAYS = 60
    subscription, _ = subscribe(account, receiver.url)
    receiver.say(500)
    [delivery] = queue(subscription)
    at = AT
    waits = []
    for _ in range(8):
        assert run(at) == 1
        delivery.refresh_from_db()
        if delivery.next_attempt_at:
            waits.append((delivery.next_attempt_at - at).total_seconds())
            assert run(delivery.next_attempt_at - timedelta(seconds=1)) == 0
            at = delivery.next_attempt_at
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 36000]
    assert states(subscription) == [("failed", 8)]
    assert {asked.headers["webhook-id"] for asked in receiver.asked} == {delivery.message_id}
    assert run(at + timedelta(days=1)) == 0


def test_an_address_on_a_private_network_is_never_asked(account, receiver, settings):
    settings.OUTBOUND_ALLOWED_HOSTS = frozenset()
    subscription, _ = subscribe(account, receiver.url)
    queue(subscription)
    run()
    assert receiver.asked == []
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.error) == (
        None, "127.0.0.1 is a private address: requests leave for public ones only.",
    )  # fmt: skip
    assert states(subscription) == [("pending", 1)]


def test_a_failing_subscription_rests_and_others_go_on(account, receiver):
    healthy, _ = subscribe(account, receiver.url)
    dead, _ = subscribe(account, "http://127.0.0.1:9/")
    queue(dead, 5)
    queue(healthy, 30)
    # one attempt proves the dead one dead; while it rests, all of the other's go out
    assert run() == 32
    assert states(healthy) == [("delivered", 1)] * 30
    assert sorted(states(dead)) == [("pending", 0)] * 3 + [("pending", 1)] * 2
    dead.refresh_from_db()
    assert dead.paused_until == AT + timedelta(seconds=10)
    assert run(AT + timedelta(seconds=9)) == 0
    # when it failed before, one at a time asks whether it is back
    assert run(AT + timedelta(seconds=10)) == 1


def test_a_success_ends_the_rest_and_everything_that_waited_goes_out(account, receiver):
    subscription, _ = subscribe(account, receiver.url)
    receiver.answers = [(500, {}, b""), (500, {}, b""), (200, {}, b"")]
    queue(subscription, 4)
    run()
    subscription.refresh_from_db()
    assert subscription.failing_since == AT
    assert run(AT + timedelta(seconds=10)) == 4
    subscription.refresh_from_db()
    assert (subscription.failures, subscription.failing_since, subscription.paused_until) == (0, None, None)
    assert states(subscription) == [("delivered", 2), ("delivered", 2), ("delivered", 1), ("delivered", 1)]


def test_nobody_there_for_five_days_disables_the_subscription_with_an_audit_row(account, receiver):
    subscription, _ = subscribe(account, receiver.url)
    receiver.say(500)
    WebhookSubscription.objects.filter(pk=subscription.pk).update(failures=9, failing_since=AT - timedelta(days=5))
    queue(subscription, 2)
    assert run() == 1
    subscription.refresh_from_db()
    assert (subscription.is_active, subscription.disabled_at) == (False, AT)
    assert subscription.disabled_reason == "Every attempt has failed for 5 days."
    entry = AuditEntry.objects.get(action="webhook.disable")
    assert (entry.account_id, entry.data["error"]) == (account.pk, "answered 500")
    assert run(AT + timedelta(days=1)) == 0
    assert serializers.WebhookSerializer(subscription).data["health"] == "disabled"


def test_410_disables_at_once_and_switching_on_again_sends_what_waited(account, owner, receiver):
    subscription, _ = subscribe(account, receiver.url)
    receiver.answers = [(410, {}, b""), (200, {}, b"")]
    queue(subscription)
    run()
    subscription.refresh_from_db()
    assert not subscription.is_active
    actions.change_subscription(subscription_id=subscription.pk, actor_id=owner.pk, values={"is_active": True}, at=AT)
    assert run(AT + timedelta(seconds=5)) == 1
    assert states(subscription) == [("delivered", 2)]


def test_an_attempt_of_a_killed_worker_is_made_again_after_its_lease_under_the_same_id(account, receiver):
    subscription, _ = subscribe(account, receiver.url)
    [delivery] = queue(subscription)
    [claimed] = sending.claim_due(at=AT, busy=[], limit=16)
    assert claimed.message_id == delivery.message_id
    assert run(AT + sending.LEASE - timedelta(seconds=1)) == 0
    assert run(AT + sending.LEASE) == 1
    assert receiver.asked[0].headers["webhook-id"] == delivery.message_id
    assert states(subscription) == [("delivered", 2)]


def test_one_pump_runs_at_a_time_and_a_killed_one_blocks_for_its_lease_only(account, receiver):
    subscription, _ = subscribe(account, receiver.url)
    queue(subscription)
    EventReader.objects.update(busy_until=AT + timedelta(seconds=30))
    assert run() == 0
    assert run(AT + timedelta(seconds=30)) == 1
    assert EventReader.objects.get().busy_until is None


def test_one_subscription_has_two_on_their_way_and_leaves_the_rest_to_others(account):
    one, _ = subscribe(account)
    other, _ = subscribe(account)
    queue(one, 5)
    queue(other, 5)
    claimed = sending.claim_due(at=AT, busy=[], limit=16)
    assert sorted(row.subscription_id for row in claimed) == [one.pk, one.pk, other.pk, other.pk]
    assert sending.claim_due(at=AT, busy=[one.pk, one.pk, other.pk, other.pk], limit=16) == []
    assert [row.subscription_id for row in sending.claim_due(at=AT, busy=[one.pk, other.pk, other.pk], limit=16)] == [
        one.pk
    ]

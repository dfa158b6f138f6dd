"""Outgoing webhooks: what is told to whom, how it is sent, what becomes of dead addresses, and the log."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from rest_framework.test import APIClient

from channels_app.actions import push_message_changed
from channels_app.subscriptions import actions, feed, pump, sending, serializers
from channels_app.subscriptions.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookSubscription,
)
from channels_app.subscriptions.signing import signature
from contactcenter.contacts.merging import merge_contacts, undo_merge
from contactcenter.kernel import push
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.models import AuditEntry, EventReader, LiveEvent
from contactcenter.kernel.sealing import unseal
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Role
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.call_actions import CallFacts, record_call
from contactcenter.tickets.models import Message, MessageStatus
from tests.app.channels.gateways import gateway
from tests.app.factories import AT, make_account, make_contact, make_ticket, make_user

pytestmark = pytest.mark.django_db
EVERYTHING = list(actions.WebhookEvent.values)


@pytest.fixture(autouse=True)
def every_account(monkeypatch, settings):
    settings.WEBHOOKS_ALLOW_HTTP = True
    # a test is one transaction, which never ends: its events would stay above the horizon
    monkeypatch.setattr(push, "horizon", lambda: 2**62)
    EventReader.objects.create(name=feed.READER, transaction=0, event_id=0)
    with open_every_account(reason="a test looks into the database"):
        yield


@pytest.fixture
def account():
    return make_account(ticket_prefix="MT")


@pytest.fixture
def owner(account):
    return make_user(Role.CLIENT_ADMIN, account)


@pytest.fixture
def receiver(settings):
    with gateway(settings) as served:
        yield served


def subscribe(account, url: str = "https://client.example/hook", events=EVERYTHING) -> tuple[WebhookSubscription, str]:
    person = make_user(Role.CLIENT_ADMIN, account)
    return actions.create_subscription(account_id=account.pk, actor_id=person.pk, url=url, events=events, at=AT)


def told() -> list[tuple[str, str]]:
    feed.feed_deliveries(at=AT)
    return list(WebhookDelivery.objects.order_by("id").values_list("kind", "subject"))


def data_of(kind: str) -> dict:
    return json.loads(WebhookDelivery.objects.get(kind=kind).body)["data"]


def run(at=AT) -> int:
    return pump.pump(clock=lambda: at)


def queue(subscription, count: int = 1) -> list[WebhookDelivery]:
    rows = [
        actions.new_delivery(subscription=subscription, kind="call.ended", subject=f"call:{n}", body="{}", at=AT)
        for n in range(count)
    ]
    return WebhookDelivery.objects.bulk_create(rows)


def states(subscription) -> list[tuple[str, int]]:
    return list(subscription.deliveries.order_by("id").values_list("state", "attempts"))


# --- what is told -------------------------------------------------------------------------------


def test_a_new_ticket_with_its_first_message_is_told_once_each(account):
    subscribe(account)
    ticket = make_ticket(account)
    message = ticket_actions.receive_message(ticket=ticket, channel="email", at=AT, text="Hello", reply_text="Hello")
    assert told() == [("ticket.created", f"ticket:{ticket.pk}"), ("message.received", f"message:{message.pk}")]
    assert told() == [("ticket.created", f"ticket:{ticket.pk}"), ("message.received", f"message:{message.pk}")]
    created = data_of("ticket.created")
    assert (created["account_id"], created["ticket"]["number"]) == (account.pk, "MT-1001")
    received = data_of("message.received")["message"]
    assert (received["text"], received["ticket_id"], received["truncated"]) == ("Hello", ticket.pk, False)


def test_only_the_own_account_is_told_and_only_what_it_asked_for(account):
    mine, _ = subscribe(account, events=["ticket.changed"])
    theirs, _ = subscribe(make_account())
    ticket = make_ticket(account)
    told()
    ticket_actions.change_status(ticket_id=ticket.pk, status="solved", at=AT, actor_id=None)
    assert told() == [("ticket.changed", f"ticket:{ticket.pk}")]
    assert (mine.deliveries.count(), theirs.deliveries.count()) == (1, 0)
    assert data_of("ticket.changed")["ticket"]["status"] == "solved"


def test_a_reply_is_told_when_it_left_once_and_when_it_came_back(account):
    subscribe(account, events=["message.received", "message.sent", "message.failed"])
    ticket = make_ticket(account)
    message = ticket_actions.send_reply(
        ticket=ticket, operator_id=None, channel="email", text="Hi", at=AT,
        client_uuid="6f1c1a52-7a0c-4a51-9e6e-0d5a3f0c9b11",
    )  # fmt: skip
    assert told() == []
    subject = f"message:{message.pk}"
    expected = []
    for status, kind in [
        (MessageStatus.SENDING, None),
        (MessageStatus.SENT, "message.sent"),
        (MessageStatus.DELIVERED, None),
        (MessageStatus.FAILED, "message.failed"),
        (MessageStatus.SENT, "message.sent"),
    ]:
        Message.objects.filter(pk=message.pk).update(status=status)
        push_message_changed(message)
        expected += [(kind, subject)] if kind else []
        assert told() == expected


def test_a_call_is_told_when_it_has_ended_and_once(account):
    subscribe(account, events=["call.ended"])
    facts = {
        "endpoint_id": 1, "external_id": "1", "external_ids": ["1"], "direction": "in", "from_number": "+74952201490",
        "from_name": "", "to_number": "+442079460107", "queue_name": "", "started_at": AT, "enqueued_at": None,
        "answered_at": None, "wait_ms": None, "ring_ms": None, "talk_ms": None, "hold_ms": None, "outcome": "",
        "hung_up_by": "", "transfers": [], "flags": [], "segments": (), "contact_number": "+74952201490",
        "contact_name": "", "language": "", "opens_ticket": True,
    }  # fmt: skip
    call = record_call(account_id=account.pk, facts=CallFacts(**facts, ended_at=None)).call
    assert told() == []
    ended = AT + timedelta(seconds=30)
    record_call(account_id=account.pk, facts=CallFacts(**facts, ended_at=ended))
    assert told() == [("call.ended", f"call:{call.pk}")]
    record_call(account_id=account.pk, facts=CallFacts(**{**facts, "hung_up_by": "caller"}, ended_at=ended))
    assert told() == [("call.ended", f"call:{call.pk}")]
    assert data_of("call.ended")["call"]["ended_at"] == "2026-06-15T09:00:30Z"


def test_a_merge_and_its_undoing_are_told(account):
    subscribe(account, events=["contact.merged", "contact.unmerged"])
    kept, merged = make_contact(account), make_contact(account)
    merge = merge_contacts(kept_id=kept.pk, merged_id=merged.pk, actor_id=None, at=AT)
    undo_merge(merge_id=merge.pk, actor_id=None, at=AT)
    assert told() == [("contact.merged", f"contact:{kept.pk}"), ("contact.unmerged", f"contact:{kept.pk}")]
    assert data_of("contact.merged")["merged_id"] == merged.pk


def test_an_issued_invoice_is_told_and_no_screen_of_operators_hears_of_it(account):
    subscribe(account, events=["invoice.issued"])
    payload = {"id": 5, "number": "2026-00001", "total": "12.00", "currency": "EUR"}
    push.push_on_commit(f"books:{account.pk}", kind="invoice.issued", account_id=account.pk, payload=payload)
    assert told() == [("invoice.issued", "invoice:5")]
    assert data_of("invoice.issued") == {"account_id": account.pk, "invoice": payload}
    assert push.events_after(after=push.Cursor(0, 0), audiences=[f"account:{account.pk}"], every_account=True) == []


def test_what_happened_before_a_subscription_is_not_told(account):
    make_ticket(account)
    told()
    subscribe(account)
    assert told() == []


def test_events_that_nobody_has_read_yet_are_kept_for_a_week(account):
    make_ticket(account)
    push.push_on_commit("staff", kind="queue.pulse", payload={})
    event = LiveEvent.objects.get(kind="ticket.changed")
    push.trim_events(at=event.at + timedelta(days=2))
    assert [one.kind for one in LiveEvent.objects.all()] == ["ticket.changed"]
    told()
    push.trim_events(at=event.at + timedelta(days=2))
    assert not LiveEvent.objects.exists()


def test_even_unread_events_go_after_a_week(account):
    make_ticket(account)
    push.trim_events(at=LiveEvent.objects.get().at + timedelta(days=7, seconds=1))
    assert not LiveEvent.objects.exists()


# --- sending ------------------------------------------------------------------------------------


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


# --- people -------------------------------------------------------------------------------------


def signed_in(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


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

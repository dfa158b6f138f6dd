"""The fast way in of webhooks: stored before the answer, together, and nobody pays for another's mistake."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from channels_app import endpoints, group_commit
from channels_app.contract import EndpointInfo
from channels_app.group_commit import GroupCommit
from channels_app.hook_door import MAX_BYTES, HookDoor
from channels_app.models import Endpoint, Receipt
from channels_app.sms.twilio import signature_of
from channels_app.tasks import process_receipts
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Message
from tests.app.channels.providers import JsonAdapter, install, make_endpoint
from tests.app.factories import make_account

TOKEN = "s3cret"
pytestmark = pytest.mark.django_db(transaction=True)


class Django:
    """The next application: takes what the door leaves to it, whole."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def writer() -> Iterator[GroupCommit]:
    writer = GroupCommit()
    yield writer
    writer._thread.submit(connections.close_all).result(10)
    writer._thread.shutdown()


@pytest.fixture
def django() -> Django:
    return Django()


@pytest.fixture
def door(writer: GroupCommit, django: Django) -> HookDoor:
    return HookDoor(next_application=django, writer=writer)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> JsonAdapter:
    return install(monkeypatch)


@pytest.fixture
def account(db) -> Account:
    return make_account("Shop", ticket_prefix="SH")


@pytest.fixture
def endpoint(provider: JsonAdapter, account: Account) -> Endpoint:
    """Has proven itself to Django's view a moment ago."""
    return proven(make_endpoint(account))


def proven(endpoint: Endpoint) -> Endpoint:
    greeting = Client().get(f"/hooks/{endpoint.public_token}/", {"token": TOKEN})
    assert greeting.status_code == 200
    return endpoint


def request(
    door: HookDoor, endpoint: Endpoint, *lines: dict[str, Any], token: str = TOKEN, host: str = "localhost"
) -> Any:
    """One POST; awaiting it gives (status, headers, body)."""
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    return call(door, endpoint, body, {"x-token": token, "host": host, "content-type": "application/json"})


async def call(door: HookDoor, endpoint: Endpoint, body: bytes, headers: dict[str, str]) -> tuple[int, dict, bytes]:
    half = len(body) // 2
    incoming = [
        {"type": "http.request", "body": body[:half], "more_body": True},
        {"type": "http.request", "body": body[half:], "more_body": False},
    ]
    sent: list[dict] = []

    async def receive() -> dict:
        return incoming.pop(0)

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "scheme": "http", "path": f"/hooks/{endpoint.public_token}/",
        "query_string": b"", "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await door(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


def together(*requests: Any) -> list[tuple[int, dict, bytes]]:
    async def gathered() -> list[tuple[int, dict, bytes]]:
        return await asyncio.gather(*requests)

    return asyncio.run(gathered())


def stored() -> list[tuple[str, str]]:
    with open_every_account(reason="the test looks at all"):
        return list(Receipt.objects.order_by("pk").values_list("external_id", "state"))


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many requests each statement held."""
    sizes: list[int] = []
    store = group_commit.store_together

    def counted(requests: Any) -> list[int]:
        sizes.append(len(requests))
        return store(requests)

    monkeypatch.setattr(group_commit, "store_together", counted)
    return sizes


def test_answer_is_the_providers_and_comes_after_the_receipt(door: HookDoor, endpoint: Endpoint, django: Django):
    [(status, headers, body)] = together(request(door, endpoint, {"id": "1", "text": "Hello"}, {"id": "2"}))
    assert (status, body, headers[b"Content-Length"]) == (200, b"ok", b"2")
    assert stored() == [("1", "pending"), ("2", "pending")]
    assert django.bodies == []


def test_what_arrives_while_a_commit_runs_is_one_commit_of_all_accounts(
    door: HookDoor, endpoint: Endpoint, batches: list[int]
):
    other = proven(make_endpoint(make_account("Other")))
    answers = together(
        *(request(door, endpoint if number % 2 else other, {"id": f"{number}", "text": "Hi"}) for number in range(10))
    )
    assert [answer[0] for answer in answers] == [200] * 10
    assert batches == [1, 9]
    with open_every_account(reason="the test looks at all"):
        rows = list(Receipt.objects.order_by("pk").values_list("external_id", "endpoint_id", "account_id"))
    assert rows == [
        (f"{number}", *((endpoint.pk, endpoint.account_id) if number % 2 else (other.pk, other.account_id)))
        for number in range(10)
    ]


def test_batch_is_one_message_to_the_workers_and_becomes_entries_in_order(
    door: HookDoor, endpoint: Endpoint, writer: GroupCommit, settings
):
    queue = redis.Redis.from_url(settings.REDIS_URL)
    queue.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
    together(*(request(door, endpoint, {"id": f"{number}", "text": f"No. {number}"}) for number in range(5)))
    writer._thread.submit(lambda: None).result(10)  # it answers first and tells the workers then
    messages = [json.loads(item) for item in queue.lrange(settings.CELERY_TASK_DEFAULT_QUEUE, 0, -1)]
    queue.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
    assert [message["headers"]["task"] for message in messages] == ["channels.process_receipts"] * 2
    with open_every_account(reason="the test looks at all"):
        ids = list(Receipt.objects.order_by("pk").values_list("pk", flat=True))
        process_receipts(receipt_ids=ids)
        assert list(Message.objects.order_by("pk").values_list("text", flat=True)) == [f"No. {n}" for n in range(5)]


def test_nobody_is_answered_before_the_commit(door: HookDoor, endpoint: Endpoint):
    locked, free = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE channels_app_receipt IN SHARE MODE")
            locked.set()
            assert free.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(10)

    async def scene() -> list[int]:
        waiting = [asyncio.ensure_future(request(door, endpoint, {"id": f"{n}", "text": "Hi"})) for n in range(3)]
        done, _ = await asyncio.wait(waiting, timeout=0.3)
        assert done == set()
        free.set()
        return [answer[0] for answer in await asyncio.gather(*waiting)]

    assert asyncio.run(scene()) == [200, 200, 200]
    holder.join()
    assert len(stored()) == 3


def test_same_message_twice_in_a_batch_is_one_receipt_and_both_are_answered(door: HookDoor, endpoint: Endpoint):
    answers = together(*(request(door, endpoint, {"id": "1", "text": "Hello"}) for _ in range(4)))
    assert [answer[0] for answer in answers] == [200] * 4
    assert stored() == [("1", "pending")]


def test_request_that_the_database_refuses_sends_its_batch_one_by_one_to_django(
    door: HookDoor, endpoint: Endpoint, django: Django
):
    # half of a surrogate pair: JSON can say it, UTF-8 cannot
    lines = [{"id": "first", "text": "Hi"}, {"id": "good", "text": "Hi"}, {"id": "\ud800", "text": "Hi"}]
    answers = together(*(request(door, endpoint, line) for line in lines))
    assert [answer[0] for answer in answers] == [200, 299, 299]
    assert [json.loads(body) for body in django.bodies] == lines[1:]
    assert stored() == [("first", "pending")]


def test_database_that_is_away_asks_to_come_again_at_once(
    door: HookDoor, endpoint: Endpoint, django: Django, monkeypatch: pytest.MonkeyPatch
):
    def fail(requests: Any) -> list[int]:
        raise OperationalError("connection refused")

    monkeypatch.setattr(group_commit, "store_together", fail)
    answers = together(*(request(door, endpoint, {"id": f"{number}"}) for number in range(3)))
    assert [(status, headers[b"Retry-After"]) for status, headers, _ in answers] == [(503, b"5")] * 3
    assert (django.bodies, stored()) == ([], [])


def test_writer_goes_on_with_a_new_connection(door: HookDoor, endpoint: Endpoint):
    assert together(request(door, endpoint, {"id": "1"}))[0][0] == 200
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%channels_app_receipt%'"
        )
        assert cursor.fetchall() == [(True,)]
    assert together(request(door, endpoint, {"id": "2"}))[0][0] == 200
    assert [external_id for external_id, _ in stored()] == ["1", "2"]


def test_more_than_fits_in_memory_is_asked_to_come_again(
    door: HookDoor, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(group_commit, "MAX_WAITING_BYTES", 60)
    answers = together(*(request(door, endpoint, {"id": f"{n}", "text": "x" * 20}) for n in range(3)))
    assert [answer[0] for answer in answers] == [200, 200, 503]


def test_what_is_not_plain_goes_to_django_whole(door: HookDoor, endpoint: Endpoint, django: Django):
    forged = request(door, endpoint, {"id": "1", "text": "Hello"}, token="guess")
    garbage = request(door, endpoint, {"text": "no id"})
    long = request(door, endpoint, {"id": "1", "text": "x" * MAX_BYTES})
    elsewhere = request(door, endpoint, {"id": "1", "text": "Hello"}, host="elsewhere.example")
    assert [answer[0] for answer in together(forged, garbage, long, elsewhere)] == [299] * 4
    assert sorted(len(body) for body in django.bodies) == [17, 28, 28, MAX_BYTES + 23]
    assert stored() == []


def test_plain_http_is_left_to_django_where_https_is_demanded(
    door: HookDoor, endpoint: Endpoint, django: Django, settings
):
    settings.SECURE_SSL_REDIRECT = True
    headers = {"x-token": TOKEN, "host": "localhost"}
    encrypted = call(door, endpoint, b'{"id": "2"}', headers | {"x-forwarded-proto": "https"})
    assert [answer[0] for answer in together(call(door, endpoint, b'{"id": "1"}', headers), encrypted)] == [299, 200]


def test_endpoint_with_a_rate_and_one_not_proven_go_to_django(door: HookDoor, provider: JsonAdapter, account: Account):
    paced = proven(make_endpoint(account, settings={"per_minute": 60}))
    fresh = make_endpoint(account)
    answers = together(request(door, paced, {"id": "1"}), request(door, fresh, {"id": "1"}))
    assert [answer[0] for answer in answers] == [299, 299]


def test_endpoint_switched_off_or_with_a_new_secret_is_served_as_it_was_for_two_seconds_only(
    door: HookDoor, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
):
    now = 1_000.0
    monkeypatch.setattr(endpoints.time, "monotonic", lambda: now)
    proven(endpoint)
    Endpoint._base_manager.update(is_active=False, secrets_sealed=seal({"token": "new"}))
    now += 1.9
    assert together(request(door, endpoint, {"id": "1"}))[0][0] == 200
    assert together(request(door, endpoint, {"id": "2"}, token="new"))[0][0] == 299
    now += 0.2
    assert together(request(door, endpoint, {"id": "3"}))[0][0] == 299
    assert [external_id for external_id, _ in stored()] == ["1"]


def test_twilios_signature_over_the_public_address_is_understood(
    door: HookDoor, account: Account, django: Django, settings
):
    endpoint = make_endpoint(account, provider="twilio", secrets_sealed=seal({"auth_token": "t"}))
    fields = [("MessageSid", "SM1"), ("From", "+12025550100"), ("To", endpoint.address), ("Body", "Hello")]
    signature = signature_of(url=f"{settings.PUBLIC_URL}/hooks/{endpoint.public_token}/", fields=fields, auth_token="t")
    body = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in fields)
    headers = {"content-type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    # the first one is Django's: it proves the endpoint
    first = Client().post(
        f"/hooks/{endpoint.public_token}/", body, content_type=headers["content-type"],
        headers={"X-Twilio-Signature": signature},
    )  # fmt: skip
    assert first.status_code == 200
    [(status, answered, content)] = together(call(door, endpoint, body.encode(), headers | {"host": "localhost"}))
    assert (status, answered[b"Content-Type"], content) == (200, first["Content-Type"].encode(), first.content)
    assert stored() == [("SM1", "pending")]
    assert django.bodies == []


def test_secrets_are_forgotten_when_they_are_no_longer_trusted(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    found = endpoints.hooked_endpoint_of_late(public_token=endpoint.public_token)
    assert isinstance(found, EndpointInfo)
    until = endpoints.time.monotonic() + endpoints.TRUSTED_FOR_S
    monkeypatch.setattr(endpoints.time, "monotonic", lambda: until)
    assert endpoints.hooked_endpoint_of_late(public_token=endpoint.public_token) is None
    assert endpoint.public_token not in endpoints._hooked

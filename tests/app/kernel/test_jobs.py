"""What a commit sends: Celery's own message format, one round trip, nothing of what was rolled back."""

import json
from contextlib import suppress
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu import Message

from contactcenter.kernel import valkey
from contactcenter.kernel.jobs import do_here, enqueue_on_commit, send_job
from contactcenter.kernel.push import push_on_commit

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = settings.CELERY_TASK_DEFAULT_QUEUE
# differ from message to message, whoever wrote it; time limits are told by who has the task imported, as workers have
OWN = {"id", "root_id", "correlation_id", "delivery_tag", "reply_to", "origin", "eta", "timelimit"}


@pytest.fixture
def queue():
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(QUEUE)
    yield client
    client.delete(QUEUE)


@pytest.fixture
def heavy():
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(settings.HEAVY_QUEUE)
    yield client
    client.delete(settings.HEAVY_QUEUE)


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of the commands of each round trip."""
    trips: list[list[str]] = []
    send = valkey._send

    def counted(commands: list[valkey.Command]) -> None:
        trips.append([str(command[0]) for command in commands])
        send(commands)

    monkeypatch.setattr(valkey, "_send", counted)
    return trips


def without_own(message: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in message.items() if name not in OWN}
    return {name: without_own(value) if isinstance(value, dict) else value for name, value in plain.items()}


@pytest.mark.parametrize("countdown", [None, 30.0])
def test_message_is_the_one_that_celery_itself_would_send(queue, countdown: float | None) -> None:
    current_app.send_task("routing.ticket_waiting", kwargs={"ticket_id": 7}, countdown=countdown)
    enqueue_on_commit("routing.ticket_waiting", ticket_id=7, countdown=countdown)
    ours, theirs = [json.loads(item) for item in queue.lrange(QUEUE, 0, -1)]
    assert without_own(ours) == without_own(theirs)
    assert {name: sorted(ours[name]) for name in ("headers", "properties")} == {
        name: sorted(theirs[name]) for name in ("headers", "properties")
    }
    assert (ours["headers"]["eta"] is None) == (countdown is None)


def test_worker_side_of_celery_reads_the_message(queue) -> None:
    enqueue_on_commit("routing.ticket_waiting", ticket_id=7)
    with current_app.connection_for_read() as connection:
        taken = connection.SimpleQueue(QUEUE).get(timeout=5)
    assert taken.headers["task"] == "routing.ticket_waiting"
    assert taken.payload[:2] == [[], {"ticket_id": 7}]
    taken.ack()


def test_all_that_a_commit_sends_leaves_in_one_round_trip(queue, round_trips: list[list[str]]) -> None:
    with transaction.atomic():
        push_on_commit("staff", kind="test.one", payload={})
        enqueue_on_commit("routing.ticket_waiting", ticket_id=7)
        with transaction.atomic():
            push_on_commit("staff", kind="test.two", payload={})
        assert round_trips == []
    assert round_trips == [["PUBLISH", "LPUSH", "PUBLISH"]]


def test_what_was_rolled_back_is_not_sent(queue, round_trips: list[list[str]]) -> None:
    with transaction.atomic():
        enqueue_on_commit("routing.ticket_waiting", ticket_id=7)
        with suppress(ValueError), transaction.atomic():
            enqueue_on_commit("routing.ticket_waiting", ticket_id=8)
            raise ValueError
    assert round_trips == [["LPUSH"]]
    assert queue.llen(QUEUE) == 1


def test_task_asked_for_twice_in_a_transaction_is_sent_once(queue) -> None:
    with transaction.atomic():
        with suppress(ValueError), transaction.atomic():
            enqueue_on_commit("routing.match")
            raise ValueError
        enqueue_on_commit("routing.match")
        enqueue_on_commit("routing.ticket_waiting", ticket_id=7)
        enqueue_on_commit("routing.match")
        enqueue_on_commit("routing.ticket_waiting", ticket_id=8)
    # the list is pushed at its head
    sent = [json.loads(item)["headers"] for item in reversed(queue.lrange(QUEUE, 0, -1))]
    assert [(one["task"], one["kwargsrepr"]) for one in sent] == [
        ("routing.match", "{}"),
        ("routing.ticket_waiting", "{'ticket_id': 7}"),
        ("routing.ticket_waiting", "{'ticket_id': 8}"),
    ]


def test_lost_valkey_costs_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(valkey, "_client", None)
    with transaction.atomic():
        enqueue_on_commit("routing.ticket_waiting", ticket_id=7)
        push_on_commit("staff", kind="test.one", payload={})
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "was not told of 2 changes" in caplog.text


def test_heavy_work_waits_in_a_queue_of_its_own_as_celery_itself_would_put_it(queue, heavy) -> None:
    ids = {"period": "2026-10", "issue": False, "actor_id": 3}
    current_app.send_task("billing.run", kwargs=ids)
    enqueue_on_commit("billing.run", **ids)
    ours, theirs = [json.loads(item) for item in heavy.lrange(settings.HEAVY_QUEUE, 0, -1)]
    assert without_own(ours) == without_own(theirs)
    assert ours["properties"]["delivery_info"]["routing_key"] == "heavy"
    assert queue.llen(QUEUE) == 0


def test_reply_is_sent_while_a_bill_run_of_an_hour_is_under_way(queue, heavy) -> None:
    """The worker of the default queue takes the delivery, whatever waits in the other; so it is the other way round."""
    enqueue_on_commit("billing.run", period="2026-10", issue=False)
    enqueue_on_commit("channels.deliver_message", message_id=1)
    assert taken_by_a_worker_of("default") == ["channels.deliver_message"]
    assert taken_by_a_worker_of("heavy") == ["billing.run"]


def taken_by_a_worker_of(name: str) -> list[str]:
    """What a worker started with `--queues NAME` receives, by Celery's own consumer; nothing is run."""
    taken: list[str] = []

    def take(_: object, message: Message) -> None:
        taken.append(message.headers["task"])
        message.ack()

    with current_app.connection_for_read() as link:
        chosen = current_app.amqp.queues[name]
        consumer = current_app.amqp.TaskConsumer(link.default_channel, queues=[chosen])
        consumer.register_callback(take)
        with consumer, suppress(TimeoutError):
            while True:
                link.drain_events(timeout=0.2)
    return taken


def test_every_heavy_task_exists_and_may_take_longer_than_ten_minutes_only_where_it_says_so() -> None:
    current_app.loader.import_default_modules()
    assert set(settings.CELERY_TASK_ROUTES) <= set(current_app.tasks)
    longest = max(task.time_limit or settings.CELERY_TASK_TIME_LIMIT for task in current_app.tasks.values())
    assert longest < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


def test_what_somebody_waits_for_is_not_heavy() -> None:
    served = {name for name in current_app.tasks if name.startswith(("routing.", "channels.", "webhooks."))}
    assert "channels.deliver_message" in served
    assert served.isdisjoint(settings.CELERY_TASK_ROUTES)


def test_what_this_process_does_itself_is_begun_after_the_round_trip_and_not_sent(
    queue, round_trips: list[list[str]]
) -> None:
    seen: list[list[list[str]]] = []
    do_here("routing.match", wake=lambda: seen.append([list(trip) for trip in round_trips]))
    try:
        with transaction.atomic():
            enqueue_on_commit("routing.match")
            push_on_commit("staff", kind="test.one", payload={})
            enqueue_on_commit("routing.match")
            assert seen == []
        # once, when all else has been told
        assert seen == [[["PUBLISH"]]]
        # one of later is for the broker to keep
        enqueue_on_commit("routing.match", countdown=5)
        send_job("routing.match")
        assert (len(seen), queue.llen(QUEUE)) == (1, 2)
    finally:
        do_here("routing.match", wake=None)
    enqueue_on_commit("routing.match")
    assert (len(seen), queue.llen(QUEUE)) == (1, 3)

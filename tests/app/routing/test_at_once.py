"""Matching in the process whose commit asked for it: at once where it is small, by a worker where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest
import redis
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from contactcenter.kernel.clock import ClockHold
from contactcenter.kernel.jobs import do_here, enqueue_on_commit
from contactcenter.routing import actions, at_once, tasks
from contactcenter.routing.actions.looking import FEW
from contactcenter.routing.models import MatchMark, Offer
from contactcenter.tickets import actions as ticket_actions
from tests.app.factories import AT, make_account, make_ticket
from tests.app.routing.scenes import at_work, served, waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def jobs() -> Iterator[redis.Redis]:
    """The broker, without a job."""
    broker = redis.Redis.from_url(settings.REDIS_URL)
    broker.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
    yield broker
    broker.delete(settings.CELERY_TASK_DEFAULT_QUEUE)


@pytest.fixture
def here(jobs: redis.Redis) -> Iterator[None]:
    """This process matches by itself, in the thread that committed: nothing is left to chance."""
    do_here(at_once.JOB, wake=at_once.look)
    yield
    do_here(at_once.JOB, wake=None)


def asked_of_workers(jobs: redis.Redis) -> int:
    """How many jobs of matching wait for a worker."""
    waiting_jobs = jobs.lrange(settings.CELERY_TASK_DEFAULT_QUEUE, 0, -1)
    return sum(b'"task": "routing.match"' in job for job in waiting_jobs)


def settle() -> None:
    actions.match_waiting(at=timezone.now(), everything=True)


def test_a_freed_operator_has_the_next_offer_without_any_worker(here: None, jobs: redis.Redis) -> None:
    account = make_account()
    anna = at_work(account, max_chat=1)
    chat = served(account, anna)
    settle()
    ticket = waiting(account)
    assert not Offer.objects.filter(state="pending").exists()
    jobs.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
    actions.wrap_up(ticket_id=chat.pk, operator_id=anna.pk, at=timezone.now(), disposition=None, status="solved")
    made = Offer.objects.filter(state="pending").values_list("ticket_id", "operator_id")
    assert list(made) == [(ticket.pk, anna.pk)]
    assert asked_of_workers(jobs) == 0
    assert not MatchMark.objects.exists()


def test_a_changed_profile_is_left_to_a_worker(here: None, jobs: redis.Redis) -> None:
    account = make_account()
    at_work(account)
    waiting(account)
    # people and accounts have just been made: that is a mark without an operator or a ticket
    assert MatchMark.objects.filter(operator_id=None, ticket_id=None).exists()
    assert not Offer.objects.exists()
    assert asked_of_workers(jobs) > 0


def test_many_operators_at_once_are_left_to_a_worker(here: None, jobs: redis.Redis) -> None:
    settle()
    MatchMark.objects.bulk_create(MatchMark(operator_id=number) for number in range(1, FEW + 2))
    enqueue_on_commit("routing.match")
    assert (asked_of_workers(jobs), MatchMark.objects.count()) == (1, FEW + 1)
    MatchMark.objects.filter(operator_id=1).delete()
    enqueue_on_commit("routing.match")
    assert (asked_of_workers(jobs), MatchMark.objects.count()) == (1, 0)


def test_what_fails_here_is_left_to_a_worker(
    here: None, jobs: redis.Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settle()

    def fail(**_: object) -> int:
        raise DatabaseError("gone")

    monkeypatch.setattr(actions, "match_until_settled", fail)
    MatchMark.objects.create(operator_id=1)
    enqueue_on_commit("routing.match")
    assert (asked_of_workers(jobs), MatchMark.objects.count()) == (1, 1)
    assert "left to a worker" in caplog.text


def test_nothing_is_matched_by_the_present_moment_while_a_simulation_holds_the_clock(here: None) -> None:
    settle()
    MatchMark.objects.create(operator_id=1)
    with ClockHold():
        enqueue_on_commit("routing.match")
    assert MatchMark.objects.count() == 1


def test_the_thread_looks_after_each_commit_and_not_after_a_rollback(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = Event()
    monkeypatch.setattr(at_once, "look", looked.set)
    at_once.match_here()
    try:
        for _ in range(2):
            with transaction.atomic():
                enqueue_on_commit("routing.match")
                assert not looked.is_set()
            assert looked.wait(30)
            looked.clear()
        with transaction.atomic():
            enqueue_on_commit("routing.match")
            transaction.set_rollback(True)
        assert not looked.is_set()
    finally:
        do_here(at_once.JOB, wake=None)


def test_a_job_that_matches_at_its_end_asks_for_no_other_one(jobs: redis.Redis) -> None:
    account = make_account()
    anna = at_work(account, max_chat=1)
    ticket = make_ticket(account, channel="chat", language="en", at=AT)
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=AT, text="Hello?")
    jobs.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
    tasks.ticket_waiting(ticket_id=ticket.pk)
    assert list(Offer.objects.values_list("ticket_id", "operator_id")) == [(ticket.pk, anna.pk)]
    assert asked_of_workers(jobs) == 0
    # its clock is not the worker's to leave out
    assert b'"task": "routing.expire"' in b"".join(jobs.lrange(settings.CELERY_TASK_DEFAULT_QUEUE, 0, -1))

"""Webhooks with real transactions: late commits are not passed over, and two at once do nothing twice."""

import threading

import pytest
from django.db import connection, transaction

from channels_app.subscriptions import actions, feed, sending
from channels_app.subscriptions.models import WebhookDelivery
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Role
from tests.app.factories import AT, make_account, make_ticket, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account():
    account = make_account()
    with open_every_account(reason="the test sets a webhook up"):
        feed.feed_deliveries(at=AT)
        actions.create_subscription(
            account_id=account.pk,
            actor_id=make_user(Role.CLIENT_ADMIN, account).pk,
            url="https://client.example/",
            events=["ticket.created"],
            at=AT,
        )
    return account


def together(count: int, work) -> list:
    barrier, results = threading.Barrier(count), []

    def run() -> None:
        with open_every_account(reason="a test at once"):
            barrier.wait(10)
            results.append(work())
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def subjects() -> list[str]:
    with open_every_account(reason="the test looks into the database"):
        return sorted(WebhookDelivery.objects.values_list("subject", flat=True))


def test_a_change_that_commits_late_is_told_all_the_same(account):
    other = make_account()
    opened, committed = threading.Event(), threading.Event()
    late = []

    def slow() -> None:
        with open_every_account(reason="a slow writer"), transaction.atomic():
            late.append(make_ticket(account).pk)
            opened.set()
            committed.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    opened.wait(10)
    with open_every_account(reason="a quick writer"):
        make_ticket(other)
        feed.feed_deliveries(at=AT)
    assert subjects() == []
    committed.set()
    thread.join()
    with open_every_account(reason="the feed"):
        feed.feed_deliveries(at=AT)
    assert subjects() == [f"ticket:{late[0]}"]


def test_four_feeds_at_once_tell_every_event_once(account):
    with open_every_account(reason="the test opens tickets"):
        tickets = [make_ticket(account).pk for _ in range(5)]
    together(4, lambda: feed.feed_deliveries(at=AT))
    with open_every_account(reason="whoever came too early comes again"):
        feed.feed_deliveries(at=AT)
    assert subjects() == sorted(f"ticket:{pk}" for pk in tickets)


def test_four_pumps_at_once_claim_every_delivery_once(account):
    with open_every_account(reason="the test opens tickets"):
        for _ in range(2):
            make_ticket(account)
        feed.feed_deliveries(at=AT)
    claimed = together(4, lambda: sending.claim_due(at=AT, busy=[], limit=16))
    ids = [row.delivery_id for rows in claimed for row in rows]
    assert len(ids) == len(set(ids)) == 2

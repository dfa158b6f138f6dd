"""Two same requests at the same moment under one Idempotency-Key: one effect, one answer."""

import threading

import pytest
from django.db import connection
from rest_framework.test import APIClient

from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.key_actions import create_key
from contactcenter.tenancy.models import Role
from contactcenter.tickets.models import Message
from tests.app.factories import AT, make_account, make_ticket, make_user


@pytest.mark.django_db(transaction=True)
def test_four_at_once_send_one_reply_and_get_one_answer():
    account = make_account()
    owner = make_user(Role.CLIENT_ADMIN, account)
    with open_every_account(reason="the test sets both up"):
        ticket = make_ticket(account)
        _, token = create_key(account_id=account.pk, actor_id=owner.pk, name="CRM", scopes=["messages:write"], at=AT)
    barrier = threading.Barrier(4)
    answers = []

    def ask() -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        barrier.wait(10)
        answers.append(
            client.post(
                f"/api/v1/tickets/{ticket.pk}/replies/",
                {"channel": "email", "text": "On its way"},
                headers={"Idempotency-Key": "order-7"},
            )
        )
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.content for answer in answers}) == 1
    with open_every_account(reason="the test looks into the database"):
        assert Message.objects.count() == 1

"""A client's admins are told by mail when their webhook is disabled: once, each in their own language."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail

from channels_app.subscriptions import actions, notices, sending
from channels_app.subscriptions.models import WebhookSubscription
from channels_app.subscriptions.sending import Outcome
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Role, User
from tests.app.factories import AT, make_account, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope():
    with open_every_account(reason="a test looks into the database"):
        yield


@pytest.fixture
def account():
    return make_account("Northwind")


def _person(account, role: Role, language: str = "en", *, is_active: bool = True) -> User:
    person = make_user(role, account)
    person.language, person.is_active = language, is_active
    person.save()
    return person


def _disabled(account, maker: User, **fields: object) -> WebhookSubscription:
    subscription, _ = actions.create_subscription(
        account_id=account.pk, actor_id=maker.pk, url="https://client.example/hook", events=["ticket.created"], at=AT
    )
    values = {"is_active": False, "disabled_at": AT, "disabled_reason": "Gone.", "last_error": "answered 410", **fields}
    WebhookSubscription.objects.filter(pk=subscription.pk).update(**values)
    return subscription


def test_each_admin_of_the_client_is_told_once_in_their_language(account, settings) -> None:
    settings.PUBLIC_URL = "https://desk.example"
    english, russian = _person(account, Role.CLIENT_ADMIN), _person(account, Role.CLIENT_ADMIN, "ru")
    _person(account, Role.CLIENT_VIEWER)
    _person(account, Role.CLIENT_ADMIN, is_active=False)
    _person(make_account("Other"), Role.CLIENT_ADMIN)
    subscription = _disabled(account, english)
    assert [notices.tell_disabled(subscription_id=subscription.pk, at=AT) for _ in range(2)] == [2, 0]
    assert [(item.to, item.subject, item.from_email) for item in mail.outbox] == [
        ([english.email], "Your webhook is switched off: client.example", "no-reply@desk.example"),
        ([russian.email], "Ваш вебхук отключён: client.example", "no-reply@desk.example"),
    ]
    for words in (
        "Northwind",
        "https://client.example/hook",
        "Gone.",
        "answered 410",
        "https://desk.example/client/api",
    ):
        assert words in mail.outbox[0].body


def test_who_made_it_is_told_where_the_client_has_no_admin(account) -> None:
    maker = _person(account, Role.ADMIN, "es")
    assert notices.tell_disabled(subscription_id=_disabled(account, maker).pk, at=AT) == 1
    assert (mail.outbox[0].to, mail.outbox[0].subject) == (
        [maker.email], "Su webhook está desactivado: client.example",
    )  # fmt: skip


def test_what_no_mail_server_took_is_told_later_and_not_for_ever(account) -> None:
    subscription = _disabled(account, _person(account, Role.CLIENT_ADMIN))

    def away(**_: object) -> None:
        raise SMTPServerDisconnected("gone")

    assert notices.tell_disabled(subscription_id=subscription.pk, at=AT, send=away) == 0
    assert notices.untold(at=AT + timedelta(hours=1)) == [subscription.pk]
    assert notices.untold(at=AT + timedelta(days=4)) == []
    assert notices.tell_disabled(subscription_id=subscription.pk, at=AT) == 1
    assert notices.untold(at=AT + timedelta(hours=1)) == []


def test_disabling_asks_for_the_mail_and_a_second_one_is_told_again(account, monkeypatch) -> None:
    asked: list[tuple[str, dict]] = []
    monkeypatch.setattr(sending, "enqueue_on_commit", lambda name, **arguments: asked.append((name, arguments)))
    owner = _person(account, Role.CLIENT_ADMIN)
    subscription = _disabled(account, owner, is_active=True, disabled_at=None)
    for _ in range(2):
        delivery = actions.send_test(subscription_id=subscription.pk, actor_id=owner.pk, at=AT)
        outcome = Outcome(at=AT, duration_ms=5, status=410, error="", answer="")
        sending.record_outcome(delivery_id=delivery.pk, outcome=outcome)
        assert asked.pop() == ("webhooks.tell_disabled", {"subscription_id": subscription.pk})
        assert notices.tell_disabled(subscription_id=subscription.pk, at=AT) == 1
        actions.change_subscription(
            subscription_id=subscription.pk, actor_id=owner.pk, values={"is_active": True}, at=AT
        )
    assert len(mail.outbox) == 2


def test_webhook_that_works_is_nothing_to_tell(account) -> None:
    subscription = _disabled(account, _person(account, Role.CLIENT_ADMIN), is_active=True, disabled_at=None)
    assert notices.tell_disabled(subscription_id=subscription.pk, at=AT) == 0
    assert mail.outbox == []

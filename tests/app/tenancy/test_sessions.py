"""The session brings its person and their accounts along, and never more than Django would grant."""

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from contactcenter.tenancy.models import Membership, Role, Session
from tests.app.factories import make_account, make_user

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


@pytest.fixture
def account():
    return make_account("Alpha")


@pytest.fixture
def user(account):
    return make_user(Role.CLIENT_VIEWER, account)


@pytest.fixture
def client(user):
    client = Client()
    client.force_login(user)
    return client


def accounts_seen(client) -> list[str]:
    return [account["name"] for account in client.get(ME).json()["accounts"]]


def test_session_knows_whose_it_is(client, user):
    assert Session.objects.get().user_id == user.pk
    assert client.get(ME).json()["email"] == user.email


def test_a_membership_counts_from_the_next_request_on(client, user, account):
    beta = make_account("Beta")
    assert accounts_seen(client) == ["Alpha"]
    Membership.objects.create(user=user, account=beta)
    assert accounts_seen(client) == ["Alpha", "Beta"]
    Membership.objects.filter(account=account).delete()
    assert accounts_seen(client) == ["Beta"]


def test_a_person_switched_off_is_out_at_once(client, user):
    user.is_active = False
    user.save()
    assert client.get(ME).status_code == 401


def test_a_changed_password_ends_the_session(client, user):
    user.set_password("another one, long enough")
    user.save()
    assert client.get(ME).status_code == 401


def test_a_way_of_logging_in_that_is_no_longer_allowed_ends_the_session(client, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    assert client.get(ME).status_code == 401


def test_another_key_keeps_the_session_while_it_is_a_fallback(client, settings):
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another key of more than thirty-two characters"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert client.get(ME).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    client.cookies["sessionid"] = Session.objects.latest("expire_date").session_key
    assert client.get(ME).status_code == 200


def test_an_expired_session_is_nobodys_and_is_cleared(client):
    Session.objects.update(expire_date=timezone.now())
    assert client.get(ME).status_code == 401
    call_command("clearsessions")
    assert Session.objects.count() == 0


def test_sessions_go_with_their_person(client, user):
    user.delete()
    assert Session.objects.count() == 0
    assert client.get(ME).status_code == 401

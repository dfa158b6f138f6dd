"""Login by e-mail: strong hashing, rate limit, CSRF, second factor."""

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client

from tests.app.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/_allauth/browser/v1/auth/login"


@pytest.fixture(autouse=True)
def _fresh_rate_limits():
    cache.clear()


def _login(client: Client, email: str, password: str):
    return client.post(LOGIN, {"email": email, "password": password}, content_type="application/json")


def test_right_password_opens_a_session_and_is_hashed_by_argon2(settings):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]  # the product's own, not the tests' quick one
    user = make_user()
    client = Client()
    response = _login(client, user.email.upper(), PASSWORD)
    assert response.status_code == 200
    assert client.get("/api/v1/me/").json()["email"] == user.email
    assert user.password.startswith("argon2$")


def test_wrong_password_says_so_and_opens_nothing():
    user = make_user()
    client = Client()
    response = _login(client, user.email, "wrong")
    assert response.status_code == 400
    assert response.json()["errors"][0]["param"] == "password"
    assert client.get("/api/v1/me/").status_code == 401


def test_failed_logins_are_limited_per_person():
    user = make_user()
    statuses = [_login(Client(), user.email, "wrong").status_code for _ in range(6)]
    assert statuses[:5] == [400] * 5
    refused = _login(Client(), user.email, PASSWORD)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "too_many_login_attempts")
    assert Client().get("/api/v1/me/").status_code == 401


def test_a_post_without_csrf_token_is_refused():
    user = make_user()
    client = Client(enforce_csrf_checks=True)
    assert _login(client, user.email, PASSWORD).status_code == 403


def test_second_factor_is_asked_and_checked():
    user = make_user()
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    assert Authenticator.objects.filter(user=user).count() == 1
    assert get_adapter().is_mfa_enabled(user)
    client = Client()
    response = _login(client, user.email, PASSWORD)
    assert response.status_code == 401
    flows = {flow["id"]: flow for flow in response.json()["data"]["flows"]}
    assert flows["mfa_authenticate"]["is_pending"] is True
    assert client.get("/api/v1/me/").status_code == 401

    wrong = client.post(
        "/_allauth/browser/v1/auth/2fa/authenticate", {"code": "000000"}, content_type="application/json"
    )
    assert wrong.status_code == 400
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(secret, counter))
    right = client.post("/_allauth/browser/v1/auth/2fa/authenticate", {"code": code}, content_type="application/json")
    assert right.status_code == 200
    assert client.get("/api/v1/me/").json()["email"] == user.email


def test_nobody_signs_up_alone():
    response = Client().post(
        "/_allauth/browser/v1/auth/signup",
        {"email": "stranger@example.org", "password": PASSWORD},
        content_type="application/json",
    )
    assert response.status_code == 403

"""A bad environment variable is refused with a sentence that names it."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from contactcenter import environment


@pytest.mark.parametrize(("value", "part"), [("abc", "PORT='abc'"), ("0", "PORT=0"), ("70000", "1 to 65535")])
def test_bad_port_names_variable_and_cause(monkeypatch, value, part):
    monkeypatch.setenv("PORT", value)
    with pytest.raises(ImproperlyConfigured, match=part):
        environment.integer("PORT", default=8000, minimum=1, maximum=65535)


def test_bad_boolean_is_refused(monkeypatch):
    monkeypatch.setenv("DEBUG", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="DEBUG='perhaps'"):
        environment.boolean("DEBUG", default=False)


@pytest.mark.parametrize(
    ("url", "part"),
    [("mysql://x/y", "postgresql://"), ("postgresql://host", "names no database"), ("postgresql://h:x/d", "port")],
)
def test_bad_database_url_is_refused(monkeypatch, url, part):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match=part):
        environment.postgres("DATABASE_URL", default="")


def test_database_url_is_read_in_all_its_parts(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:p%40ss@db.example:6432/centre")
    assert environment.postgres("DATABASE_URL", default="") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "centre",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6432",
    }


def test_bad_redis_url_is_refused(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "http://localhost")
    with pytest.raises(ImproperlyConfigured, match="redis://"):
        environment.redis("REDIS_URL", default="")


def test_bad_secrets_key_is_refused(monkeypatch):
    monkeypatch.setenv("SECRETS_KEYS", f"{'A' * 43}=,short")
    with pytest.raises(ImproperlyConfigured, match="SECRETS_KEYS: key 2 is not 32 bytes"):
        environment.fernet_keys("SECRETS_KEYS", derived_from="x" * 32)


def test_secrets_key_is_derived_where_none_is_given(monkeypatch):
    monkeypatch.delenv("SECRETS_KEYS", raising=False)
    (key,) = environment.fernet_keys("SECRETS_KEYS", derived_from="x" * 32)
    assert (len(key), key) == (44, environment.fernet_keys("SECRETS_KEYS", derived_from="x" * 32)[0])
    assert key != environment.fernet_keys("SECRETS_KEYS", derived_from="y" * 32)[0]


@pytest.mark.parametrize("value", ["gateway", "gateway:0", "gateway:x", ":80", "http://gateway:80", "u@gateway:80"])
def test_bad_host_and_port_is_refused(monkeypatch, value):
    monkeypatch.setenv("OUTBOUND_ALLOWED_HOSTS", value)
    with pytest.raises(ImproperlyConfigured, match="is not host:port"):
        environment.host_ports("OUTBOUND_ALLOWED_HOSTS")


def test_hosts_and_ports_are_read(monkeypatch):
    monkeypatch.setenv("OUTBOUND_ALLOWED_HOSTS", "Gateway.example:8080, [::1]:25")
    assert environment.host_ports("OUTBOUND_ALLOWED_HOSTS") == {("gateway.example", 8080), ("::1", 25)}


@pytest.mark.parametrize("value", ["desk.example", "ftp://desk.example", "https://", "https://desk.example?x=1"])
def test_bad_public_url_is_refused(monkeypatch, value):
    monkeypatch.setenv("PUBLIC_URL", value)
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL="):
        environment.base_url("PUBLIC_URL", default="")


def test_choice_outside_its_choices_is_refused(monkeypatch):
    monkeypatch.setenv("LANGUAGE_MODELS", "tiny")
    with pytest.raises(ImproperlyConfigured, match="LANGUAGE_MODELS='tiny': expected full or small"):
        environment.choice("LANGUAGE_MODELS", default="full", choices=("full", "small"))
    monkeypatch.setenv("LANGUAGE_MODELS", "small")
    assert environment.choice("LANGUAGE_MODELS", default="full", choices=("full", "small")) == "small"

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

"""Sessions kept with the person they belong to: one query tells who calls and which accounts they reach."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.sessions.backends.db import SessionStore as DatabaseSession
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from contactcenter.kernel.statements import rows_from
from contactcenter.tenancy.models import Session, User


class SessionStore(DatabaseSession):
    """The session engine. `person` is the owner as the last load found them, None for nobody.

    Who is logged in is decided by person_of, never by `person` alone.
    """

    person: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the table of sessions."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row to save, with its owner."""
        row = cast(Session, super().create_model_instance(data))
        row.user_id = data.get(SESSION_KEY)
        return row

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key
        rows = rows_from(_session_and_person(), [key, timezone.now()]) if key else []
        if not rows:
            self._session_key = None
            return None
        session_data, account_ids, *fields = rows[0]
        if fields[0] is not None:
            self.person = User.from_db(DEFAULT_DB_ALIAS, _person_fields(), fields)
            self.person.known_account_ids = frozenset(account_ids)
        return Session(session_key=str(key), session_data=session_data)


@cache
def _person_fields() -> list[str]:
    return [field.attname for field in User._meta.concrete_fields]


@cache
def _session_and_person() -> str:
    person = ", ".join(f'person."{field.column}"' for field in User._meta.concrete_fields)
    return f"""
        SELECT session.session_data,
               ARRAY(SELECT account_id FROM tenancy_membership WHERE user_id = session.user_id), {person}
        FROM tenancy_session session LEFT JOIN tenancy_user person ON person.id = session.user_id
        WHERE session.session_key = %s AND session.expire_date > %s
    """  # noqa: S608 -- names of columns only


def person_of(request: HttpRequest) -> Any:
    """Return who is logged in, or AnonymousUser. The plain case needs no query beyond the session's.

    What Django checks is checked here too: the account is active, the way of logging in is still allowed, the password
    is still the one of the log-in. Everything else (an older key, another person since the load) is left to Django.
    """
    session = request.session
    person_id, password_hash = session.get(SESSION_KEY), session.get(HASH_SESSION_KEY)
    person = getattr(session, "person", None)
    if (
        person is not None
        and str(person.pk) == person_id
        and person.is_active
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and password_hash
        and constant_time_compare(password_hash, person.get_session_auth_hash())
    ):
        return person
    return get_user(request)

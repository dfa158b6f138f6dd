"""Small builders of rows that many tests need; each gives a saved, valid row."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from rest_framework.test import APIClient

from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.contacts.models import Contact
from contactcenter.operators.models import Operator, OperatorLanguage
from contactcenter.tenancy.models import Account, Membership, Role, User
from contactcenter.tickets import actions
from contactcenter.tickets.models import Ticket

AT = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
_sequence = count(1)


def make_account(name: str = "", **fields: Any) -> Account:
    """An account with a slug of its own."""
    number = next(_sequence)
    return Account.objects.create(name=name or f"Account {number}", slug=f"account-{number}", **fields)


def make_user(role: str = Role.OPERATOR, *accounts: Account, **fields: Any) -> User:
    """A person of this role with memberships in the accounts."""
    number = next(_sequence)
    user = User.objects.create_user(
        f"person{number}@example.org", PASSWORD, full_name=f"Person {number}", role=role, **fields
    )
    for account in accounts:
        Membership.objects.create(user=user, account=account)
    return user


def make_operator(*accounts: Account, languages: str = "en", **fields: Any) -> Operator:
    """An operator who speaks the languages (space-separated, level 5) and serves the accounts."""
    user = make_user(Role.OPERATOR, *accounts)
    operator = Operator.objects.create(user=user, display_name=user.full_name, **fields)
    for language in languages.split():
        OperatorLanguage.objects.create(operator=operator, language=language, level=5)
    return operator


def make_contact(account: Account, value: str = "", kind: str = "email") -> Contact:
    """A contact of the account, within an open scope."""
    value = value or f"customer{next(_sequence)}@example.org"
    return find_or_create_contact(account_id=account.pk, kind=kind, value=value, name="Olga Petrova")[0]


def make_ticket(account: Account, contact: Contact | None = None, **fields: Any) -> Ticket:
    """A ticket of the account, within an open scope."""
    values: dict[str, Any] = {"channel": "email", "at": AT, "subject": "Where is my order?", **fields}
    return actions.open_ticket(account_id=account.pk, contact=contact or make_contact(account), **values)


def signed_in(user: User) -> APIClient:
    """A client of the API in which the person is signed in."""
    client = APIClient()
    client.force_login(user)
    return client

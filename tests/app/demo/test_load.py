from datetime import UTC, date, datetime

import pytest

from billing.models import Contract, Tariff
from channels_app.models import Endpoint
from contactcenter.dashboards.demo.load import load_demo, month_before
from contactcenter.operators.models import Operator, OperatorAlias
from contactcenter.playbooks.models import AnswerPhrase, Disposition, FaqEntry, Script
from contactcenter.routing.models import Queue
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account, Membership, Role, User
from contactcenter.worktime.models import IdlePolicy

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SCOPED = (Endpoint, AnswerPhrase, Disposition, FaqEntry, Script, Contract)
HOUSE = (Account, User, Membership, Operator, OperatorAlias, Queue, Tariff, IdlePolicy)


def counts() -> dict[str, int]:
    with open_every_account(reason="the test counts everything"):
        return {model.__name__: model.objects.count() for model in (*HOUSE, *SCOPED)}  # type: ignore[attr-defined]


def test_the_demo_has_three_accounts_six_operators_a_supervisor_who_can_serve_and_a_login_for_each_role() -> None:
    loaded = load_demo(accounts=3, operators=6, at=AT)
    assert [account["slug"] for account in loaded["accounts"]] == ["medtech", "northwind", "azulpay"]
    assert counts() | {"Account": 3, "Operator": 7, "Endpoint": 9, "Tariff": 4, "Contract": 3} == counts()
    assert {login["role"] for login in loaded["logins"]} == set(Role.values)
    for login in loaded["logins"]:
        user = User.objects.get(email=login["email"])
        assert user.check_password(login["password"])
        assert user.role == login["role"]


def test_every_account_has_an_endpoint_of_each_kind_and_a_playbook_in_its_language() -> None:
    load_demo(accounts=3, operators=6, at=AT)
    with open_every_account(reason="the test looks at all"):
        for account in Account.objects.all():
            kinds = Endpoint.objects.filter(account=account).values_list("kind", flat=True)
            assert set(kinds) == {"email", "webchat", "voice"}
            assert Script.objects.filter(account=account, language=account.language).count() == 3
            assert FaqEntry.objects.filter(account=account, language=account.language).count() == 6
            phrase = AnswerPhrase.objects.get(account=account, language=account.language)
            assert account.name in phrase.text


def test_loading_twice_changes_nothing() -> None:
    load_demo(accounts=3, operators=6, at=AT)
    before = counts()
    load_demo(accounts=3, operators=6, at=AT)
    assert counts() == before


def test_copies_make_a_bigger_house() -> None:
    load_demo(accounts=3, operators=6, at=AT)
    load_demo(accounts=5, operators=8, at=AT)
    assert Account.objects.count() == 5
    assert Operator.objects.count() == 9  # the supervisor serves too
    assert set(Account.objects.values_list("slug", flat=True)) >= {"medtech-2", "northwind-2"}


def test_contracts_begin_with_the_month_before() -> None:
    load_demo(accounts=3, operators=6, at=AT)
    with open_every_account(reason="the test looks at all"):
        assert set(Contract.objects.values_list("starts_on", flat=True)) == {date(2026, 10, 1)}
    assert month_before(date(2026, 1, 31)) == date(2025, 12, 1)

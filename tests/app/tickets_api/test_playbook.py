"""How to answer for an account, by language."""

import pytest
from rest_framework.test import APIClient

from contactcenter.playbooks.models import AnswerPhrase, Disposition, FaqEntry, Script
from contactcenter.tenancy.doors import open_every_account
from tests.app.factories import make_account, make_operator

pytestmark = pytest.mark.django_db


def test_playbook_speaks_the_contacts_language_and_falls_back_to_the_accounts():
    account = make_account(language="ru", name="МедТех")
    with open_every_account(reason="a test sets up"):
        AnswerPhrase.objects.create(account=account, language="ru", text="Клиника МедТех, здравствуйте")
        AnswerPhrase.objects.create(account=account, language="en", text="MedTech clinic, hello")
        Script.objects.create(account=account, language="ru", reason="order", title="Заказ", body="...")
        FaqEntry.objects.create(account=account, language="en", question="Hours?", answer="9 to 18")
        FaqEntry.objects.create(account=account, language="ru", question="Часы?", answer="9-18")
        Disposition.objects.create(account=account, code="done", name="Done")
        Disposition.objects.create(account=account, code="old", name="Old", is_active=False)
    client = APIClient()
    client.force_login(make_operator(account).user)

    body = client.get("/api/v1/playbook/", {"account": str(account.pk), "language": "en"}).json()

    assert body["phrase"] == "MedTech clinic, hello"
    assert [script["title"] for script in body["scripts"]] == ["Заказ"]
    assert [entry["question"] for entry in body["faq"]] == ["Hours?"]
    assert body["dispositions"] == [{"code": "done", "name": "Done"}]
    assert body["account"]["name"] == "МедТех"


def test_playbook_of_another_account_is_not_found():
    client = APIClient()
    client.force_login(make_operator(make_account()).user)
    assert client.get("/api/v1/playbook/", {"account": make_account().pk}).status_code == 404
    assert client.get("/api/v1/playbook/").status_code == 400

"""The back office shows billing and changes nothing of it but the issuer."""

from collections.abc import Callable

import pytest
from django.test import Client

from billing import actions
from billing.models import Invoice, Issuer
from contactcenter.tenancy.models import Account, User
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, sign, version_in_force


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin@example.org", "correct horse battery staple"))
    return client


# of usage: the contact's line, and the line of the operator's hours of that day
@pytest.mark.parametrize(
    ("model", "rows"),
    [
        ("issuer", 1),
        ("numberseries", 1),
        ("tariff", 1),
        ("contract", 1),
        ("invoice", 1),
        ("parkedbill", 1),
        ("usageline", 2),
    ],
)
def test_every_list_and_row_opens(
    admin: Client, account: Account, serve: Callable[..., Interaction], model: str, rows: int
) -> None:
    sign(account, version_in_force())
    serve(talk=70)
    actions.collect_pending(at=AT)
    built = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None)
    actions.issue_invoice(invoice_id=built.invoice.pk, at=AT, actor_id=None, approve=True)
    actions.park_bill(account_id=account.pk, period="2026-07", reason="no usage", at=AT)
    listed = admin.get(f"/backoffice/billing/{model}/")
    assert listed.status_code == 200
    found = list(listed.context["cl"].queryset)
    assert len(found) == rows
    for row in found:
        assert admin.get(f"/backoffice/billing/{model}/{row.pk}/change/").status_code == 200
    if model == "usageline":
        assert sorted((line.interaction_id is None, line.session_id is None) for line in found) == [
            (False, True),
            (True, False),
        ]


def test_an_invoice_cannot_be_changed_or_deleted_there(
    admin: Client, account: Account, serve: Callable[..., Interaction]
) -> None:
    sign(account, version_in_force())
    serve(talk=70)
    actions.collect_pending(at=AT)
    invoice = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None).invoice
    assert admin.post(f"/backoffice/billing/invoice/{invoice.pk}/change/", {"total": "0"}).status_code == 403
    assert admin.post(f"/backoffice/billing/invoice/{invoice.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Invoice.objects.get().total == invoice.total


def test_the_issuers_particulars_are_edited_there(admin: Client) -> None:
    issuer = Issuer.objects.create(legal_name="Contact centre")
    values = {"legal_name": "Polyglot", "number_prefix": "P-", "credit_prefix": "C-", "payment_days": "30"}
    values |= {"grace_days": "2", "late_periods": "3"}
    assert admin.post(f"/backoffice/billing/issuer/{issuer.pk}/change/", values).status_code == 302
    issuer.refresh_from_db()
    assert (issuer.legal_name, issuer.number_prefix, issuer.payment_days) == ("Polyglot", "P-", 30)

"""Disputes, from a client's doubt about a line to what becomes of it."""

import pytest

from billing import actions
from billing.models import (
    Dispute,
    Invoice,
)
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account, Role
from tests.app.billing.money import logged_in, post
from tests.app.billing.rows import AT
from tests.app.factories import make_account, make_user


def test_dispute_goes_from_the_clients_doubt_to_a_credit_note(account: Account, invoice: Invoice) -> None:
    line = invoice.lines.get()
    client, billing = logged_in(Role.CLIENT_ADMIN, account), logged_in(Role.BILLING_ADMIN)
    opened = post(client, f"invoice-lines/{line.pk}/dispute/", {"text": "We left in May."})
    assert (opened.status_code, opened.json()["state"]) == (201, "open")
    pk = opened.json()["id"]
    assert post(client, f"invoice-lines/{line.pk}/dispute/", {"text": "Again."}).status_code == 409
    assert post(billing, f"disputes/{pk}/messages/", {"text": "We look."}).json()["state"] == "answered"
    assert post(client, f"disputes/{pk}/messages/", {"text": "And?"}).json()["state"] == "open"
    refused = post(billing, f"disputes/{pk}/resolve/", {"text": "Yes", "credit": "100.01"})
    assert (refused.status_code, Dispute.objects.get().state) == (400, "open")
    resolved = post(billing, f"disputes/{pk}/resolve/", {"text": "You are right.", "credit": "40.00"}).json()
    assert (resolved["state"], resolved["credit_note_number"]) == ("credited", "CN-2026-00001")
    assert [message["is_staff"] for message in resolved["messages"]] == [False, True, False, True]
    assert post(client, f"disputes/{pk}/messages/", {"text": "Thanks"}).status_code == 409
    shown = client.get(f"/api/v1/invoices/{invoice.pk}/").json()
    assert (shown["credited"], shown["open"], shown["lines"][0]["credited"]) == ("-48.40", "72.60", "-40.00")


def test_viewer_reads_disputes_and_opens_none(account: Account, invoice: Invoice) -> None:
    line = invoice.lines.get()
    viewer, stranger = logged_in(Role.CLIENT_VIEWER, account), logged_in(Role.CLIENT_ADMIN, make_account())
    assert post(viewer, f"invoice-lines/{line.pk}/dispute/", {"text": "?"}).status_code == 403
    assert post(stranger, f"invoice-lines/{line.pk}/dispute/", {"text": "?"}).status_code == 404
    actions.open_dispute(line_id=line.pk, text="?", at=AT, actor_id=make_user(Role.CLIENT_ADMIN, account).pk)
    assert len(viewer.get("/api/v1/disputes/").json()["results"]) == 1
    assert stranger.get("/api/v1/disputes/").json()["results"] == []


def test_rejected_dispute_makes_no_document(account: Account, invoice: Invoice) -> None:
    person = make_user(Role.BILLING_ADMIN)
    dispute = actions.open_dispute(line_id=invoice.lines.get().pk, text="?", at=AT, actor_id=person.pk)
    with pytest.raises(Invalid):
        actions.resolve_dispute(dispute_id=dispute.pk, credit=None, text=" ", at=AT, actor_id=person.pk)
    actions.resolve_dispute(dispute_id=dispute.pk, credit=None, text="It is right.", at=AT, actor_id=person.pk)
    assert (Dispute.objects.get().state, Invoice.objects.count()) == ("rejected", 1)
    with open_account(make_account().pk), pytest.raises(NotFound):
        actions.answer_dispute(dispute_id=dispute.pk, text="x", is_staff=True, at=AT, actor_id=person.pk)

"""Documents by mail: queued on issue, sent once, to a real mail server on loopback; bounces; switches; profiles."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.test import Client

from billing import actions
from billing.bounces import read_bounce
from billing.identifiers import iban_problem, tax_id_problem
from billing.models import BillingProfile, DeliveryState, Invoice, InvoiceDelivery, Issuer, ProfileProposal
from billing.tasks import send_invoice, send_invoices
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.jobs import hand_jobs_to
from contactcenter.tenancy.models import Account, Role
from tests.app.billing.rows import AT, sign, version_in_force
from tests.app.billing.test_billing_money import FLAT, issue
from tests.app.factories import make_account, make_user
from tests.mail_servers import free_port

HOUSE = {"email": "office@house.example", "country": "EE", "tax_id": "EE100594102", "legal_name": "House OÜ"}


@pytest.fixture
def addressed(account: Account) -> Account:
    Account.objects.filter(pk=account.pk).update(
        billing_email="bills@clinic.example", language="es", tax_id="ESB58378431"
    )
    BillingProfile.objects.create(account=account, emails=["boss@clinic.example", "BILLS@clinic.example"], country="ES")
    issuer = actions.current_issuer()
    Issuer.objects.filter(pk=issuer.pk).update(**HOUSE)
    sign(account, version_in_force(FLAT))
    return Account.objects.get(pk=account.pk)


class Inbox:
    """A mail server's handler that takes what it is told to take."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], bytes]] = []
        self.answer = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append((list(envelope.rcpt_tos), bytes(envelope.content)))
        return "250 OK"


@pytest.fixture
def inbox(settings: Any) -> Iterator[Inbox]:
    handler = Inbox()
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_URL = f"smtp://127.0.0.1:{port}"
        yield handler
    finally:
        controller.stop()


def states() -> list[tuple[str, str]]:
    return list(InvoiceDelivery.objects.order_by("pk").values_list("recipient", "state"))


def test_issued_invoice_goes_to_every_address_with_pdf_and_e_invoice(addressed: Account, inbox: Inbox) -> None:
    issue(addressed)
    assert states() == [("bills@clinic.example", "waiting"), ("boss@clinic.example", "waiting")]
    send_invoices()
    assert [to for to, _ in inbox.mails] == [["bills@clinic.example"], ["boss@clinic.example"]]
    sent = message_from_bytes(inbox.mails[0][1])
    delivery = InvoiceDelivery.objects.order_by("pk")[0]
    assert (sent["From"], sent["Message-ID"]) == ("office@house.example", delivery.message_id)
    files = {part.get_filename(): part for part in sent.walk() if part.get_filename()}
    assert sorted(files) == ["INV-2026-00001.pdf", "INV-2026-00001.ubl.xml"]
    assert files["INV-2026-00001.pdf"].get_payload(decode=True)[:5] == b"%PDF-"
    assert b"<cbc:ID>INV-2026-00001</cbc:ID>" in files["INV-2026-00001.ubl.xml"].get_payload(decode=True)
    body = (
        next(part for part in sent.walk() if part.get_content_type() == "text/plain").get_payload(decode=True).decode()
    )
    assert "adjuntamos la factura INV-2026-00001" in body.replace("Adjuntamos", "adjuntamos")
    assert f"/client/invoices/{delivery.invoice_id}?account={addressed.pk}" in body
    assert states() == [("bills@clinic.example", "sent"), ("boss@clinic.example", "sent")]


def test_document_is_sent_once_however_often_its_task_runs(addressed: Account) -> None:
    issue(addressed)
    for delivery in InvoiceDelivery.objects.all():
        for _ in range(3):
            send_invoice(delivery_id=delivery.pk)
    send_invoices()
    assert len(mail.outbox) == 2


def test_claim_of_another_worker_holds_until_it_is_stale(addressed: Account) -> None:
    issue(addressed)
    first = InvoiceDelivery.objects.order_by("pk")[0]
    start = first.queued_at
    assert actions.claim_delivery(delivery_id=first.pk, at=start) is not None
    assert actions.claim_delivery(delivery_id=first.pk, at=start + timedelta(minutes=14)) is None
    again = actions.claim_delivery(delivery_id=first.pk, at=start + timedelta(minutes=15))
    assert again is not None
    assert (again.attempts, again.message_id) == (2, first.message_id)


def test_task_is_asked_for_when_the_issue_is_committed(
    addressed: Account, django_capture_on_commit_callbacks: Any
) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []
    with hand_jobs_to(lambda name, ids: asked.append((name, ids))), django_capture_on_commit_callbacks(execute=True):
        issue(addressed)
    wanted = InvoiceDelivery.objects.order_by("pk").values_list("pk", flat=True)
    mails = [ids for name, ids in asked if name == "billing.send_invoice"]
    assert mails == [{"delivery_id": pk} for pk in wanted]


def test_refused_address_bounces_and_a_busy_server_is_asked_again(addressed: Account, inbox: Inbox) -> None:
    issue(addressed)
    inbox.answer = "451 come back later"
    first = InvoiceDelivery.objects.order_by("pk")[0]
    send_invoice(delivery_id=first.pk)
    first.refresh_from_db()
    assert (first.state, first.attempts, first.error) == (DeliveryState.WAITING, 1, "451 come back later")
    assert first.next_attempt_at > first.queued_at
    inbox.answer = "550 no such user"
    second = InvoiceDelivery.objects.order_by("pk")[1]
    send_invoice(delivery_id=second.pk)
    second.refresh_from_db()
    assert (second.state, second.error) == (DeliveryState.BOUNCED, "550 no such user")
    assert second.bounced_at is not None


def test_delivery_fails_after_its_last_attempt(addressed: Account) -> None:
    issue(addressed)
    first = InvoiceDelivery.objects.order_by("pk")[0]
    at = first.queued_at
    for attempt in range(1, 9):
        assert actions.claim_delivery(delivery_id=first.pk, at=at) is not None
        actions.note_not_sent(delivery_id=first.pk, at=at, error="timed out", is_permanent=False)
        first.refresh_from_db()
        assert first.state == (DeliveryState.FAILED if attempt == 8 else DeliveryState.WAITING)
        at = first.next_attempt_at
    assert actions.claim_delivery(delivery_id=first.pk, at=at) is None


@pytest.mark.parametrize("switch", ["house", "account"])
def test_nothing_is_queued_where_it_is_switched_off(addressed: Account, switch: str) -> None:
    if switch == "house":
        Issuer.objects.update(sends_documents=False)
    else:
        BillingProfile.objects.update(sends_documents=False)
    issue(addressed)
    assert states() == []


def test_sending_again_is_a_further_round_to_the_addresses_of_now(addressed: Account) -> None:
    invoice = issue(addressed)
    billing = make_user(Role.BILLING_ADMIN)
    with pytest.raises(Conflict, match="on its way"):
        actions.send_again(invoice_id=invoice.pk, at=AT, actor_id=billing.pk)
    send_invoices()
    BillingProfile.objects.update(emails=[])
    client = Client()
    client.force_login(billing)
    told = client.post(f"/api/v1/invoices/{invoice.pk}/deliveries/").json()
    assert [(row["recipient"], row["round"], row["state"]) for row in told["results"]] == [
        ("bills@clinic.example", 2, "waiting"),
        ("boss@clinic.example", 1, "sent"),
        ("bills@clinic.example", 1, "sent"),
    ]
    viewer = Client()
    viewer.force_login(make_user(Role.CLIENT_VIEWER, addressed))
    assert len(viewer.get(f"/api/v1/invoices/{invoice.pk}/deliveries/").json()["results"]) == 3
    assert viewer.post(f"/api/v1/invoices/{invoice.pk}/deliveries/").status_code == 403
    stranger = Client()
    stranger.force_login(make_user(Role.CLIENT_ADMIN, make_account("Other")))
    assert stranger.get(f"/api/v1/invoices/{invoice.pk}/deliveries/").status_code == 404


REPORT = """From: MAILER-DAEMON@mx.example
To: office@house.example
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Undelivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; bills@clinic.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such
 user here
--b
Content-Type: text/rfc822-headers

Message-ID: {id}
Subject: x
--b--
"""


def test_report_of_a_mail_server_marks_the_document_as_bounced(addressed: Account, tmp_path: Any, capsys: Any) -> None:
    from django.core.management import call_command

    issue(addressed)
    send_invoices()
    first = InvoiceDelivery.objects.order_by("pk")[0]
    file = tmp_path / "report.eml"
    file.write_text(REPORT.format(id=first.message_id, action="failed"))
    call_command("receive_bounce", str(file))
    assert '"status": "bounced"' in capsys.readouterr().out
    first.refresh_from_db()
    assert (first.state, first.error) == (DeliveryState.BOUNCED, "5.1.1 550 5.1.1 no such user here")


def test_delay_and_other_mail_are_no_bounce() -> None:
    assert read_bounce(raw=REPORT.format(id="<a@b>", action="delayed").encode()) is None
    assert read_bounce(raw=b"Subject: hello\n\nHi") is None
    assert read_bounce(raw=REPORT.format(id="", action="failed").encode()) is None


def test_terms_language_and_tax_treatment_of_the_profile_are_on_the_document(addressed: Account) -> None:
    actions.change_profile(
        account_id=addressed.pk,
        values={"language": "ru", "payment_days": 30, "is_reverse_charge": True},
        actor_id=None,
    )
    invoice = issue(addressed)
    # issued on 1 July: 30 days later; no tax is charged where the buyer owes it
    assert (invoice.language, str(invoice.due_on)) == ("ru", "2026-07-31")
    assert (invoice.tax, invoice.total, invoice.taxes[0]["category"]) == (Decimal("0.00"), Decimal("100.00"), "AE")


# ES B58378431, EE 100594102, GB 980780684, RU 7707083893 are published numbers with right check digits
@pytest.mark.parametrize(
    ("number", "country", "is_wrong"),
    [
        ("ESB58378431", "ES", False),
        ("ES B-58378431", "", False),
        ("ESB58378432", "ES", True),
        ("ESB58378431", "FR", True),
        ("EE100594102", "EE", False),
        ("EE100594103", "", True),
        ("7707083893", "RU", False),
        ("7707083894", "RU", True),
        ("12-34", "US", False),
        ("", "ES", False),
    ],
)
def test_tax_numbers_are_held_to_their_countrys_check_digits(number: str, country: str, is_wrong: bool) -> None:
    assert bool(tax_id_problem(number=number, country=country)) is is_wrong


@pytest.mark.parametrize(
    ("number", "is_wrong"),
    [("GB82 WEST 1234 5698 7654 32", False), ("GB82 WEST 1234 5698 7654 33", True), ("Account 12 at the bank", False)],
)
def test_bank_accounts_that_look_like_ibans_are_ibans(number: str, is_wrong: bool) -> None:
    assert bool(iban_problem(number=number)) is is_wrong


def test_client_proposes_and_the_house_takes_over(addressed: Account) -> None:
    client_admin, billing = make_user(Role.CLIENT_ADMIN, addressed), make_user(Role.BILLING_ADMIN)
    theirs, ours = Client(), Client()
    theirs.force_login(client_admin)
    ours.force_login(billing)
    address = f"/api/v1/accounts/{addressed.pk}/billing-profile/"
    assert theirs.get(address).json()["billing_email"] == "bills@clinic.example"
    assert theirs.patch(address, {"city": "Madrid"}, "application/json").status_code == 403
    proposals = "/api/v1/billing-profile-proposals/"
    house_only = theirs.post(proposals, {"account": addressed.pk, "payment_days": 90}, "application/json")
    assert (house_only.status_code, house_only.json()["error"]["field"]) == (400, "payment_days")
    wrong = theirs.post(proposals, {"account": addressed.pk, "tax_id": "ESB58378432"}, "application/json")
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "tax_id")
    assert not ProfileProposal.objects.exists()
    wanted = {"account": addressed.pk, "city": "Madrid", "emails": ["new@clinic.example"]}
    made = theirs.post(proposals, wanted, "application/json").json()
    assert made["before"] == {"city": "", "emails": ["boss@clinic.example", "BILLS@clinic.example"]}
    assert BillingProfile.objects.get().city == ""
    assert theirs.post(f"{proposals}{made['id']}/accept/").status_code == 403
    assert ours.get(proposals, {"waiting": "1"}).json()["results"][0]["id"] == made["id"]
    assert ours.post(f"{proposals}{made['id']}/accept/").json()["state"] == "accepted"
    profile = BillingProfile.objects.get()
    assert (profile.city, profile.emails) == ("Madrid", ["new@clinic.example"])
    assert theirs.post(f"{proposals}{made['id']}/withdraw/").status_code == 409


def test_number_of_another_country_is_refused_and_nothing_changes(addressed: Account) -> None:
    with pytest.raises(Invalid) as refused:
        actions.change_profile(account_id=addressed.pk, values={"country": "FR", "city": "Paris"}, actor_id=None)
    assert refused.value.field == "tax_id"
    assert BillingProfile.objects.get().city == ""


def test_old_invoices_keep_their_hash_when_the_profile_changes(addressed: Account) -> None:
    from billing.replay import replay_hash

    invoice = issue(addressed)
    actions.change_profile(account_id=addressed.pk, values={"language": "ru", "is_reverse_charge": True}, actor_id=None)
    held = Invoice.objects.get(pk=invoice.pk)
    assert replay_hash(invoice=held) == held.content_hash
    assert datetime(2026, 7, 1, 12, tzinfo=UTC) == held.issued_at

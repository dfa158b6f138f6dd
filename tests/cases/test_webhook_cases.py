"""Recorded webhooks of many providers, through the real webhook: status, text, sender, ids, dates, files and reports.

Expectations are those of the project that recorded them; its addresses and answer texts are its own. Each request is
sent twice and makes one entry. A refusal counts as one with any 4xx status: a bad signature is 403 here, 400 there.
"""

import json
import os
from calendar import month_name
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client

from channels_app.models import ChannelThread, Endpoint, Receipt
from channels_app.receipts import process_receipt
from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Attachment, Message
from tests.app.factories import AT, make_account, make_ticket
from tests.cases.webhook_specs.sms import SMS
from tests.cases.webhook_specs.social import SOCIAL
from tests.cases.webhook_specs.spec import Case, Spec

CASES = Path(os.environ.get("CASES_DIR") or Path(__file__).resolve().parents[3] / "shared" / "cases") / "webhooks"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases at {CASES} (set CASES_DIR)"),
]
STATUSES = {"Sent": "sent", "Wired": "sent", "Delivered": "delivered", "Read": "read", "Failed": "failed"}


def _cases() -> list[Any]:
    if not CASES.is_dir():
        return []
    return [
        pytest.param(spec, case, id=f"{spec.file.removesuffix('_test')}-{case['_table']}-{number}-{case['Label']}")
        for spec in [*SMS, *SOCIAL]
        for number, case in enumerate(json.loads((CASES / f"{spec.file}.json").read_text())["cases"])
    ]


@pytest.mark.parametrize(("spec", "case"), _cases())
def test_recorded_webhook_does_what_its_source_expects(spec: Spec, case: Case, tmp_path: Path, settings) -> None:
    if reason := spec.skip(case):
        pytest.skip(reason)
    settings.ATTACHMENTS_DIR = tmp_path
    account = make_account()
    endpoint = Endpoint(
        account=account,
        kind=spec.kind,
        provider=spec.provider,
        address=spec.address,
        name="Cases",
        settings={**spec.settings, **spec.settings_of(case)},
        secrets_sealed=seal(spec.secrets),
    )
    endpoint.save()
    with open_account(account.pk):
        ours = _our_messages(endpoint, case)
    for _ in range(2):
        response = _send(spec, case, endpoint)
        assert response.status_code // 100 == case["ExpectedRespStatus"] // 100, response.content
        with open_account(account.pk):
            for pk in Receipt.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True):
                process_receipt(receipt_id=pk, at=datetime.now(UTC))
            assert set(Receipt.objects.values_list("state", "error")) <= {("processed", "")}
    with open_account(account.pk):
        _check_message(spec, case)
        for status, message in ours:
            message.refresh_from_db()
            assert message.status == status


def _send(spec: Spec, case: Case, endpoint: Endpoint) -> Any:
    call = spec.call(case)
    path = f"/hooks/{endpoint.public_token}/"
    spec.sign(call, f"{django_settings.PUBLIC_URL}{path}{'?' if call.query else ''}{call.query}", case)
    return Client().generic(
        call.method,
        f"{path}{'?' if call.query else ''}{call.query}",
        call.body,
        content_type=call.content_type,
        headers=call.headers,
    )


def _our_messages(endpoint: Endpoint, case: Case) -> list[tuple[str, Message]]:
    """Messages that have left, by the names under which the case reports on them, with the status to come."""
    expected = {
        (item.get("ExternalID", ""), item.get("MsgUUID", "")): STATUSES[item["Status"].rpartition("MsgStatus")[2]]
        for item in case.get("ExpectedStatuses") or []
    }
    made = []
    for (external_id, uuid), status in expected.items():
        contact, point = find_or_create_contact(
            account_id=endpoint.account_id, kind=endpoint.kind, value="+12065550100"
        )
        ticket = make_ticket(endpoint.account, contact, channel=endpoint.kind)
        ChannelThread.objects.create(account=endpoint.account, endpoint=endpoint, ticket=ticket, contact_point=point)
        message = Message.objects.create(
            account=endpoint.account,
            ticket=ticket,
            direction="out",
            channel=endpoint.kind,
            text="Hello",
            at=AT,
            status="queued" if status == "sent" else "sent",
            external_id=external_id,
            client_uuid=UUID(uuid) if uuid else uuid4(),
        )
        made.append((status, message))
    return made


def _check_message(spec: Spec, case: Case) -> None:
    received = list(Message.objects.filter(direction="in").select_related("ticket"))
    if case.get("ExpectedMsgText") is None and case.get("ExpectedAttachments") is None:
        assert received == []
        return
    (message,) = received
    assert message.text == (case.get("ExpectedMsgText") or "")
    point = ChannelThread.objects.select_related("contact_point").get(ticket_id=message.ticket_id).contact_point
    if case.get("ExpectedURN"):
        assert point.value == spec.sender(case["ExpectedURN"])
    if case.get("ExpectedExternalID"):
        assert message.external_id == case["ExpectedExternalID"]
    if case.get("ExpectedContactName"):
        assert message.contact.name == case["ExpectedContactName"]
    if case.get("ExpectedDate"):
        assert abs(message.at - _instant(case["ExpectedDate"])) < timedelta(milliseconds=1)
    files = list(Attachment.objects.filter(message=message).order_by("pk").values_list("remote", flat=True))
    assert files == list(case.get("ExpectedAttachments") or [])


def _instant(text: Any) -> datetime:
    if isinstance(text, str):
        plain = text.split("{")[0].rstrip("Z")
        return datetime.fromisoformat(plain[:26]).replace(tzinfo=UTC)
    year, month, day, hour, minute, second, rest = text["__time__"][:7]
    number = month if isinstance(month, int) else list(month_name).index(month.rpartition(".")[2])
    milliseconds = rest["args"][0]["__expr__"][0] if isinstance(rest, dict) else 0
    return datetime(year, number, day, hour, minute, second, milliseconds * 1000, tzinfo=UTC)

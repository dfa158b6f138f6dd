"""Vonage's long messages come in parts: one entry, whatever the order, the repetitions and the gaps."""

from datetime import datetime, timedelta
from itertools import permutations
from urllib.parse import urlencode

import pytest
from django.test import Client

from channels_app.models import Endpoint, MessagePiece, Receipt
from channels_app.piece_release import overdue, release_piece
from channels_app.receipts import process_receipt
from channels_app.sms.vonage import signature_of
from contactcenter.dashboards.verification.intake_checks import entries_equal_raw, receipts_equal_entries
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Message

pytestmark = pytest.mark.django_db
TEXTS = ("My parcel has not come, ", "though I was promised it for Monday, ", "and nobody answers the telephone.")


@pytest.fixture
def number(shop: Account) -> Endpoint:
    endpoint = Endpoint(
        account=shop, kind="sms", provider="vonage", address="+13125550101", name="SMS", language="en",
        secrets_sealed=seal({"signature_secret": "s3cret"}),
    )  # fmt: skip
    endpoint.save()
    return endpoint


def _post(endpoint: Endpoint, part: int, *, message_id: str = "", reference: str = "17", **more: str) -> None:
    fields = {
        "msisdn": "447700900001", "to": "13125550101", "messageId": message_id or f"0C{reference}{part}",
        "text": TEXTS[part - 1], "type": "text", "message-timestamp": "2026-06-15 09:00:00", "concat": "true",
        "concat-ref": reference, "concat-part": str(part), "concat-total": "3", **more,
    }  # fmt: skip
    fields["sig"] = signature_of(fields=fields, secret="s3cret", method="hmac-sha256")
    response = Client().post(
        f"/hooks/{endpoint.public_token}/", urlencode(fields), content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 200, response.content
    with open_account(endpoint.account_id):
        for pk in Receipt.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True):
            process_receipt(receipt_id=pk)


def _messages(endpoint: Endpoint) -> list[tuple[str, int | None, str]]:
    with open_account(endpoint.account_id):
        return [
            (message.text, message.parts, message.headers.get("problem", ""))
            for message in Message.objects.order_by("pk")
        ]


def _release(endpoint: Endpoint, *, later: timedelta) -> list[int | None]:
    with open_account(endpoint.account_id):
        at: datetime = max(Receipt.objects.values_list("received_at", flat=True)) + later
        return [release_piece(receipt_id=receipt_id) for _, receipt_id in overdue(at=at)]


def _verified(endpoint: Endpoint) -> None:
    with open_account(endpoint.account_id):
        assert receipts_equal_entries(at=datetime.fromisoformat("2026-06-15T09:00:00+00:00")).differences == 0
        assert entries_equal_raw(newest=10).differences == 0


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_parts_become_one_entry_when_all_are_there(number: Endpoint, order: tuple[int, ...]) -> None:
    for part in order:
        assert _messages(number) == []
        _post(number, part)
        _post(number, part)
    assert _messages(number) == [("".join(TEXTS), 3, "")]
    assert _release(number, later=timedelta(hours=1)) == []
    _verified(number)


def test_part_that_does_not_come_is_waited_for_two_minutes_and_named(number: Endpoint) -> None:
    for part in (3, 1):
        _post(number, part)
    assert _release(number, later=timedelta(seconds=119)) == []
    assert _messages(number) == []
    (shown, *others) = _release(number, later=timedelta(seconds=121))
    assert (shown is not None, others) == (True, [None])
    assert _messages(number) == [(TEXTS[0] + TEXTS[2], 3, "1 of 3 parts did not arrive")]
    _verified(number)
    _post(number, 2)
    assert _messages(number) == [("".join(TEXTS), 3, "")]
    _verified(number)


def test_two_long_messages_of_one_telephone_are_told_apart(number: Endpoint) -> None:
    for part in (1, 2):
        for reference in ("17", "18"):
            _post(number, part, reference=reference)
    _post(number, 3, reference="18")
    _post(number, 3, reference="17")
    assert _messages(number) == [("".join(TEXTS), 3, "")] * 2


def test_telephone_that_counts_anew_begins_a_new_message(number: Endpoint) -> None:
    for message_id in ("A", "B"):
        for part in (1, 2, 3):
            _post(number, part, message_id=f"{message_id}{part}")
    assert _messages(number) == [("".join(TEXTS), 3, "")] * 2
    with open_account(number.account_id):
        assert MessagePiece.objects.filter(message__isnull=True).count() == 0


@pytest.mark.parametrize("more", [{"concat-part": "4"}, {"concat-total": "1", "concat-part": "1"}, {"concat-ref": "x"}])
def test_numbers_that_make_no_sense_are_no_reason_to_wait(number: Endpoint, more: dict[str, str]) -> None:
    _post(number, 1, **more)
    assert [text for text, _, _ in _messages(number)] == [TEXTS[0]]


def test_word_in_a_part_is_no_keyword(number: Endpoint) -> None:
    _post(number, 1, text="STOP")
    _post(number, 2, text=" the parcel,")
    _post(number, 3, text=" please")
    assert [text for text, _, _ in _messages(number)] == ["STOP the parcel, please"]
    with open_account(number.account_id):
        assert Message.objects.get().kind == "message"

"""The commands of the mail doors: lines, exit codes, and nothing lost."""

import io
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from channels_app.contract import AdapterError, EndpointInfo
from channels_app.models import Receipt, ReceiptState
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Message
from tests.app.channels.mails import mail_with_parts, raw_mail

pytestmark = pytest.mark.django_db


def _run(*arguments: str) -> list[dict[str, object]]:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def _pipe(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))


def test_files_give_a_line_each(mailbox: EndpointInfo, tmp_path: Path) -> None:
    first, second = tmp_path / "1.eml", tmp_path / "2.eml"
    first.write_bytes(raw_mail(message_id="first@example.org"))
    second.write_bytes(raw_mail(headers={"In-Reply-To": "<first@example.org>"}))
    lines = _run("receive_email", "--endpoint", "support@shop.example", str(first), str(second), str(first))

    with open_account(mailbox.account_id):
        entries = list(Message.objects.order_by("pk").values_list("pk", flat=True))
    common = {"ticket": "SH-1001", "kind": "message", "language": "en"}
    assert lines == [
        {"file": str(first), "status": "created", "entry": entries[0], **common},
        {"file": str(second), "status": "appended", "entry": entries[1], **common},
        {"file": str(first), "status": "duplicate", "entry": entries[0], **common},
    ]


def test_standard_input_makes_it_a_mail_pipe(mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    _pipe(monkeypatch, raw_mail())
    (line,) = _run("receive_email", "--endpoint", "support@shop.example")
    assert (line["file"], line["status"]) == ("-", "created")


def test_unknown_endpoint_is_named_and_ends_with_2(mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    _pipe(monkeypatch, raw_mail())
    with pytest.raises(CommandError, match=r"--endpoint: .*nobody@shop\.example") as raised:
        _run("receive_email", "--endpoint", "nobody@shop.example")
    assert raised.value.returncode == 2


def test_database_out_of_reach_makes_the_mail_server_keep_the_mail(
    mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_reach(**_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("channels_app.management.commands.receive_email.take_email", out_of_reach)
    _pipe(monkeypatch, raw_mail())
    with pytest.raises(CommandError, match="try again later: connection refused") as raised:
        _run("receive_email", "--endpoint", "support@shop.example")
    assert raised.value.returncode == os.EX_TEMPFAIL


def test_unreadable_file_is_named_and_the_others_are_stored(mailbox: EndpointInfo, tmp_path: Path) -> None:
    good = tmp_path / "good.eml"
    good.write_bytes(raw_mail())
    out = io.StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("receive_email", "--endpoint", "support@shop.example", str(tmp_path / "no"), str(good), stdout=out)
    assert raised.value.returncode == 1
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["status"] for line in lines] == ["refused", "created"]
    assert "No such file" in lines[0]["error"]


def test_mail_that_cannot_be_processed_is_stored_and_exit_is_0(
    mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def translate(self: object, **_: object) -> None:
        raise AdapterError("no way", permanent=True)

    monkeypatch.setattr("channels_app.email.adapter.EmailAdapter.translate", translate)
    _pipe(monkeypatch, raw_mail())
    (line,) = _run("receive_email", "--endpoint", "support@shop.example")
    assert (line["status"], line["error"], line["entry"]) == ("failed", "no way", None)
    with open_account(mailbox.account_id):
        assert Receipt.objects.get().state == ReceiptState.FAILED


def test_failed_receipts_are_listed_exported_and_retried(
    mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def translate(self: object, **_: object) -> None:
        raise AdapterError("no way", permanent=True)

    raw = raw_mail(message_id="bad/../one@example.org")
    with monkeypatch.context() as broken:
        broken.setattr("channels_app.email.adapter.EmailAdapter.translate", translate)
        _pipe(broken, raw)
        _run("receive_email", "--endpoint", "support@shop.example")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 receipts"):
        call_command("failed_receipts", "--export", str(tmp_path / "failed"), stdout=out)
    line = json.loads(out.getvalue())
    assert (line["external_id"], line["error"]) == ("bad/../one@example.org", "no way")
    exported = Path(line["file"])
    assert exported.parent == tmp_path / "failed"
    assert exported.read_bytes() == raw

    (retried,) = _run("failed_receipts", "--retry")
    assert retried["state"] == "processed"
    assert _run("failed_receipts") == []


def test_parse_email_prints_the_translation_and_stores_nothing(tmp_path: Path, shop) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail_with_parts(("text/plain", "", b"hello"), ("image/png", "a.png", b"\x89PNG")))
    (line,) = _run("parse_email", str(path))
    assert line == {
        "file": str(path),
        "from_email": "olga@example.org",
        "from_name": "",
        "to": [{"name": "", "email": "support@shop.example"}],
        "cc": [],
        "reply_to": [],
        "subject": "Files",
        "message_id": "parts@example.org",
        "in_reply_to": "",
        "references": [],
        "date": None,
        "text": "hello",
        "reply_text": "hello",
        "html": "",
        "attachments": [
            {
                "filename": "a.png",
                "content_type": "image/png",
                "size": 4,
                # sha256sum of the four bytes 89 50 4e 47
                "sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
            }
        ],
        "kind": "message",
        "bounce": None,
        "bounces": [],
        "protection": [],
        "problems": [],
    }
    with open_account(shop.pk):
        assert Receipt.objects.count() == 0

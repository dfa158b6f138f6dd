"""The listener as the process it is: what it acknowledged survives kill -9."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from channels_app.contract import EndpointInfo
from channels_app.models import Receipt
from channels_app.tasks import sweep
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Message
from tests.app.channels.mails import raw_mail

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def listener() -> Iterator[tuple[subprocess.Popen[str], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    database = connection.settings_dict
    url = (
        f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}"
        f"?host={database['HOST']}&port={database['PORT']}"
    )
    process = subprocess.Popen(
        [sys.executable, "manage.py", "smtp_listener", "--host", "127.0.0.1", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == f"SMTP listens on 127.0.0.1:{port}\n"
    yield process, port
    process.kill()
    process.wait(timeout=10)
    process.stdout.close()


def test_mail_acknowledged_before_kill_9_becomes_one_entry(listener, mailbox: EndpointInfo) -> None:
    process, port = listener
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        for number in range(5):
            client.sendmail("o@example.org", ["support@shop.example"], raw_mail(message_id=f"{number}@example.org"))
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
    with open_account(mailbox.account_id):
        assert Receipt.objects.filter(state="pending").count() == 5
        # long enough ago that nobody else has them in hand
        Receipt.objects.update(next_attempt_at="2026-01-01T00:00:00Z")
    sweep()
    with open_account(mailbox.account_id):
        assert Message.objects.count() == 5
        assert Receipt.objects.exclude(state="processed").count() == 0


def test_taken_port_is_a_sentence_and_who_has_it_ends_by_itself_with_0_when_terminated(listener) -> None:
    process, port = listener
    second = subprocess.run(
        [sys.executable, "manage.py", "smtp_listener", "--host", "127.0.0.1", "--port", str(port)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert "Another program may use the port" in second.stderr
    assert "Traceback" not in second.stderr
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0

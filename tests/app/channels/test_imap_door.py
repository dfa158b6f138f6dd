"""The IMAP door against a real Dovecot: nothing lost and nothing doubled, whatever breaks."""

import io
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from channels_app.contract import EndpointInfo
from channels_app.email import imap_door, imap_sync
from channels_app.email.door import store_email
from channels_app.email.imap_client import ImapClient, MailboxProblem
from channels_app.email.imap_door import ImapDoor, MailboxReader
from channels_app.email.imap_sync import sync_folder
from channels_app.email.mailbox import mailbox_of
from channels_app.models import Endpoint, MailFolder, MailFolderEntry, Receipt
from channels_app.receipts import process_receipt
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Role
from contactcenter.tickets.models import Ticket
from tests.app.channels.mailboxes import make_mailbox
from tests.app.channels.mails import raw_mail
from tests.app.factories import make_user
from tests.mail_servers import Dovecot, free_port, wait_until

# the readers are threads of their own
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def inbox(shop, dovecot: Dovecot) -> EndpointInfo:
    """A mailbox of the shop with a user of its own on the IMAP server."""
    user = dovecot.new_user()
    return make_mailbox(shop, f"{user}@shop.example", secrets={"imap_url": dovecot.url(user)})


@pytest.fixture
def reading(inbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailboxReader]:
    """A reader at work; it tries again at once."""
    monkeypatch.setattr(imap_door, "_BACK_OFF_S", (0.05,))
    reader = MailboxReader(inbox)
    reader.start()
    yield reader
    reader.stopping.set()
    reader.join(15)
    assert not reader.is_alive()


def _user(endpoint: EndpointInfo) -> str:
    return endpoint.address.partition("@")[0]


def _mails(count: int, **fields: str) -> list[bytes]:
    return [raw_mail(text=f"This is mail number {number}, is it there?", **fields) for number in range(count)]


def _receipts(endpoint: EndpointInfo) -> int:
    with open_account(endpoint.account_id):
        return Receipt.objects.filter(endpoint_id=endpoint.id).count()


def _sync(endpoint: EndpointInfo, *, complete: bool = True, name: str = "INBOX") -> int:
    mailbox = mailbox_of(endpoint)
    assert mailbox is not None
    with ImapClient(mailbox.server) as client, open_account(endpoint.account_id):
        return sync_folder(client=client, endpoint=endpoint, mailbox=mailbox, name=name, complete=complete)


def _reconcile(endpoint: EndpointInfo, *options: str) -> dict:
    output = io.StringIO()
    call_command("imap_reconcile", "--endpoint", endpoint.address, *options, stdout=output)
    return dict(json.loads(output.getvalue()))


def _endpoint(info: EndpointInfo) -> Endpoint:
    with open_account(info.account_id):
        return Endpoint.objects.get(pk=info.id)


def test_new_mail_is_announced_and_stored_long_before_the_next_look(
    reading: MailboxReader, inbox: EndpointInfo, dovecot: Dovecot
) -> None:
    with open_account(inbox.account_id):
        wait_until("the folder was read once", lambda: MailFolder.objects.filter(checked_at__isnull=False).exists())
    dovecot.deliver(_user(inbox), raw_mail(message_id="fresh@example.org"))
    wait_until("the mail is stored", lambda: _receipts(inbox) == 1, seconds=imap_door.IDLE_S / 2)
    with open_account(inbox.account_id):
        receipt = Receipt.objects.get()
        assert receipt.external_id == "fresh@example.org"
        process_receipt(receipt_id=receipt.pk)
        assert Ticket.objects.get().subject == "Where is my order?"


def test_three_hundred_mails_of_an_outage_are_fetched_once_and_counted(inbox: EndpointInfo, dovecot: Dovecot) -> None:
    dovecot.deliver(_user(inbox), *_mails(300))
    assert _sync(inbox) == 300
    assert _sync(inbox) == 0
    assert _receipts(inbox) == 300
    assert _reconcile(inbox) == {
        "endpoint": inbox.address, "folder": "INBOX", "on_server": 300, "stored": 300, "ticketed": 0, "refused": 0,
        "missing": [], "fetched": 0,
    }  # fmt: skip


def test_mail_is_not_marked_and_mail_read_elsewhere_counts_as_well(inbox: EndpointInfo, dovecot: Dovecot) -> None:
    dovecot.deliver(_user(inbox), *_mails(2))
    mailbox = mailbox_of(inbox)
    assert mailbox is not None
    with ImapClient(mailbox.server) as other:
        other._box.folder.set("INBOX")
        other._box.flag("1", "\\Seen", True)
        assert _sync(inbox) == 2
        other._box.folder.set("INBOX")
        assert [message.flags for message in other._box.fetch(mark_seen=False)] == [("\\Seen",), ()]


def test_mail_moved_into_a_watched_folder_is_taken_and_one_moved_between_them_is_not_doubled(
    inbox: EndpointInfo, dovecot: Dovecot
) -> None:
    mailbox = mailbox_of(inbox)
    assert mailbox is not None
    dovecot.deliver(_user(inbox), raw_mail())
    assert _sync(inbox) == 1
    with ImapClient(mailbox.server) as other:
        other._box.folder.create("Orders")
        other._box.folder.set("INBOX")
        other._box.move("1", "Orders")
    assert _sync(inbox, name="Orders") == 1
    assert _sync(inbox) == 0
    assert _receipts(inbox) == 1
    with open_account(inbox.account_id):
        assert list(MailFolderEntry.objects.order_by("pk").values_list("folder__name", "is_present")) == [
            ("INBOX", False),
            ("Orders", True),
        ]


def test_server_killed_while_it_is_read_loses_and_doubles_nothing(
    inbox: EndpointInfo, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_door, "_BACK_OFF_S", (0.05,))
    monkeypatch.setattr(imap_sync, "BATCH_MAILS", 10)
    dovecot.deliver(_user(inbox), *_mails(60))
    kills = iter(range(2))
    fetch = ImapClient.fetch

    def fetch_while_it_dies(self: ImapClient, uids: list[int]) -> object:
        if uids[0] > 20 and next(kills, None) is not None:
            dovecot.kill()
        return fetch(self, uids)

    monkeypatch.setattr(ImapClient, "fetch", fetch_while_it_dies)
    reader = MailboxReader(inbox)
    reader.start()
    wait_until("the connection was lost", lambda: _endpoint(inbox).last_error != "")
    assert _receipts(inbox) == 20
    said = _endpoint(inbox).last_error
    assert f"127.0.0.1:{dovecot.port}" in said
    assert said.startswith(("The connection to", "Nothing listens at"))
    dovecot.start()
    wait_until("the second kill", lambda: dovecot.process is not None and dovecot.process.poll() is not None)
    dovecot.start()
    wait_until("all is stored", lambda: _receipts(inbox) == 60)
    wait_until("all is well", lambda: _folder(inbox).error == "")
    reader.stopping.set()
    reader.join(15)
    folder = _folder(inbox)
    assert (folder.on_server, folder.last_uid) == (60, 60)
    assert folder.checked_at > _endpoint(inbox).last_error_at


def _folder(endpoint: EndpointInfo) -> MailFolder:
    with open_account(endpoint.account_id):
        return MailFolder.objects.get(endpoint_id=endpoint.id)


def test_renumbered_folder_is_compared_again_and_nothing_is_doubled(inbox: EndpointInfo, dovecot: Dovecot) -> None:
    dovecot.deliver(_user(inbox), *_mails(5))
    assert _sync(inbox) == 5
    before = _folder(inbox).uid_validity
    # UIDVALIDITY is the second in which Dovecot makes the list
    wait_until("the clock went on", lambda: int(time.time()) > before)
    dovecot.drop_index(_user(inbox))
    dovecot.deliver(_user(inbox), *_mails(1))
    assert _sync(inbox, complete=False) == 6
    assert _folder(inbox).uid_validity != before
    assert _receipts(inbox) == 6
    assert _reconcile(inbox)["stored"] == 6


def test_process_killed_within_a_batch_leaves_neither_receipts_nor_cursor(
    inbox: EndpointInfo, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.deliver(_user(inbox), *_mails(4))
    stored: list[bytes] = []

    def store_three(*, endpoint: EndpointInfo, raw: bytes, at: datetime) -> object:
        if len(stored) == 3:
            raise KeyboardInterrupt
        stored.append(raw)
        return store_email(endpoint=endpoint, raw=raw, at=at)

    with monkeypatch.context() as killed:
        killed.setattr(imap_sync, "store_email", store_three)
        with pytest.raises(KeyboardInterrupt):
            _sync(inbox)
    assert (_receipts(inbox), _folder(inbox).last_uid) == (0, 0)
    assert _sync(inbox) == 4
    assert (_receipts(inbox), _folder(inbox).last_uid) == (4, 4)


def test_reconciliation_names_what_is_missing_and_fetches_it(inbox: EndpointInfo, dovecot: Dovecot) -> None:
    dovecot.deliver(_user(inbox), *_mails(3))
    _sync(inbox)
    with open_account(inbox.account_id):
        MailFolderEntry.objects.filter(uid=2).delete()
        Receipt.objects.order_by("pk")[1].delete()
        process_receipt(receipt_id=Receipt.objects.earliest("pk").pk)
    output = io.StringIO()
    with pytest.raises(CommandError, match="Not everything"):
        call_command("imap_reconcile", "--endpoint", inbox.address, "--dry-run", stdout=output)
    assert json.loads(output.getvalue()) == {
        "endpoint": inbox.address, "folder": "INBOX", "on_server": 3, "stored": 2, "ticketed": 1, "refused": 0,
        "missing": [2], "fetched": 0,
    }  # fmt: skip
    assert _reconcile(inbox)["fetched"] == 1
    assert _receipts(inbox) == 3


def test_mail_too_large_is_explained_and_holds_nothing_up(inbox: EndpointInfo, dovecot: Dovecot, settings) -> None:
    settings.MAX_MESSAGE_BYTES = 10_000
    dovecot.deliver(_user(inbox), raw_mail(), raw_mail(text="line\r\n" * 5_000), raw_mail())
    assert _sync(inbox) == 2
    assert _sync(inbox) == 0
    with open_account(inbox.account_id):
        entry = MailFolderEntry.objects.get(receipt=None)
    assert (entry.uid, entry.problem.endswith("at most 10000 are taken. It stays on the server.")) == (2, True)
    state = _reconcile(inbox)
    assert (state["on_server"], state["stored"], state["refused"]) == (3, 2, 1)
    client = Client()
    client.force_login(make_user(Role.ADMIN))
    (folder,) = client.get(f"/api/v1/endpoints/{inbox.id}/mailbox/").json()["folders"]
    counts = {name: folder[name] for name in ("name", "on_server", "stored", "ticketed", "refused", "missing", "error")}
    assert counts == {
        "name": "INBOX", "on_server": 3, "stored": 2, "ticketed": 0, "refused": 1, "missing": 0, "error": "",
    }  # fmt: skip


def test_mail_older_than_the_first_day_is_left_alone(shop, dovecot: Dovecot) -> None:
    url = dovecot.url(dovecot.new_user())
    endpoint = make_mailbox(
        shop, "archive@shop.example", secrets={"imap_url": url}, settings={"imap_since": "2026-06-02"}
    )
    mailbox = mailbox_of(endpoint)
    assert mailbox is not None
    with ImapClient(mailbox.server) as other:
        for day in (1, 2, 3):
            other._box.append(raw_mail(), "INBOX", dt=datetime(2026, 6, day, 12, tzinfo=UTC))
    assert _sync(endpoint) == 2


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("imap://nobody:wrong@127.0.0.1:{port}", "refuses the login of nobody: .*Authentication failed.*password"),
        ("imaps://nobody:wrong@127.0.0.1:{port}", "does not speak TLS as configured"),
        ("imap://nobody:wrong@127.0.0.1:{free}", "Nothing listens at 127.0.0.1:{free}"),
        ("imap://nobody:wrong@nowhere.invalid", "no mail server of the name nowhere.invalid"),
    ],
)
def test_what_is_wrong_is_a_sentence_without_the_password(dovecot: Dovecot, shop, url: str, sentence: str) -> None:
    ports = {"port": dovecot.port, "free": free_port()}
    endpoint = make_mailbox(shop, "wrong@shop.example", secrets={"imap_url": url.format(**ports)})
    with pytest.raises(MailboxProblem, match=sentence.format(**ports)) as raised:
        _sync(endpoint)
    assert "wrong" not in str(raised.value).replace("wrong version number", "")


def test_folder_that_is_not_there_is_named(shop, dovecot: Dovecot) -> None:
    url = dovecot.url(dovecot.new_user())
    endpoint = make_mailbox(
        shop, "folders@shop.example", secrets={"imap_url": url}, settings={"imap_folders": ["Sales"]}
    )
    with pytest.raises(MailboxProblem, match=r"does not open the folder Sales: .*Mailbox doesn't exist: Sales"):
        _sync(endpoint, name="Sales")


def test_door_begins_and_ends_readers_as_mailboxes_come_and_go(inbox: EndpointInfo, dovecot: Dovecot) -> None:
    said: list[str] = []
    door = ImapDoor(say=said.append)
    door.tend()
    door.tend()
    assert said == [f"Reading {inbox.address} by IMAP"]
    dovecot.deliver(_user(inbox), raw_mail())
    wait_until("the mail is stored", lambda: _receipts(inbox) == 1)
    with open_account(inbox.account_id):
        Endpoint.objects.update(is_active=False)
    (reader,) = door._readers.values()
    door.tend()
    reader.join(15)
    assert not reader.is_alive()
    dovecot.deliver(_user(inbox), raw_mail())
    with open_account(inbox.account_id):
        Endpoint.objects.update(is_active=True)
    stop = threading.Event()
    serving = threading.Thread(target=door.serve, args=(stop,))
    serving.start()
    wait_until("what came meanwhile is stored", lambda: _receipts(inbox) == 2)
    stop.set()
    serving.join(20)

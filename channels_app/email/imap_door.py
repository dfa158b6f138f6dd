"""The IMAP door: one thread per mailbox that stays connected, takes what comes and never gives up.

A thread that fails says why on its endpoint, waits a little longer each time and begins anew; what an outage left on
the server is fetched then. Two doors on one mailbox do no harm: the database decides.
"""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from channels_app.contract import AdapterError, EndpointInfo
from channels_app.email.imap_client import ImapClient, MailboxProblem
from channels_app.email.imap_sync import mailboxes_to_read, note_problem, sync_folder
from channels_app.email.mailbox import Mailbox, mailbox_of
from contactcenter.tenancy.doors import open_account, open_every_account

logger = logging.getLogger(__name__)

IDLE_S = 60.0
# a server that does not announce new mail is asked this often
POLL_S = 15.0
COMPARE_EVERY = timedelta(hours=1)
LOOK_FOR_MAILBOXES_S = 5.0
_BACK_OFF_S = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)


class MailboxReader(threading.Thread):
    """Reads one mailbox until told to stop."""

    def __init__(self, endpoint: EndpointInfo) -> None:
        super().__init__(name=f"imap {endpoint.address}", daemon=True)
        self.endpoint = endpoint
        self.stopping = threading.Event()
        self.failures = 0

    def run(self) -> None:
        """Connect, read, wait for more; on a failure say why and begin anew, ever later."""
        mailbox: Mailbox | None = None
        while not self.stopping.is_set():
            try:
                mailbox = mailbox_of(self.endpoint)
                if mailbox is None:
                    return
                self._read(mailbox)
            except (MailboxProblem, AdapterError) as error:
                self._failed(mailbox, str(error))
            except (DatabaseError, InterfaceError):
                logger.exception("the database is out of reach")
                self._pause()
            except Exception as error:
                # the one door of this mailbox: whatever went wrong, it is shown and tried again
                logger.exception("the mailbox %s cannot be read", self.endpoint.address)
                self._failed(mailbox, f"{type(error).__name__}: {error}")
            finally:
                connection.close()

    def _read(self, mailbox: Mailbox) -> None:
        with ImapClient(mailbox.server) as client:
            compared = None
            while not self.stopping.is_set():
                complete = compared is None or timezone.now() - compared >= COMPARE_EVERY
                with open_account(self.endpoint.account_id):
                    # the first folder comes last: it is the one that announces its mail
                    for name in reversed(mailbox.folders):
                        sync_folder(
                            client=client, endpoint=self.endpoint, mailbox=mailbox, name=name, complete=complete
                        )
                compared = timezone.now() if complete else compared
                self.failures = 0
                # hundreds of waiting mailboxes need no connection each
                connection.close()
                seconds = IDLE_S if client.announces and len(mailbox.folders) == 1 else POLL_S
                client.wait(seconds=seconds, stop=self.stopping)

    def _failed(self, mailbox: Mailbox | None, problem: str) -> None:
        logger.warning("mailbox %s: %s", self.endpoint.address, problem)
        try:
            with open_account(self.endpoint.account_id):
                note_problem(endpoint=self.endpoint, mailbox=mailbox, problem=problem, at=timezone.now())
        except (DatabaseError, InterfaceError):
            logger.exception("the database is out of reach")
        self._pause()

    def _pause(self) -> None:
        self.failures += 1
        connection.close()
        self.stopping.wait(_BACK_OFF_S[min(self.failures, len(_BACK_OFF_S)) - 1])


class ImapDoor:
    """A reader per configured mailbox; begins, ends and replaces them as the configuration changes."""

    def __init__(self, *, say: Callable[[str], None]) -> None:
        self._say = say
        self._readers: dict[int, MailboxReader] = {}

    def serve(self, stop: threading.Event) -> None:
        """Run until `stop` is set."""
        while not stop.is_set():
            try:
                self.tend()
            except (DatabaseError, InterfaceError):
                logger.exception("the database is out of reach")
            finally:
                close_old_connections()
            stop.wait(LOOK_FOR_MAILBOXES_S)
        self.close()

    def tend(self) -> None:
        """Let exactly the configured mailboxes be read."""
        with open_every_account(reason="mailboxes of all accounts are read"):
            wanted = {endpoint.id: endpoint for endpoint in mailboxes_to_read()}
        for endpoint_id, reader in list(self._readers.items()):
            if _configuration(reader.endpoint) != _configuration(wanted.get(endpoint_id)) or not reader.is_alive():
                reader.stopping.set()
                del self._readers[endpoint_id]
        for endpoint_id, endpoint in wanted.items():
            if endpoint_id not in self._readers:
                self._readers[endpoint_id] = MailboxReader(endpoint)
                self._readers[endpoint_id].start()
                self._say(f"Reading {endpoint.address} by IMAP")

    def close(self) -> None:
        """End all readers; each ends after the batch in hand."""
        for reader in self._readers.values():
            reader.stopping.set()
        for reader in self._readers.values():
            reader.join(10)
        self._readers.clear()


def _configuration(endpoint: EndpointInfo | None) -> Any:
    return None if endpoint is None else (endpoint.address, dict(endpoint.settings), dict(endpoint.secrets))

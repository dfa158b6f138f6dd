"""Reads mailboxes by IMAP."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from channels_app.email.imap_door import ImapDoor


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Read every mailbox that names an IMAP server (imap_url): a thread each, connected all the time, new mail "
        "within a second or two where the server announces it. Mails are not marked, moved or deleted. Mailboxes that "
        "are added, changed or removed are noticed within seconds. Stops on SIGTERM or Ctrl-C after the mails in hand."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self._say("The IMAP door is open")
        ImapDoor(say=self._say).serve(stop)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

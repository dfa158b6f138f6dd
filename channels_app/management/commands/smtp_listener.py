"""Listens for mail by SMTP and LMTP, and reads mailboxes by IMAP: all doors of mail in one process."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels_app.email.imap_door import ImapDoor
from channels_app.email.smtp_door import mail_controller


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Take mail by SMTP for the mailboxes of all accounts. 250 is answered only after the mail is committed to the "
        "database; unknown recipient 550, too large 552, database out of reach 451. Put it behind a mail server that "
        "does TLS and spam filtering. With --lmtp-port the same by LMTP, where every recipient gets an answer of its "
        "own; with --imap the mailboxes that name an IMAP server are read as well (see imap_door). Stops on SIGTERM or "
        "Ctrl-C after the mails in hand."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.SMTP_LISTEN_PORT)
        parser.add_argument("--lmtp-port", type=int, default=settings.LMTP_LISTEN_PORT, help="0: no LMTP")
        parser.add_argument("--imap", action="store_true", help="read mailboxes by IMAP too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        controllers = [("SMTP", options["port"], mail_controller(host=options["host"], port=options["port"]))]
        if port := options["lmtp_port"]:
            controllers.append(("LMTP", port, mail_controller(host=options["host"], port=port, lmtp=True)))
        for name, port, controller in controllers:
            try:
                controller.start()
            except OSError as error:
                # its thread is over; a loop that nobody closes complains when the process ends
                controller.loop.close()
                raise CommandError(
                    f"Cannot listen on {options['host']}:{port}: {error.strerror}. Another program may use the port; "
                    f"choose another by {'--port' if name == 'SMTP' else '--lmtp-port'} or {name}_LISTEN_PORT.",
                    returncode=1,
                ) from error
            self._say(f"{name} listens on {options['host']}:{port}")
        if options["imap"]:
            ImapDoor(say=self._say).serve(stop)
        stop.wait()
        for _, _, controller in controllers:
            controller.stop()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

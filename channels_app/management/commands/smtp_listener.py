"""Listens for mail by SMTP."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels_app.email.smtp_door import smtp_controller


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Take mail by SMTP for the mailboxes of all accounts. 250 is answered only after the mail is committed to the "
        "database; unknown recipient 550, too large 552, database out of reach 451. Put it behind a mail server that "
        "does TLS and spam filtering. Stops on SIGTERM or Ctrl-C after the mails in hand."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.SMTP_LISTEN_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        controller = smtp_controller(host=options["host"], port=options["port"])
        try:
            controller.start()
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {options['host']}:{options['port']}: {error.strerror}. "
                "Another program may use the port; choose another by --port or SMTP_LISTEN_PORT.",
                returncode=1,
            ) from error
        self.stdout.write(f"SMTP listens on {options['host']}:{options['port']}")
        self.stdout.flush()
        stop.wait()
        controller.stop()

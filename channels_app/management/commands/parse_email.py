"""The pure translation of raw mails, for looking and for tests."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels_app.email.headers import Address
from channels_app.email.parse import ParsedEmail, translate_email


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Translate raw mails without storing anything. Prints a JSON line per file: file, from_email, from_name, "
        "to, cc, reply_to, subject, message_id, in_reply_to, references, date, text, reply_text, html, "
        "attachments (filename, content_type, size, sha256), kind (message, auto_reply, bounce, feedback), bounce "
        "(of the first recipient), bounces (of each), protection, problems. "
        "Exit codes: 0 all were read; 1 a file could not be opened."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("files", nargs="+", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line per file."""
        unread = 0
        for name in options["files"]:
            try:
                line = as_dict(translate_email(Path(name).read_bytes()))
            except OSError as error:
                line = {"error": f"{name}: {error.strerror}"}
                unread += 1
            self.stdout.write(json.dumps({"file": name, **line}, ensure_ascii=False))
        if unread:
            raise CommandError(f"{unread} of the files could not be read; see the lines above.", returncode=1)


def as_dict(mail: ParsedEmail) -> dict[str, Any]:
    """Return the mail as the command prints it."""
    return {
        "from_email": mail.from_email,
        "from_name": mail.from_name,
        "to": _listed(mail.to),
        "cc": _listed(mail.cc),
        "reply_to": _listed(mail.reply_to),
        "subject": mail.subject,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to[0] if mail.in_reply_to else "",
        "references": list(mail.references),
        "date": mail.date.isoformat() if mail.date else None,
        "text": mail.text,
        "reply_text": mail.reply_text,
        "html": mail.html,
        "attachments": [
            {
                "filename": item.filename,
                "content_type": item.content_type,
                "size": item.size,
                "sha256": item.sha256,
            }
            for item in mail.attachments
        ],
        "kind": str(mail.kind),
        "bounce": asdict(mail.bounce) if mail.bounce is not None else None,
        "bounces": [asdict(bounce) for bounce in mail.bounces],
        "protection": list(mail.protection),
        "problems": list(mail.problems),
    }


def _listed(addresses: tuple[Address, ...]) -> list[dict[str, str]]:
    return [{"name": item.name, "email": item.email} for item in addresses]

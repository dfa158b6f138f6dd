"""Seals every secret anew with the first key of SECRETS_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels_app.endpoint_actions import rotate_secrets
from channels_app.subscriptions.actions import rotate_sealing
from contactcenter.kernel.sealing import Unreadable
from contactcenter.tenancy.doors import open_every_account


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Encrypt the secrets of all endpoints and webhooks anew with the first key of SECRETS_KEYS; the keys after it "
        "may then be removed. Exit codes: 0 all are sealed anew; 1 some could not be read, and are unchanged."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate."""
        with open_every_account(reason="keys are the installation's, not an account's"):
            try:
                count, webhooks = rotate_secrets(), rotate_sealing()
            except Unreadable as error:
                raise CommandError(str(error), returncode=1) from None
        self.stdout.write(f"{count} endpoints sealed anew, {webhooks} webhooks.")

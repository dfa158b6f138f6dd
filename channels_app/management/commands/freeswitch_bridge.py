"""Connects to FreeSWITCH and stays connected."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels_app.phone.bridge_actions import BadConnection, endpoints_to_connect
from channels_app.phone.freeswitch_bridge import FreeswitchBridge, esl_login_of_endpoint
from channels_app.phone.staying import run_until_told

BAD_INPUT = 2


class Command(BaseCommand):
    """freeswitch_bridge --endpoint E | --all"""

    help = (
        "Keeps a connection to the event socket of the endpoint's FreeSWITCH (or of every endpoint that has one): "
        "calls appear while they happen. Reconnects by itself; stops on SIGTERM or Ctrl-C after storing what has "
        "arrived. Exit code 2: the endpoint is unknown or not set up."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--endpoint", metavar="E", help="address of the voice endpoint")
        which.add_argument("--all", action="store_true", help="every active voice endpoint with esl_host")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        found = endpoints_to_connect(setting="esl_host", address=options["endpoint"])
        if not found:
            wanted = repr(options["endpoint"]) if options["endpoint"] else "with esl_host"
            raise CommandError(f"There is no active voice endpoint {wanted}.", returncode=BAD_INPUT)
        try:
            logins = {endpoint.pk: esl_login_of_endpoint(endpoint=endpoint) for endpoint in found}
        except BadConnection as error:
            raise CommandError(f"settings: {error}", returncode=BAD_INPUT) from None
        bridges = [FreeswitchBridge(endpoint_id=pk, login=login) for pk, login in logins.items()]
        self.stdout.write(f"Listening to {', '.join(endpoint.address for endpoint in found)}")
        self.stdout.flush()
        asyncio.run(run_until_told(bridges))

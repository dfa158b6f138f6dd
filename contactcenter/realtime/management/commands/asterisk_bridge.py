"""Connects to Asterisk and stays connected."""

import asyncio
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels_app.phone.bridge import Bridge
from channels_app.phone.bridge_actions import BadConnection, endpoints_to_connect, login_of_endpoint
from channels_app.phone.staying import run_until_told
from contactcenter.realtime.phone_presence import ConsolePresences, orders_for

BAD_INPUT = 2


class Command(BaseCommand):
    """asterisk_bridge --endpoint E | --all"""

    help = (
        "Keeps a connection to the manager interface of the endpoint's Asterisk (or of every endpoint that has one): "
        "calls appear while they happen, click to call and pauses go the other way. Reconnects by itself; stops on "
        "SIGTERM or Ctrl-C after storing what has arrived. Exit code 2: the endpoint is unknown or not set up."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--endpoint", metavar="E", help="address of the voice endpoint")
        which.add_argument(
            "--all", action="store_true", help="every active voice endpoint with ami_host in its settings"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        address = options["endpoint"]
        endpoints = endpoints_to_connect(setting="ami_host", address=address)
        if not endpoints:
            wanted = f"active voice endpoint {address!r}" if address else "active voice endpoint with ami_host"
            raise CommandError(f"There is no {wanted}.", returncode=BAD_INPUT)
        try:
            bridges = [
                Bridge(
                    endpoint_id=endpoint.pk,
                    login=login_of_endpoint(endpoint=endpoint),
                    presences=ConsolePresences(),
                    orders=partial(orders_for, endpoint.pk),
                )
                for endpoint in endpoints
            ]
        except BadConnection as error:
            raise CommandError(f"settings: {error}", returncode=BAD_INPUT) from None
        self.stdout.write(f"Bridges to {', '.join(endpoint.address for endpoint in endpoints)}")
        self.stdout.flush()
        asyncio.run(run_until_told(bridges))

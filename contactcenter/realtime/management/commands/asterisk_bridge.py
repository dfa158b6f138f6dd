"""Connects to Asterisk and stays connected."""

import asyncio
import signal
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels_app.models import Endpoint, EndpointKind
from channels_app.phone.bridge import Bridge
from channels_app.phone.bridge_actions import BadConnection, login_of_endpoint
from contactcenter.realtime.phone_presence import ConsolePresences, orders_for
from contactcenter.tenancy.doors import open_every_account

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
        which.add_argument("--count", action="store_true", help="only print how many endpoints --all would connect")
        which.add_argument(
            "--all", action="store_true", help="every active voice endpoint with ami_host in its settings"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        if options["count"]:
            self.stdout.write(str(len(_configured())))
            return
        endpoints = _endpoints(options["endpoint"])
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
        asyncio.run(_run(bridges))


async def _run(bridges: list[Bridge]) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for bridge in bridges:
            bridge.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await asyncio.gather(*(bridge.run() for bridge in bridges))


def _configured() -> list[Endpoint]:
    with open_every_account(reason="one process connects the telephone systems of every account"):
        voice = Endpoint.objects.filter(kind=EndpointKind.VOICE, is_active=True, settings__has_key="ami_host")
        return list(voice.order_by("address"))


def _endpoints(address: str | None) -> list[Endpoint]:
    if address is None:
        found = _configured()
    else:
        with open_every_account(reason="the endpoint's address tells the account"):
            voice = Endpoint.objects.filter(kind=EndpointKind.VOICE, is_active=True, address=address)
            found = list(voice.order_by("provider"))
    if not found:
        wanted = f"active voice endpoint {address!r}" if address else "active voice endpoint with ami_host"
        raise CommandError(f"There is no {wanted}.", returncode=BAD_INPUT)
    return found

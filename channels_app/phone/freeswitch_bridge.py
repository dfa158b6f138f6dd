"""The live bridge to one FreeSWITCH: every event is stored and reduced as it comes, as json_cdr's records are.

After each login the channels that exist are asked for. Those are seen again, and a call of which no leg exists any
more is over: its end is the last that was heard of it, until a record (json_cdr) tells better.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels_app.models import Endpoint
from channels_app.phone.bridge_actions import WHY, BadConnection
from channels_app.phone.closing_rule import close_absent_calls
from channels_app.phone.esl_client import EslClient, EslLogin, channel_rows
from channels_app.phone.events import Source
from channels_app.phone.files import LogFormat
from channels_app.phone.frames import ConnectionLost, Frame
from channels_app.phone.freeswitch import read_freeswitch
from channels_app.phone.freeswitch_live import connected_bytes, seen_bytes
from channels_app.phone.ingest import ImportReport, import_entries
from channels_app.phone.staying import StayingBridge, in_database
from contactcenter.kernel.sealing import unseal
from contactcenter.tenancy.doors import open_every_account

DEFAULT_PORT = 8021
FORMS = ("json", "plain")
LOOK_S = 30.0
SHOW_CHANNELS = "api show channels as json"


def esl_login_of(*, settings: Mapping[str, object], secrets: Mapping[str, str]) -> EslLogin:
    """Return how an endpoint's FreeSWITCH is logged in to. Raises BadConnection."""
    host, port = settings.get("esl_host"), settings.get("esl_port", DEFAULT_PORT)
    form = settings.get("esl_format") or FORMS[0]
    if not isinstance(host, str) or not host:
        raise BadConnection("esl_host: the address of FreeSWITCH is needed")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise BadConnection(f"esl_port: {port!r} is no port")
    if form not in FORMS:
        raise BadConnection(f"esl_format: expected {' or '.join(FORMS)}")
    password = secrets.get("esl_password", "")
    if not password or "\n" in password or "\r" in password:
        raise BadConnection("esl_password: the password of the event socket is needed")
    return EslLogin(host=host, port=port, password=password, form=str(form))


def esl_login_of_endpoint(*, endpoint: Endpoint) -> EslLogin:
    """Return how the endpoint is logged in to. Raises BadConnection."""
    return esl_login_of(settings=endpoint.settings, secrets=unseal(endpoint.secrets_sealed))


def take_events(*, endpoint_id: int, raws: Sequence[bytes], at: datetime) -> ImportReport:
    """Store events and record what they tell; taking them again changes nothing."""
    entries = [entry for raw in raws for entry in read_freeswitch(raw)]
    with open_every_account(reason=WHY):
        endpoint = Endpoint.objects.select_related("account").get(pk=endpoint_id)
        return import_entries(endpoint=endpoint, source=LogFormat.FREESWITCH, entries=entries, at=at)


def take_channels(
    *, endpoint_id: int, rows: Sequence[Mapping[str, str]], connected: bool, asked_at: datetime, at: datetime
) -> int:
    """Close calls that none of the channels belongs to; just `connected`, record that we were away, and the channels.

    Returns how many calls were closed. Calls that began after `asked_at` are left alone.
    """
    if connected:
        seen = [seen_bytes(row, at=asked_at) for row in rows if row.get("uuid")]
        take_events(endpoint_id=endpoint_id, raws=[connected_bytes(at=asked_at), *seen], at=at)
    present = {row[name] for row in rows for name in ("uuid", "call_uuid") if row.get(name)}
    with open_every_account(reason=WHY):
        endpoint = Endpoint.objects.select_related("account").get(pk=endpoint_id)
        return close_absent_calls(
            endpoint=endpoint, source=Source.FREESWITCH, present=present, asked_at=asked_at, at=at
        )


@dataclass(slots=True, kw_only=True)
class FreeswitchBridge(StayingBridge[EslClient]):
    """One endpoint's bridge."""

    login: EslLogin
    open_client: Callable[..., Awaitable[EslClient]] = EslClient.open
    looks: int = 0

    async def connect(self) -> EslClient:
        """Open a connection, log in, subscribe."""
        return await self.open_client(login=self.login, now=self.now)

    def parts(self, client: EslClient) -> tuple[Coroutine[Any, Any, None], ...]:
        """Look at the channels that exist, at once and now and then."""
        return (self._look(client),)

    async def take(self, frames: list[Frame]) -> None:
        """Store events and record what they tell."""
        raws = [frame.raw for frame in frames]
        await in_database(take_events, endpoint_id=self.endpoint_id, raws=raws, at=self.now())

    async def _look(self, client: EslClient) -> None:
        """A connection that is dead without saying so is found, and calls that ended unheard are."""
        connected = True
        while True:
            asked_at = self.now()
            answer = await client.command(SHOW_CHANNELS)
            try:
                rows = channel_rows(answer.body)
            except ValueError:
                raise ConnectionLost("FreeSWITCH does not say which channels exist: api show is not allowed.") from None
            await in_database(
                take_channels,
                endpoint_id=self.endpoint_id,
                rows=rows,
                connected=connected,
                asked_at=asked_at,
                at=self.now(),
            )
            connected = False
            self.looks += 1
            await self.wait(LOOK_S)

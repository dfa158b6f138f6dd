"""The live bridge against recorded connections, cut anywhere: the same calls as the recordings read as files."""

import asyncio
import random

import pytest
from asgiref.sync import async_to_sync

from channels_app.models import Endpoint, PhoneLogEntry
from channels_app.phone.asterisk_ami import ArrivalClock
from channels_app.phone.bridge import Bridge
from channels_app.phone.calls import Call
from channels_app.phone.files import LogFormat, read_log
from channels_app.phone.reducer import reduce_events
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Call as CallRow
from tests.app.phone.ami_server import Recording, ReplayServer
from tests.cases.test_phone_recordings import RECORDINGS, _folders, _phones, endpoint

__all__ = ["endpoint"]
pytestmark = [
    pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"recordings are not at {RECORDINGS}"),
    pytest.mark.django_db,
]

# without Timestamp the instants are those of the arrival, which a replay of cut bytes cannot repeat exactly
SCENARIOS = [folder for folder in _folders() if not folder.endswith("-variant")]
PAUSED = "13-paused-unpaused"


class _Nobody:
    def wishes(self):
        return []

    def __init__(self):
        self.told = []

    def follow(self, *, operator_id, paused, reason, at):
        self.told.append((paused, reason))


async def _no_orders():
    await asyncio.Event().wait()
    yield "", {}


async def _soon(seconds):
    """Back-off without waiting; the ping (30 s) never comes in a recording that is over in a moment."""
    if seconds >= 30:
        await asyncio.Event().wait()
    await asyncio.sleep(0)


def _connections(folder):
    paths = sorted((RECORDINGS / folder).glob("ami*.txt"))
    return [
        Recording(
            data=path.read_bytes(),
            clock=ArrivalClock.from_csv(path.with_name(f"{path.stem}-received.csv").read_bytes()),
        )
        for path in paths
    ]


def _from_files(folder) -> list[Call]:
    events = [
        event
        for path in sorted((RECORDINGS / folder).glob("ami*.txt"))
        for entry in read_log(log_format=LogFormat.AMI, path=path)
        for event in entry.events
    ]
    return [call for call in reduce_events(events, phones=_phones()) if call.direction != "internal"]


async def _replay(folder, endpoint_id, seed):
    stopping = asyncio.Event()
    async with ReplayServer(_connections(folder), random.Random(seed), stopping.set) as server:
        bridge = Bridge(
            endpoint_id=endpoint_id,
            login=server.login,
            presences=_Nobody(),
            orders=_no_orders,
            stopping=stopping,
            now=server.now,
            wait=_soon,
            open_client=server.open,
        )
        await asyncio.wait_for(bridge.run(), 60)
        return bridge, server


@pytest.mark.parametrize("folder", SCENARIOS)
def test_bridge_records_what_the_recording_read_as_a_file_tells(endpoint, folder):
    bridge, server = async_to_sync(_replay)(folder, endpoint.pk, seed=len(folder))
    if folder == PAUSED:
        # 101 by a manager, 103 from the telephone (*47, *48)
        assert bridge.presences.told == [(True, "coffee"), (False, "coffee"), (True, "lunch"), (False, "")]
    assert [asked["Action"] for asked in server.asked[:3]] == ["Login", "QueueStatus", "CoreShowChannels"]
    expected = _from_files(folder)
    with open_every_account(reason="the test looks at everything"):
        rows = list(CallRow.objects.order_by("started_at", "pk"))
        told = [
            (row.external_id, row.outcome, row.hung_up_by, row.started_at, row.answered_at, row.ended_at)
            for row in rows
        ]
        assert told == [
            (call.external_id, call.outcome, call.hung_up_by, call.started_at, call.answered_at, call.ended_at)
            for call in expected
        ]
        durations = [(row.wait_ms, row.ring_ms, row.talk_ms, row.hold_ms, row.flags) for row in rows]
        assert durations == [
            (call.wait_ms, call.ring_ms, call.talk_ms, call.hold_ms, [str(flag) for flag in call.flags])
            for call in expected
        ]
        assert PhoneLogEntry.objects.exclude(rejected="").count() == 0
        assert bridge.frames_stored > PhoneLogEntry.objects.count() > 0
        place = Endpoint.objects.get(pk=endpoint.pk)
        assert place.last_error in {
            "The telephone system closed the connection.",
            "The connection was lost: Connection reset by peer",
        }


def test_connection_lost_in_a_call_is_made_again_and_nothing_is_doubled(endpoint):
    async_to_sync(_replay)("35-ami-connection-lost", endpoint.pk, seed=1)
    with open_every_account(reason="the test looks at everything"):
        (row,) = CallRow.objects.all()
        # a whole hold lies in the gap: unknown, not 0
        assert (row.outcome, row.hold_ms, row.flags) == ("answered", None, ["connection_lost"])
        assert row.segments.count() == 1
        entries = PhoneLogEntry.objects.count()
    async_to_sync(_replay)("35-ami-connection-lost", endpoint.pk, seed=2)
    with open_every_account(reason="the test looks at everything"):
        assert PhoneLogEntry.objects.count() == entries
        assert CallRow.objects.count() == 1

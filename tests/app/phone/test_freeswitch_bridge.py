"""The live bridge to FreeSWITCH: logging in, one call over cuts and losses, calls that end while nobody listens."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command

from channels_app.contract import AdapterError
from channels_app.endpoints import endpoint_info
from channels_app.models import Endpoint, PhoneLogEntry
from channels_app.phone.closing_rule import close_lost_calls
from channels_app.phone.esl_client import SUBSCRIBED, EslClient, channel_rows
from channels_app.phone.frames import ConnectionLost, LoginRefused
from channels_app.phone.freeswitch_bridge import FreeswitchBridge, esl_login_of, take_channels, take_events
from channels_app.phone.providers import PROVIDERS
from contactcenter.kernel.models import AuditEntry
from contactcenter.kernel.sealing import seal
from contactcenter.operators.models import Operator, OperatorAlias
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Call
from tests.app.factories import make_account, make_operator
from tests.app.phone.esl_server import EventSocket, event, message

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 15, 0, 0, tzinfo=UTC)
CALLER = {
    "Unique-ID": "aaaa", "Channel-Call-UUID": "aaaa", "Call-Direction": "inbound",
    "Channel-Name": "sofia/external/+442079460101@carrier", "Caller-Caller-ID-Number": "+442079460101",
    "Caller-Caller-ID-Name": "Olga", "Caller-Destination-Number": "+13125550101",
}  # fmt: skip
PHONE = {
    "Unique-ID": "bbbb", "Channel-Call-UUID": "aaaa", "Call-Direction": "outbound",
    "Channel-Name": "sofia/internal/101@10.0.0.5", "Caller-Destination-Number": "101",
}  # fmt: skip
BRIDGE = {"Other-Leg-Unique-ID": "bbbb", "Other-Leg-Channel-Name": "sofia/internal/101@10.0.0.5"}
BEGIN = [
    event("CHANNEL_CREATE", 0, **CALLER),
    event("CHANNEL_CREATE", 2, **PHONE),
    event("CHANNEL_PROGRESS", 3, **PHONE),
    event("CHANNEL_ANSWER", 8, **PHONE),
    event("CHANNEL_ANSWER", 8, **CALLER),
    event("CHANNEL_BRIDGE", 8, **CALLER, **BRIDGE),
]
HOLD = [event("CHANNEL_HOLD", 20, **PHONE), event("CHANNEL_UNHOLD", 30, **PHONE)]
END = [
    event("CHANNEL_UNBRIDGE", 68, **CALLER, **BRIDGE),
    event("CHANNEL_HANGUP_COMPLETE", 68, **PHONE),
    event("CHANNEL_HANGUP_COMPLETE", 68, **CALLER),
    event("HEARTBEAT", 69),
]
ROWS = [
    {"uuid": "aaaa", "call_uuid": "aaaa", "direction": "inbound", "name": CALLER["Channel-Name"], "cid_num": "+44207"},
    {"uuid": "bbbb", "call_uuid": "aaaa", "direction": "outbound", "name": PHONE["Channel-Name"], "dest": "101"},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _scope():
    with open_every_account(reason="the test looks at everything"):
        yield


@pytest.fixture
def anna() -> Operator:
    operator = make_operator(make_account("Shop"))
    OperatorAlias.objects.create(operator=operator, name="sofia/internal/101")
    return operator


@pytest.fixture
def pbx(anna) -> Endpoint:
    return Endpoint.objects.create(
        account=anna.user.memberships.get().account, kind="voice", provider="freeswitch", address="fs-1", name="FS",
        settings={"esl_host": "127.0.0.1"}, secrets_sealed=seal({"esl_password": "ClueCon"}),
    )  # fmt: skip


async def _never(seconds):
    await asyncio.Event().wait()


def _listen(pbx, socket: EventSocket, *, at=AT + timedelta(seconds=100)) -> list[float]:
    """Run a bridge until the socket has nothing more to give; the waits between connections."""
    waits: list[float] = []

    async def scene():
        async with socket:
            bridge = FreeswitchBridge(
                endpoint_id=pbx.pk, login=socket.login(), now=lambda: at, jitter=lambda: 1.0, wait=waited
            )
            socket.on_exhausted = bridge.stopping.set

            async def looked(number):
                async with asyncio.timeout(60):
                    while bridge.looks <= number:
                        await asyncio.sleep(0)

            socket.before_loss = looked
            await bridge.run()

    async def waited(seconds):
        if seconds >= 30:
            await _never(seconds)
        waits.append(seconds)

    async_to_sync(scene)()
    return waits


def _facts(call: Call) -> tuple[object, ...]:
    return (call.outcome, call.talk_ms, call.ring_ms, call.hold_ms, call.started_at, call.ended_at, call.flags)


CALL = ("answered", 60_000, 5_000, 10_000, AT, AT + timedelta(seconds=68), [])


@pytest.mark.parametrize("form", ["json", "plain"])
@pytest.mark.parametrize("seed", range(3))
def test_call_is_whole_however_the_stream_is_cut(pbx, anna, form, seed):
    socket = EventSocket(connections=[[*BEGIN, *HOLD, *END]], form=form, cuts=random.Random(seed))
    _listen(pbx, socket)
    call = Call.objects.get()
    assert _facts(call) == CALL
    assert (call.from_number, call.to_number, call.operator_id) == ("+442079460101", "+13125550101", anna.pk)
    assert socket.asked[:3] == ["auth ClueCon", f"event {form} {' '.join(SUBSCRIBED)}", "api show channels as json"]
    # the heartbeat tells nothing of calls; the connection does
    assert PhoneLogEntry.objects.count() == len([*BEGIN, *HOLD, *END]) - 1 + 1


def test_lost_connection_is_made_again_and_repeated_events_change_nothing(pbx, anna):
    socket = EventSocket(
        connections=[BEGIN[:3], BEGIN, [*BEGIN[2:], *HOLD, *END]], channels=[[], ROWS, ROWS], cuts=random.Random(7)
    )
    waits = _listen(pbx, socket, at=AT + timedelta(seconds=4))
    assert _facts(Call.objects.get())[:6] == CALL[:6]
    # every loss begins anew; what follows the last connection is refused at once
    assert waits[:3] == [1.0, 1.0, 1.0]
    assert Endpoint.objects.get(pk=pbx.pk).last_error == "FreeSWITCH closed the connection."


def test_call_that_ended_unheard_is_closed_by_the_next_look_and_corrected_by_its_record(pbx, anna):
    _listen(pbx, EventSocket(connections=[BEGIN, []], channels=[[], []]))
    call = Call.objects.get()
    assert (call.ended_at, call.flags) == (AT + timedelta(seconds=8), ["end_unknown"])
    (audited,) = AuditEntry.objects.filter(action="call.closed_by_rule")
    assert audited.data["rule"] == "the telephone system no longer had it at 2026-11-23 15:01:40 UTC"
    take_events(endpoint_id=pbx.pk, raws=[message(each, form="json").partition(b"\n\n")[2] for each in END], at=AT)
    call.refresh_from_db()
    assert (call.ended_at, "end_unknown" in call.flags) == (AT + timedelta(seconds=68), False)


def test_call_that_is_still_there_after_a_loss_stays_open(pbx, anna):
    _listen(pbx, EventSocket(connections=[BEGIN, []], channels=[[], ROWS]))
    assert Call.objects.get().ended_at is None
    assert not AuditEntry.objects.filter(action="call.closed_by_rule").exists()


def test_call_heard_of_since_the_question_is_left_alone(pbx, anna):
    raws = [message(each, form="json").partition(b"\n\n")[2] for each in BEGIN]
    take_events(endpoint_id=pbx.pk, raws=raws, at=AT)
    asked_at = AT + timedelta(seconds=5)
    assert take_channels(endpoint_id=pbx.pk, rows=[], connected=False, asked_at=asked_at, at=asked_at) == 0
    assert Call.objects.get().ended_at is None


def test_restart_of_the_system_ends_its_calls(pbx, anna):
    events = [*BEGIN, event("SHUTDOWN", 40), event("STARTUP", 60)]
    take_events(endpoint_id=pbx.pk, raws=[message(each, form="plain").partition(b"\n\n")[2] for each in events], at=AT)
    assert close_lost_calls(endpoint=pbx, at=AT + timedelta(seconds=70)) == 1
    call = Call.objects.get()
    assert (call.ended_at, call.flags) == (AT + timedelta(seconds=8), ["end_unknown"])
    rule = "the telephone system stopped or started at 2026-11-23 15:00:40 UTC"
    assert AuditEntry.objects.get(action="call.closed_by_rule").data["rule"] == rule


@pytest.mark.parametrize(
    ("options", "password", "said"),
    [
        ({}, "wrong", "FreeSWITCH refuses the password: -ERR invalid."),
        ({"rude": True}, "ClueCon", "FreeSWITCH does not let this address in: see apply-inbound-acl"),
    ],
)
def test_refused_login_says_what_to_mend(options, password, said):
    async def scene():
        async with EventSocket(stays=True, **options) as socket:
            await EslClient.open(login=socket.login(password=password), now=lambda: AT)

    with pytest.raises(LoginRefused) as raised:
        async_to_sync(scene)()
    assert str(raised.value).startswith(said)


def test_something_else_at_the_port_is_no_event_socket():
    import asyncio

    async def answer(reader, writer):
        writer.write(b"Content-Length: 99999999999\n\n")
        await writer.drain()

    async def scene():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        try:
            port = server.sockets[0].getsockname()[1]
            login = esl_login_of(settings={"esl_host": "127.0.0.1", "esl_port": port}, secrets={"esl_password": "x"})
            await EslClient.open(login=login, now=lambda: AT)
        finally:
            server.close()

    with pytest.raises(ConnectionLost, match="Content-Length: '99999999999'"):
        async_to_sync(scene)()


def test_connection_test_logs_in_and_names_what_is_missing(pbx):
    adapter = PROVIDERS["freeswitch"].adapter

    async def scene():
        async with EventSocket(stays=True) as socket:
            from asgiref.sync import sync_to_async

            pbx.settings = {"esl_host": "127.0.0.1", "esl_port": socket.port}
            return await sync_to_async(adapter.check, thread_sensitive=False)(endpoint=endpoint_info(pbx)), socket.port

    said, port = async_to_sync(scene)()
    assert said == f"Logged in to the event socket at 127.0.0.1:{port}."
    pbx.secrets_sealed = ""
    with pytest.raises(AdapterError, match="esl_password"):
        adapter.check(endpoint=endpoint_info(pbx))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "esl_host"),
        ({"esl_host": "x", "esl_port": 0}, "esl_port"),
        ({"esl_host": "x", "esl_format": "xml"}, "esl_format"),
    ],
)
def test_wrong_settings_are_named(pbx, settings, said):
    Endpoint.objects.filter(pk=pbx.pk).update(settings=settings)
    with pytest.raises(CommandError, match=said):
        call_command("freeswitch_bridge", "--endpoint", "fs-1")
    with pytest.raises(CommandError, match="no active voice endpoint 'other'"):
        call_command("freeswitch_bridge", "--endpoint", "other")


def test_list_of_channels_that_is_none_is_refused():
    assert channel_rows(b'{"row_count": 0}') == []
    for body in (b"-ERR no such command", b"[]", b'{"rows": []}'):
        with pytest.raises(ValueError):
            channel_rows(body)

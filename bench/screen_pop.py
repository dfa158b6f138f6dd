"""Screen pop: from the ringing event on the manager interface's wire to the frame on the operator's socket.

A stand-in of Asterisk on loopback, the real bridge, the real web. No worker and no beat runs: nothing may wait for
them. Calls come one after the other, each of a new caller.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect

from bench.figures import percentile
from bench.web import session_cookies, web_process
from tests.app.phone.ami_server import AnsweringServer

PATIENCE_S: Final = 60
SECRET: Final = "bench-secret"  # noqa: S105  of a stand-in


def run(*, quick: bool) -> dict[str, object]:
    """Return p50 and p95 from wire to socket (the contract: within 1,000 ms)."""
    with web_process(processes=1) as web:
        taken = asyncio.run(_measure(port=web.port, calls=5 if quick else 40))
    return {
        "what": "AMI ringing event to the operator's socket",
        "calls": len(taken),
        "p50_ms": percentile(taken, 0.5),
        "p95_ms": percentile(taken, 0.95),
    }


async def _measure(*, port: int, calls: int) -> list[float]:
    async with AnsweringServer(secret=SECRET) as telephones:
        name = uuid4().hex[:8]
        user_id = await asyncio.to_thread(_set_up, name, telephones.login().port)
        cookies = await asyncio.to_thread(session_cookies, user_id)
        bridge = subprocess.Popen(
            [sys.executable, "manage.py", "asterisk_bridge", "--endpoint", name],
            cwd=Path(__file__).parent.parent, env=os.environ, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await asyncio.wait_for(telephones.connected.wait(), PATIENCE_S)
            headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in cookies.items())}
            origin: Any = f"http://127.0.0.1:{port}"
            async with connect(
                f"ws://127.0.0.1:{port}/ws/console/", additional_headers=headers, origin=origin
            ) as socket:
                await socket.recv()
                # the first one loads what later ones have
                return [await _ring(telephones, socket, name, number) for number in range(calls + 1)][1:]
        finally:
            bridge.terminate()
            bridge.wait(30)


async def _ring(telephones: AnsweringServer, socket: ClientConnection, name: str, number: int) -> float:
    """Let one call come as far as ringing; return how long the operator's screen took to know."""
    identity = f"{number}.1"
    caller = {
        "Channel": f"PJSIP/trunk-{number}", "Uniqueid": identity, "Linkedid": identity,
        "CallerIDNum": f"+44207946{number:04}", "Exten": "100",
    }  # fmt: skip
    member = {
        **caller, "DestChannel": f"PJSIP/{name}-{number}", "DestUniqueid": f"{number}.2", "DestLinkedid": identity,
        "Queue": "sales", "MemberName": name, "Interface": f"PJSIP/{name}",
    }  # fmt: skip
    await telephones.send(
        _frame("Newchannel", **caller, ChannelStateDesc="Ring"), _frame("QueueCallerJoin", **caller, Queue="sales")
    )
    await _until(socket, "ticket.changed", created=True)
    ringing = _frame("AgentCalled", **member)
    began = time.perf_counter()
    await telephones.send(ringing)
    await _until(socket, "call.ringing")
    taken = time.perf_counter() - began
    await telephones.send(_frame("AgentRingNoAnswer", **member, RingTime="100"))
    await _until(socket, "call.ring_ended")
    await telephones.send(_frame("Hangup", **caller, Cause="16"))
    return taken


def _frame(event: str, **headers: str) -> str:
    lines = [f"Event: {event}", f"Timestamp: {time.time():.6f}", *(f"{name}: {said}" for name, said in headers.items())]
    return "\n".join(lines)


async def _until(socket: ClientConnection, kind: str, **payload: object) -> None:
    async with asyncio.timeout(PATIENCE_S):
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] != "event" or frame["event"]["kind"] != kind:
                continue
            if payload.items() <= frame["event"]["payload"].items():
                return


def _set_up(name: str, port: int) -> int:
    """Return the user of an operator whose telephone is a member of the queue."""
    from channels_app.models import Endpoint
    from contactcenter.kernel.sealing import seal
    from contactcenter.operators.models import Operator, OperatorAlias
    from contactcenter.tenancy.models import Account, Membership, Role, User

    account = Account.objects.create(name="Bench telephones", slug=f"bench-{name}")
    user = User.objects.create_user(f"{name}@example.org", None, full_name="Bench", role=Role.OPERATOR)
    Membership.objects.create(user=user, account=account)
    operator = Operator.objects.create(user=user, display_name="Bench")
    OperatorAlias.objects.create(operator=operator, name=name)
    OperatorAlias.objects.create(operator=operator, name=f"PJSIP/{name}")
    Endpoint(
        account=account, kind="voice", address=name, name="Bench", secrets_sealed=seal({"ami_secret": SECRET}),
        settings={"ami_host": "127.0.0.1", "ami_port": port, "ami_username": "bridge"},
    ).save()  # fmt: skip
    return user.pk

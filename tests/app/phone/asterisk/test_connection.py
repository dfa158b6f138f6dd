"""The live bridge's connection: logging in, a lost connection, a lost database."""

import asyncio

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from channels_app.models import Endpoint
from channels_app.phone import bridge_actions
from channels_app.phone.ami_client import AmiClient
from channels_app.phone.frames import ConnectionLost, LoginRefused
from contactcenter.tickets.models import Call
from tests.app.phone.ami_server import AnsweringServer
from tests.app.phone.asterisk.talk import (
    AT,
    MENU,
    QUEUED,
)
from tests.app.phone.bridging import connected, until

pytestmark = pytest.mark.django_db


def test_login_keeps_the_secret_off_the_wire():
    async def scene():
        async with AnsweringServer() as server:
            client = await AmiClient.open(login=server.login(), now=lambda: AT)
            await client.close()
            return server.asked

    challenge, login = async_to_sync(scene)()
    assert (challenge["Action"], challenge["AuthType"]) == ("Challenge", "MD5")
    # md5("145769581" + "s3cret"), by md5sum
    assert (login["AuthType"], login["Key"]) == ("MD5", "c50a97454a3fc88d943bc8bb1d7d5e5d")
    assert "Secret" not in login


def test_wrong_secret_is_refused_and_a_closed_port_is_not_reached():
    async def scene():
        async with AnsweringServer() as server:
            with pytest.raises(LoginRefused, match="refuses the login: Authentication failed"):
                await AmiClient.open(login=server.login(secret="wrong"), now=lambda: AT)
            login = server.login()
        with pytest.raises(ConnectionLost, match="cannot be reached"):
            await AmiClient.open(login=login, now=lambda: AT)

    async_to_sync(scene)()


def test_lost_connection_is_noted_and_made_again_after_a_growing_wait(pbx):
    waits = []

    async def wait(seconds):
        if seconds == 30:
            await asyncio.Event().wait()
        waits.append(seconds)

    async def scene():
        async with AnsweringServer() as server, connected(pbx, server, wait=wait, jitter=lambda: 1.0):
            server.connected.clear()
            server.drop()
            await asyncio.wait_for(server.connected.wait(), 20)
            await until(lambda: Endpoint.objects.get(pk=pbx.pk).last_error == "")

    async_to_sync(scene)()
    assert waits == [1.0]
    assert Endpoint.objects.get(pk=pbx.pk).last_error_at == AT


def test_frames_wait_in_memory_while_the_database_is_away(pbx, anna, monkeypatch):
    refusals = [OperationalError("gone"), OperationalError("gone")]
    take = bridge_actions.take_frames

    def taking(**arguments):
        if refusals:
            raise refusals.pop()
        return take(**arguments)

    monkeypatch.setattr("channels_app.phone.bridge.actions.take_frames", taking)
    monkeypatch.setattr("channels_app.phone.staying.close_old_connections", lambda: None)
    waits = []

    async def wait(seconds):
        if seconds == 30:
            await asyncio.Event().wait()
        waits.append(seconds)

    async def scene():
        async with AnsweringServer() as server, connected(pbx, server, wait=wait):
            await server.send(*(frame.raw.decode().replace("\r\n", "\n") for frame in (MENU, QUEUED)))
            await until(lambda: Call.objects.count() == 1)

    async_to_sync(scene)()
    assert (refusals, waits) == ([], [1.0, 2.0])

"""Frames that a visitor's socket does not take: too big, broken, too early, too many."""

from uuid import UUID

import pytest

from channels_app.models import Endpoint, Receipt
from channels_app.webchat import consumers
from tests.app.webchat.conftest import Clock
from tests.app.webchat.visitor import Visitor, in_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

ONE = "22222222-2222-4222-8222-222222222222"
RUSSIAN = "Здравствуйте, подскажите, пожалуйста, где мой заказ? Он должен был прийти вчера."


async def test_a_frame_above_32_kb_is_refused_and_the_chat_goes_on(visitor: Visitor) -> None:
    await visitor.greets()
    await visitor.says(type="message", uuid=ONE, text="x" * 33_000)
    assert (await visitor.hears("error"))["code"] == "frame_too_big"
    await visitor.says(type="message", uuid=ONE, text="short")
    assert (await visitor.hears("ack"))["uuid"] == ONE


async def test_a_frame_of_10_mb_closes_this_socket_with_1009_and_no_other(endpoint: Endpoint) -> None:
    huge, other = Visitor(), Visitor()
    await huge.greets()
    await other.greets()
    await huge.sends("x" * 10_000_000)
    assert (await huge.hears("error"))["code"] == "frame_too_big"
    assert await huge.is_closed() == 1009
    await other.says(type="ping")
    await other.hears("pong")
    await other.disconnect()


@pytest.mark.parametrize(
    ("frame", "code"),
    [("{nonsense", "bad_json"), ("[]", "bad_frame"), ('{"type":"message","uuid":"x","text":"y"}', "bad_frame")],
)
async def test_a_broken_frame_gets_a_reason_and_the_chat_goes_on(visitor: Visitor, frame: str, code: str) -> None:
    await visitor.greets()
    await visitor.sends(frame)
    assert (await visitor.hears("error"))["code"] == code
    await visitor.says(type="ping")
    await visitor.hears("pong")


async def test_binary_frames_are_refused(visitor: Visitor) -> None:
    await visitor.greets()
    await visitor.sends(data=b"\x00\x01")
    assert (await visitor.hears("error"))["code"] == "bad_frame"


async def test_endless_broken_frames_end_the_connection(visitor: Visitor) -> None:
    await visitor.greets()
    for _ in range(consumers.MAX_BROKEN):
        await visitor.sends("?")
        await visitor.hears("error")
    assert await visitor.is_closed() == 4400


async def test_nothing_is_taken_before_hello(visitor: Visitor) -> None:
    await visitor.connect()
    await visitor.says(type="message", uuid=ONE, text="hi")
    assert (await visitor.hears("error"))["code"] == "hello_first"
    assert await in_database(Receipt.objects.count) == 0


async def test_a_flood_is_told_to_wait_and_nothing_of_it_is_acknowledged_unstored(
    visitor: Visitor, clock: Clock
) -> None:
    await visitor.greets()
    answers = []
    for number in range(12):
        await visitor.says(type="message", uuid=str(UUID(int=number, version=4)), text=f"message {number}")
        answers.append(await visitor.hears("ack", "error"))
    assert [answer["type"] for answer in answers] == ["ack"] * 10 + ["error"] * 2
    for number, answer in enumerate(answers[10:], start=10):
        told = (answer["code"], answer["retry_ms"], answer["uuid"])
        assert told == ("rate_limited", 1001, str(UUID(int=number, version=4)))
    assert await in_database(Receipt.objects.count) == 10

"""Signatures and times of outgoing webhooks, held to Standard Webhooks."""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels_app.subscriptions.bodies import MOST_TEXT, body_of, short_message
from channels_app.subscriptions.schedule import MOST_ATTEMPTS, is_given_up, next_attempt_at, pause
from channels_app.subscriptions.signing import headers, new_secret, signature

AT = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
# the vector that the reference libraries of the standard are tested with
VECTOR: dict[str, Any] = {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": 1614265330,
    "body": '{"test": 2432232314}',
}
EXPECTED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_vector_is_signed_as_published():
    assert signature(**VECTOR) == EXPECTED


def test_the_secret_counts_the_same_without_its_mark():
    assert signature(**{**VECTOR, "secret": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) == EXPECTED


@pytest.mark.parametrize("changed", [{"body": '{"test":2432232314}'}, {"message_id": "msg_x"}, {"timestamp": 1}])
def test_whatever_changes_changes_the_signature(changed):
    assert signature(**{**VECTOR, **changed}) != EXPECTED


def test_what_is_no_base64_is_no_secret():
    with pytest.raises(ValueError, match="base64"):
        signature(**{**VECTOR, "secret": "whsec_not base64!"})


def test_during_a_rotation_both_secrets_sign():
    other = new_secret()
    made = headers(
        secrets_in_use=[other, VECTOR["secret"]],
        message_id=VECTOR["message_id"],
        timestamp=VECTOR["timestamp"],
        body=VECTOR["body"],
    )
    first, second = made["webhook-signature"].split(" ")
    assert second == EXPECTED
    signed = f"{VECTOR['message_id']}.{VECTOR['timestamp']}.{VECTOR['body']}".encode()
    key = base64.b64decode(other.removeprefix("whsec_"))
    assert first == "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert (made["webhook-id"], made["webhook-timestamp"]) == (VECTOR["message_id"], "1614265330")


def test_a_new_secret_has_32_random_bytes():
    one, other = new_secret(), new_secret()
    assert one != other
    assert [len(base64.b64decode(secret.removeprefix("whsec_"))) for secret in (one, other)] == [32, 32]


def test_attempts_follow_the_schedule_and_end_after_the_eighth():
    waits = [next_attempt_at(attempts=made, at=AT) for made in range(1, 9)]
    assert [wait and wait - AT for wait in waits] == [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=10),
        None,
    ]
    assert MOST_ATTEMPTS == 8


def test_a_failing_subscription_rests_longer_each_time_up_to_five_minutes():
    assert [pause(failures=count).total_seconds() for count in (1, 2, 3, 6, 7, 1000)] == [5, 10, 20, 160, 300, 300]


@pytest.mark.parametrize(
    ("since", "expected"),
    [(None, False), (AT - timedelta(days=5) + timedelta(seconds=1), False), (AT - timedelta(days=5), True)],
)
def test_a_subscription_is_given_up_when_everything_failed_for_days(since, expected):
    assert is_given_up(failing_since=since, at=AT, patience=timedelta(days=5)) is expected


def test_a_body_says_kind_instant_and_data():
    assert body_of(kind="ticket.created", at=AT, data={"name": "Ольга"}) == (
        '{"type":"ticket.created","timestamp":"2026-06-15T09:00:00Z","data":{"name":"Ольга"}}'
    )


def test_long_texts_are_cut_and_said_to_be():
    short = short_message({"id": 1, "text": "x" * MOST_TEXT, "reply_text": "y"})
    long = short_message({"id": 1, "text": "x" * (MOST_TEXT + 1), "reply_text": "y"})
    assert (short["truncated"], long["truncated"], len(long["text"])) == (False, True, MOST_TEXT)

"""Tokens by which a client's site names its visitors."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from channels_app.webchat.identity import (
    Identity,
    IdentityRefused,
    is_email,
    is_session_token,
    session_of,
    session_token,
    verify_identity,
)

SECRET = "a secret of the shop, kept on its server"
AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CLAIMS: dict[str, Any] = {
    "sub": "42",
    "name": "Nell  Gwyn",
    "email": "Nell@Mail.Example",
    "exp": int(AT.timestamp()) + 600,
}
# the example that jwt.io has shown for years, signed with "your-256-bit-secret"; it has no exp
PUBLISHED = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
    "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
)


def part(document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def token(claims: Any = None, *, secret: str = SECRET, header: Any = None) -> str:
    signed = f"{part(header or {'alg': 'HS256', 'typ': 'JWT'})}.{part(CLAIMS if claims is None else claims)}"
    signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def refused(text: str, *, secret: str = SECRET, at: datetime = AT) -> str:
    with pytest.raises(IdentityRefused) as caught:
        verify_identity(token=text, secret=secret, at=at)
    return str(caught.value)


def test_a_signed_token_names_the_visitor() -> None:
    identity = verify_identity(token=token(), secret=SECRET, at=AT)
    assert identity == Identity(user="42", name="Nell Gwyn", email="nell@mail.example")


def test_a_number_will_do_as_the_visitors_id() -> None:
    assert verify_identity(token=token({**CLAIMS, "sub": 42}), secret=SECRET, at=AT).user == "42"


def test_the_published_example_passes_the_signature_and_fails_on_its_missing_end() -> None:
    assert "exp is missing" in refused(PUBLISHED, secret="your-256-bit-secret")
    assert "signature" in refused(PUBLISHED, secret="your-256-bit-secrets")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (token(secret="somebody else's secret"), "signature"),
        (token(header={"alg": "none"}), "alg must be HS256"),
        (token(header={"alg": "RS256"}), "alg must be HS256"),
        (token().rsplit(".", 1)[0] + ".", "expected a JSON Web Token"),
        (token()[:-3] + "AAA", "signature"),
        ("", "expected a JSON Web Token"),
        ("a.b", "expected a JSON Web Token"),
        ("a.b.c", "expected a JSON Web Token"),
        ("x" * 5000, "expected a JSON Web Token"),
        (token([1]), "expected a JSON Web Token"),
        (token({**CLAIMS, "exp": int(AT.timestamp()) - 31}), "has expired"),
        (token({**CLAIMS, "exp": "tomorrow"}), "exp must be seconds"),
        (token({**CLAIMS, "exp": True}), "exp must be seconds"),
        (token({"sub": "42"}), "exp is missing"),
        (token({**CLAIMS, "nbf": int(AT.timestamp()) + 60}), "not valid yet"),
        (token({**CLAIMS, "sub": ""}), "sub must be"),
        (token({**CLAIMS, "sub": None}), "sub must be"),
        (token({**CLAIMS, "sub": True}), "sub must be"),
        (token({**CLAIMS, "sub": "x" * 201}), "sub must be"),
        (token({**CLAIMS, "email": "nobody"}), "email is no mail address"),
        (token({**CLAIMS, "name": 5}), "name must be text"),
    ],
)
def test_anything_else_is_refused_with_the_claim_and_the_cause(text: str, words: str) -> None:
    assert words in refused(text)


def test_a_chat_without_a_secret_takes_no_identity() -> None:
    assert "no identity secret" in refused(token(secret=""), secret="")


def test_a_token_is_good_until_half_a_minute_after_its_end() -> None:
    end = datetime.fromtimestamp(int(CLAIMS["exp"]), tz=UTC)
    assert verify_identity(token=token(), secret=SECRET, at=end + timedelta(seconds=29)).user == "42"
    assert "has expired" in refused(token(), at=end + timedelta(seconds=30))


def test_a_visitor_has_one_session_on_an_endpoint_and_another_on_the_next() -> None:
    first = session_of(key="k", endpoint_id=1, user="42")
    assert first == session_of(key="k", endpoint_id=1, user="42")
    assert first.version == 4
    others = {session_of(key=key, endpoint_id=number, user=user) for key, number, user in
              [("k", 2, "42"), ("k", 1, "43"), ("other", 1, "42")]}  # fmt: skip
    assert len(others | {first}) == 4


def test_a_session_token_is_good_for_twelve_hours_and_for_its_session_only() -> None:
    session, other = UUID(int=1, version=4), UUID(int=2, version=4)
    mine = session_token(key="k", session=session, at=AT)
    assert is_session_token(key="k", session=session, token=mine, at=AT + timedelta(hours=11, minutes=59))
    assert not is_session_token(key="k", session=session, token=mine, at=AT + timedelta(hours=12))
    assert not is_session_token(key="k", session=other, token=mine, at=AT)
    assert not is_session_token(key="other", session=session, token=mine, at=AT)
    later = f"u{int((AT + timedelta(days=9)).timestamp()):x}.{mine.partition('.')[2]}"
    assert not is_session_token(key="k", session=session, token=later, at=AT)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("nell@mail.example", True),
        ("n.e+l@mail.co.uk", True),
        ("имя@почта.рф", True),
        ("nell", False),
        ("nell@mail", False),
        ("nell@mail.example, other@mail.example", False),
        ("<nell@mail.example>", False),
        ("nell@mail.example\nBcc: x@y.example", False),
    ],
)
def test_what_can_be_a_mail_address(text: str, good: bool) -> None:
    assert is_email(text) is good

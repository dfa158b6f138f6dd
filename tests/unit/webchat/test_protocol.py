import contextlib
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.webchat.protocol import (
    MAX_FRAME_BYTES,
    MAX_TEXT,
    ChatFile,
    ChatText,
    FrameError,
    Hello,
    KeptText,
    Seen,
    Signal,
    decode_frame,
    decode_receipt,
    encode_receipt,
    instant,
    receipt_key,
)

SESSION = UUID("11111111-1111-4111-8111-111111111111")
MESSAGE = UUID("22222222-2222-4222-8222-222222222222")
AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def refused(frame: object) -> FrameError:
    with pytest.raises(FrameError) as caught:
        decode_frame(frame if isinstance(frame, str) else json.dumps(frame))
    return caught.value


def test_hello_without_anything_is_a_new_visitor() -> None:
    assert decode_frame('{"type":"hello"}') == Hello(session=None, token="", language="", name="")


def test_hello_of_a_returning_visitor_names_session_token_language_and_name() -> None:
    frame = {"type": "hello", "session": str(SESSION), "token": "t", "language": "es-MX", "name": " Ana\n Ruiz "}
    assert decode_frame(json.dumps(frame)) == Hello(session=SESSION, token="t", language="es", name="Ana Ruiz")


def test_message_is_trimmed_and_freed_of_what_the_database_cannot_store() -> None:
    frame = {"type": "message", "uuid": str(MESSAGE), "text": " a\x00b \ud800 "}
    assert decode_frame(json.dumps(frame)) == ChatText(uuid=MESSAGE, text="ab ?")


def test_other_frames_decode() -> None:
    assert decode_frame('{"type":"seen","id":"17"}') == Seen(message_id=17)
    assert [decode_frame(json.dumps({"type": kind})) for kind in ("typing", "leave", "ping")] == [
        Signal(kind="typing"),
        Signal(kind="leave"),
        Signal(kind="ping"),
    ]


@pytest.mark.parametrize(
    ("frame", "code", "words"),
    [
        ("{", "bad_json", "not JSON"),
        ("[" * 20_000, "bad_json", "not JSON"),
        ([], "bad_frame", "not a JSON object"),
        ({"type": "order"}, "bad_frame", "type: expected"),
        ({"type": "hello", "session": "x"}, "bad_frame", "session: expected a UUID"),
        ({"type": "hello", "token": 5}, "bad_frame", "token: expected text"),
        ({"type": "message", "text": "hi"}, "bad_frame", "uuid: expected a UUID"),
        ({"type": "message", "uuid": str(MESSAGE)}, "invalid", "text: expected some text"),
        ({"type": "message", "uuid": str(MESSAGE), "text": "  "}, "invalid", "text: expected some text"),
        ({"type": "message", "uuid": str(MESSAGE), "text": "x" * (MAX_TEXT + 1)}, "invalid", "at most 4000"),
        ({"type": "seen", "id": "1e9"}, "bad_frame", "id: expected"),
        ({"type": "seen", "id": 17}, "bad_frame", "id: expected"),
        ('{"type":"ping","x":"' + "x" * MAX_FRAME_BYTES + '"}', "frame_too_big", "at most 32768 bytes"),
    ],
)
def test_a_refused_frame_names_the_field_and_the_cause(frame: object, code: str, words: str) -> None:
    error = refused(frame)
    assert error.code == code
    assert words in error.message


def test_a_refused_message_names_its_uuid_so_that_the_widget_can_mark_it() -> None:
    assert refused({"type": "message", "uuid": str(MESSAGE), "text": ""}).uuid == str(MESSAGE)


def test_the_longest_message_in_four_byte_characters_fits_a_frame() -> None:
    frame = {"type": "message", "uuid": str(MESSAGE), "text": "\U0001f600" * MAX_TEXT}
    assert isinstance(decode_frame(json.dumps(frame, ensure_ascii=False)), ChatText)


@given(st.text(max_size=300))
def test_any_text_is_a_frame_or_a_frame_error(text: str) -> None:
    with contextlib.suppress(FrameError):
        decode_frame(text)


@given(st.text(min_size=1, max_size=200).filter(str.strip))
def test_a_receipt_gives_back_what_was_kept(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    kept = KeptText(session=SESSION, uuid=MESSAGE, text=clean, name="Ана", language="ru", at=AT)
    assert decode_receipt(encode_receipt(kept)) == kept


@given(st.binary(min_size=1, max_size=300))
def test_a_receipt_gives_back_the_bytes_of_a_file(content: bytes) -> None:
    file = ChatFile(filename="чек.pdf", content_type="application/pdf", content=content)
    kept = KeptText(
        session=SESSION, uuid=MESSAGE, text="", name="", language="", at=AT, user="42", email="a@b.example", file=file
    )
    assert decode_receipt(encode_receipt(kept)) == kept


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"session":"x"}', b"\xff\xfe"])
def test_a_spoilt_receipt_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_receipt(raw)


def test_the_receipt_key_is_unique_per_session_and_message() -> None:
    assert receipt_key(session=SESSION, uuid=MESSAGE) == f"{SESSION}:{MESSAGE}"


def test_instants_are_utc_with_a_z() -> None:
    assert instant(datetime.fromisoformat("2026-11-23T13:00:00+03:00")) == "2026-11-23T10:00:00.000Z"

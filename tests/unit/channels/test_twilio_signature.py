"""Twilio's signature over what is no form: the body is covered by its SHA-256 in the address."""

import pytest

from channels_app.sms.twilio import signature_fits

BODY = b'{"EventType":"onMessageAdded"}'
# by sha256sum of the body, and openssl dgst -sha1 -hmac 12345 of the address, in base64
URL = "https://cc.example/hooks/twilio/?bodySHA256=725c660c48c6de96f36c72c46fc1563666260d73156e12745dd62ee9d11bf1ff"
SIGNATURE = "Sgkx6hEqT9B7qfro3YA3vBscmto="


@pytest.mark.parametrize(
    ("url", "body", "token", "fits"),
    [
        (URL, BODY, "12345", True),
        (URL, BODY.replace(b"Added", b"Removed"), "12345", False),
        (URL, b"", "12345", False),
        (URL, BODY, "54321", False),
        (URL.replace("725c", "fed5"), BODY, "12345", False),
        (URL.partition("?")[0], BODY, "12345", False),
    ],
    ids=["as signed", "another body", "no body", "another token", "another hash", "hash left out"],
)
def test_signature_covers_the_address_and_by_its_hash_the_body(url: str, body: bytes, token: str, fits: bool) -> None:
    told = signature_fits(url=url, fields=(), body=body, signature=SIGNATURE, auth_token=token)
    assert told is fits


@pytest.mark.parametrize(("body", "fits"), [(b"", True), (BODY, False)], ids=["no body", "a body nothing covers"])
def test_signature_of_the_address_alone_covers_no_body(body: bytes, fits: bool) -> None:
    # by openssl dgst -sha1 -hmac 12345 of the address, in base64
    signature = "9H9/O1kZ3H2Hdc/BXZcstZStbdQ="
    url = "https://cc.example/hooks/twilio/"
    told = signature_fits(url=url, fields=(), body=body, signature=signature, auth_token="12345")
    assert told is fits
